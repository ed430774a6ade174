"""What the ledger's faults are acted out with: a client over a record in memory, receivers that fail as told, other processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk import CreditClient
from credit_sdk.errors import SourceUnavailable
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.plugins import DomainRegistry
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.ports.platform import Outcome, PlatformReceipt
from credit_sdk.sources import MemorySource
from credit_sdk.testing import MOMENT, FixedClock, coverage, fictional_code, listing, measure_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.ports.clock import Clock
    from credit_sdk.ports.ledger import LedgerStore

ROOT = Path(__file__).parents[2]
ASK: dict[str, Any] = {"domain": "test", "action": "award"}
EXECUTED = ["test.refuse"]
LISTED = fictional_code(1)
LISTING = listing("tax.major-violation", subject={"code": LISTED})


class Receiver:
    """Takes everything in, dropping repeats by key; unless told to fail.

    :param failure: is raised while it is set.
    """

    def __init__(self, failure: Exception | None = None) -> None:
        self.failure = failure
        self.has: dict[str, Outcome] = {}
        self.calls = 0
        self.told = threading.Semaphore(0)

    def send(self, outcomes: Sequence[Outcome], *, timeout: float | None = None) -> Sequence[PlatformReceipt]:
        self.calls += 1
        try:
            if self.failure is not None:
                raise self.failure
            return [self._receipt(outcome) for outcome in outcomes]
        finally:
            self.told.release()

    def _receipt(self, outcome: Outcome) -> PlatformReceipt:
        key = outcome.key or ""
        repeated = key in self.has
        self.has.setdefault(key, outcome)
        return PlatformReceipt(f"R-{len(self.has)}", key, MOMENT, repeated)


def away() -> Receiver:
    """A receiver that is out of reach."""
    return Receiver(SourceUnavailable("连接不上", "no connection", fault="connect"))


def client(ledger: Any, receiver: Any = None, *, clock: Clock | None = None, **options: Any) -> CreditClient:
    """A client for whom :data:`LISTED` is on a black list, by data of four hours ago.

    :param clock: default: one that stands still.
    """
    clock = clock or FixedClock()
    now = clock()
    return CreditClient(
        MemorySource.of([coverage("tax.major-violation", as_of=now - timedelta(hours=4)), LISTING], read_at=now),
        domains=DomainRegistry(),
        measure_lists=[measure_list()],
        clock=clock,
        ledger=ledger,
        receivers={} if receiver is None else {"platform": receiver},
        **options,
    )


def check_and_report(credit: CreditClient) -> str:
    """One round; the report's key."""
    return credit.report(credit.check(LISTED, **ASK), executed=EXECUTED).key


def reports_in(ledger: str | Path | LedgerStore) -> list[str]:
    """The keys of all reports, in their order."""
    if not isinstance(ledger, str | Path):
        return [one.entry.id for one in ledger.entries(kinds=[EntryKind.REPORTED], limit=100_000)]
    store = SqliteLedger(ledger)
    try:
        return reports_in(store)
    finally:
        store.close()


SMALL_DISK = ("unshare", "-Urm", "sh", "-c", 'mount -t tmpfs -o size=1m tmpfs "$0" && exec "$@"')
"""Before a folder and a command: runs it with a file system of one megabyte in the folder, which is gone when it ends."""


def start(scene: str, *arguments: object, within: Sequence[str | Path] = ()) -> subprocess.Popen[str]:
    """A scene of ``ledger_children`` in a process of its own.

    :param within: a command that runs another one.
    """
    return subprocess.Popen(
        [*within, sys.executable, "-m", "tests.faults.ledger_children", scene, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    )


def end(process: subprocess.Popen[str], timeout: float = 30) -> Any:
    """What it said; it has to end well, with nothing on stderr."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
    assert (process.returncode, err) == (0, "")
    return json.loads(out)
