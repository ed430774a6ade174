"""What typing and pasting add to a code, taken away again. Shared by every identifier (rule 3.1)."""

from __future__ import annotations

from unicodedata import category, normalize

_DROPPED = frozenset(
    {
        "Pd",  # every dash, from the hyphen-minus to the wave dash
        "Cf",  # invisible: zero-width space, byte order mark, soft hyphen, direction marks from web pages
        "Cc",  # control characters; tab and line ends among them
    }
)
_DASHES_ELSEWHERE = "\u2212\u2043"  # minus sign, hyphen bullet: dashes by use, though not by category


def compact(text: str) -> str:
    """NFKC, white space and hyphens out (every kind, invisible characters too), upper case. Never raises.

    >>> compact("91 990100－ma0000a01–9")
    '91990100MA0000A019'
    """
    if text.isascii() and text.isalnum():  # nothing to take away, which is nearly always so
        return text.upper()
    return "".join(c for c in normalize("NFKC", text) if not _is_noise(c)).upper()


def starred(text: str, first: int, last: int, *, length: int) -> str:
    """``text`` with all but its ends starred. Of another length than expected, nothing of it is shown.

    >>> starred("91990100MA0000A019", 4, 4, length=18)
    '9199**********A019'
    >>> starred("91990100", 4, 4, length=18)
    '****'
    """
    if len(text) != length:
        return "****"
    return text[:first] + "*" * (length - first - last) + text[-last:]


def _is_noise(character: str) -> bool:
    return character.isspace() or category(character) in _DROPPED or character in _DASHES_ELSEWHERE
