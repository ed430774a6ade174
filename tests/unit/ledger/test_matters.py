"""One matter, one duty: asking again, nightly or just before acting, neither multiplies what is to be done nor what is counted."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from credit_sdk import Subject
from credit_sdk.errors import Restricted
from credit_sdk.ledger import numbers
from credit_sdk.ledger._reports import Report
from credit_sdk.ledger.matter import Matter
from credit_sdk.ledger.releases import due
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.ports.ledger import DutyState
from credit_sdk.testing import fictional_code
from tests.unit.ledger.matters import LISTS, Office

if TYPE_CHECKING:
    from credit_sdk.ports.ledger import Counts, Duty


def counts(office: Office) -> Counts:
    (found,) = numbers.numbers(office.store, numbers.month("2026-11"), office.now)
    return found


def stands(office: Office) -> list[tuple[str, DutyState]]:
    return [(one.decision_id, one.state) for one in office.store.duties()]


def test_a_refusal_stands_once_however_many_listings_follow(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    before = counts(office)
    for number in (2, 3):
        office.platform.enter(f"L-{number}", list=LISTS[1])
        (changed,) = found = office.client.recheck()
        assert (found.asked, changed.changed) == (1, ("obligations",))
        assert stands(office) == [(changed.new.decision_id, DutyState.EXECUTED)]
        assert counts(office) == before
    (duty,) = office.store.duties()
    assert duty.listings == ("L-1", "L-2", "L-3")
    assert [one.decision_id for one in office.store.open_decisions()] == [duty.decision_id]
    assert office.client.recheck() == []


def test_what_was_declined_is_not_asked_for_again(office: Office) -> None:
    office.platform.enter("L-1", list=LISTS[2], kind="red")
    office.client.report(office.check(), not_executed={"test.later-papers": "虚构理由"})
    office.client.report(office.check(2), executed=[])
    office.platform.enter("L-2", number=2)
    office.platform.enter("L-3", number=1, list=LISTS[2], kind="red")
    assert office.client.recheck().asked == 0, "declined is done with"
    assert [one.reason for one in office.store.duties()] == ["虚构理由"]


def test_what_ended_under_the_last_decision_is_due_for_release_once(office: Office) -> None:
    office.platform.enter("L-1")
    first = office.refuse()
    office.platform.enter("L-2", list=LISTS[1])
    office.client.recheck()
    office.platform.set("L-1", "repaired")
    assert office.client.recheck().due == [], "another listing carries it"
    office.platform.set("L-2", "removed")
    assert len(office.client.recheck().due) == 1
    (duty,) = due(office.store)
    assert counts(office).overdue_releases == 1
    office.client.release(first.decision_id)  # the business system knows the decision that it acted upon
    assert due(office.store) == []
    assert [one.state for one in office.store.duties(decision_id=duty.decision_id)] == [DutyState.RELEASED]
    assert office.client.recheck().asked == 0


def test_what_is_reported_by_the_first_decision_counts(office: Office) -> None:
    office.platform.enter("L-1")
    decision = office.check()
    office.platform.enter("L-2", list=LISTS[1])
    (changed,) = office.client.recheck()
    assert stands(office) == [(changed.new.decision_id, DutyState.DUE)]
    office.client.report(decision, executed=["test.refuse"])
    assert stands(office) == [(changed.new.decision_id, DutyState.EXECUTED)]
    assert (counts(office).measures_due, counts(office).executed) == (1, 1)


def test_several_decisions_on_one_matter_are_asked_for_once(office: Office) -> None:
    office.platform.enter("L-1")
    first, second = office.refuse(), office.refuse()
    office.platform.enter("L-2", list=LISTS[1])
    (changed,) = found = office.client.recheck()
    assert (found.asked, changed.decision_id) == (1, second.decision_id)
    assert [one for one, _ in stands(office)] == [first.decision_id, changed.new.decision_id]
    for listing in ("L-1", "L-2"):
        office.platform.set(listing, "revoked")
    found = office.client.recheck()
    assert (found.asked, len(found)) == (1, 1)
    assert {one.decision_id for one in found.due} == {first.decision_id, changed.new.decision_id}, "refused twice"


def test_what_changed_comes_back_once_for_all_decisions_on_a_matter(office: Office) -> None:
    office.platform.enter("L-1")
    unreported = [office.check() for _ in range(4)]
    office.platform.set("L-1", "repaired")
    (changed,) = found = office.client.recheck()
    assert (found.asked, changed.decision_id) == (1, unreported[-1].decision_id)
    assert (office.client.recheck().asked, office.store.duties()) == (0, []), (
        "nobody carried it out, nobody need any more"
    )
    office.client.report(unreported[0].decision_id, executed=["test.refuse"])  # but somebody had
    assert stands(office) == [(unreported[0].decision_id, DutyState.EXECUTED)]
    found = office.client.recheck()
    assert (list(found), [one.reason for one in found.due]) == ([], ["L-1: repaired"])


def test_what_every_decision_asked_for_is_due_for_each_as_long_as_it_is_asked_for(office: Office) -> None:
    office.platform.enter("L-1")
    unreported = [office.check() for _ in range(3)]
    office.platform.enter("L-2", list=LISTS[1])
    before = counts(office)
    (changed,) = office.client.recheck()
    assert counts(office) == before
    assert [one for one, _ in stands(office)] == [*(one.decision_id for one in unreported[:2]), changed.new.decision_id]
    office.client.report(changed.new, not_executed={"test.refuse": "虚构理由"})
    assert office.client.recheck() == [], "it is known of the others, too"
    for listing in ("L-1", "L-2"):
        office.platform.set(listing, "repaired")
    assert len(office.client.recheck()) == 1
    assert [state for _, state in stands(office)] == [DutyState.DECLINED]


def test_a_release_that_is_not_the_last_brings_the_same_change_no_second_time(office: Office) -> None:
    office.platform.enter("L-1")
    first, second = office.refuse(), office.refuse()
    office.platform.set("L-1", "repaired")
    assert len(office.client.recheck()) == 1
    office.client.release(second.decision_id)
    assert office.client.recheck() == []
    office.client.release(first.decision_id)
    assert office.client.recheck().asked == 0


def test_what_is_reported_on_names_nobody(office: Office) -> None:
    office.platform.enter("L-1")
    decision = office.client.check(Subject(fictional_code(1), name="虚构1号有限公司"), domain="test", action="award")
    stored = office.store.entry(decision.decision_id)
    for matter in (Matter.of(decision), Matter.read(stored)):
        shown = repr(matter) + repr(Report.checked(matter, what="outcome", note="虚构1号有限公司"))
        assert shown.count(decision.decision_id) == 2
        assert fictional_code(1) not in shown
        assert "虚构" not in shown


def test_the_same_matter_in_other_words_is_asked_for_in_those(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    other = office.check(context={"purpose": "虚构项目"})
    office.client.report(other, executed=["test.refuse"])
    assert office.client.recheck().asked == 2


def test_a_closed_month_keeps_its_numbers(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    before = counts(office)
    office.clock.moment = datetime(2026, 12, 20, tzinfo=SHANGHAI)
    office.platform.enter("L-2", list=LISTS[1])
    office.client.recheck()
    assert counts(office) == before
    assert [one.checks for one in numbers.numbers(office.store, numbers.month("2026-12"), office.now)] in ([], [0])


@pytest.mark.parametrize("blocks", [True, False])
def test_confirming_is_no_further_check(office: Office, *, blocks: bool) -> None:
    office.platform.enter("L-1", list=LISTS[2], kind="red", effective_until=None)
    decision = office.check()
    before = counts(office)
    if blocks:
        office.platform.enter("L-2")
    office.clock.advance(timedelta(hours=1))
    if blocks:
        with pytest.raises(Restricted):
            office.client.confirm(decision)
    else:
        assert office.client.confirm(decision).decision.decision_id != decision.decision_id
    after = counts(office)
    assert (after.checks, after.checks_due, after.priority) == (before.checks, before.checks_due, before.priority)
    assert after.measures_due == 1
    (duty,) = open_duties(office)
    assert duty.measure == ("test.refuse" if blocks else "test.later-papers")
    assert duty.decision_id != decision.decision_id


def open_duties(office: Office) -> list[Duty]:
    return list(office.store.duties(states=[DutyState.DUE]))
