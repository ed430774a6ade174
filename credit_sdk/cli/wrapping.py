"""Lines that fit a terminal, with Chinese in them.

A Chinese character is two columns wide, and a line may break between any two of them, but not before a closing mark or
after an opening one (避头尾). click counts characters and rich breaks at spaces, so neither can be left to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    from collections.abc import Iterator

_ATOM = re.compile(r"[!-~]+|\s+|.", re.DOTALL)
_OPENING = frozenset("（〔【《“‘「『[(")
_CLOSING = frozenset("，。、；：！？）〕】》”’」』·)]")


def columns(text: str) -> int:
    """How many columns ``text`` takes."""
    if text.isascii():
        return len(text)
    return sum(2 if east_asian_width(one) in "WF" else 0 if combining(one) else 1 for one in text)


def wrap(text: str, width: int) -> list[str]:
    """The lines of ``text``, none wider than ``width`` columns; at least one line.

    Where a terminal has no room for even one character, each line has one.
    """
    width = max(1, width)
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and columns(line) + columns(piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line else piece.lstrip()
        while columns(line) > width and columns(line.rstrip()) > width:
            head = _head(line, width)
            lines.append(head)
            line = line[len(head) :]
    return [*lines, line.rstrip()] if line.rstrip() or not lines else lines


def _head(text: str, width: int) -> str:
    """The longest beginning that fits, one character at least."""
    filled = 0
    for place, one in enumerate(text):
        filled += columns(one)
        if filled > width and place:
            return text[:place]
    return text


def _pieces(text: str) -> Iterator[str]:
    """What stays together: a Latin word, or a Chinese character with the marks that lean on it."""
    piece = ""
    for atom in _ATOM.findall(" ".join(text.split())):
        leans = atom[0] in _CLOSING or piece[-1:] in _OPENING or atom.isspace()
        if piece and not leans:
            yield piece
            piece = ""
        piece += atom
    if piece:
        yield piece
