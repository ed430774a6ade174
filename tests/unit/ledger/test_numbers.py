"""The numbers of a month: by domain and action, summed, as CSV and JSON."""

from __future__ import annotations

import csv
import io
import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import InvalidRequest, SourceUnavailable
from credit_sdk.ledger import numbers
from credit_sdk.ledger.losses import Losses
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.ports.ledger import Counts
from tests.unit.ledger.matters import LISTS

if TYPE_CHECKING:
    from tests.unit.ledger.matters import Office

NOVEMBER = numbers.month("2026-11")


@pytest.mark.parametrize(
    ("text", "since", "until"),
    [
        ("2026-11", (2026, 11), (2026, 12)),
        ("2026-12", (2026, 12), (2027, 1)),
        ("2026-02", (2026, 2), (2026, 3)),
    ],
)
def test_a_month_is_one_of_shanghai(text: str, since: tuple[int, int], until: tuple[int, int]) -> None:
    period = numbers.month(text)
    assert period.since == datetime(*since, 1, tzinfo=SHANGHAI)
    assert period.until == datetime(*until, 1, tzinfo=SHANGHAI)
    assert numbers.month_of(period.until - timedelta(microseconds=1)) == period


@pytest.mark.parametrize("text", ["2026", "2026-13", "2026-1", "11-2026", "", "2026-11-01", "9999-12", "2026－11"])
def test_no_month(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        numbers.month(text)
    assert "2026-11" in caught.value.message("en")


def test_what_was_checked_and_done(office: Office) -> None:
    office.platform.enter("L-1")
    office.platform.enter("L-2", number=2)
    office.platform.enter("L-3", number=3, list=LISTS[2], kind="red")
    office.refuse(1)
    office.client.report(office.check(2), not_executed={"test.refuse": "法院裁定中止执行"})
    office.client.report(office.check(3), executed=["test.later-papers"])
    office.check(4)
    office.platform.down = True
    with pytest.raises(SourceUnavailable):
        office.check(5)
    (counts,) = numbers.numbers(office.store, NOVEMBER, office.now)
    assert (counts.domain, counts.action) == ("test", "award")
    assert (counts.checks_due, counts.checks_done, counts.checks, counts.undecided) == (5, 4, 4, 1)
    assert (counts.restricted, counts.blocked, counts.priority) == (2, 2, 1)
    assert (counts.measures_due, counts.executed, counts.declined) == (3, 2, 1)
    assert counts.reasons == {"法院裁定中止执行": 1}
    assert counts.overdue_obligations == 0
    (later,) = numbers.numbers(office.store, NOVEMBER, office.now + timedelta(days=30))
    assert later.overdue_obligations == 1, "five working days for the papers"


TWO = (
    Counts("a", "award", checks_due=2, checks_done=1, declined=2, reasons={"甲": 1, "=cmd()": 1}),
    Counts("b", "accept", checks_due=3, checks_done=3, declined=1, reasons={"甲": 1}),
)


def test_the_sum() -> None:
    whole = numbers.total(TWO)
    assert (whole.checks_due, whole.checks_done, whole.declined) == (5, 4, 3)
    assert whole.reasons == {"甲": 2, "=cmd()": 1}
    assert numbers.total(()).checks_due == 0


@pytest.mark.parametrize(("lang", "head", "sum_"), [("zh", "应查", "合计"), ("en", "checks due", "total")])
def test_csv_is_a_table_that_no_spreadsheet_runs(lang: str, head: str, sum_: str) -> None:
    text = numbers.csv_text(TWO, NOVEMBER, "en" if lang == "en" else "zh", Losses(2, 1))
    heads, *rows = csv.reader(io.StringIO(text))
    assert heads[3] == head
    assert [row[:2] for row in rows] == [["2026-11", "a"], ["2026-11", "b"], ["2026-11", sum_]]
    assert all(len(row) == len(heads) for row in rows)
    assert [row[-2:] for row in rows[:2]] == [["'=cmd() ×1；甲 ×1", "3"], ["甲 ×1", "3"]]
    assert text.endswith("\r\n")


def test_json_and_back() -> None:
    values = json.loads(json.dumps(numbers.report(TWO, NOVEMBER, NOVEMBER.since)))
    assert (values["month"], values["over"], values["total"]["checks_due"]) == ("2026-11", False, 5)
    assert [numbers.from_dict(row) for row in values["rows"]] == list(TWO)
    assert numbers.from_dict({**values["rows"][0], "of_a_later_version": 1}) == TWO[0]


def test_every_number_has_a_name() -> None:
    assert {"domain", "action", "reasons", *numbers.NUMBERS} == set(numbers.to_dict(TWO[0]))
