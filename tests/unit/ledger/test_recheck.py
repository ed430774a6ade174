"""Asking again for what is open: only what changed comes back, and what has ended is due for release."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import CreditClient
from credit_sdk.ledger._keeping import Keeping
from credit_sdk.ledger.feed import follow
from credit_sdk.ledger.recheck import _Matter, open_decisions, recheck
from credit_sdk.ledger.releases import due
from credit_sdk.model.record import CoverageTable, CreditRecord
from credit_sdk.ports.ledger import DutyState, EntryKind
from credit_sdk.testing import fictional_code, measure, measure_list
from tests.unit.ledger.matters import LISTS, Office, rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from credit_sdk.decision.result import Decision
    from credit_sdk.ledger.recheck import Rechecked
    from credit_sdk.ledger.values import Again
    from credit_sdk.ports.ledger import Duty


def again(office: Office) -> Rechecked:
    return office.client.recheck()


def reasons(office: Office) -> list[str | None]:
    return [one.reason for one in due(office.store)]


def test_nothing_changed_nothing_comes_back(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.check(2)  # allowed: nothing is open
    found = again(office)
    assert (list(found), found.asked, found.unanswered, found.due) == ([], 1, 0, [])
    assert len(office.store.decisions()) == 2, "what says the same is not kept again"


def test_a_restriction_that_ended_comes_back_and_is_due_for_release(office: Office) -> None:
    office.platform.enter("L-1")
    decision = office.refuse()
    office.platform.feed_down = True  # asking again is enough
    office.platform.set("L-1", "repaired")
    (changed,) = found = again(office)
    assert changed.decision_id == decision.decision_id
    assert (changed.old.effect, changed.new.effect) == ("restrict", "allow")
    assert set(changed.changed) == {"effect", "blocking", "obligations"}
    assert [one.measure for one in found.due] == ["test.refuse"]
    assert reasons(office) == ["repaired"]


def test_what_was_told_is_not_told_again(office: Office) -> None:
    office.platform.enter("L-1")
    decision = office.refuse()
    office.platform.set("L-1", "repaired")
    (changed,) = again(office)
    assert list(again(office)) == []
    noted = office.store.entries(decision_id=decision.decision_id, kinds=(EntryKind.CONFIRMED,))
    assert [changed.new.decision_id in one.entry.body for one in noted] == [True]
    assert office.store.entry(changed.new.decision_id) is not None
    office.platform.set("L-1", "active")  # listed once more
    (back,) = again(office)
    assert back.new.effect == "restrict"


def test_reasons_by_listing(office: Office) -> None:
    for status, number in (("repaired", 1), ("removed", 2), ("revoked", 3)):
        office.platform.enter(f"L-{number}", number=number)
        office.refuse(number)
        office.platform.set(f"L-{number}", status)
    office.platform.enter("L-4", number=4, effective_until="2026-11-25")
    office.refuse(4)
    office.platform.enter("L-5", number=5)
    office.refuse(5)
    office.platform.drop("L-5")
    office.clock.advance(timedelta(days=10))
    assert len(again(office).due) == 5
    assert sorted(map(str, reasons(office))) == ["expired", "gone", "removed", "repaired", "revoked"]


def test_a_measure_that_another_listing_carries_is_not_due(office: Office) -> None:
    office.platform.enter("L-1", effective_until="2026-11-25")
    office.refuse()
    office.clock.advance(timedelta(days=10))
    office.platform.enter("L-2", list=LISTS[1])
    (changed,) = found = again(office)
    assert changed.changed == ("obligations",)
    assert found.due == [], "not by date either: it is known how it stands"
    assert [one.state for one in office.store.duties(decision_id=changed.decision_id)] == [DutyState.EXECUTED]


# ----------------------------------------------------------------------------- what is not shown, and was it asked for


ONE, OTHER = fictional_code(1), fictional_code(2)
WATCHED = LISTS[1]
TWO_MEASURES = measure_list(
    measure("test.refuse", triggers=[{"list": LISTS[0]}]),
    measure("test.watch", consequence="scrutinise", triggers=[{"list": WATCHED}], reached_by=["parent"]),
    lists={"optional": [WATCHED]},
)


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[Office]:
    """An office that goes by two measures, each of one list; it gets by without the second list."""
    made = Office(tmp_path, measures=TWO_MEASURES)
    yield made
    made.close()


def act(office: Office, **asked: Any) -> Decision:
    """Check, and report that whatever it asks for was carried out."""
    decision = office.check(**asked)
    office.client.report(decision, executed=[one.id for one in decision.obligations])
    return decision


def found_due(office: Office) -> list[tuple[str, str | None]]:
    return [(one.measure, one.reason) for one in again(office).due]


@pytest.mark.parametrize("fault", ["not_consulted", "too_old", "stand_in"])
def test_what_is_not_shown_has_ended_only_where_it_was_asked_for(watching: Office, fault: str) -> None:
    """An outage ends no restriction (rule 8.1)."""
    platform = watching.platform
    platform.enter("L-1", list=WATCHED)
    act(watching)
    platform.drop("L-1")
    if fault == "not_consulted":
        platform.out.add(WATCHED)
    elif fault == "too_old":
        platform.age[WATCHED] = timedelta(days=2)
    else:
        platform.stale.add(ONE)
    assert found_due(watching) == []
    platform.out, platform.age, platform.stale = set(), {}, set()
    assert found_due(watching) == [("test.watch", "L-1: gone")]


@pytest.mark.parametrize("asked", [{"related": [("parent", OTHER)]}, {"members": [OTHER]}])
def test_whoevers_listing_it_is_has_to_have_been_asked_for(watching: Office, asked: dict[str, Any]) -> None:
    platform = watching.platform
    platform.enter("L-1")
    platform.enter("L-2", number=2, list=WATCHED)
    act(watching, **asked)
    platform.out.add(OTHER)  # the first is blocked, which is an answer all the same
    assert found_due(watching) == []
    platform.out.clear()
    platform.drop("L-2")
    platform.stale.add(OTHER)
    assert found_due(watching) == []
    platform.stale = {ONE}  # none of the other's concern
    assert found_due(watching) == [("test.watch", "L-2: gone")]


def test_a_member_without_an_answer_may_be_listed_still(watching: Office) -> None:
    """Its record came; nothing was decided by it."""
    platform = watching.platform
    platform.enter("L-1", number=2)
    platform.enter("L-2", list=WATCHED)
    act(watching, members=[OTHER])
    fetch = platform.fetch

    def partly(subjects: Any, **options: Any) -> Any:
        first, *others = fetch(subjects, **options)
        assert isinstance(first, CreditRecord)
        return [replace(first, coverage=CoverageTable({WATCHED: first.coverage[WATCHED]})), *others]

    platform.fetch = partly  # type: ignore[method-assign]
    assert found_due(watching) == []


def test_without_what_they_rest_on_answers_say_of_nothing_that_it_is_gone(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.platform.drop("L-1")

    def check_many(requests: Any) -> list[Decision]:
        return [office.client.check(one.subject, domain="test", action="award") for one in requests]

    assert recheck(office.store, check_many, office.now).due == []


def test_what_an_answer_asks_for_does_not_become_due_in_the_same_run(office: Office) -> None:
    """Not by what is read of the feed meanwhile either: the next run asks again."""
    office.platform.enter("L-1")
    office.refuse()
    office.platform.enter("L-2", list=LISTS[1])

    elsewhere = CreditClient(office.platform, measure_lists=[rules()], clock=office.clock)

    def check_many(requests: Any) -> list[Decision]:
        return [elsewhere.check(one.subject, domain="test", action="award") for one in requests]

    def keep(decision: Decision, again: Again) -> None:
        office.store.append([Keeping(office.store, None).entry(decision, again=again)])
        for listing in ("L-1", "L-2"):
            office.platform.set(listing, "repaired")
        follow(office.store, office.platform, office.now)

    found = recheck(office.store, check_many, office.now, keep=keep)
    assert (len(found), found.due) == (1, [])
    assert len(recheck(office.store, check_many, office.now).due) == 1


def test_an_objection_ends_nothing(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.platform.set("L-1", "objected", objection="information")
    found = again(office)
    assert found.due == []
    assert [one.changed for one in found] == [("advice",)]


def test_no_answer_changes_nothing_and_is_counted(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.platform.set("L-1", "repaired")
    office.platform.down = office.platform.feed_down = True
    found = again(office)
    assert (list(found), found.asked, found.unanswered, found.errors) == ([], 1, 1, {"source_unavailable": 1})
    assert due(office.store) == []
    office.platform.down = False
    assert len(again(office).due) == 1


def test_without_an_answer_the_date_still_ends_it(office: Office) -> None:
    office.platform.enter("L-1", effective_until="2026-11-25")
    office.refuse()
    office.clock.advance(timedelta(days=10))
    office.platform.down = office.platform.feed_down = True
    assert [one.reason for one in again(office).due] == ["L-1: expired"]


@pytest.mark.parametrize("by", ["date", "feed"])
def test_data_from_before_the_end_tell_of_another_date_only(office: Office, by: str) -> None:
    """A file that was read this morning may know of a longer term; that a listing was repaired at noon it does not."""
    office.platform.enter("L-1", effective_until="2026-11-25")
    office.refuse()
    if by == "feed":
        office.clock.advance(timedelta(hours=1))
        office.platform.set("L-1", "repaired")
        follow(office.store, office.platform, office.now)
    else:
        office.clock.advance(timedelta(days=10))
    assert len(office.client.releases()) == 1
    office.platform.entries["L-1"] |= {"status": "active", "effective_until": "2027-11-25"}
    fetch = office.platform.fetch
    office.platform.feed_down = True
    office.platform.fetch = lambda subjects, **options: [  # type: ignore[method-assign]
        replace(answer, read_at=office.now - timedelta(minutes=5))  # type: ignore[type-var]
        for answer in fetch(subjects, **options)
    ]
    found = again(office)
    assert (found.unanswered, len(due(office.store))) == ((1, 1) if by == "feed" else (0, 0))


def test_in_batches_with_progress(office: Office) -> None:
    for number in range(1, 6):
        office.platform.enter(f"L-{number}", number=number)
        office.refuse(number)
    asked: list[int] = []
    seen: list[tuple[int, int]] = []

    def check_many(requests: object) -> list[Decision]:
        asked.append(len(list(requests)))  # type: ignore[call-overload]
        return [office.client.check(one.subject, domain="test", action="award") for one in requests]  # type: ignore[attr-defined]

    recheck(office.store, check_many, office.now, batch=2, progress=lambda done, total: seen.append((done, total)))
    assert asked == [2, 2, 1]
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_a_damaged_decision_is_counted_and_holds_up_nobody(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in (1, 2):
        office.platform.enter(f"L-{number}", number=number)
    damaged = office.refuse(1)
    office.refuse(2)
    office.platform.set("L-2", "repaired")
    entry: Callable[[str], object] = office.store.entry
    monkeypatch.setattr(
        office.store, "entry", lambda id: None if id == damaged.decision_id else entry(id), raising=True
    )
    found = again(office)
    assert found.errors == {"ledger_damaged": 1}
    assert len(found.due) == 1


def test_what_was_not_carried_out_is_not_due_until_it_was(office: Office) -> None:
    office.platform.enter("L-1")
    decision = office.check()
    office.platform.set("L-1", "revoked")
    found = again(office)
    assert (len(found), found.due) == (1, [])
    assert again(office).asked == 0, "nothing is asked of anybody any more"
    office.client.report(decision, executed=["test.refuse"])  # and yet it was, and nobody had said so
    assert [one.reason for one in again(office).due] == ["L-1: revoked"]


def test_a_fallback_is_asked_again_until_there_is_an_answer(tmp_path: Path) -> None:
    office = Office(tmp_path, on_unavailable="allow")
    office.platform.enter("L-1")
    office.platform.down = True
    decision = office.check()
    assert decision.degraded is not None
    assert again(office).errors == {"source_unavailable": 1}
    office.platform.down = False
    (changed,) = again(office)
    assert set(changed.changed) >= {"effect", "degraded"}
    assert [one.decision_id for one in open_decisions(office.store)] == [changed.new.decision_id]
    office.close()


def test_a_fallback_that_was_right_is_closed_and_changed_all_the_same(tmp_path: Path) -> None:
    office = Office(tmp_path, on_unavailable="allow")
    office.platform.down = True
    office.check()
    office.platform.down = False
    assert [one.changed for one in again(office)] == [("degraded",)]
    assert again(office).asked == 0
    office.close()


def test_the_hook_is_called_once(tmp_path: Path) -> None:
    told: list[Duty] = []
    office = Office(tmp_path, on_release=told.append)
    office.platform.enter("L-1")
    office.refuse()
    office.platform.set("L-1", "repaired")
    again(office)
    again(office)
    assert [one.measure for one in told] == ["test.refuse"]
    office.close()


def test_what_is_asked_for_shows_nobody(office: Office) -> None:
    office.platform.enter("L-1")
    decision = office.refuse()
    [kept] = open_decisions(office.store)
    shown = repr(_Matter(decision.request, kept, {"marks": [f"code:{ONE}"]}, [kept]))
    assert decision.decision_id in shown
    assert ONE not in shown


def test_open_decisions_come_in_pages(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credit_sdk.ledger.recheck._PAGE", 2)
    for number in range(1, 6):
        office.platform.enter(f"L-{number}", number=number)
        office.refuse(number)
    found = [one.decision_id for one in open_decisions(office.store)]
    assert len(found) == len(set(found)) == 5
