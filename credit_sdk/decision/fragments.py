"""JSON text put together from pieces, for what every kept check has to write.

``json.dumps`` of a whole decision costs several times what the decision itself does, most of it for what is the same from
check to check: a measure and its bases, the coverage, and the listings that a source at hand gives out again. Their text is
made once.
"""

from __future__ import annotations

import json
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
V = TypeVar("V")

quote = encode_basestring
"""Text as a JSON string, as ``json.dumps(…, ensure_ascii=False)`` writes it; of a ``StrEnum`` its value."""

json_text = json.JSONEncoder(ensure_ascii=False).encode
"""A value as ``json.dumps(…, ensure_ascii=False)`` writes it."""

compact_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""The same without white space, as the ledger's entries have it."""


def quote_or_null(text: str | None) -> str:
    """Text as a JSON string; ``null`` where there is none."""
    return "null" if text is None else quote(text)


def flag(value: bool | None) -> str:
    """``true``, ``false``, or ``null`` where it is not known."""
    return "true" if value else "null" if value is None else "false"


MOST_LISTINGS = 4096
"""Listings whose text is remembered: a few megabytes. Beyond it, or where a source builds each listing anew, a listing costs
two microseconds more."""


def made_once(make: Callable[[T], V], *, most: int) -> Callable[[T], V]:
    """``make``, that remembers what it made of an object which is handed out again and again, by the object's identity.

    Safe between threads: two that come at once make the same, and one of the two stays. Bounded: an owner that makes new
    objects all the time only finds the table emptied now and then.

    :param make: makes something of an object that does not change.
    :param most: objects that are remembered, each kept alive by being so.
    """
    made: dict[int, tuple[T, V]] = {}

    def of(one: T) -> V:
        known = made.get(id(one))
        if known is not None:
            return known[1]
        result = make(one)
        if len(made) >= most:
            made.clear()
        made[id(one)] = one, result  # the object is held, so that its id stays its own
        return result

    return of
