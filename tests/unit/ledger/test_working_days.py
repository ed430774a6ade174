"""Working days as the State Council announces them, and what is taken for them beyond."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from credit_sdk.ledger import working_days
from credit_sdk.ledger.working_days import Day, after, is_announced, is_working_day, on_or_after


@pytest.mark.parametrize(
    ("notice", "off", "made_up"),
    [
        # 国办发明电〔2025〕7号: 2026 Spring Festival, 15 to 23 February; 14 and 28 February are worked.
        ("2026 春节", (date(2026, 2, 15), date(2026, 2, 23)), (date(2026, 2, 14), date(2026, 2, 28))),
        # The same: National Day, 1 to 7 October; 20 September and 10 October are worked.
        ("2026 国庆", (date(2026, 10, 1), date(2026, 10, 7)), (date(2026, 9, 20), date(2026, 10, 10))),
        # 国办发明电〔2024〕12号: 2025 Spring Festival, 28 January to 4 February; 26 January and 8 February are worked.
        ("2025 春节", (date(2025, 1, 28), date(2025, 2, 4)), (date(2025, 1, 26), date(2025, 2, 8))),
        # The same: National Day and Mid-Autumn, 1 to 8 October; 28 September and 11 October are worked.
        ("2025 国庆", (date(2025, 10, 1), date(2025, 10, 8)), (date(2025, 9, 28), date(2025, 10, 11))),
    ],
)
def test_the_notices_hold(notice: str, off: tuple[date, date], made_up: tuple[date, ...]) -> None:
    first, last = off
    free = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    assert not any(is_working_day(day) for day in free), notice
    assert all(is_working_day(day) for day in made_up), notice
    assert all(day.weekday() >= 5 for day in made_up)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        (date(2026, 11, 20), 1, date(2026, 11, 23)),  # a Friday: Monday
        (date(2026, 11, 21), 5, date(2026, 11, 27)),  # a Saturday begins nothing by itself
        (date(2026, 9, 30), 1, date(2026, 10, 8)),  # over National Day
        (date(2026, 9, 30), 3, date(2026, 10, 10)),  # the make-up Saturday counts
        (date(2026, 2, 13), 1, date(2026, 2, 14)),  # and so does the one before Spring Festival
        (date(2026, 2, 13), 6, date(2026, 2, 28)),  # 14, 24 to 27 and 28
        (date(2026, 10, 1), 0, date(2026, 10, 8)),  # none: the first working day
    ],
)
def test_a_term_in_working_days(start: date, days: int, end: date) -> None:
    assert after(start, days) == Day(end, provisional=False)


def test_a_term_does_not_end_on_a_day_off() -> None:
    assert on_or_after(date(2026, 10, 3)) == (date(2026, 10, 8), False)
    assert on_or_after(date(2026, 10, 10)) == (date(2026, 10, 10), False)


def unannounced() -> int:
    """The first year that the library does not know, whichever release is installed."""
    return next(year for year in range(2026, 2100) if not is_announced(year))


def test_beyond_the_years_announced_monday_to_friday_is_taken_and_said_to_be_provisional() -> None:
    year = unannounced()
    last = date(year - 1, 12, 31)
    found = after(last, 10)
    assert found.provisional
    days = [last + timedelta(days=n + 1) for n in range((found.day - last).days)]
    assert sum(day.weekday() < 5 for day in days) == 10
    assert is_working_day(date(year, 10, 1)) is None
    assert on_or_after(date(year, 10, 1)).provisional


def test_a_term_that_ends_in_an_announced_year_is_settled_whatever_follows() -> None:
    year = unannounced()
    assert not after(date(year - 1, 12, 1), 5).provisional


def test_before_the_first_year_that_the_library_knows() -> None:
    assert is_working_day(date(2003, 12, 31)) is None
    assert after(date(2003, 12, 30), 1) == (date(2003, 12, 31), True)


def test_a_later_release_settles_what_was_provisional(monkeypatch: pytest.MonkeyPatch) -> None:
    year = unannounced()
    before = after(date(year - 1, 12, 31), 1)
    monkeypatch.setattr(working_days, "is_working_day", lambda day: day.weekday() < 5 and day != date(year, 1, 1))
    later = after(date(year - 1, 12, 31), 1)
    assert before.provisional
    assert not later.provisional
    assert later.day > date(year, 1, 1)


def test_the_library_is_loaded_only_when_a_day_is_asked_for() -> None:
    import subprocess
    import sys

    code = "import sys, credit_sdk.ledger.due; sys.exit('chinese_calendar' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
