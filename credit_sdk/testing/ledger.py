"""The ledger store contract: what any store behind a ledger must do, as one class to inherit.

.. code-block:: python

    from credit_sdk.testing import LedgerStoreContract


    class TestMyStore(LedgerStoreContract):
        def make_store(self, tmp_path):
            return MyStore(tmp_path / "ledger.db")

Tests may be added in minor releases.
"""

from __future__ import annotations

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.model.moments import shanghai_day, stamped
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import EVERYTHING, DeliveryState, DutyState, Entry, EntryKind, LedgerStore
from credit_sdk.testing.builders import MOMENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from credit_sdk.ports.ledger import Counts, Delivery

_MINUTE, _DAY = timedelta(minutes=1), timedelta(days=1)
_NOW: datetime = MOMENT


def entry(
    kind: str, body: dict[str, Any], *, decision_id: str | None = None, id: str | None = None, at: datetime = _NOW
) -> Entry:
    """An entry as the ledger writes it."""
    text = json.dumps({"v": 1, **body}, ensure_ascii=False, separators=(",", ":"))
    return Entry(id or uuid7(), stamped(at), kind, decision_id, text)


def measure(id: str = "refuse", **changes: Any) -> dict[str, Any]:
    """A measure within the body of a decision's entry; a penalty by default, behind which listing ``B1`` stands."""
    values = {
        "id": id, "name": "虚构措施", "penalty": True, "force": "mandatory", "type": "refuse", "section": "obligations",
        "listings": ["B1"], "until": None, "due_on": None, "provisional": False,
    }  # fmt: skip
    return values | changes


def checked(*measures: dict[str, Any], at: datetime = _NOW, **changes: Any) -> Entry:
    """The entry of a decision that restricts, asks for ``measures``, and is about ``question`` ``q1``."""
    id = uuid7()
    body = {
        "question": "q1", "marks": ["code:test"], "domain": "procurement", "action": "register", "effect": "restrict",
        "blocking": True, "must_check": True, "degraded": False, "shadow": False, "service": None,
        "listings": [["B1", "test-black", "in_force"]], "measures": list(measures), "rules": "none", "sdk": "0",
        "answers": [], "decision": {},
    }  # fmt: skip
    body |= changes
    body |= {last: body.pop(last) for last in ("answers", "decision")}  # the views read no further
    return entry(EntryKind.CHECKED, body, decision_id=id, id=id, at=at)


def undecided(*, at: datetime = _NOW, **changes: Any) -> Entry:
    """The entry of a check without an answer."""
    body = {
        "question": "q1", "marks": ["code:test"], "domain": "procurement", "action": "register", "must_check": True,
        "error": "source_unavailable", "fault": "timeout",
    }  # fmt: skip
    return entry(EntryKind.UNDECIDED, body | changes, at=at)


def reported(
    decision: Entry, executed: Sequence[str] = (), *, number: int = 1, at: datetime = _NOW, **changes: Any
) -> Entry:
    """The entry of a report on ``decision``, to be sent to ``platform`` at once."""
    body = {
        "what": "outcome", "receiver": "platform", "domain": "procurement", "executed": list(executed),
        "not_executed": {}, "send_from": stamped(at), "send_by": None,
        "outcome": {"action": "register", "note": f"虚构反馈 {number}"},
    }  # fmt: skip
    return entry(EntryKind.REPORTED, body | changes, decision_id=decision.id, id=f"{decision.id}-{number:012x}", at=at)


def delivered(*keys: str, at: datetime = _NOW) -> Entry:
    """The entry of receipts for ``keys``."""
    receipts = [[key, f"receipt {number}", stamped(at), False] for number, key in enumerate(keys)]
    return entry(EntryKind.DELIVERED, {"receiver": "platform", "receipts": receipts}, at=at)


class LedgerStoreContract:
    """Inherit as ``class Test…(LedgerStoreContract)`` and say how the store is made."""

    def make_store(self, tmp_path: Path) -> LedgerStore:
        """A store on the ledger of this test; called again, another store on the same ledger.

        :param tmp_path: a folder of this test; the ledger is new if the folder is empty.
        """
        raise NotImplementedError

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[LedgerStore]:
        """The store under test."""
        store = self.make_store(tmp_path)
        yield store
        store.close()

    @pytest.fixture
    def other(self, tmp_path: Path, store: LedgerStore) -> Iterator[LedgerStore]:  # noqa: ARG002 - the first makes it
        """Another store on the same ledger, as another process would have it."""
        other = self.make_store(tmp_path)
        yield other
        other.close()

    # ------------------------------------------------------------------------------------------------------ entries

    def test_it_follows_the_port(self, store: LedgerStore) -> None:
        """Every method is there, and the name can stand in a message."""
        assert isinstance(store, LedgerStore)
        assert store.name

    def test_an_empty_ledger_has_nothing(self, store: LedgerStore) -> None:
        """No question fails for want of entries."""
        assert store.entry("none") is None
        assert not store.entries()
        assert store.text("none") is None
        assert store.note("none") is None
        assert not store.claim("w", _NOW, lease=60, limit=10)
        assert store.next_at(_NOW) is None
        assert [*store.decisions(), *store.deliveries(), *store.duties(), *store.open_decisions()] == []
        assert not store.counts(_NOW - _DAY, _NOW, _NOW)

    def test_what_was_written_is_read_back(self, store: LedgerStore, other: LedgerStore) -> None:
        """To the letter, by everyone, in the order in which it was written whatever the clock said."""
        written = [checked(), undecided(at=_NOW - _DAY), checked(question="q2")]
        store.append(written[:2])
        store.append(written[2:])
        store.append([])
        for reader in (store, other):
            found = reader.entries()
            assert [one.entry for one in found] == written
            assert [one.sequence for one in found] == sorted({one.sequence for one in found})
            stored = reader.entry(written[1].id)
            assert stored == found[1]

    def test_the_same_id_is_written_once(self, store: LedgerStore, other: LedgerStore) -> None:
        """Also within one call; what came first stays, and counts once."""
        decision = checked(measure())
        store.append([decision, decision])
        other.append([decision._replace(kind="undecided"), decision])
        assert [one.entry for one in store.entries()] == [decision]
        assert len(store.decisions()) == len(store.duties()) == 1

    def test_it_says_what_was_there_already(self, store: LedgerStore, other: LedgerStore) -> None:
        """By whomever it was written; what is written twice within one call was not there before."""
        first, second, third = (undecided(question=str(number)) for number in range(3))
        assert not store.append([first, first])
        assert set(other.append([second, first])) == {first.id}
        assert set(store.append([first, second, third, third])) == {first.id, second.id}
        assert not store.append([])
        assert set(store.append([third])) == {third.id}

    def test_large_and_odd_texts(self, store: LedgerStore) -> None:
        """A body of a megabyte, quotes, controls, and characters beyond the basic plane."""
        odd = entry("confirmed", {"note": "𠮷'\"\\\n\t%s:name?" + "虚" * 400_000}, decision_id="𠮷'")
        store.append([odd])
        assert store.entries(decision_id="𠮷'")[0].entry == odd

    def test_many_at_once(self, store: LedgerStore) -> None:
        """More than a statement can hold."""
        many = [undecided(question=str(number)) for number in range(1_500)]
        store.append(many)
        assert [one.entry for one in store.entries(limit=2_000)] == many

    def test_paging(self, store: LedgerStore) -> None:
        """``after`` and ``limit`` go through everything."""
        decision = checked()
        store.append([undecided(question=str(number)) for number in range(5)])
        store.append([decision])
        seen: list[str] = []
        after = 0
        while page := store.entries(after=after, limit=2):
            seen += [one.entry.kind for one in page]
            after = page[-1].sequence
        assert seen == ["undecided"] * 5 + ["checked"]
        [found] = store.entries(kinds=[EntryKind.CHECKED])
        assert store.entries(decision_id=decision.id, after=0, kinds=["checked", "reported"]) == [found]
        assert not store.entries(decision_id=decision.id, after=found.sequence)
        assert not store.entries(decision_id=decision.id, kinds=["confirmed"])

    def test_the_last_entries_of_a_kind_before_a_place(self, store: LedgerStore) -> None:
        """In their order, all the same."""
        one, other = checked(), checked()
        store.append([one, reported(one), other, reported(other), reported(one, number=2)])
        wanted = [stored for stored in store.entries() if stored.entry.kind == EntryKind.REPORTED]
        found = store.entries(kinds=(EntryKind.REPORTED,), before=wanted[2].sequence, limit=1, latest=True)
        assert list(found) == wanted[1:2]
        assert list(store.entries(kinds=(EntryKind.REPORTED,), limit=2, latest=True)) == wanted[1:]
        assert list(store.entries(kinds=(EntryKind.REPORTED,), before=wanted[1].sequence)) == wanted[:1]
        assert list(store.entries(before=wanted[0].sequence)) == list(store.entries(limit=1))

    def test_texts_are_kept_once(self, store: LedgerStore, other: LedgerStore) -> None:
        """And found by everyone."""
        store.keep("d1", "虚构规则")
        store.keep("d1", "虚构规则")
        other.keep("d1", "虚构规则")
        assert other.text("d1") == store.text("d1") == "虚构规则"
        assert other.text("d2") is None

    def test_what_nobody_understands_harms_nothing(self, store: LedgerStore) -> None:
        """Unknown kinds, later versions and strange bodies are kept, and change no view."""
        decision = checked()
        strange = [
            entry("of another kind", {}),
            Entry(uuid7(), stamped(_NOW), "checked", None, "no JSON"),
            Entry(uuid7(), stamped(_NOW), "reported", decision.id, "[]"),
            entry("checked", {"v": 99}),
            checked(effect=None),
            checked(measure(name={"not": "text"})),
            checked(listings=[[["nested"], 1, "in_force"]]),
        ]
        store.append([*strange, decision])
        assert [one.decision_id for one in store.decisions()] == [decision.id]
        assert not store.duties()
        assert [one.entry for one in store.entries()] == [*strange, decision]

    def test_repr_names_nobody(self, store: LedgerStore) -> None:
        """No identifier in it (rule 9.4)."""
        store.append([checked(marks=["code:91990100MA0000A019"])])
        assert "91990100MA0000A019" not in f"{store!r}{store.entries()!r}{store.decisions()!r}"

    def test_closing_twice(self, store: LedgerStore) -> None:
        """Is no error."""
        store.append([checked()])
        store.close()
        store.close(0.0)

    # ---------------------------------------------------------------------------------------------------- decisions

    def test_decisions_are_found(self, store: LedgerStore) -> None:
        """The latest first: by listing, subject, matter, time; page by page."""
        first = checked(service="window", degraded=True)
        second = checked(
            at=_NOW + _DAY, domain="subsidy", effect="allow", blocking=False, marks=["code:other"], listings=[]
        )
        third = checked(at=_NOW + 2 * _DAY, action="award", must_check=False, shadow=True)
        store.append([first, second, third])

        def found(**conditions: Any) -> list[str]:
            return [one.decision_id for one in store.decisions(**conditions)]

        assert found() == [third.id, second.id, first.id]
        assert found(listing="B1") == found(mark="code:test") == [third.id, first.id]
        assert found(mark="code:other", domain="subsidy") == [second.id]
        assert found(action="award") == [third.id]
        assert found(listing="none") == found(mark="none") == found(before=first.id) == found(before="none") == []
        assert found(since=_NOW + _DAY) == [third.id, second.id]
        assert found(until=_NOW + _DAY) == [first.id]
        assert found(limit=1) == [third.id]
        assert found(limit=1, before=third.id) == [second.id]
        oldest = store.decisions()[-1]
        assert oldest.at == _NOW
        assert oldest.effect == "restrict"
        assert (oldest.blocking, oldest.must_check, oldest.degraded, oldest.shadow) == (True, True, True, False)
        assert oldest.service == "window"

    def test_open_decisions(self, store: LedgerStore) -> None:
        """A measure due, a restriction outstanding, a fallback that nobody has asked again."""
        nothing, due, restricted = checked(), checked(measure()), checked(measure(), measure("second"))
        fallback, watched = checked(degraded=True, question="q9"), checked(measure(), shadow=True, degraded=True)
        store.append([nothing, due, restricted, fallback, watched])
        store.append([reported(restricted, ["refuse"], not_executed={"second": "虚构理由"})])

        def open_() -> list[str]:
            return [one.decision_id for one in store.open_decisions()]

        assert open_() == [due.id, restricted.id, fallback.id]
        assert [one.decision_id for one in store.open_decisions(after=due.id, limit=1)] == [restricted.id]
        store.append([checked(question="q9"), reported(due, not_executed={"refuse": "虚构理由"})])
        store.append([reported(restricted, ["refuse"], number=2, what="release")])
        assert open_() == []

    # --------------------------------------------------------------------------------------------------- deliveries

    def test_a_report_is_delivered(self, store: LedgerStore, other: LedgerStore) -> None:
        """Claimed by one, delivered, and out of the way."""
        decision = checked()
        report = reported(decision, send_by=stamped(_NOW + _DAY))
        store.append([decision, report])
        assert store.next_at(_NOW) == _NOW
        [claimed] = store.claim("a", _NOW, lease=60, limit=10)
        assert (claimed.key, claimed.decision_id, claimed.receiver) == (report.id, decision.id, "platform")
        assert json.loads(claimed.outcome) == json.loads(report.body)["outcome"]
        assert (claimed.reported_at, claimed.send_from, claimed.send_by) == (_NOW, _NOW, _NOW + _DAY)
        assert not other.claim("b", _NOW, lease=60, limit=10)
        store.append([delivered(report.id, at=_NOW + _MINUTE)])
        [done] = other.deliveries(key=report.id)
        assert done.state is DeliveryState.DELIVERED
        assert (done.receipt, done.delivered_at, done.attempts) == ("receipt 0", _NOW + _MINUTE, 1)
        assert store.next_at(_NOW) is None
        assert not store.claim("a", _NOW + _DAY, lease=60, limit=10)

    def test_claims_end(self, store: LedgerStore, other: LedgerStore) -> None:
        """With the lease, or when they are given back, or when the clock has been put back a day since."""
        store.append([reported(checked(), number=number) for number in range(3)])
        assert len(store.claim("a", _NOW, lease=60, limit=2)) == 2
        assert len(other.claim("b", _NOW, lease=60, limit=9)) == 1
        assert store.next_at(_NOW) == _NOW + _MINUTE
        assert {one.claimed_until for one in store.deliveries()} == {_NOW + _MINUTE}
        store.unclaim("a")
        assert [one.claimed_until for one in other.deliveries()].count(None) == 2
        assert store.next_at(_NOW) == _NOW
        assert len(store.claim("c", _NOW, lease=60, limit=9)) == 2
        assert not store.claim("a", _NOW + timedelta(seconds=59), lease=60, limit=9)
        assert len(store.claim("a", _NOW + _MINUTE, lease=60, limit=9)) == 3

    def test_claims_of_a_clock_that_was_put_back(self, store: LedgerStore) -> None:
        """Do not keep a report for a day."""
        store.append([reported(checked(), at=_NOW - _DAY)])
        assert store.claim("a", _NOW, lease=60, limit=9)
        assert len(store.claim("b", _NOW - _DAY, lease=60, limit=9)) == 1

    def test_claims_are_chosen(self, store: LedgerStore) -> None:
        """By receiver, by time, the oldest first."""
        late, early = reported(checked()), reported(checked(), at=_NOW - _MINUTE)
        far = reported(checked(), receiver="far")
        future = reported(checked(), send_from=stamped(_NOW + _DAY))
        store.append([late, early, far, future])

        def claim(now: datetime = _NOW, **conditions: Any) -> list[str]:
            keys = [one.key for one in store.claim("a", now, lease=1, limit=10, **conditions)]
            store.unclaim("a")
            return keys

        assert claim() == [early.id, late.id, far.id]
        assert claim(receivers=["platform"]) == [early.id, late.id]
        assert claim(receivers=["far", "none"]) == [far.id]
        assert claim(receivers=[]) == []
        assert claim(_NOW + _DAY, receivers=["platform"]) == [early.id, late.id, future.id]

    def test_when_the_next_is_to_be_sent(self, store: LedgerStore) -> None:
        """Of all receivers, or of some: what waits for another is none of theirs."""
        store.append([reported(checked()), reported(checked(), receiver="far", send_from=stamped(_NOW + _DAY))])
        assert store.next_at(_NOW) == store.next_at(_NOW, receivers=["far", "platform"]) == _NOW
        assert store.next_at(_NOW, receivers=["far", "none"]) == _NOW + _DAY
        assert store.next_at(_NOW, receivers=["none"]) is None
        assert store.next_at(_NOW, receivers=[]) is None
        assert store.claim("a", _NOW, lease=60, limit=9)
        assert store.next_at(_NOW, receivers=["platform"]) == _NOW + _MINUTE
        assert store.next_at(_NOW, receivers=["far"]) == _NOW + _DAY

    def test_a_report_is_put_off(self, store: LedgerStore) -> None:
        """Tried again when it was said, by whoever comes; attempts are counted."""
        report = reported(checked())
        store.append([report])
        assert store.claim("a", _NOW, lease=60, limit=9)
        body = {"receiver": "platform", "keys": [report.id], "next_at": stamped(_NOW + _DAY), "fault": "server_error"}
        store.append([entry(EntryKind.DEFERRED, {**body, "status": 503, "words": "虚构"})])
        [waiting] = store.deliveries(state=DeliveryState.WAITING)
        assert (waiting.attempts, waiting.fault, waiting.words) == (1, "server_error", "虚构")
        assert store.next_at(_NOW) == waiting.next_at == _NOW + _DAY
        assert not store.claim("b", _NOW + _MINUTE, lease=60, limit=9)
        assert len(store.claim("b", _NOW + _DAY, lease=60, limit=9)) == 1

    def test_a_report_is_refused_and_asked_for_again(self, store: LedgerStore) -> None:
        """It rests with the receiver's words until then; once delivered, nothing changes it."""
        report = reported(checked(), send_by=stamped(_NOW))
        refused = entry(
            EntryKind.REFUSED, {"receiver": "platform", "keys": [report.id], "fault": "refused", "words": "不收"}
        )
        again = entry(EntryKind.REQUEUED, {"keys": [report.id], "next_at": stamped(_NOW)})
        store.append([report, refused])
        [dead] = store.deliveries(state=DeliveryState.REFUSED)
        assert (dead.words, dead.attempts) == ("不收", 1)
        assert store.next_at(_NOW) is None
        store.append([again])
        assert [one.key for one in store.claim("a", _NOW, lease=60, limit=9)] == [report.id]
        assert [one.key for one in store.deliveries(late_at=_NOW + _MINUTE)] == [report.id]
        assert not store.deliveries(late_at=_NOW)
        assert [one.key for one in store.deliveries(due_at=_NOW, receivers={"platform"})] == [report.id]
        assert not store.deliveries(due_at=_NOW - _MINUTE)
        assert not store.deliveries(due_at=_NOW, receivers={"elsewhere"})
        store.append([delivered(report.id)])
        store.append([refused._replace(id=uuid7()), again._replace(id=uuid7()), delivered(report.id, "unknown")])
        [done] = store.deliveries(decision_id=report.decision_id)
        assert (done.state, done.receipt, done.words) == (DeliveryState.DELIVERED, "receipt 0", None)
        assert not store.deliveries(late_at=_NOW + _MINUTE)
        assert not store.deliveries(due_at=_NOW + _MINUTE)

    def test_a_report_to_nobody(self, store: LedgerStore) -> None:
        """Fictional data are reported to no receiver; what was done is kept all the same."""
        decision = checked(measure())
        store.append([decision, reported(decision, ["refuse"], receiver=None)])
        assert not store.deliveries()
        assert store.duties()[0].state is DutyState.EXECUTED

    def test_workers_do_not_meet(self, store: LedgerStore, other: LedgerStore) -> None:
        """Every report is claimed once, however many ask at once."""
        store.append([reported(checked(), number=number) for number in range(120)])
        together = threading.Barrier(4)

        def work(worker: int) -> list[Delivery]:
            mine: list[Delivery] = []
            together.wait()
            while got := (store, other)[worker % 2].claim(str(worker), _NOW, lease=60, limit=7):
                mine += got
            return mine

        with ThreadPoolExecutor(4) as threads:
            claimed = [one.key for mine in threads.map(work, range(4)) for one in mine]
        assert len(claimed) == len(set(claimed)) == 120

    # ------------------------------------------------------------------------------------------------------- duties

    def test_a_duty_has_what_the_decision_said(self, store: LedgerStore) -> None:
        """Everything, in the decision's order; what is only advised is no duty until somebody acts on it."""
        until, due = shanghai_day(_NOW + _DAY), shanghai_day(_NOW + 2 * _DAY)
        decision = checked(
            measure(until=until.isoformat(), listings=["B1", "B2"]),
            measure("advised", section="advice", penalty=False, force="recommended"),
            measure("withdraw", type="withdraw", due_on=due.isoformat(), provisional=True),
        )
        store.append([decision])
        first, second = store.duties(decision_id=decision.id)
        assert (first.measure, first.name, first.penalty, first.force) == ("refuse", "虚构措施", True, "mandatory")
        assert (first.type, first.domain, first.action) == ("refuse", "procurement", "register")
        assert (first.decided_at, first.listings, first.until, first.due_on) == (_NOW, ("B1", "B2"), until, None)
        assert (first.state, first.provisional, first.reason) == (DutyState.DUE, False, None)
        assert (second.measure, second.due_on, second.provisional) == ("withdraw", due, True)
        store.append([reported(decision, ["advised"])])
        assert [one.state for one in store.duties()] == [DutyState.DUE, DutyState.EXECUTED, DutyState.DUE]
        assert [one.measure for one in store.duties(penalty=False)] == ["advised"]
        assert [one.measure for one in store.duties(listing="B2")] == ["refuse"]
        assert [one.measure for one in store.duties(states=[DutyState.DUE], limit=1)] == ["refuse"]
        assert [one.measure for one in store.duties(ended_on=until + _DAY)] == ["refuse"]
        assert not store.duties(ended_on=until)
        assert not store.duties(decision_id="none")

    def test_the_course_of_a_duty(self, store: LedgerStore) -> None:
        """Due, executed, due for release, released; or declined, with the reason. Later facts win."""
        decision = checked(measure(), measure("second"), measure("third", penalty=False))

        def states() -> list[str]:
            return [one.state.value for one in store.duties()]

        store.append([decision, reported(decision, ["refuse"], not_executed={"second": "虚构理由", "third": "其他"})])
        assert states() == ["executed", "declined", "declined"]
        assert store.duties()[1].reason == "虚构理由"
        store.append([reported(decision, ["second"], number=2)])
        assert states() == ["executed", "executed", "declined"]
        assert store.duties()[1].reason is None
        ended = {"measure": "refuse", "reasons": {"B1": "repaired"}}
        store.append([entry(EntryKind.RELEASE_DUE, ended, decision_id=decision.id)])
        store.append([reported(decision, ["refuse"], number=3)])
        assert states() == ["release_due", "executed", "declined"]
        [release] = store.duties(states=[DutyState.RELEASE_DUE])
        assert (release.measure, release.reason) == ("refuse", "repaired")
        store.append([entry(EntryKind.RELEASE_VOID, {"measure": "refuse"}, decision_id=decision.id)])
        store.append([entry(EntryKind.DISCHARGED, {"measure": "third", "proof": None}, decision_id=decision.id)])
        assert states() == ["executed", "executed", "declined"]
        store.append([entry(EntryKind.RELEASE_DUE, ended, decision_id=decision.id)])
        store.append([reported(decision, ["refuse"], number=4, what="release")])
        store.append([entry(EntryKind.RELEASE_DUE, ended, decision_id=decision.id)])
        assert states() == ["released", "executed", "declined"]

    def test_an_obligation_stays_open_until_it_is_discharged(self, store: LedgerStore) -> None:
        """Also when it was carried out; and it is overdue after its day."""
        due = shanghai_day(_NOW)
        decision = checked(measure("supply", penalty=False, due_on=due.isoformat()))
        store.append([decision, reported(decision, ["supply"])])
        assert [one.measure for one in store.duties(overdue_on=due + _DAY)] == ["supply"]
        assert [one.measure for one in store.duties(limit=EVERYTHING)] == ["supply"]
        assert not store.duties(overdue_on=due)
        assert store.open_decisions()
        store.append([entry(EntryKind.DISCHARGED, {"measure": "supply", "proof": None}, decision_id=decision.id)])
        assert not store.duties(overdue_on=due + _DAY)
        assert store.duties()[0].state is DutyState.DISCHARGED
        assert not store.open_decisions()

    def test_a_check_made_again_takes_over(self, store: LedgerStore, other: LedgerStore) -> None:
        """What was done need not be done again, what was not is due once; it is counted once, where it was first asked for."""
        due = shanghai_day(_NOW)
        first = checked(
            measure(),
            measure("declined"),
            measure("waiting", due_on=due.isoformat()),
            measure("dropped"),
            measure("kept"),
            measure("offered", section="advice"),
        )
        store.append([first, reported(first, ["refuse", "kept", "offered"], not_executed={"declined": "虚构理由"})])
        later = _NOW + 40 * _DAY
        fresh = checked(
            measure(listings=["B2"]),
            measure("declined"),
            measure("waiting", due_on=(due + 40 * _DAY).isoformat()),
            measure("offered"),
            measure("new"),
            at=later,
            again={"why": "recheck", "of": first.id},
        )
        store.append([fresh])
        for reader in (store, other):
            stand = {one.measure: (one.decision_id, one.state.value) for one in reader.duties()}
            assert stand == {
                "kept": (first.id, "executed"),
                "refuse": (fresh.id, "executed"),
                "declined": (fresh.id, "declined"),
                "waiting": (fresh.id, "due"),
                "offered": (fresh.id, "executed"),
                "new": (fresh.id, "due"),
            }
        duties = {one.measure: one for one in store.duties(decision_id=fresh.id)}
        assert (duties["refuse"].listings, duties["declined"].reason) == (("B2",), "虚构理由")
        assert (duties["waiting"].due_on, duties["waiting"].decided_at) == (due, _NOW)
        assert {one.measure for one in store.duties(decision_id=first.id)} == {*duties, "kept"} - {"new"}
        assert [one.question for one in store.open_decisions()] == ["q1", "q1"]
        # Whoever has the first decision's id at hand reports by it.
        store.append([reported(first, ["waiting"], number=2), reported(first, ["refuse"], number=3, what="release")])
        counts = self._counts(store)
        assert (counts.checks, counts.checks_due, counts.restricted) == (1, 1, 1)
        assert (counts.measures_due, counts.executed, counts.declined) == (4, 3, 1)
        [after] = store.counts(later, later + _DAY, later)
        assert (after.checks, after.checks_due, after.measures_due, after.executed) == (0, 0, 2, 1)
        states = {one.measure: one.state.value for one in store.duties()}
        assert (states["waiting"], states["refuse"]) == ("executed", "released")

    def test_a_check_made_again_and_again(self, store: LedgerStore) -> None:
        """The last one has everything, wherever in between it was not asked for; what was lifted is due anew."""
        first = checked(measure(), measure("lifted"))
        second = checked(measure("other"), again={"why": "recheck", "of": first.id})
        third = checked(measure(), measure("other"), measure("lifted"), again={"why": "confirm", "of": first.id})
        store.append([first, reported(first, ["refuse", "lifted"])])
        ended = {"measure": "refuse", "reasons": {"B1": "repaired"}}
        store.append([reported(first, ["lifted"], number=2, what="release"), second])
        store.append([entry(EntryKind.RELEASE_DUE, ended, decision_id=first.id)])
        assert [one.state.value for one in store.duties()] == ["release_due", "released", "due"]
        store.append([reported(second, not_executed={"other": "虚构理由"}), third])
        stand = [(one.decision_id, one.measure, one.state.value) for one in store.duties()]
        assert stand == [
            (first.id, "lifted", "released"),
            (third.id, "refuse", "executed"),
            (third.id, "other", "declined"),
            (third.id, "lifted", "due"),
        ]
        assert [one.decision_id for one in store.open_decisions()] == [third.id]
        counts = self._counts(store)
        assert (counts.checks, counts.measures_due, counts.executed, counts.declined) == (1, 4, 2, 1)
        # What is said by the first one's id from now on is said of what is due anew; what was lifted stays so.
        assert [one.decision_id for one in store.duties(decision_id=first.id)] == [third.id, third.id]
        store.append([reported(first, ["lifted"], number=3)])
        stand = [(one.decision_id, one.measure, one.state.value) for one in store.duties()]
        assert stand[0] == (first.id, "lifted", "released")
        assert stand[-1] == (third.id, "lifted", "executed")
        counts = self._counts(store)
        assert (counts.checks, counts.measures_due, counts.executed, counts.declined) == (1, 4, 3, 1)

    def test_a_check_made_again_for_several(self, store: LedgerStore) -> None:
        """What it does not ask for is due by none of them; the rest is each one's own."""
        earlier, first = checked(measure("dropped"), measure(), measure("done")), checked(measure("dropped"), measure())
        fresh = checked(measure(), again={"why": "recheck", "of": first.id, "also": [earlier.id]})
        store.append([earlier, reported(earlier, ["done"]), first, fresh])
        stand = [(one.decision_id, one.measure, one.state.value) for one in store.duties()]
        assert stand == [
            (earlier.id, "refuse", "due"),
            (earlier.id, "done", "executed"),
            (fresh.id, "refuse", "due"),
        ]
        counts = self._counts(store)
        assert (counts.checks, counts.measures_due, counts.executed) == (2, 3, 1)

    def test_a_fallback_made_again_takes_nothing_over(self, store: LedgerStore) -> None:
        """It says nothing of the firm. And what a check made again could not say is nobody's missed check."""
        first = checked(measure(), question="q2")
        again = {"why": "confirm", "of": first.id}
        store.append([first, checked(effect="allow", blocking=False, degraded=True, question="q2", again=again)])
        store.append([undecided(question="q3", again=again)])
        assert [(one.decision_id, one.state.value) for one in store.duties()] == [(first.id, "due")]
        counts = self._counts(store)
        assert (counts.checks, counts.checks_due, counts.undecided, counts.measures_due) == (1, 1, 1, 1)

    # ------------------------------------------------------------------------------------------------------ numbers

    def _counts(self, store: LedgerStore) -> Counts:
        [counts] = store.counts(_NOW - _DAY, _NOW + _DAY, _NOW + 5 * _DAY)
        assert (counts.domain, counts.action) == ("procurement", "register")
        return counts

    def test_checks_are_counted(self, store: LedgerStore) -> None:
        """Each matter once; without an answer only while there is none; watchers apart; the period's alone."""
        store.append([checked(), checked(effect="priority", blocking=False), checked(question="q2", blocking=False)])
        store.append([checked(question="q3", must_check=False, effect="allow", blocking=False), checked(shadow=True)])
        store.append([undecided(), undecided(question="q4"), undecided(question="q4"), checked(at=_NOW + 2 * _DAY)])
        counts = self._counts(store)
        assert (counts.checks_due, counts.checks_done, counts.checks, counts.undecided) == (3, 2, 4, 1)
        assert (counts.restricted, counts.blocked, counts.priority, counts.shadow) == (2, 1, 1, 1)
        store.append([checked(question="q4", at=_NOW + 3 * _DAY)])
        assert self._counts(store).undecided == 0

    def test_measures_and_reports_are_counted(self, store: LedgerStore) -> None:
        """Executed and declined with reasons, late and refused, overridden, overdue."""
        yesterday = shanghai_day(_NOW - _DAY).isoformat()
        decision = checked(
            measure(),
            measure("second"),
            measure("third", penalty=False, due_on=yesterday),
            measure("fourth", penalty=False),
            measure("advised", section="advice"),
        )
        timely = reported(decision, ["refuse", "advised"], send_by=stamped(_NOW + _MINUTE))
        late = reported(decision, not_executed={"second": "理由"}, number=2, send_by=stamped(_NOW), what="override")
        missing = reported(decision, number=3, send_by=stamped(_NOW + _DAY))
        refused = reported(decision, not_executed={"fourth": "理由"}, number=4)
        store.append([decision, timely, late, missing, refused])
        store.append([delivered(timely.id), delivered(late.id, at=_NOW + _MINUTE)])
        words = {"receiver": "platform", "keys": [refused.id], "fault": "refused", "words": "不收"}
        store.append([entry(EntryKind.REFUSED, words)])
        ended = {"measure": "refuse", "reasons": {"B1": "repaired"}}
        store.append([entry(EntryKind.RELEASE_DUE, ended, decision_id=decision.id)])
        counts = self._counts(store)
        assert (counts.measures_due, counts.executed, counts.declined) == (4, 1, 2)
        assert dict(counts.reasons) == {"理由": 2}
        assert (counts.overdue_obligations, counts.overdue_releases) == (1, 1)
        assert (counts.reports, counts.late_reports, counts.refused_reports, counts.overridden) == (4, 2, 1, 1)

    def test_counts_stand_by_domain_and_action(self, store: LedgerStore) -> None:
        """One line each."""
        store.append([checked(), checked(domain="subsidy"), checked(action="award")])
        lines = [(one.domain, one.action, one.checks) for one in store.counts(_NOW, _NOW + _DAY, _NOW)]
        assert lines == [("procurement", "award", 1), ("procurement", "register", 1), ("subsidy", "register", 1)]

    def test_notes_follow_from_entries(self, store: LedgerStore, other: LedgerStore) -> None:
        """The change feed's cursor, the latest."""
        for cursor in ("c1", "c2"):
            store.append([entry(EntryKind.FOLLOWED, {"feed": "platform", "cursor": cursor, "changes": []})])
        assert other.note("cursor:platform") == "c2"

    # ----------------------------------------------------------------------------------------------------- together

    def test_many_may_write_at_once(self, store: LedgerStore, other: LedgerStore) -> None:
        """Everything is there once, and in one order for all."""
        together = threading.Barrier(6)

        def work(worker: int) -> list[str]:
            mine = [undecided(question=f"{worker}.{number}") for number in range(20)]
            together.wait()
            for number, one in enumerate(mine):
                (store, other)[(worker + number) % 2].append([one])
                if number % 7 == 0:
                    store.counts(_NOW - _DAY, _NOW + _DAY, _NOW)
            return [one.id for one in mine]

        with ThreadPoolExecutor(6) as threads:
            written = [id for mine in threads.map(work, range(6)) for id in mine]
        found = [one.entry.id for one in store.entries()]
        assert sorted(found) == sorted(written)
        assert [one.entry.id for one in other.entries()] == found
        [counts] = other.counts(_NOW - _DAY, _NOW + _DAY, _NOW)
        assert counts.undecided == 120
