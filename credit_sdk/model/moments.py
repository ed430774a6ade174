"""Moments and days. A date means that day in Asia/Shanghai (decision rules, section 2)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
"""北京时间. A fixed offset: the zone has had no other since 1991, and no list of the catalogue is older."""


def shanghai_day(moment: datetime) -> date:
    """The day in Asia/Shanghai on which an aware ``moment`` falls."""
    return moment.astimezone(SHANGHAI).date()


def written(moment: datetime) -> str:
    """An aware ``moment`` as RFC 3339, ``+08:00``, to the second."""
    return whole(moment)[:19] + "+08:00"


def stamped(moment: datetime) -> str:
    """An aware ``moment`` as RFC 3339, ``+08:00``, to the millisecond: always as long, so that it sorts as text."""
    return whole(moment)[:23] + "+08:00"


def whole(moment: datetime) -> str:
    """An aware ``moment`` as RFC 3339, ``+08:00``, to the microsecond."""
    last, text = _last[0]
    if last is not moment:
        here = moment if moment.tzinfo is SHANGHAI else moment.astimezone(SHANGHAI)
        parts = here.year, here.month, here.day, here.hour, here.minute, here.second, here.microsecond
        # As `isoformat` writes it, and as an f-string would, in half their time.
        text = "%04d-%02d-%02dT%02d:%02d:%02d.%06d+08:00" % parts  # noqa: UP031
        _last[0] = moment, text
    return text


# A check writes its one moment half a dozen times, and each would cost a microsecond or two. Both halves are replaced at once,
# for the threads' sake.
_last: list[tuple[datetime | None, str]] = [(None, "")]


def as_stamped(moment: datetime) -> datetime:
    """An aware ``moment`` as it comes back from :func:`stamped`: to the millisecond."""
    text = stamped(moment)
    cut = datetime.fromisoformat(text)  # a seventh of what `replace` takes
    _last[0] = cut, text[:23] + "000+08:00"  # it is about to be written
    return cut


def midnight(day: date) -> datetime:
    """The moment at which a day begins."""
    return datetime.combine(day, time(), SHANGHAI)


def month_after(day: date) -> date:
    """The first day of the month after ``day``'s."""
    return (day.replace(day=1) + timedelta(days=31)).replace(day=1)


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
