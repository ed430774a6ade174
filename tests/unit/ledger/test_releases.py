"""Restrictions that are due for release: found by feed and by date, told to the hook once, reported when lifted."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import InvalidReport
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger.feed import follow
from credit_sdk.ledger.releases import due, find_ended, in_short, mark_due, outstanding, tell_due
from credit_sdk.ledger.restored import Restored, put_back
from credit_sdk.ports.ledger import DutyState, EntryKind
from tests.unit.ledger.matters import LISTS

if TYPE_CHECKING:
    from credit_sdk.ports.ledger import Duty
    from tests.unit.ledger.matters import Office


def ended(office: Office) -> list[dict[str, str]]:
    """Why each restriction has ended, by feed and date."""
    follow(office.store, office.platform, office.now)
    return [dict(one.reasons) for one in find_ended(office.store, office.now)]


def mark(office: Office) -> list[Duty]:
    follow(office.store, office.platform, office.now)
    return mark_due(office.store, find_ended(office.store, office.now), office.now)


@pytest.mark.parametrize("status", ["repaired", "removed", "revoked"])
def test_the_feed_says_that_a_listing_has_ended(office: Office, status: str) -> None:
    office.platform.enter("L-1")
    office.refuse()
    assert ended(office) == []
    office.platform.set("L-1", status)
    assert ended(office) == [{"L-1": status}]


@pytest.mark.parametrize("status", ["objected", "active", None])
def test_what_has_not_ended_stands(office: Office, status: str | None) -> None:
    office.platform.enter("L-1")
    office.refuse()
    if status is None:  # gone, or unknown: only asking again can tell
        office.platform.drop("L-1")
    else:
        office.platform.set("L-1", status)
    assert ended(office) == []


def test_by_date_without_a_feed(office: Office) -> None:
    office.platform.enter("L-1", effective_until="2026-11-22")
    office.refuse()
    office.clock.advance(timedelta(days=1, hours=11))  # 23:00 of its last day
    assert find_ended(office.store, office.now) == []
    office.clock.advance(timedelta(hours=1))
    assert [dict(one.reasons) for one in find_ended(office.store, office.now)] == [{"L-1": "expired"}]


def test_a_term_that_was_changed_since_is_not_trusted(office: Office) -> None:
    office.platform.enter("L-1", effective_until="2026-11-22")
    office.refuse()
    office.clock.advance(timedelta(minutes=1))
    office.platform.set("L-1", "active", effective_until="2027-11-22")
    office.clock.advance(timedelta(days=5))
    assert ended(office) == []


def test_a_listing_that_is_back_has_not_ended(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.clock.advance(timedelta(minutes=1))
    office.platform.set("L-1", "removed")
    office.platform.set("L-1", "active")
    assert ended(office) == []


def test_every_listing_behind_it_must_have_ended(office: Office) -> None:
    office.platform.enter("L-1")
    office.platform.enter("L-2", list=LISTS[1], effective_until="2026-11-30")
    office.refuse()
    office.platform.set("L-1", "repaired")
    assert ended(office) == []
    office.clock.advance(timedelta(days=10))
    assert ended(office) == [{"L-1": "repaired", "L-2": "expired"}]


# ----------------------------------------------------------------------------------------------------- listed once more


def test_what_the_feed_says_of_another_listing_is_left_for_asking(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.platform.set("L-1", "repaired")
    office.platform.enter("L-2")
    assert ended(office) == []
    office.platform.set("L-2", "objected")
    assert ended(office) == [], "whether it still restricts is a matter of policy"
    office.platform.set("L-2", "revoked")
    assert ended(office) == [{"L-1": "repaired"}]


def test_a_listing_that_cannot_be_told_to_have_ended_is_left_for_asking(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.platform.set("L-1", "repaired")
    office.platform.enter("L-2")
    office.platform.drop("L-2")
    assert ended(office) == []


def test_an_end_by_date_too(office: Office) -> None:
    office.platform.enter("L-1", effective_until="2026-11-22")
    office.refuse()
    office.clock.advance(timedelta(hours=2))
    office.platform.enter("L-2")
    office.clock.advance(timedelta(days=5))
    assert [dict(one.reasons) for one in find_ended(office.store, office.now)] == [{"L-1": "expired"}], "nobody knows"
    assert ended(office) == []


def test_on_another_list_by_which_the_measure_applies(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.platform.set("L-1", "repaired")
    office.platform.enter("L-2", list=LISTS[1])
    assert ended(office) == []
    office.platform.set("L-2", "removed")
    assert ended(office) == [{"L-1": "repaired"}]


@pytest.mark.parametrize(
    "other",
    [{"number": 2}, {"list": LISTS[2], "kind": "red"}],
    ids=["another firm's", "on a list that does not trigger it"],
)
def test_listings_of_no_concern_keep_nothing_in_force(office: Office, other: dict[str, Any]) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.check(2)
    office.platform.set("L-1", "repaired")
    office.platform.enter("L-2", **other)
    assert ended(office) == [{"L-1": "repaired"}]


def test_what_the_decision_knew_keeps_nothing_in_force(office: Office) -> None:
    office.platform.enter("L-0", severity="minor")
    office.platform.set("L-0", "draft")  # not repaired, and not in force
    office.clock.advance(timedelta(hours=2))
    office.platform.enter("L-1")
    office.refuse()
    office.platform.set("L-1", "repaired")
    assert ended(office) == [{"L-1": "repaired"}], "the feed was read for the first time"
    office.clock.advance(timedelta(minutes=5))
    office.platform.set("L-0", "active")
    assert ended(office) == []


def test_neither_releases_nor_an_unanswered_recheck_lift_what_goes_on(office: Office) -> None:
    office.platform.enter("L-1")
    decision = office.refuse()
    office.platform.set("L-1", "repaired")
    office.platform.enter("L-2")
    office.clock.advance(timedelta(minutes=5))
    office.client.confirm(office.check(2))  # reads the feed
    assert office.client.releases() == []
    office.platform.down = True
    assert (office.client.recheck().unanswered, office.client.releases()) == (1, [])
    with pytest.raises(InvalidReport):
        office.client.release(decision.decision_id)
    office.platform.down = False
    assert office.client.recheck().due == []
    office.platform.set("L-2", "repaired")
    assert len(office.client.recheck().due) == 1


def test_decisions_whose_standing_is_known_are_left_out(office: Office) -> None:
    office.platform.enter("L-1", effective_until="2026-11-22")
    decision = office.refuse()
    office.clock.advance(timedelta(days=5))
    assert find_ended(office.store, office.now, besides={decision.decision_id}) == []


def test_what_was_declined_needs_no_release(office: Office) -> None:
    office.platform.enter("L-1")
    office.client.report(office.check(), not_executed={"test.refuse": "法院裁定中止执行"})
    office.platform.set("L-1", "repaired")
    assert ended(office) == []


def test_an_incentive_is_nothing_to_lift(office: Office) -> None:
    office.platform.enter("L-9", list=LISTS[2], kind="red")
    office.client.report(office.check(), executed=["test.later-papers"])
    office.platform.set("L-9", "removed")
    assert ended(office) == []
    assert outstanding(office.store) == []


def test_it_is_marked_once_and_stays_until_it_is_lifted(office: Office) -> None:
    office.platform.enter("L-1")
    decision = office.refuse()
    office.platform.set("L-1", "repaired")
    (found,) = mark(office)
    assert (found.measure, found.state, found.reason) == ("test.refuse", DutyState.RELEASE_DUE, "L-1: repaired")
    assert mark(office) == []
    assert [one.decision_id for one in due(office.store)] == [decision.decision_id]
    assert len(office.store.entries(kinds=(EntryKind.RELEASE_DUE,))) == 1

    receipt = office.client.release(decision.decision_id)
    assert due(office.store) == []
    assert [one.state for one in office.store.duties()] == [DutyState.RELEASED]
    (sent,) = office.store.deliveries(key=receipt.key)
    assert '"kind": "release"' in sent.outcome
    assert office.client.release(decision.decision_id) == receipt


def test_two_that_find_it_at_once_write_it_once(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    office.platform.set("L-1", "repaired")
    follow(office.store, office.platform, office.now)
    found = find_ended(office.store, office.now)
    assert len(mark_due(office.store, found, office.now)) == 1
    assert mark_due(office.store, found, office.now) == []


def test_the_hook_is_told_of_each_once_whoever_found_it(office: Office) -> None:
    office.platform.enter("L-1")
    office.platform.enter("L-2", number=2)
    office.refuse(1)
    office.refuse(2)
    office.platform.set("L-1", "repaired")
    office.platform.set("L-2", "revoked")
    mark(office)
    told: list[Duty] = []
    assert tell_due(office.store, office.now, None) == 0
    assert tell_due(office.store, office.now, told.append) == 2
    assert tell_due(office.store, office.now, told.append) == 0
    assert {(one.measure, one.state) for one in told} == {("test.refuse", DutyState.RELEASE_DUE)}
    assert {one.reason for one in told} == {"repaired", "revoked"}


def test_a_hook_that_fails_is_logged_and_holds_up_nobody(office: Office, caplog: pytest.LogCaptureFixture) -> None:
    for number in (1, 2):
        office.platform.enter(f"L-{number}", number=number)
        office.refuse(number)
        office.platform.set(f"L-{number}", "repaired")
    mark(office)
    called: list[str] = []

    def fails(duty: Duty) -> Any:
        called.append(duty.decision_id)
        raise RuntimeError("虚构一号有限公司")

    assert tell_due(office.store, office.now, fails) == 2
    assert len(set(called)) == 2
    assert "RuntimeError" in caplog.text
    assert "虚构" not in caplog.text
    assert len(due(office.store)) == 2


def test_reasons_in_short() -> None:
    assert in_short({"L-2": "expired", "L-1": "repaired"}) == "L-1: repaired, L-2: expired"


def test_that_a_hook_was_told_changes_nothing_about_what_was_put_back(office: Office) -> None:
    """Who tells the hook may be slower than who finds that the measure applies again."""
    office.platform.enter("L-1")
    decision = office.refuse()
    office.platform.set("L-1", "repaired")
    (found,) = mark(office)
    put_back(office.store, [Restored(found, None)], office.now)
    put_back(office.store, [Restored(found, None)], office.now)
    assert len(office.store.entries(kinds=(EntryKind.RELEASE_VOID,))) == 1
    late = {"measure": "test.refuse", "reasons": {"L-1": "repaired"}, "told": "x"}
    office.store.append([entry(EntryKind.RELEASE_DUE, office.now, late, decision_id=decision.decision_id)])
    assert [one.state for one in office.store.duties()] == [DutyState.EXECUTED]
    assert mark(office) == [], "what the feed said before is known"
    office.clock.advance(timedelta(minutes=1))
    office.platform.set("L-1", "revoked")
    assert [one.reason for one in mark(office)] == ["L-1: revoked"]
