"""What check, act, report (``guard``) costs beyond the check: over a store that takes entries for nothing, and over a real one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks._measure import Contestant, Timing, take_turns
from benchmarks._report import Goal, Report, micros
from benchmarks._workload import ACTION, DOMAIN, NOW, firm, measure_list, records
from credit_sdk.client import CreditClient
from credit_sdk.ledger.desk import Ledger
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credit_sdk.ports.ledger import Entry

_FIRMS = 1_000


class Nowhere:
    """As much of a store as checks and reports ask for; what it is given is gone."""

    name = "nowhere"
    last: Sequence[Entry] = ()

    def append(self, entries: Sequence[Entry], **_: Any) -> Sequence[str]:
        self.last = entries
        return ()

    def keep(self, digest: str, text: str) -> None:
        pass

    def entry(self, _: str) -> None:
        return None


def run(*, quick: bool) -> Report:
    listed, unlisted = [firm(n) for n in range(_FIRMS)], [firm(n) for n in range(500_000, 500_000 + _FIRMS)]
    plain, nowhere = _client(), Nowhere()
    kept = _client(ledger=Ledger(nowhere))  # type: ignore[arg-type]
    timings = take_turns(
        {
            "check": Contestant(_check(plain), listed),
            "kept": Contestant(_check(kept), listed),
            "by hand": Contestant(_by_hand(kept), listed),
            "guard": Contestant(_guard(kept), listed),
            "check, unlisted": Contestant(_check(plain), unlisted),
            "guard, unlisted": Contestant(_guard(kept), unlisted),
        },
        rounds=5 if quick else 20,
        calls=2_000,
    )
    _check(kept)(listed[0])
    durable = _on_disk(listed, b"x" * len(nowhere.last[0].body.encode()), rounds=3 if quick else 10)
    check, unlisted_check = timings["check"], timings["check, unlisted"]
    rows = [
        ("核查, 不留存 · check", check, check),
        ("核查并留存 · kept", timings["kept"], check),
        ("核查、留存、反馈, 不用 guard · check and report", timings["by hand"], check),
        ("guard", timings["guard"], check),
        ("核查, 不在名单上 · unlisted", unlisted_check, unlisted_check),
        ("guard, 不在名单上", timings["guard, unlisted"], unlisted_check),
        ("两次 write + fsync", durable["fsync"], None),
        ("guard, SQLite", durable["guard"], None),
    ]
    return Report(
        "guard: 核查、办理、反馈 · check, act, report",
        "`with credit.guard(code, …)`, 主体在三份名单上, 记录已在内存; 写两条: 留存的核查 (请求、信用记录、结论, 约 10 KB) 和反馈。"
        " 台账一栏不落盘, 只计 SDK 自身; 最后两行落盘: SQLite, 对照同一磁盘上两次同样长的 write + fsync。",
        ("方式", "p50 µs", "p99 µs", "对核查"),
        [
            (name, micros(mine.p50), micros(mine.p99), f"{mine.times(other):.1f}" if other else "")
            for name, mine, other in rows
        ],
        [
            Goal(f"guard 超出核查的部分 / 核查, 不计 fsync, {whose}", 3, timings[guard].times(timings[plain]) - 1)
            for whose, guard, plain in (
                ("在三份名单上 · what a guard adds to a check, listed", "guard", "check"),
                ("不在名单上 · unlisted", "guard, unlisted", "check, unlisted"),
            )
        ],
    )


def _on_disk(codes: Sequence[str], row: bytes, *, rounds: int) -> dict[str, Timing]:
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteLedger(Path(folder, "ledger.db"))
        file = os.open(Path(folder, "rows"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            return take_turns(
                {
                    "fsync": Contestant(lambda row: _write(file, row), [row]),
                    "guard": Contestant(_guard(_client(ledger=store)), codes),
                },
                rounds=rounds,
                calls=200,
            )
        finally:
            os.close(file)
            store.close()


def _client(**options: Any) -> CreditClient:
    own, registry = measure_list(), DomainRegistry()
    source = MemorySource.of(records(_FIRMS), lists={**registry.lists, **own.local_lists}, read_at=NOW)
    return CreditClient(source, domains=registry, measure_lists=[own], **options)


def _check(credit: CreditClient) -> Callable[[str], object]:
    return lambda code: credit.check(code, domain=DOMAIN, action=ACTION)


def _by_hand(credit: CreditClient) -> Callable[[str], object]:
    def checked_and_reported(code: str) -> None:
        decision = credit.check(code, domain=DOMAIN, action=ACTION)
        credit.report(decision, executed=[one.id for one in decision.obligations])

    return checked_and_reported


def _guard(credit: CreditClient) -> Callable[[str], object]:
    def guarded(code: str) -> None:
        with credit.guard(code, domain=DOMAIN, action=ACTION):
            pass

    return guarded


def _write(file: int, row: bytes) -> None:
    for _ in range(2):
        os.write(file, row)
        os.fsync(file)
