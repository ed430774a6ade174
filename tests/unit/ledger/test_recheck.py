"""Asking again for what is open: only what changed comes back, and what has ended is due for release."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from credit_sdk.ledger.recheck import open_decisions, recheck
from credit_sdk.ledger.releases import due
from credit_sdk.ports.ledger import DutyState, EntryKind
from tests.unit.ledger.matters import LISTS, Office

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from credit_sdk.decision.result import Decision
    from credit_sdk.ledger.recheck import Rechecked
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


def test_open_decisions_come_in_pages(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credit_sdk.ledger.recheck._PAGE", 2)
    for number in range(1, 6):
        office.platform.enter(f"L-{number}", number=number)
        office.refuse(number)
    found = [one.decision_id for one in open_decisions(office.store)]
    assert len(found) == len(set(found)) == 5
