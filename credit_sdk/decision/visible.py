"""Text from data as it may stand before a reader: what cannot be seen is shown, so that nothing of it can act.

A list's keeper, or whoever gets a line into a list, chooses names, reasons and remedies. An escape sequence in them could
repaint a terminal, a bidirectional control could turn a sentence round, a line break could forge a section of the case file.
"""

from __future__ import annotations

import re
from unicodedata import category

_BREAKS = re.compile(r"[\t\n\v\f\r]+")


def visible(text: str) -> str:
    r"""``text`` on one line: tabs and line breaks as a space, whatever else cannot be printed as its escape.

    >>> print(visible("虚构\x1b[2J市\u202e税务局"))
    虚构\u001b[2J市\u202e税务局
    """
    if text.isprintable():
        return text
    return "".join(
        one if one.isprintable() or category(one) == "Zs" else _escaped(one) for one in _BREAKS.sub(" ", text)
    )


def _escaped(one: str) -> str:
    return f"\\u{ord(one):04x}" if ord(one) < 0x10000 else f"\\U{ord(one):08x}"
