"""Following the change feed: what is kept of it, where it goes on, and whether something moved for a subject."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import BadRecord, Restricted, SourceUnavailable
from credit_sdk.ledger.feed import Followed, follow, moved_since, read_since
from credit_sdk.ledger.marks import marks_of
from credit_sdk.model.subject import Subject
from credit_sdk.ports.changes import Change, ChangePage
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.testing import fictional_code

if TYPE_CHECKING:
    from tests.unit.ledger.matters import Office


def kept(office: Office) -> list[str]:
    """The ids of the changes that were kept."""
    return [change["id"] for body in read_since(office.store) for change in body["changes"]]


def moved(office: Office, decision_id: str | None = None, number: int = 1) -> bool | None:
    marks = marks_of(Subject(fictional_code(number)))
    return moved_since(office.store, office.platform, marks, office.now, office.now, 1.0, decision_id=decision_id)


def test_only_what_concerns_a_decision_is_kept(office: Office) -> None:
    office.platform.enter("L-1")
    office.check()
    office.platform.enter("L-2", number=2)
    office.platform.set("L-1", "repaired")
    assert follow(office.store, office.platform, office.now) == Followed(changes=3, concerning=2)
    assert kept(office) == ["L-1", "L-1"]


def test_it_goes_on_where_it_stopped(office: Office) -> None:
    office.platform.enter("L-1")
    office.check()
    follow(office.store, office.platform, office.now)
    assert follow(office.store, office.platform, office.now) == Followed()
    office.platform.set("L-1", "objected")
    assert follow(office.store, office.platform, office.now).changes == 1
    assert [body["cursor"] for body in read_since(office.store)] == ["1", "2"]


def test_other_peoples_changes_are_read_again_rather_than_written_about(office: Office) -> None:
    for number in range(60):
        office.platform.enter(f"L-{number}", number=number + 2)
    assert follow(office.store, office.platform, office.now).changes == 60
    assert not office.store.entries(kinds=(EntryKind.FOLLOWED,))
    for number in range(60):
        office.platform.set(f"L-{number}", "removed")
    assert follow(office.store, office.platform, office.now).changes == 120
    assert [body["changes"] for body in read_since(office.store)] == [[]]
    assert follow(office.store, office.platform, office.now).changes == 0


def test_a_change_without_a_name_or_a_code_may_concern_anyone(office: Office) -> None:
    office.platform.log.append(Change(1, office.now, "list", "local.watch", "local.watch"))
    assert follow(office.store, office.platform, office.now).concerning == 1
    decision = office.check()
    assert moved(office, decision.decision_id) is False  # read before it was decided
    office.platform.log.append(Change(2, office.now, "list", "local.watch", "local.watch"))
    assert moved(office, decision.decision_id) is True


def test_an_expired_cursor_says_that_changes_were_missed(office: Office) -> None:
    office.platform.enter("L-1")
    office.clock.advance(timedelta(hours=2))
    decision = office.check()
    follow(office.store, office.platform, office.now)
    office.platform.enter("L-2", number=2)
    office.platform.enter("L-3", number=3)
    office.platform.forgotten = 2
    found = follow(office.store, office.platform, office.now)
    assert found.missed
    assert not follow(office.store, office.platform, office.now).missed
    assert moved(office, decision.decision_id) is None  # some other process may have been told


def test_a_gap_in_the_numbers_says_so_too(office: Office) -> None:
    office.platform.enter("L-1")
    office.platform.enter("L-2", number=2)
    office.platform.log[1] = Change(5, office.now, "listing", "L-2", "tax.major-violation", "active")
    assert follow(office.store, office.platform, office.now).missed


def test_whether_something_moved_for_a_subject(office: Office) -> None:
    office.platform.enter("L-1")
    office.clock.advance(timedelta(hours=2))
    decision = office.check()
    assert moved(office, decision.decision_id) is False
    office.platform.enter("L-2", number=2)
    assert moved(office, decision.decision_id) is False
    office.platform.set("L-1", "repaired")
    assert moved(office, decision.decision_id) is True
    assert moved(office, decision.decision_id) is True, "another process has read it; it still moved"
    assert moved(office) is True


def test_what_moved_long_before_does_not_count(office: Office) -> None:
    office.platform.enter("L-1")
    office.clock.advance(timedelta(hours=3))
    decision = office.check()
    assert moved(office, decision.decision_id) is False


def test_it_cannot_be_told_while_the_feed_is_down(office: Office) -> None:
    office.platform.feed_down = True
    assert moved(office) is None
    with pytest.raises(SourceUnavailable):
        follow(office.store, office.platform, office.now)


def test_a_feed_whose_cursor_leads_nowhere_is_a_fault_of_its_own(office: Office) -> None:
    class Stuck:
        name = "stuck"

        def changes(self, cursor: str | None = None, **_: Any) -> ChangePage:
            return ChangePage((), cursor, more=True)

    with pytest.raises(BadRecord):
        follow(office.store, Stuck(), office.now)


def test_pages_are_written_one_by_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credit_sdk.ledger.feed._PAGE", 2)
    office.platform.enter("L-1")
    office.check()
    for status in ("objected", "active", "objected", "repaired"):
        office.platform.set("L-1", status)
    assert follow(office.store, office.platform, office.now).concerning == 5
    assert [len(body["changes"]) for body in read_since(office.store)] == [2, 2, 1]
    assert not any("虚构" in json.dumps(body["feed"]) for body in read_since(office.store))


def test_what_others_read_while_a_decision_was_made_is_not_known_for_it(office: Office) -> None:
    """Read by others after its data were, and before it was kept: its firm concerned nobody yet, and nothing of it was kept."""
    office.platform.enter("L-9", number=9)
    office.check(9)
    fetch = office.platform.fetch

    def fetching(subjects: Any, *, timeout: float | None = None) -> Any:
        answers = fetch(subjects, timeout=timeout)
        office.clock.advance(timedelta(seconds=1))
        office.platform.enter("L-1")
        office.platform.set("L-9", "repaired")
        follow(office.store, office.platform, office.now)
        return answers

    office.platform.fetch = fetching  # type: ignore[method-assign]
    decision = office.check()
    office.platform.fetch = fetch  # type: ignore[method-assign]
    assert not decision.blocking
    with pytest.raises(Restricted):
        office.client.confirm(decision)


def test_what_was_read_before_the_data_does_not_matter(office: Office) -> None:
    office.platform.enter("L-9", number=9)
    office.check(9)
    follow(office.store, office.platform, office.now)
    office.clock.advance(timedelta(seconds=1))
    decision = office.check()
    assert moved(office, decision.decision_id) is False
