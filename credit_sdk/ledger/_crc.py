"""The check sum that is kept beside each entry and text, so that a row changed by the disk or by hand is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from credit_sdk.errors import InvalidRequest

if TYPE_CHECKING:
    from credit_sdk.ports.ledger import Entry


def entry_crc(entry: Entry) -> int:
    """Check sum of everything in the entry.

    :raises ValueError: it holds what is no text in UTF-8, and could not be written.
    """
    return crc32(f"{entry.id}\0{entry.at}\0{entry.kind}\0{entry.decision_id or ''}\0{entry.body}".encode())


def text_crc(digest: str, text: str) -> int:
    """Check sum of a text that is kept under its digest.

    :raises ValueError: as above.
    """
    return crc32(f"{digest}\0{text}".encode())


def no_text() -> InvalidRequest:
    """What to raise for a ``UnicodeEncodeError`` of the above."""
    return InvalidRequest(
        "要写入台账的文字含有不成对的代理字符, 不是有效的 Unicode",
        "what is to go into the ledger holds lone surrogates, and is no valid Unicode",
        key="text",
    )
