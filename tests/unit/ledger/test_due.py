"""The day by which an obligation must be fulfilled, from its measure's terms."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from credit_sdk.ledger.due import due_on
from credit_sdk.model.moments import SHANGHAI

DECIDED = datetime(2026, 9, 30, 23, 59, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("terms", "day"),
    [
        ({}, None),
        ({"note": "十个工作日内"}, None),
        ({"deadline_working_days": 5}, date(2026, 10, 13)),
        ({"deadline_days": 10}, date(2026, 10, 10)),  # a Saturday that is worked
        ({"deadline_days": 3}, date(2026, 10, 8)),  # 3 October is a day off: the first working day after
        ({"deadline_days": 30, "deadline_working_days": 5}, date(2026, 10, 13)),  # the earlier one
        ({"deadline": "2026-10-03", "deadline_working_days": 5}, date(2026, 10, 3)),  # agreed on: as agreed
        ({"deadline": date(2026, 12, 1)}, date(2026, 12, 1)),
        ({"deadline": datetime(2026, 12, 1, 17, tzinfo=UTC)}, date(2026, 12, 2)),  # 01:00 there
        ({"deadline": datetime.fromisoformat("2026-12-01T17:00")}, date(2026, 12, 1)),
        ({"deadline": "2026-12-01T17:30:00Z"}, date(2026, 12, 2)),
        ({"deadline": "2026-12-01T17:30:00"}, date(2026, 12, 1)),
        ({"deadline": " 2026年12月1日 "}, date(2026, 12, 1)),
        ({"deadline": "2026/12/1"}, date(2026, 12, 1)),
        ({"deadline": "20261201"}, date(2026, 12, 1)),
        ({"deadline": "2026-02-30"}, None),
        ({"deadline": "按通知办理"}, None),
        ({"deadline": None, "deadline_working_days": "5"}, date(2026, 10, 13)),
        ({"deadline_working_days": True}, None),
        ({"deadline_working_days": -1}, None),
        ({"deadline_days": 10**9}, None),
        ({"deadline_working_days": 2.5}, None),
    ],
)
def test_terms_set_the_day(terms: dict[str, Any], day: date | None) -> None:
    due = due_on(terms, DECIDED)
    assert (due.day if due is not None else None) == day
    assert due is None or not due.provisional


def test_the_day_of_the_decision_is_that_of_shanghai() -> None:
    moment = datetime(2026, 11, 19, 17, tzinfo=UTC)  # the 20th there
    due = due_on({"deadline_working_days": 1}, moment)
    assert due is not None
    assert due.day == date(2026, 11, 23)


def test_a_day_agreed_on_is_never_provisional() -> None:
    due = due_on({"deadline": "2090-01-03"}, DECIDED)
    assert due == (date(2090, 1, 3), False)
