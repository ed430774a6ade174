"""Moments and days: section 2's day in Asia/Shanghai, interfaces section 2's written form."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sdk.model.moments import SHANGHAI, shanghai_day, written, years_after


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        ("2026-11-21T00:00:00+08:00", date(2026, 11, 21)),
        ("2026-11-20T16:00:00+00:00", date(2026, 11, 21)),
        ("2026-11-20T15:59:59.999999+00:00", date(2026, 11, 20)),
        ("2026-11-21T23:59:59+08:00", date(2026, 11, 21)),
        ("2026-11-22T01:00:00+09:30", date(2026, 11, 21)),
        ("2024-02-28T20:00:00-04:00", date(2024, 2, 29)),
    ],
)
def test_a_moment_falls_on_a_day_in_shanghai(moment: str, day: date) -> None:
    assert shanghai_day(datetime.fromisoformat(moment)) == day


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC), "2026-11-21T12:05:06+08:00"),
        (datetime(2026, 11, 21, 4, 5, 6, 999_999, tzinfo=UTC), "2026-11-21T12:05:06+08:00"),
        (datetime(2026, 11, 21, 12, tzinfo=SHANGHAI), "2026-11-21T12:00:00+08:00"),
        (datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-5))), "2026-01-01T13:00:00+08:00"),
    ],
    ids=["UTC", "fraction dropped", "Shanghai", "five hours behind"],
)
def test_moments_are_written_in_shanghai_to_the_second(moment: datetime, text: str) -> None:
    assert written(moment) == text
    assert datetime.fromisoformat(text).utcoffset() == timedelta(hours=8)


@pytest.mark.parametrize(
    ("day", "years", "expected"),
    [
        (date(2026, 11, 21), -3, date(2023, 11, 21)),
        (date(2024, 2, 29), -2, date(2022, 2, 28)),
        (date(2024, 2, 29), 4, date(2028, 2, 29)),
        (date(2024, 2, 29), 1, date(2025, 2, 28)),
        (date(2023, 2, 28), 1, date(2024, 2, 28)),
        (date(2026, 1, 1), 0, date(2026, 1, 1)),
        (date(9990, 1, 1), 10, date.max),
        (date(9999, 12, 31), 100, date.max),
        (date(3, 1, 1), -3, date.min),
        (date(4, 2, 29), -10, date.min),
    ],
)
def test_years_after(day: date, years: int, expected: date) -> None:
    """4.4: 29 February becomes 28 February; beyond the calendar, its end."""
    assert years_after(day, years) == expected


@given(day=st.dates(), years=st.integers(-100, 100))
def test_years_never_fail_and_keep_their_order(day: date, years: int) -> None:
    moved = years_after(day, years)
    assert years_after(day, years - 1) <= moved <= years_after(day, years + 1)
    if date.min.year <= day.year + years <= date.max.year:
        assert moved.year == day.year + years
        assert (moved.month, moved.day) == (day.month, 28 if moved.day != day.day else day.day)
