"""Where a key stands in a TOML text. ``tomllib`` keeps no positions, and the reader of an error wants a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = r"[A-Za-z0-9_-]+|\"[^\"]*\"|'[^']*'"
_ASSIGNED = re.compile(rf"\s*((?:{_KEY})(?:\s*\.\s*(?:{_KEY}))*)\s*=")
_QUOTES = re.compile(r"\"\"\"|'''")


def line_of(text: str, loc: tuple[int | str, ...]) -> int | None:
    """The line (from 1) of the key at ``loc``, or of the nearest table around it that has a header; else ``None``.

    Reads headers and keys at the start of lines only, which is how measure lists are written: what stands inside an array
    or an inline table has the line of the key that holds it.
    """
    best: int | None = None
    deepest = 0
    for number, here in _places(text):
        if len(here) > deepest and loc[: len(here)] == here:
            best, deepest = number, len(here)
    return best


def _places(text: str) -> Iterator[tuple[int, tuple[int | str, ...]]]:
    """Every line that opens a table or gives a key, with the path it stands for, positions in arrays of tables included."""
    last: dict[tuple[int | str, ...], int] = {}
    inside: tuple[int | str, ...] = ()
    closing: str | None = None
    for number, line in enumerate(text.split("\n"), start=1):
        if closing is not None:  # in a string of several lines
            if line.count(closing) % 2:
                closing = None
            continue
        if header := _HEADER.match(line):
            parts = _parts(header[2])
            inside = _with_positions(parts[:-1], last)
            table = (*inside, parts[-1])
            if header[1] == "[[":
                last[table] = last.get(table, -1) + 1
            inside = _with_positions(parts, last)
            yield number, inside
        elif key := _ASSIGNED.match(line):
            yield number, (*inside, *_parts(key[1]))
            for quotes in _QUOTES.findall(line)[:1]:
                if line.count(quotes) % 2:
                    closing = quotes


def _parts(dotted: str) -> tuple[str, ...]:
    return tuple(part.strip("\"'") for part in re.findall(_KEY, dotted))


def _with_positions(parts: tuple[str, ...], last: dict[tuple[int | str, ...], int]) -> tuple[int | str, ...]:
    path: tuple[int | str, ...] = ()
    for part in parts:
        path = (*path, part)
        if path in last:
            path = (*path, last[path])
    return path
