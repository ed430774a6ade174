"""Working days (工作日), as the General Office of the State Council announces them (国务院办公厅关于部分节假日安排的通知).

A notice a year says which days off are taken, and which weekends are worked instead (调休). The library ``chinesecalendar``
has them from 2004 to the last year announced when it was released. Outside those years Monday to Friday are taken for working
days, and what was counted so is *provisional*: the next release may move it, and then it is settled.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import cache, lru_cache
from typing import NamedTuple

_SATURDAY = 5
_ONE_DAY = timedelta(days=1)


class Day(NamedTuple):
    """A day that was counted to."""

    day: date
    provisional: bool
    """Whether a day on the way lies in a year that is not announced yet."""


def is_working_day(day: date) -> bool | None:
    """Whether people work on ``day``; ``None``: its year is not announced, or before 2004."""
    return _works(day) if is_announced(day.year) else None


@cache
def is_announced(year: int) -> bool:
    """Whether the working days of ``year`` are known here."""
    import chinese_calendar  # its tables are loaded with it

    try:
        chinese_calendar.is_workday(date(year, 1, 1))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=2048)  # the library goes through all its tables each time, and checks ask for the same few weeks
def _works(day: date) -> bool:
    import chinese_calendar

    return bool(chinese_calendar.is_workday(day))


def after(start: date, working_days: int) -> Day:
    """The last day of a term of so many working days; the day it begins on does not count (民法典 Art. 201).

    :param start: the day on which the term begins.
    :param working_days: at least 1; 0 is the first working day from ``start`` on.
    """
    if working_days <= 0:
        return on_or_after(start)
    day, provisional, left = start, False, working_days
    while left:
        day += _ONE_DAY
        works, guessed = _taken_for_working(day)
        provisional = provisional or guessed
        left -= works
    return Day(day, provisional)


def on_or_after(day: date) -> Day:
    """``day``, or the next working day: a term does not end on a day off (民法典 Art. 203)."""
    provisional = False
    while True:
        works, guessed = _taken_for_working(day)
        provisional = provisional or guessed
        if works:
            return Day(day, provisional)
        day += _ONE_DAY


def _taken_for_working(day: date) -> tuple[bool, bool]:
    """Whether it is taken for a working day, and whether that is a guess."""
    known = is_working_day(day)
    return (day.weekday() < _SATURDAY, True) if known is None else (known, False)
