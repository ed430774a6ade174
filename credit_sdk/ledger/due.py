"""By which day what a measure leaves open must be fulfilled (履行期限, such as 容缺受理's papers).

The day comes from the measure's terms: ``deadline_working_days``, ``deadline_days``, or ``deadline``, the day itself, which
the matter gives in its context and which goes before a number of days. Of two numbers the earlier day holds.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk.ledger.working_days import Day, after, on_or_after
from credit_sdk.model.moments import shanghai_day

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST = 36_600
"""Days; a hundred years are no term, and the calendar ends somewhere."""

_WRITTEN = re.compile(r"([0-9]{4})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?")
"""Days as people write them, beside ISO 8601."""


def due_on(terms: Mapping[str, Any], decided_at: datetime) -> Day | None:
    """The last day of the term that begins with a decision; ``None``: the terms set none.

    :param terms: an obligation's ``terms``, what the context gave included.
    :param decided_at: when it was decided; that day does not count.
    """
    given = _day(terms.get("deadline"))
    if given is not None:
        return Day(given, provisional=False)
    start = shanghai_day(decided_at)
    found = []
    if (days := _number(terms.get("deadline_working_days"))) is not None:
        found.append(after(start, days))
    if (days := _number(terms.get("deadline_days"))) is not None:
        found.append(on_or_after(start + timedelta(days=days)))
    return min(found, default=None)


def _number(value: object) -> int | None:
    """A number of days, if it is one."""
    if isinstance(value, str) and value.isascii() and value.isdigit():
        value = int(value[:9])
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= _LONGEST else None


def _day(value: object) -> date | None:
    """A day as callers write one. What is none (按通知办理) sets no day: the papers say it, and a person reads them."""
    given = _read(value.strip()) if isinstance(value, str) else value
    if isinstance(given, datetime):
        return shanghai_day(given) if given.tzinfo is not None else given.date()
    return given if isinstance(given, date) else None


def _read(text: str) -> date | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        written = _WRITTEN.fullmatch(text)
    try:
        return date(*(int(part) for part in written.groups())) if written is not None else None
    except ValueError:
        return None
