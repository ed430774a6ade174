"""Where a key stands in a TOML text. ``tomllib`` keeps no positions, and the reader of an error wants a line."""

from __future__ import annotations

import re


def line_of(text: str, loc: tuple[int | str, ...]) -> int | None:
    """The line (from 1) of the key at ``loc``, or of the nearest table around it that has a header; else ``None``.

    Reads headers and keys at the start of lines only, which is how measure lists are written; a position inside a
    multi-line string can at worst name a line nearby.
    """
    path = [str(part) for part in loc if isinstance(part, str)]
    number = next((part for part in loc if isinstance(part, int)), 0)
    best: int | None = None
    depth, seen, inside = 0, -1, ""
    for line_number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([^\]]+?)\s*\]", line):
            inside = header[2].replace('"', "")
            if ".".join(path).startswith(inside):
                seen += header[1] == "[["
                if (header[1] == "[" or seen == number) and inside.count(".") + 1 > depth:
                    best, depth = line_number, inside.count(".") + 1
        elif key := re.match(r'\s*"?([A-Za-z0-9_.-]+)"?\s*=', line):
            here = f"{inside}.{key[1]}" if inside else key[1]
            wanted = ".".join(path)
            in_place = seen in (-1, number) or not inside
            if in_place and (wanted == here or wanted.startswith(f"{here}.")) and here.count(".") + 1 > depth:
                best, depth = line_number, here.count(".") + 1
    return best
