"""Several processes and threads on one ledger, forks, an exit with a full queue, a clock that is put back."""

from __future__ import annotations

import time
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.testing import MOMENT, FixedClock
from tests.faults import ledger_rig as rig
from tests.faults.ledger_children import THREADS
from tests.servers import scripted

if TYPE_CHECKING:
    from pathlib import Path

EACH = 200


def test_two_processes_with_eight_threads_each(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    both = [rig.start("reporters", path, EACH) for _ in range(2)]
    keys = [key for process in both for key in rig.end(process)]

    assert len(set(keys)) == 2 * EACH
    assert sorted(rig.reports_in(path)) == sorted(keys)
    store = SqliteLedger(path)
    sequences = [one.sequence for one in store.entries(limit=100_000)]
    store.close()
    assert sequences == list(range(1, 4 * EACH + 1))
    assert THREADS == 8


def test_a_fork_with_queued_rows(tmp_path: Path) -> None:
    """Parent and child go on; each report is there once, and delivered."""
    assert rig.end(rig.start("fork", tmp_path / "ledger.db")) == [True, True, True, True]


def test_the_interpreter_ends_with_a_full_queue(tmp_path: Path) -> None:
    """It ends in good time with exit code 0; the next process delivers all of it."""
    path = tmp_path / "ledger.db"
    with scripted.silent_url() as url:
        process = rig.start("leave", path, url)
        keys = rig.end(process, timeout=10)
    assert sorted(rig.reports_in(path)) == sorted(keys)

    receiver = rig.Receiver()
    with rig.client(path, receiver, clock=FixedClock(MOMENT + timedelta(days=1))) as credit:
        assert credit.flush(10)
    assert receiver.has.keys() == set(keys)


def test_the_interpreter_ends_while_threads_report(tmp_path: Path) -> None:
    """What was acknowledged is there, whatever else was being written."""
    path = tmp_path / "ledger.db"
    started = time.monotonic()
    keys = rig.end(rig.start("leave_busy", path))
    assert time.monotonic() - started < 15

    assert set(keys) <= set(rig.reports_in(path))


def test_a_signal_interrupts_the_writer(tmp_path: Path) -> None:
    """Two hundred times, wherever it comes: the other threads go on, and what was acknowledged is there and delivered."""
    assert rig.end(rig.start("interrupted", tmp_path / "ledger.db")) == [True, True, True]


def test_the_clock_is_put_back_a_day(tmp_path: Path) -> None:
    """New reports are kept in their order and delivered at once; what was put off comes when its time has come again."""
    clock, receiver = FixedClock(), rig.away()
    with rig.client(tmp_path / "ledger.db", receiver, clock=clock) as credit:
        ledger = credit.ledger
        assert ledger is not None
        dispatcher = ledger.dispatcher
        assert dispatcher is not None
        before = [rig.check_and_report(credit) for _ in range(3)]
        assert receiver.told.acquire(timeout=10)

        clock.advance(timedelta(days=-1))
        receiver.failure = None
        after = [rig.check_and_report(credit) for _ in range(3)]
        assert rig.reports_in(ledger.store) == before + after
        until = time.monotonic() + 10
        while not set(after) <= receiver.has.keys() and time.monotonic() < until:
            dispatcher.run_once()
        assert set(after) <= receiver.has.keys()

        clock.advance(timedelta(days=1, minutes=1))
        assert credit.flush(10)
        assert receiver.has.keys() == {*before, *after}
        sequences = [one.sequence for one in ledger.store.entries()]
        assert all(one < other for one, other in pairwise(sequences))
