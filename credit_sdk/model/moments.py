"""Moments and days. A date means that day in Asia/Shanghai (decision rules, section 2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""北京时间. A fixed offset: the zone has had no other since 1991, and no list of the catalogue is older."""


def shanghai_day(moment: datetime) -> date:
    """The day in Asia/Shanghai on which an aware ``moment`` falls."""
    return moment.astimezone(SHANGHAI).date()


def written(moment: datetime) -> str:
    """An aware ``moment`` as RFC 3339, ``+08:00``, to the second."""
    return moment.astimezone(SHANGHAI).isoformat(timespec="seconds")


def years_after(day: date, years: int) -> date:
    """The same day ``years`` later (earlier if negative); 29 February becomes 28 February (rule 4.4).

    A year beyond the calendar becomes the calendar's first or last day.
    """
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        if day.year + years > date.max.year:
            return date.max
        if day.year + years < date.min.year:
            return date.min
        return day.replace(year=day.year + years, day=28)
