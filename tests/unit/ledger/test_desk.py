"""The desk itself: opening, sharing, delivering, closing, forked children."""

from __future__ import annotations

import json
import multiprocessing
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import CreditClient
from credit_sdk.errors import InvalidSettings, LedgerUnavailable
from credit_sdk.ledger import Backoff, FeedbackRule
from credit_sdk.ledger.desk import Ledger, open_store
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ledger.values import Receipt
from credit_sdk.ports.platform import PlatformReceipt
from credit_sdk.sources import MemorySource
from credit_sdk.testing import MOMENT, FixedClock, coverage, fictional_code, listing, measure_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credit_sdk.ports.platform import Outcome

LISTED, CLEAN = fictional_code(1), fictional_code(2)


class Taking:
    """A receiver that takes everything, once told to go on."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.taken: list[Outcome] = []
        self.gate = threading.Event()
        if at_once:
            self.gate.set()

    def send(self, outcomes: Sequence[Outcome], *, timeout: float | None = None) -> Sequence[PlatformReceipt]:
        self.gate.wait(timeout)
        self.taken += outcomes
        return [PlatformReceipt(f"R-{len(self.taken)}", str(one.key), MOMENT) for one in outcomes]


def client_of(ledger: Any, **options: Any) -> CreditClient:
    source = MemorySource.of([coverage(), listing()], read_at=MOMENT, **options)
    return CreditClient(source, measure_lists=[measure_list()], clock=FixedClock(), ledger=ledger)


def check(client: CreditClient, code: str = LISTED) -> Any:
    return client.check(code, domain="test", action="award")


# ------------------------------------------------------------------------------------------------------------- opening


def test_a_path_is_a_file(tmp_path: Path) -> None:
    for target in (tmp_path / "a.db", str(tmp_path / "b.db")):
        store, opened = open_store(target)
        assert isinstance(store, SqliteLedger)
        assert opened
        store.close()


def test_a_store_is_taken_as_it_is(tmp_path: Path) -> None:
    own = SqliteLedger(tmp_path / "a.db")
    assert open_store(own) == (own, False)


@pytest.mark.parametrize("target", ["", "  ", "mysql://host/credit", "http://host", None, 7, object()])
def test_anything_else_is_none(target: Any) -> None:
    with pytest.raises(InvalidSettings) as raised:
        open_store(target)
    assert raised.value.key == "ledger"


def test_nothing_is_touched_before_it_is_used(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "a.db")
    assert list(tmp_path.iterdir()) == []
    assert ledger.file == str(tmp_path / "a.db")
    assert "a.db" in repr(ledger)


def test_a_database_is_named_without_its_password() -> None:
    ledger = Ledger.open("postgresql://someone:secret@127.0.0.1:1/credit", service="招标系统")
    assert "secret" not in repr(ledger) + ledger.name
    assert ledger.file is None
    ledger.close(0.1)


# ---------------------------------------------------------------------------------------------------------- delivering


def test_reports_are_delivered_by_who_takes_them(tmp_path: Path) -> None:
    taking = Taking()
    ledger = Ledger.open(tmp_path / "a.db", senders={"platform": taking}, clock=FixedClock())
    client = client_of(ledger)
    receipt = client.report(check(client))
    assert ledger.flush(5)
    assert [one.key for one in taking.taken] == [receipt.key]
    [delivery] = ledger.store.deliveries()
    assert (delivery.state.value, delivery.receipt) == ("delivered", "R-1")
    ledger.close()


def test_nothing_starts_before_it_is_needed(tmp_path: Path) -> None:
    ledger = Ledger.open(tmp_path / "a.db", senders={"platform": Taking()})
    assert ledger._dispatcher is None
    ledger.close()


def test_what_an_earlier_process_left_is_delivered_from_the_first_check_on(tmp_path: Path) -> None:
    before = client_of(tmp_path / "a.db")
    key = before.report(check(before)).key
    before.close()
    taking = Taking()
    ledger = Ledger.open(tmp_path / "a.db", senders={"platform": taking}, clock=FixedClock())
    check(client_of(ledger), CLEAN)
    assert ledger.flush(5)
    assert [one.key for one in taking.taken] == [key]
    ledger.close()


def test_a_report_does_not_wait_for_its_receiver(tmp_path: Path) -> None:
    taking = Taking(at_once=False)
    ledger = Ledger.open(tmp_path / "a.db", senders={"platform": taking}, clock=FixedClock())
    client = client_of(ledger)
    client.report(check(client))
    assert taking.taken == []
    assert not ledger.flush(0.05)
    taking.gate.set()
    assert ledger.flush(5)
    ledger.close()


def test_reports_that_are_not_due_are_not_waited_for(tmp_path: Path) -> None:
    taking = Taking()
    rules = {"test": FeedbackRule("platform", "monthly", 20)}
    clock = FixedClock()
    ledger = Ledger.open(tmp_path / "a.db", senders={"platform": taking}, clock=clock, rules=rules)
    client = client_of(ledger)
    client.report(check(client))
    assert ledger.flush(5)
    assert taking.taken == []
    clock.advance(timedelta(days=15))
    assert ledger.flush(5)
    assert len(taking.taken) == 1
    ledger.close()


def test_fictional_data_reach_a_receiver_that_is_at_hand_only(tmp_path: Path) -> None:
    taking = Taking()
    ledger = Ledger.open(tmp_path / "a.db", senders={"platform": taking}, clock=FixedClock())
    client = client_of(ledger, fictional=True)
    decision = check(client)
    assert client.report(decision).receiver == "platform"
    assert ledger.flush(5)
    assert len(taking.taken) == 1
    ledger.close()
    alone = client_of(tmp_path / "b.db", fictional=True)
    assert alone.report(check(alone)).receiver is None
    # One who delivers nothing himself, the command line say, reports to whoever got the first report.
    later = Ledger.open(tmp_path / "a.db", clock=FixedClock())
    assert later.report(decision.decision_id, note="补报").receiver == "platform"
    later.close()


def test_closing_is_bounded(tmp_path: Path) -> None:
    taking = Taking(at_once=False)
    ledger = Ledger.open(tmp_path / "a.db", senders={"platform": taking}, clock=FixedClock())
    client = client_of(ledger)
    client.report(check(client))
    ledger.close(0.2)
    taking.gate.set()
    later = Ledger.open(tmp_path / "a.db")
    assert [one.state.value for one in later.store.deliveries()] in (["waiting"], ["delivered"])
    later.close()


# --------------------------------------------------------------------------------------------------------- remembering


def test_a_decision_kept_here_is_not_looked_up(tmp_path: Path) -> None:
    asked: list[str] = []

    class Asking(SqliteLedger):
        def entry(self, id: str) -> Any:
            asked.append(id)
            return super().entry(id)

    client = client_of(Asking(tmp_path / "a.db"))
    decision = check(client)
    client.report(decision, executed=[decision.obligations[0].id])
    assert asked == []
    client.report(decision, executed=[decision.obligations[0].id])
    assert len(asked) == 1


def test_many_decisions_are_remembered_and_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credit_sdk.ledger._keeping._MOST_REMEMBERED", 3)
    client = client_of(tmp_path / "a.db")
    decisions = [check(client) for _ in range(10)]
    receipts = [client.report(decision) for decision in decisions]
    assert [client.report(decision) for decision in decisions] == receipts
    assert client.ledger is not None
    assert len(client.ledger.store.deliveries()) == 10


def test_a_report_that_was_not_kept_can_be_made_again(tmp_path: Path) -> None:
    class Failing(SqliteLedger):
        failing = False

        def append(self, entries: Any, *, connection: Any = None) -> Any:
            if self.failing:
                raise LedgerUnavailable("台账写不了", "the ledger cannot be written")
            return super().append(entries, connection=connection)

    store = Failing(tmp_path / "a.db")
    client = client_of(store)
    decision = check(client)
    store.failing = True
    with pytest.raises(LedgerUnavailable):
        client.report(decision)
    store.failing = False
    assert isinstance(client.report(decision), Receipt)
    assert len(store.deliveries()) == 1


def test_all_pages_of_what_is_affected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("credit_sdk.ledger.desk._PAGE", 2)
    client = client_of(tmp_path / "a.db")
    ids = [check(client).decision_id for _ in range(5)]
    assert [one.decision_id for one in client.affected("L-1")] == ids[::-1]


# --------------------------------------------------------------------------------------------------------------- forked


def _in_child(client: CreditClient, queue: Any) -> None:
    decision = check(client)
    queue.put((decision.decision_id, client.report(decision).key, client.flush(5)))
    client.close()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no fork here")
def test_a_client_made_before_the_fork_works_in_the_child(tmp_path: Path) -> None:
    taking = Taking()
    ledger = Ledger.open(tmp_path / "a.db", senders={"platform": taking}, clock=FixedClock())
    client = client_of(ledger)
    client.report(check(client))
    assert ledger.flush(5)
    fork = multiprocessing.get_context("fork")
    queue = fork.Queue()
    child = fork.Process(target=_in_child, args=(client, queue))
    child.start()
    decision_id, key, flushed = queue.get(timeout=20)
    child.join(20)
    assert flushed
    states = {one.key: (one.decision_id, one.state.value) for one in ledger.store.deliveries()}
    assert states[key] == (decision_id, "delivered")
    client.report(check(client))  # the parent goes on
    assert ledger.flush(5)
    ledger.close()


def test_a_month_of_reports_is_one_ledger_for_many_threads(tmp_path: Path) -> None:
    client = client_of(tmp_path / "a.db")

    def act() -> None:
        for _ in range(10):
            decision = check(client)
            client.report(decision, executed=[decision.obligations[0].id])

    threads = [threading.Thread(target=act) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert client.ledger is not None
    bodies = [json.loads(one.entry.body) for one in client.ledger.store.entries(kinds=["reported"])]
    assert len({body["outcome"]["key"] for body in bodies}) == 80
    client.close()


def test_when_a_failed_report_is_tried_again_is_for_the_ledger_to_say(tmp_path: Path) -> None:
    class Refusing(Taking):
        def send(self, outcomes: Sequence[Outcome], *, timeout: float | None = None) -> Sequence[PlatformReceipt]:
            raise OSError

    ledger = Ledger(
        SqliteLedger(tmp_path / "credit.db"),
        senders={"platform": Refusing()},
        backoff=Backoff((7,)),
        clock=FixedClock(),
    )
    client = client_of(ledger)
    client.report(check(client), executed=[])
    assert ledger.dispatcher is not None
    ledger.dispatcher.close(0)  # rounds are made here
    while not (waiting := ledger.store.deliveries())[0].attempts:
        ledger.dispatcher.run_once()
    assert timedelta(seconds=3.5) <= waiting[0].next_at - MOMENT <= timedelta(seconds=7)
    ledger.close()
    ledger.store.close()
