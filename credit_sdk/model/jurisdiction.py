"""Areas: ``CN`` for the whole country, else a GB/T 2260 code of 2, 4 or 6 digits."""

from __future__ import annotations

import re

CN = "CN"
_AREA = re.compile(r"CN|[0-9]{2}(?:[0-9]{2}){0,2}")


def is_jurisdiction(text: str) -> bool:
    """Whether ``text`` is ``CN`` or a code of 2, 4 or 6 digits."""
    return _AREA.fullmatch(text) is not None


def contains(outer: str, inner: str) -> bool:
    """Whether the area ``inner`` is ``outer`` or lies in it (rule 5.9)."""
    return outer == CN or inner.startswith(outer)
