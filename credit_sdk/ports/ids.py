"""Ids of decisions and entries: UUIDv7 (RFC 9562, section 5.7), sortable by time.

Plain code, as every warm check makes one: the standard library has ``uuid7`` from Python 3.14 on only, and building a
``uuid.UUID`` to print it costs more than the rest of the id.
"""

from __future__ import annotations

import os
import time


def uuid7() -> str:
    """A new id. The random bits come from the operating system, so that forked processes never share them."""
    milliseconds = time.time_ns() // 1_000_000
    chance = int.from_bytes(os.urandom(10), "big")
    number = (
        (milliseconds & 0xFFFF_FFFF_FFFF) << 80
        | 0x7 << 76
        | (chance >> 62 & 0xFFF) << 64
        | 0b10 << 62
        | (chance & 0x3FFF_FFFF_FFFF_FFFF)
    )
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
