"""Verifying check receipts: whether one is as it was issued, by whom, and if not, which part was changed. Offline."""

from __future__ import annotations

import re
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
"""A public key: itself, its PEM file or text, or its fingerprint (64 hexadecimal digits, with or without ``sha256:``)."""

_FINGERPRINT = re.compile(r"(?:sha256:)?([0-9a-f]{64})(?:\s+[*-]+)?", re.IGNORECASE)
"""As it is shown here, or as sha256sum prints it."""


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
    effect: str | None = None
    """What was signed, to be compared with what a reader sees, from here on: ``None`` where the signature does not hold."""
    blocking: bool | None = None
    headline: dict[str, str] | None = None
    """The result in a few words, ``zh`` and ``en``, as at the head of the page."""
    subject: dict[str, Any] | None = None
    """As under ``subject`` of the decision's JSON."""
    decision_digest: str | None = None
    """结论摘要, as at the foot of the page and on paper."""

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
            "effect": self.effect,
            "blocking": self.blocking,
            "headline": self.headline,
            "subject": self.subject,
            "decision_digest": self.decision_digest,
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
    key = seals.key_of(document)
    signed = key is not None and seals.is_signed(document, key)
    changed = set() if signed else set(seals.changed(document, key))
    if key is not None and _object(document, "key").get("fingerprint") != key.fingerprint:
        changed.add("key")  # signed or not: it would pass for another's
    if found.page is not None and not (found.contained and _is_signed_page(document, found.page)):
        changed.add("page")
    signed_by = None if key is None else key.fingerprint
    of_trust = None if fingerprints is None else signed_by in fingerprints
    issued, decision = _object(document, "issued"), _object(document, "decision")
    return Verification(
        ok=not changed and of_trust is not False,
        changed=tuple(sorted(changed, key=PARTS.index)),
        signed_by=signed_by,
        trusted=of_trust,
        receipt_id=_text(issued, "id"),
        decision_id=_text(decision, "decision_id"),
        issued_at=_moment(_text(issued, "at")),
        issued_by=_text(issued, "by"),
        masked=issued.get("masked") is True,
        form="json" if found.page is None else "html",
        **(_told(document) if changed <= {"page"} else {}),
    )


def _told(document: dict[str, Any]) -> dict[str, Any]:
    """What was signed, for a person to compare; whoever signed may have signed anything."""
    decision, told, blocking = _object(document, "decision"), _object(document, "told"), None
    if isinstance(decision.get("blocking"), bool):
        blocking = decision["blocking"]
    headline = {lang: _text(_object(told, lang), "headline") for lang in ("zh", "en")}
    return {
        "effect": _text(decision, "effect"),
        "blocking": blocking,
        "headline": {lang: text for lang, text in headline.items() if text is not None} or None,
        "subject": _object(decision, "subject") or None,
        "decision_digest": _text(_object(document, "issued"), "decision"),
    }


def _fingerprints(trusted: Trusted | Iterable[Trusted]) -> set[str]:
    several = [trusted] if isinstance(trusted, PublicKey | str | Path | bytes) else trusted
    if not isinstance(several, Iterable):
        raise _not_a_key()
    return {_fingerprint(one) for one in several}


def _fingerprint(one: Trusted) -> str:
    if isinstance(one, str):
        written_out = _FINGERPRINT.fullmatch(one.strip())
        if written_out:
            return f"sha256:{written_out[1].lower()}"
        if one.strip().lower().startswith("sha256:"):
            raise InvalidSettings(
                "指纹应为 64 位十六进制数字 (可带 sha256:); 请与签发单位公布的核对",
                "a fingerprint is 64 hexadecimal digits, with or without sha256:; compare it with the one that the issuer published",
                key="trusted",
            )
    if not isinstance(one, PublicKey | str | Path | bytes):
        raise _not_a_key()
    return one.fingerprint if isinstance(one, PublicKey) else PublicKey.load(one).fingerprint


def _not_a_key() -> InvalidSettings:
    return InvalidSettings(
        "trusted 应为公钥 (文件、PEM 文本、sha256:… 指纹或 PublicKey), 可为多个",
        "trusted must be public keys (files, PEM text, sha256:… fingerprints, or PublicKey)",
        key="trusted",
    )


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
