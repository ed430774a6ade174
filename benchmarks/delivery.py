"""Delivery: how many reports a second reach a platform and have their receipts in the ledger.

``python -m benchmarks.delivery LEDGER PLATFORM`` is one worker: it says so when it is ready, begins when it is told, and
says what it did.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks._report import Goal, Report
from benchmarks._workload import firm
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger.desk import open_store
from credit_sdk.ledger.dispatcher import Dispatcher
from credit_sdk.model.moments import stamped
from credit_sdk.ports.clock import system_clock
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.sources import HttpSource
from credit_sdk.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credit_sdk.ports.ledger import Entry

_AT_ONCE = 1_000
_BATCHES = (20, 100, 200, 1_000)
_DEFAULT = 200


def report(number: int) -> Entry:
    """A report as the ledger keeps it."""
    now, decision_id = system_clock(), uuid7()
    key = f"{decision_id}-{number:012x}"
    executed = ["procurement.refuse-participation"]
    outcome = {
        "decision_id": decision_id,
        "subject": {"code": firm(number), "name": f"虚构{number}号建设工程有限公司"},
        "domain": "procurement",
        "action": "award",
        "effect": "restrict",
        "at": stamped(now),
        "executed": executed,
        "not_executed": {},
        "note": None,
        "key": key,
    }
    body = {
        "what": "outcome",
        "receiver": "platform",
        "domain": "procurement",
        "executed": executed,
        "not_executed": {},
        "send_from": stamped(now),
        "send_by": None,
        "outcome": outcome,
    }
    return entry(EntryKind.REPORTED, now, body, decision_id=decision_id, id=key)


def fill(target: str, several: int) -> None:
    """Keep so many reports."""
    store, _ = open_store(target)
    for start in range(0, several, _AT_ONCE):
        store.append([report(number) for number in range(start, min(start + _AT_ONCE, several))])
    store.next_at(system_clock())  # the views are brought up to date before the clock runs
    store.close()


def work(target: str, url: str, batch: int = _DEFAULT) -> tuple[int, float]:
    """Deliver until nothing is due; how much, and in how many seconds."""
    store, _ = open_store(target)
    delivered, begun = 0, time.perf_counter()
    with HttpSource(url) as source:
        dispatcher = Dispatcher(store, {"platform": source}, batch=batch)
        while (sent := dispatcher.run_once()).claimed:
            delivered += sent.delivered
        took = time.perf_counter() - begun
    store.close()
    return delivered, took


def run(*, quick: bool) -> Report:
    several = 2_000 if quick else 10_000
    rounds = 1 if quick else 3
    rows, speeds = [], {}
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        for batch in _BATCHES:
            rates = []
            for turn in range(rounds):
                target = str(Path(folder) / f"{batch}-{turn}.db")
                fill(target, several)
                delivered, took = work(target, sandbox.url, batch)
                assert delivered == several
                rates.append(several / took)
            speeds[batch] = median(rates)
            rows.append(("SQLite", "1", str(batch), f"{speeds[batch]:,.0f}"))
        for workers in (1, 2):
            rates = []
            for _ in range(rounds):
                with _postgres() as target:
                    fill(target, several)
                    rates.append(several / _together(target, sandbox.url, workers, several))
            speeds[-workers] = median(rates)
            rows.append(("PostgreSQL", str(workers), str(_DEFAULT), f"{speeds[-workers]:,.0f}"))
    return Report(
        "派送 · delivery to a platform",
        f"{several:,} 条待报的反馈, 送到本机上单独进程的沙盒平台; 每批一次请求, 平台存下, 回执写入台账并落盘才算送到。PostgreSQL 的数据在磁盘上,"
        " `fsync` 开着; 多个派送者各是一个进程。",
        ("台账", "派送者", "每批至多", "条/秒"),
        rows,
        [
            Goal("派送到本机沙盒, SQLite · delivery, SQLite", 2_000, speeds[_DEFAULT], "条/秒", at_least=True),
            Goal("同上, PostgreSQL, 两个派送者 · PostgreSQL, two workers", 1_500, speeds[-2], "条/秒", at_least=True),
        ],
    )


def _together(target: str, url: str, workers: int, several: int) -> float:
    """Seconds that so many processes take between them."""
    with ExitStack() as held:
        processes = [held.enter_context(_worker(target, url)) for _ in range(workers)]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        begun = time.perf_counter()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        delivered = 0
        for process in processes:
            assert process.stdout is not None
            delivered += int(process.stdout.readline())
        took = time.perf_counter() - begun
    assert delivered == several
    return took


def _worker(target: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.delivery", target, url],
        cwd=Path(__file__).parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@contextmanager
def _postgres() -> Iterator[str]:
    """A PostgreSQL of the tests' making, on the disk and as careful as a real one."""
    from credit_sdk.ledger.sql import migrate
    from tests.servers.postgres import PostgresServer

    server = PostgresServer({"shared_buffers": "64MB"}, Path(tempfile.gettempdir()))
    try:
        with server.database() as address:
            migrate(address)
            yield address
    finally:
        server.close()


def main(arguments: Sequence[str]) -> None:
    target, url = arguments
    store, _ = open_store(target)
    store.next_at(system_clock())  # connected once, with everything loaded
    store.close()
    print("ready", flush=True)
    sys.stdin.readline()
    delivered, _ = work(target, url)
    print(delivered, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
