"""What is given wrongly is said so, as an error of this package that names the parameter; on both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import Override
from credit_sdk.errors import InvalidMeasureList, InvalidReport, InvalidRequest, InvalidSettings
from credit_sdk.formats.receipt_check import verify_receipt
from credit_sdk.ledger import FeedbackRule
from credit_sdk.ledger.desk import Ledger
from credit_sdk.sources import MemorySource
from credit_sdk.testing import MOMENT, coverage, fictional_code, listing, measure, measure_list

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.client.conftest import Called, Way

LISTED = fictional_code(1)
RULES = measure_list(
    measure("test.refuse"), measure("test.asked", consequence="limit", terms={"needs": ["deadline", "deadline_days"]})
)
NOTHING = float("nan")


@pytest.fixture
def client(way: Way, tmp_path: Path) -> Called:
    source = MemorySource.of([coverage(), listing()], read_at=MOMENT)
    return way.client(source, RULES, ledger=tmp_path / "credit.db")


@pytest.mark.parametrize(
    ("name", "arguments", "key"),
    [
        ("report", (None,), "decision"),
        ("report", (5,), "decision"),
        ("discharge", (None, "test.refuse"), "decision"),
        ("release", (5,), "decision"),
        ("confirm", ("an-id",), "decision"),
        ("confirm", (None,), "decision"),
        ("affected", (5,), "listing"),
        ("flush", (NOTHING,), "timeout"),
        ("flush", (-1,), "timeout"),
        ("flush", ("5",), "timeout"),
        ("flush", (True,), "timeout"),
        ("flush", (float("inf"),), "timeout"),
    ],
)
def test_what_is_no_such_thing_is_named(client: Called, name: str, arguments: tuple[Any, ...], key: str) -> None:
    with pytest.raises(InvalidRequest) as raised:
        client.call(name, *arguments)
    assert raised.value.key == key


@pytest.mark.parametrize("timeout", ["5", None, NOTHING, -1])
def test_closing_takes_seconds(way: Way, client: Called, tmp_path: Path, timeout: Any) -> None:
    closing = "aclose" if way.is_async else "close"
    for call in (lambda: client.call(closing, timeout), lambda: Ledger.open(tmp_path / "b.db").close(timeout)):
        with pytest.raises(InvalidRequest) as raised:
            call()
        assert raised.value.key == "timeout"
    client.close()


@pytest.mark.parametrize("case", ["no", 1, None])
def test_whether_it_is_a_case_is_yes_or_no(client: Called, case: Any) -> None:
    with pytest.raises(InvalidReport) as raised:
        client.call("report", client.check(LISTED), case=case)
    assert raised.value.key == "case"
    assert client.reports == []


def test_a_mandatory_reason_can_be_seen(client: Called) -> None:
    with pytest.raises(InvalidReport, match="理由"):
        client.call("report", client.check(LISTED), not_executed={"test.refuse": "\u200b"})


# -------------------------------------------------------------------------------------------------------------- feedback


@pytest.mark.parametrize("feedback", [{"test": "x"}, {"test": None}, {5: FeedbackRule()}, 5, ["test"]])
def test_feedback_is_rules_by_domain(way: Way, tmp_path: Path, feedback: Any) -> None:
    with pytest.raises(InvalidSettings) as raised:
        way.client(MemorySource.of([coverage()]), RULES, ledger=tmp_path / "credit.db", feedback=feedback)
    assert str(raised.value.key).startswith("feedback")


def test_feedback_is_for_domains_that_are_here(way: Way, tmp_path: Path) -> None:
    file = tmp_path / "feedback.toml"
    file.write_text('[feedback.tset]\nperiod = "monthly"\n', "utf-8")
    for given, where in ((file, str(file)), ({"tset": FeedbackRule()}, None)):
        with pytest.raises(InvalidSettings) as raised:
            way.client(MemorySource.of([coverage()]), RULES, ledger=tmp_path / "credit.db", feedback=given)
        assert (raised.value.file, raised.value.key) == (where, "feedback.tset")
        assert "default, test" in raised.value.en
    known = {"default": FeedbackRule(), "test": FeedbackRule()}
    way.client(MemorySource.of([coverage()]), RULES, ledger=tmp_path / "credit.db", feedback=known)


# ---------------------------------------------------------------------------------------------------------------- terms


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("deadline", "2026-02-30"),
        ("deadline", "按通知办理"),
        ("deadline", 20261210),
        ("deadline_days", -5),
        ("deadline_days", 0),
        ("deadline_days", 99999999),
        ("deadline_days", 2.5),
        ("deadline_days", True),
    ],
)
def test_a_term_that_cannot_be_read_is_refused(client: Called, key: str, value: Any) -> None:
    with pytest.raises(InvalidRequest) as raised:
        client.check(LISTED, context={key: value})
    assert raised.value.key == f"context.{key}"


@pytest.mark.parametrize(
    "context", [{"deadline": "2026-12-10"}, {"deadline": None}, {"deadline_days": 10}, {"deadline_working_days": "?"}]
)
def test_terms_that_can_be_read_and_those_nobody_needs(client: Called, context: dict[str, Any]) -> None:
    assert client.check(LISTED, context=context).blocking


@pytest.mark.parametrize("key", ["deadline_days", "deadline_working_days"])
@pytest.mark.parametrize("value", [0, -5, 3651, "5", True, 2.5])
def test_a_measure_list_with_such_a_term_does_not_load(key: str, value: Any) -> None:
    with pytest.raises(InvalidMeasureList):
        measure_list(measure("test.refuse", terms={key: value}))


def test_a_penalty_that_was_carried_out_is_not_overdue(way: Way, tmp_path: Path) -> None:
    """Its day is that by which it is to be carried out; what comes after is its release."""
    rules = measure_list(measure("test.refuse", terms={"deadline_working_days": 1}))
    source = MemorySource.of([coverage(), listing()], read_at=MOMENT)
    client = way.client(source, rules, ledger=tmp_path / "credit.db")
    decision, store = client.check(LISTED), client.ledger.store
    [duty] = store.duties()
    late = MOMENT.date().replace(year=2027)
    assert duty.due_on is not None
    assert len(store.duties(overdue_on=late)) == 1
    client.call("report", decision, executed=["test.refuse"])
    assert store.duties(overdue_on=late) == []


# --------------------------------------------------------------------------------------------------------- overrides etc.


@pytest.mark.parametrize("text", ["", " ", "\u200b\u200b", "a\x00b", "x" * 2001, 5, None, "\ud800"])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_override_says_something(text: Any, place: int) -> None:
    parts: list[Any] = ["抢险", "值班领导", "依据"]
    parts[place] = text
    with pytest.raises(InvalidReport) as raised:
        Override(*parts)
    assert raised.value.key == ("override.reason", "override.approver", "override.legal_basis")[place]


def test_verifying_takes_a_file_and_keys(tmp_path: Path) -> None:
    nothing: Any = 5
    with pytest.raises(InvalidRequest) as raised:
        verify_receipt(nothing)
    assert raised.value.key == "source"
    for trusted in (nothing, [nothing]):
        with pytest.raises(InvalidSettings) as refused:
            verify_receipt(tmp_path / "r.json", trusted=trusted)
        assert refused.value.key == "trusted"
