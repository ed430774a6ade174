"""Verifying check receipts: whether one is as it was issued, by whom, and if not, which part was changed. Offline."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from credit_sdk.errors import InvalidRequest, InvalidSettings
from credit_sdk.formats import _receipt_seals as seals
from credit_sdk.formats._receipt_reading import read
from credit_sdk.formats.receipt_key import PublicKey
from credit_sdk.model.moments import written

Trusted: TypeAlias = PublicKey | str | Path | bytes
"""A public key: itself, its PEM file or text, or its fingerprint (``sha256:…``)."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying a receipt came to."""

    ok: bool
    """Nothing was changed, and no key other than the trusted ones has signed."""
    changed: tuple[str, ...]
    """The parts that were changed, in their order: names of :data:`PARTS`. Empty: the signature holds."""
    signed_by: str | None
    """Fingerprint of the key that the receipt names; worth something only if ``changed`` is empty."""
    trusted: bool | None
    """Whether that key is one of those trusted; ``None``: none was given, so that who signed was not looked at."""
    receipt_id: str | None
    decision_id: str | None
    issued_at: datetime | None
    issued_by: str | None
    masked: bool
    form: str
    """``json`` or ``html``."""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "ok": self.ok,
            "changed": list(self.changed),
            "signed_by": self.signed_by,
            "trusted": self.trusted,
            "receipt_id": self.receipt_id,
            "decision_id": self.decision_id,
            "issued_at": None if self.issued_at is None else written(self.issued_at),
            "issued_by": self.issued_by,
            "masked": self.masked,
            "form": self.form,
        }


PARTS = seals.NAMES
"""Every part that may be named as changed: those of the decision, ``told`` (the same in words), ``page`` (what the page
shows), ``key``, ``signature``, …"""


def verify_receipt(source: str | Path | bytes, *, trusted: Trusted | Iterable[Trusted] | None = None) -> Verification:
    """Verify a receipt, ``.json`` or ``.html``.

    Without ``trusted``, a forger's own key passes: compare :attr:`Verification.signed_by` with the issuer's fingerprint.

    :param source: the file, or its bytes.
    :param trusted: public keys of issuers.
    :raises InvalidReceipt: it is no receipt.
    :raises InvalidRequest: ``source`` is neither path nor bytes.
    :raises InvalidSettings: a trusted key cannot be read, or is none.
    """
    fingerprints = None if trusted is None else _fingerprints(trusted)
    if not isinstance(source, str | Path | bytes):
        raise InvalidRequest(
            "source 应为凭证文件的路径或内容 (bytes)", "source must be a receipt's path or its bytes", key="source"
        )
    found = read(source)
    document = found.document
    key = _key(document)
    changed = () if key is not None and seals.is_signed(document, key) else seals.changed(document, key)
    if found.page is not None and "page" not in changed and not _is_signed_page(document, found.page):
        changed = tuple(sorted((*changed, "page"), key=PARTS.index))
    signed_by = None if key is None else key.fingerprint
    of_trust = None if fingerprints is None else signed_by in fingerprints
    issued, decision = _object(document, "issued"), _object(document, "decision")
    return Verification(
        ok=not changed and of_trust is not False,
        changed=changed,
        signed_by=signed_by,
        trusted=of_trust,
        receipt_id=_text(issued, "id"),
        decision_id=_text(decision, "decision_id"),
        issued_at=_moment(_text(issued, "at")),
        issued_by=_text(issued, "by"),
        masked=issued.get("masked") is True,
        form="json" if found.page is None else "html",
    )


def _fingerprints(trusted: Trusted | Iterable[Trusted]) -> set[str]:
    several = [trusted] if isinstance(trusted, PublicKey | str | Path | bytes) else trusted
    if not isinstance(several, Iterable):
        raise _not_a_key()
    return {_fingerprint(one) for one in several}


def _fingerprint(one: Trusted) -> str:
    if isinstance(one, str) and one.startswith("sha256:"):
        return one.lower()
    if not isinstance(one, PublicKey | str | Path | bytes):
        raise _not_a_key()
    return one.fingerprint if isinstance(one, PublicKey) else PublicKey.load(one).fingerprint


def _not_a_key() -> InvalidSettings:
    return InvalidSettings(
        "trusted 应为公钥 (文件、PEM 文本、sha256:… 指纹或 PublicKey), 可为多个",
        "trusted must be public keys (files, PEM text, sha256:… fingerprints, or PublicKey)",
        key="trusted",
    )


def _key(document: dict[str, Any]) -> PublicKey | None:
    """The key that the receipt names; `None` where what it names is none."""
    named = _object(document, "key")
    raw = seals.unbase64(named.get("public"))
    if raw is None or len(raw) != 32:
        return None
    return PublicKey(raw)


def _is_signed_page(document: dict[str, Any], page: str) -> bool:
    return page in [_object(document, "page").get(lang) for lang in ("zh", "en")]


def _object(document: dict[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key)
    return value if isinstance(value, dict) else {}


def _text(value: dict[str, Any], key: str) -> str | None:
    found = value.get(key)
    return found if isinstance(found, str) else None


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None
