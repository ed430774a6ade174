"""The ledger in SQLite: what durability costs one thread and many, and how quickly a long history answers."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
from collections import defaultdict
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING, Any

from benchmarks import _history
from benchmarks._measure import Contestant, take_turns
from benchmarks._report import Goal, Report, micros
from benchmarks._workload import ACTION, DOMAIN, NOW, firm, measure_list, records
from credit_sdk.client import CreditClient
from credit_sdk.ledger import _schema
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.model.moments import stamped
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import Entry, EntryKind
from credit_sdk.sources import MemorySource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from benchmarks._measure import Timing
    from credit_sdk.decision.result import Decision

_CALLS = {1: 1_000, 8: 4_000, 64: 8_000}
"""By the number of threads."""
_TIMED = 300
_BODY = '{"v":1,"what":"outcome","note":"' + "x" * 480 + '"}'  # as long as a report
_ROW = "INSERT INTO entries (id, at, kind, decision_id, body, crc) VALUES (?, ?, ?, ?, ?, ?)"


def run(*, quick: bool) -> Report:
    rounds = 3 if quick else 9
    with tempfile.TemporaryDirectory() as folder:
        latency = _latencies(Path(folder), rounds=rounds)
        rates = _rates(Path(folder), rounds=rounds)
        entries = 20_000 if quick else 1_000_000
        caught_up, stats, found = _history_of(Path(folder, "history.db"), entries)

    def ratio(name: str) -> float:
        return median(mine / base for mine, base in zip(rates[name], rates["row"], strict=True))

    names = {
        "row": "SQLite 单行插入, 一个线程 · one row a commit",
        **{f"append {n}": f"append, {n} 个线程" for n in _CALLS},
    }
    names |= {f"report {n}": f"report, {n} 个线程" for n in _CALLS}
    rows = [(text, f"{median(rates[name]):,.0f} 条/秒", f"{ratio(name):.1f}×") for name, text in names.items()]
    rows += [
        ("write + fsync, p50", f"{micros(latency['fsync'].p50)} µs", ""),
        (
            "append 一条, p50",
            f"{micros(latency['append'].p50)} µs",
            f"{latency['append'].times(latency['fsync']):.2f}×",
        ),
        (
            "report 一条, p50",
            f"{micros(latency['report'].p50)} µs",
            f"{latency['report'].times(latency['fsync']):.2f}×",
        ),
        (f"重建 {entries:,} 条的各视图 · views made anew", f"{caught_up:,.0f} 条/秒", ""),
    ]
    return Report(
        "台账 · the ledger",
        "`append` 写一条约 500 字节的记录, `report` 是客户端的执行反馈; 返回时都已落盘 (WAL, `synchronous=FULL`)。对照: 同一磁盘上每行一次提交的插入, "
        f"和同样长的 write + fsync。历史: {entries:,} 条, 一年, 四个领域。",
        ("", "测得", "倍数"),
        rows,
        [
            Goal("report, 8 个线程 / 单行插入 · 8 threads, against single rows", 3, ratio("report 8"), at_least=True),
            Goal("report, 64 个线程 / 单行插入 · 64 threads", 10, ratio("report 64"), at_least=True),
            Goal(
                "report 一条 / 一次 fsync · one report, against one fsync",
                2.5,
                latency["report"].times(latency["fsync"]),
            ),
            Goal(f"{entries:,} 条中的统计 · statistics", 2, stats, "s"),
            Goal("其中找到一个结论 · one decision found", 5, found * 1_000, "ms"),
        ],
    )


# --------------------------------------------------------------------------------------------------------- durability


def _latencies(folder: Path, *, rounds: int) -> dict[str, Timing]:
    file = os.open(folder / "rows", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store, credit = SqliteLedger(folder / "latency.db"), _client(SqliteLedger(folder / "reports.db"))
    # Warmed up by one round: a report that is made again is not written again.
    report, fresh = _reporter(credit), iter(_decisions(credit, (rounds + 1) * _TIMED))
    try:
        return take_turns(
            {
                "fsync": Contestant(lambda row: _write(file, row), [_BODY.encode()]),
                "append": Contestant(lambda _: store.append([_entry()]), [None]),
                "report": Contestant(lambda _: report(next(fresh)), [None]),
            },
            rounds=rounds,
            calls=_TIMED,
        )
    finally:
        os.close(file)
        store.close()
        credit.close()


def _write(file: int, row: bytes) -> None:
    os.write(file, row)
    os.fsync(file)


def _rates(folder: Path, *, rounds: int) -> dict[str, list[float]]:
    """Rows a second, round by round; the contestants take turns."""
    single, store = _plain(folder / "single.db"), SqliteLedger(folder / "appended.db")
    credit = _client(SqliteLedger(folder / "reported.db"))

    def insert(_: object) -> None:
        single.execute(_ROW, (*_entry(), 0))

    def append(_: object) -> None:
        store.append([_entry()])

    rates: dict[str, list[float]] = defaultdict(list)
    for _ in range(rounds):
        rates["row"].append(_rate(insert, range(_CALLS[1]), 1))
        for threads, calls in _CALLS.items():
            rates[f"append {threads}"].append(_rate(append, range(calls), threads))
            rates[f"report {threads}"].append(_rate(_reporter(credit), _decisions(credit, calls), threads))
    single.close()
    store.close()
    credit.close()
    return rates


def _rate(call: Callable[[Any], object], arguments: Sequence[object], threads: int) -> float:
    """Calls a second, shared between so many threads."""
    left, together = list(arguments), threading.Barrier(threads + 1)

    def work() -> None:
        together.wait()
        with suppress(IndexError):
            while True:
                call(left.pop())

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    together.wait()
    begun = perf_counter()
    for worker in workers:
        worker.join()
    return len(arguments) / (perf_counter() - begun)


def _plain(path: Path) -> sqlite3.Connection:
    """The same table without the ledger: one row, one commit."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    for statement in _schema.facts(_schema.SQLITE):
        connection.execute(statement)
    return connection


def _entry() -> Entry:
    id = uuid7()
    return Entry(id, stamped(NOW), EntryKind.REPORTED, id, _BODY)


def _client(store: SqliteLedger | None = None) -> CreditClient:
    return CreditClient(MemorySource.of(records(1_000), read_at=NOW), measure_lists=[measure_list()], ledger=store)


def _decisions(credit: CreditClient, number: int) -> list[Decision]:
    """Decisions to report on, each a different one, as after so many checks."""
    assert credit.ledger is not None
    # Of one making, as a report comes right after its check: thousands made beforehand would be fetched from memory first.
    one = _client().check(firm(0), domain=DOMAIN, action=ACTION)
    made = [one._replace(decision_id=uuid7()) for _ in range(number)]
    for one in made:
        credit.ledger._keeping.remember(one.decision_id)  # noqa: SLF001
    return made


def _reporter(credit: CreditClient) -> Callable[[Decision], object]:
    return lambda decision: credit.report(decision, executed=[one.id for one in decision.obligations])


# ------------------------------------------------------------------------------------------------------------ history


def _history_of(path: Path, entries: int) -> tuple[float, float, float]:
    """Entries a second when the views are made; seconds for a year's numbers; seconds for one decision."""
    with SqliteLedger(path) as store:
        last = _history.write(store, entries)
        begun = perf_counter()
        store.next_at(NOW)
        caught_up = entries / (perf_counter() - begun)
        until = NOW + timedelta(days=1)
        stats = _best(lambda: store.counts(_history.SINCE, until, until))
        found = _best(lambda: (store.entry(last), store.duties(decision_id=last), store.deliveries(decision_id=last)))
    return caught_up, stats, found


def _best(call: Callable[[], object]) -> float:
    """Seconds, the middle of five."""
    times = []
    for _ in range(5):
        begun = perf_counter()
        call()
        times.append(perf_counter() - begun)
    return median(times)
