"""When to ask again, and after what pause."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sdk.transport import Retries
from credit_sdk.transport._retry import pause, retry_after

NOW = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "date", "seconds"),
    [
        ("0", None, 0),
        ("7", None, 7),
        (" 7 ", None, 7),
        ("9999999999", None, 1e9),
        ("99999999999", None, 1e9),
        ("9" * 4000, None, 1e9),
        ("-1", None, None),
        ("1.5", None, None),
        ("٧", None, None),
        ("soon", None, None),
        ("", None, None),
        (None, None, None),
        ("Sat, 21 Nov 2026 08:00:30 GMT", None, 30),
        ("Sat, 21 Nov 2026 07:00:00 GMT", None, 0),
        ("Saturday, 21-Nov-26 08:00:30 GMT", None, 30),
        ("Sat Nov 21 08:00:30 2026", None, 30),
        ("Sat, 21 Nov 2026 16:00:30 +0800", None, 30),
        # A platform whose clock is a day behind: counted by its own.
        ("Fri, 20 Nov 2026 08:00:30 GMT", "Fri, 20 Nov 2026 08:00:00 GMT", 30),
        ("Sun, 22 Nov 2026 08:00:30 GMT", "Sun, 22 Nov 2026 08:00:00 GMT", 30),
        ("Sat, 21 Nov 2026 08:00:30 GMT", "nonsense", 30),
        ("Fri, 31 Dec 9999 23:59:59 GMT", None, 1e9),
        ("Sat, 32 Nov 2026 08:00:00 GMT", None, None),
        ("Sat, 21 Nov 2026 08:00:30 -9999", None, None),
    ],
)
def test_retry_after(value: str | None, date: str | None, seconds: float | None) -> None:
    assert retry_after(value, date, NOW) == seconds


@given(st.text(max_size=60), st.text(max_size=40))
def test_no_header_breaks_it(value: str, date: str) -> None:
    seconds = retry_after(value, date, NOW)
    assert seconds is None or 0 <= seconds <= 1e9


@pytest.mark.parametrize(
    ("attempt", "dice", "seconds"),
    [(1, 0, 0.05), (1, 1, 0.1), (2, 1, 0.2), (3, 0, 0.2), (4, 1, 0.8), (5, 1, 1.0), (500, 1, 1.0)],
)
def test_the_pause_doubles_and_is_random(attempt: int, dice: float, seconds: float) -> None:
    assert pause(Retries(), attempt, None, lambda: dice) == pytest.approx(seconds)


@pytest.mark.parametrize("asked", [0.0, 3.0, 1e9])
def test_the_platform_s_word_goes_before(asked: float) -> None:
    assert pause(Retries(), 1, asked) == asked


def test_no_two_clients_come_back_at_once() -> None:
    assert len({pause(Retries(), 2, None) for _ in range(20)}) > 15
