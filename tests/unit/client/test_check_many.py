"""`check_many`, on both clients: one row's failure is that row's value; the source is asked once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import CheckRequest, CreditClient, Decision, Subject
from credit_sdk.errors import (
    BadRecord,
    InvalidRequest,
    InvalidSubject,
    Restricted,
    SourceUnavailable,
    StaleData,
    UnknownAction,
    UnknownDomain,
)
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource
from credit_sdk.testing import MOMENT, FailingSource, coverage, fictional_code, listing, measure_list
from tests.unit.client.conftest import Told, Way

if TYPE_CHECKING:
    from collections.abc import Sequence

LISTED, CLEAN, THIRD = fictional_code(1), fictional_code(2), fictional_code(3)


def memory() -> MemorySource:
    return MemorySource.of([coverage(), listing()], read_at=MOMENT)


def row(subject: Any, **changes: Any) -> CheckRequest:
    return CheckRequest(**{"subject": subject, "domain": "test", "action": "award", **changes})


def test_rows_come_back_in_order(way: Way) -> None:
    results = way.client(memory()).check_many([row(CLEAN), row(LISTED), row(Subject(name="虚构二号有限公司"))])
    assert [isinstance(result, Decision) and result.effect.value for result in results] == [
        "allow",
        "restrict",
        "allow",
    ]


@pytest.mark.parametrize("nonsense", [None, LISTED, {"subject": LISTED}])
def test_a_row_that_is_no_request_is_that_rows_failure(way: Way, nonsense: Any) -> None:
    bad, good = way.client(memory()).check_many([nonsense, row(CLEAN)])
    assert isinstance(bad, InvalidRequest)
    assert isinstance(good, Decision)


def test_handles_says_which_types_are_lacking(way: Way) -> None:
    [answer] = way.client(memory()).check_many([row(LISTED, handles=["limit"])])
    assert isinstance(answer, Restricted)
    assert answer.key == "handles"
    assert "refuse" in answer.zh
    assert "refuse" in answer.en


def test_a_rows_failure_is_that_rows_value(way: Way) -> None:
    rows = [
        row("nonsense"),
        row(LISTED, domain="space"),
        row(LISTED, action="launch"),
        row(LISTED, as_of=datetime(2026, 11, 21)),  # noqa: DTZ001
        row(LISTED, handles=["limit"]),
        row(LISTED, members=["nonsense"]),
        row(None),
        row(CLEAN),
    ]
    results = way.client(memory()).check_many(rows)
    assert [type(result) for result in results] == [
        InvalidSubject,
        UnknownDomain,
        UnknownAction,
        InvalidRequest,
        Restricted,
        InvalidSubject,
        InvalidSubject,
        Decision,
    ]


def test_the_source_is_asked_once_and_for_each_subject_once(way: Way) -> None:
    source = Told(memory().fetch)
    rows = [
        row(LISTED),
        row(CLEAN, members=[LISTED, THIRD]),
        row(LISTED.lower()),
        row(Subject(CLEAN), related=[("parent", THIRD)]),
        row("nonsense"),
    ]
    results = way.client(source).check_many(rows, timeout=9)
    assert [[subject.code for subject in asked] for asked in source.asked] == [[LISTED, CLEAN, THIRD]]
    assert source.timeouts == [9]
    assert [isinstance(result, Decision) for result in results] == [True, True, True, True, False]


def test_a_code_with_a_name_is_asked_for_apart(way: Way) -> None:
    """With the name more entries may be the subject's; one record must not serve for the other."""
    source = Told(memory().fetch)
    way.client(source).check_many([row(CLEAN), row(Subject(CLEAN, name="虚构二号有限公司"))])
    assert len(source.asked[0]) == 2


@pytest.mark.parametrize("rows", [[], [("nonsense",)], [("",), (None,)]], ids=["none", "one unusable", "all unusable"])
def test_with_nothing_to_ask_nothing_is_asked(way: Way, rows: list[tuple[Any]]) -> None:
    source = Told(memory().fetch)
    assert len(way.client(source).check_many([row(subject) for (subject,) in rows])) == len(rows)
    assert source.asked == []


def test_rows_may_come_from_a_generator(way: Way) -> None:
    assert len(way.client(memory()).check_many(row(code) for code in (LISTED, CLEAN))) == 2


def test_one_subjects_no_answer_is_its_rows_only(way: Way) -> None:
    inner = memory()

    def answer(subjects: Sequence[Subject]) -> Any:
        return [StaleData("过期", "stale") if s.code == THIRD else inner.fetch([s])[0] for s in subjects]

    results = way.client(Told(answer)).check_many([row(CLEAN), row(THIRD), row(LISTED)])
    assert [type(result) for result in results] == [Decision, StaleData, Decision]


def test_an_outage_is_every_rows_value(way: Way) -> None:
    results = way.client(FailingSource(OSError())).check_many([row(CLEAN), row("nonsense"), row(LISTED)])
    assert [type(result) for result in results] == [SourceUnavailable, InvalidSubject, SourceUnavailable]


def test_nonsense_is_every_rows_value(way: Way) -> None:
    results = way.client(Told(lambda _: None)).check_many([row(CLEAN), row(LISTED)])
    assert [type(result) for result in results] == [BadRecord, BadRecord]


def test_a_fallback_is_decided_row_by_row(way: Way) -> None:
    """8.3."""
    lenient = measure_list(actions={"award": {"on_unavailable": "allow"}, "sign": {"must_check": True}})
    results = way.client(FailingSource(), lenient).check_many([row(CLEAN), row(CLEAN, action="sign")])
    assert isinstance(results[0], Decision)
    assert results[0].degraded is not None
    assert isinstance(results[1], SourceUnavailable)


def test_rows_of_many_are_decided_as_alone(way: Way) -> None:
    client = way.client(memory())
    (of_many,) = client.check_many([row(LISTED)])
    assert isinstance(of_many, Decision)
    alone = client.check(LISTED)
    stamp = {"decision_id": "", "decided_at": ""}
    assert {**of_many.to_dict(), **stamp} == {**alone.to_dict(), **stamp}


def test_threads_that_come_at_once_find_the_adapters_once(monkeypatch: pytest.MonkeyPatch) -> None:
    found: list[DomainRegistry] = []
    together = Barrier(8)

    def find(only: object = None) -> DomainRegistry:
        found.append(DomainRegistry())
        return found[-1]

    monkeypatch.setattr(DomainRegistry, "from_entry_points", find)
    client = CreditClient(memory(), measure_lists=[measure_list()])

    def check(_: int) -> Decision:
        together.wait(timeout=10)
        return client.check(CLEAN, domain="test", action="award", as_of=MOMENT)

    with ThreadPoolExecutor(8) as threads:
        decisions = list(threads.map(check, range(8)))
    assert [decision.effect.value for decision in decisions] == ["allow"] * 8
    assert len(found) == 1
