"""How a receipt is signed: once as a whole, and part by part, so that verification can say which part was changed.

The whole's signature alone says that something was changed, not what. Each part's digest says what, unless a forger has
made the digests anew; hence each part's seal, a signature of its own, bound to the receipt's number so that a part of one
receipt does not pass in another.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any

from credit_sdk.formats._canonical import NotCanonicalError, canonical, digest
from credit_sdk.formats.receipt_key import PublicKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.formats.receipt_key import SigningKey

SCHEMA = "credit.receipt/1"
"""Name and version of the form."""

OF_DECISION: Mapping[str, tuple[str, ...]] = {
    "subject": ("subject",),
    "matter": ("domain", "action", "jurisdiction", "as_of"),
    "result": ("effect", "blocking", "degraded"),
    "obligations": ("obligations",),
    "advice": ("advice",),
    "suspended": ("suspended",),
    "withheld": ("withheld",),
    "listings": ("listings", "not_counted", "conflicts"),
    "coverage": ("coverage",),
    "notices": ("notices",),
    "measure_list": ("measure_list",),
    "source": ("source",),
    "members": ("parts",),
}
"""The parts that stand in the decision, and which of its keys make up each. ``decision`` is what remains of it."""

_OF_RECEIPT = ("issued", "told", "page", "key")
"""The parts that are keys of the receipt itself; ``other`` is whatever else stands there, and absent where nothing does."""

NAMES = ("schema", "issued", "decision", *OF_DECISION, "told", "page", "key", "other", "signature")
"""Every part that verification may name, in their order."""


def parts(document: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt's parts by name; one that is missing there is missing here."""
    found: dict[str, Any] = {name: document[name] for name in _OF_RECEIPT if name in document}
    decision = document.get("decision")
    if isinstance(decision, dict):
        for name, keys in OF_DECISION.items():
            values = {key: decision[key] for key in keys if key in decision}
            if values:
                found[name] = values
        shared = {key for keys in OF_DECISION.values() for key in keys}
        decision = {key: value for key, value in decision.items() if key not in shared}
    found["decision"] = decision
    known = {"schema", "decision", "parts", "signature", *_OF_RECEIPT}
    other = {key: value for key, value in document.items() if key not in known}
    return {**found, "other": other} if other else found


def sign(document: dict[str, Any], key: SigningKey) -> None:
    """Put ``parts`` and ``signature`` into a receipt that is otherwise whole."""
    number = document["issued"]["id"]
    digests = {name: digest(canonical(value)) for name, value in parts(document).items()}
    document["parts"] = {
        name: {"digest": one, "seal": _base64(key.sign(_sealed(number, name, one)))} for name, one in digests.items()
    }
    document["signature"] = _base64(key.sign(_whole(document)))


def key_of(document: Mapping[str, Any]) -> PublicKey | None:
    """The key that a receipt names; ``None`` where what it names is none."""
    named = document.get("key")
    raw = unbase64(named.get("public")) if isinstance(named, dict) else None
    return None if raw is None or len(raw) != 32 else PublicKey(raw)


def is_signed(document: Mapping[str, Any], key: PublicKey) -> bool:
    """Whether the signature of the whole is ``key``'s."""
    try:
        return _holds(key, document.get("signature"), _whole(document))
    except NotCanonicalError:
        return False


def changed(document: Mapping[str, Any], key: PublicKey | None) -> tuple[str, ...]:
    """Which parts were changed, of a receipt whose signature does not hold; at least one.

    :param key: the key that it names; ``None``: what it names is none.
    """
    present, table = parts(document), document.get("parts")
    if not isinstance(table, dict):
        return ("signature",)
    digests = {name: _digest(value) for name, value in present.items()}
    found = set(table) ^ set(present)
    found |= {name for name, one in digests.items() if _entry(table, name, "digest") != one}
    if key is None:
        found.add("key")
    if key is not None:
        number = document["issued"]["id"] if _has_number(document) else ""
        broken = {
            name
            for name, one in digests.items()
            if not _holds(key, _entry(table, name, "seal"), _sealed(number, name, str(one)))
        }
        # If no seal at all holds, it is what they all rest on that was exchanged: the number, or the key. Which, nobody can tell.
        if broken != set(digests):
            found |= broken
        elif not found & {"issued", "key"}:
            found |= {"issued", "key"}
    if not found:
        found = {"signature"}
    return tuple(name if name in NAMES else "other" for name in sorted(found, key=_place))


def _place(name: str) -> int:
    return NAMES.index(name) if name in NAMES else len(NAMES)


def _has_number(document: Mapping[str, Any]) -> bool:
    issued = document.get("issued")
    return isinstance(issued, dict) and isinstance(issued.get("id"), str)


def _whole(document: Mapping[str, Any]) -> bytes:
    return canonical({name: value for name, value in document.items() if name != "signature"})


def _sealed(number: str, name: str, part: str) -> bytes:
    return f"{SCHEMA}\n{number}\n{name}\n{part}\n".encode("utf-8", "surrogatepass")


def _digest(value: Any) -> str | None:
    try:
        return digest(canonical(value))
    except NotCanonicalError:
        return None


def _entry(table: Mapping[str, Any], name: str, key: str) -> Any:
    entry = table.get(name)
    return entry[key] if isinstance(entry, dict) and set(entry) == {"digest", "seal"} else None


def _holds(key: PublicKey, signature: Any, message: bytes) -> bool:
    raw = unbase64(signature)
    return raw is not None and key.holds(raw, message)


def _base64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")


def unbase64(text: Any) -> bytes | None:
    """What a base64 text says; ``None`` unless it is written in the one way that it would be written here."""
    if not isinstance(text, str):
        return None
    try:
        raw = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw if _base64(raw) == text else None
