"""A cache before a source: what a kept answer costs, how often the platform is asked, how much memory the records hold."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from asyncio import Runner
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import TYPE_CHECKING, Any

from benchmarks._measure import AwaitedContestant, Contestant, take_turns
from benchmarks._platform import SLOW, platform
from benchmarks._report import Goal, Report, micros
from benchmarks._workload import ACTION, DOMAIN, NOW, firm, measure_list, records
from credit_sdk import CheckRequest
from credit_sdk.client import AsyncCreditClient, CreditClient
from credit_sdk.model.terms import Effect
from credit_sdk.sources import AsyncCachedSource, AsyncHttpSource, CachedSource, HttpSource, MemorySource
from credit_sdk.sources.profiles.standard import StandardProfile
from credit_sdk.transport import Timeouts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks._measure import Timing
    from benchmarks._platform import Running
    from credit_sdk.decision.result import Decision
    from credit_sdk.errors import CreditError

_FIRMS = 1_000
_AT_ONCE = 1_000
_SUBJECTS = 1_000
_BATCH = 300
_CALLS = -(-_SUBJECTS // _BATCH)
# What is counted is calls; a thousand threads that start on a small machine may be slow.
_TIMEOUTS = Timeouts(total=60, connect=30, read=30, write=30, pool=30)


def run(*, quick: bool) -> Report:
    timings = _timed(quick=quick)
    memory, awaited = timings["memory"], timings["memory, async"]
    none, awaited_none = timings["memory, unlisted"], timings["memory, unlisted, async"]
    ratios = {
        "sync": timings["cached"].times(memory),
        "sync, unlisted": timings["cached, unlisted"].times(none),
        "async": timings["cached, async"].times(awaited),
        "async, unlisted": timings["cached, unlisted, async"].times(awaited_none),
    }
    with platform() as running:
        by_threads, by_tasks = _equal(running), _equal_async(running)
        many, many_async = _different(running), _different_async(running)
    entries = 10_000 if quick else 100_000
    held = {kind: _held(entries, kind) for kind in ("unlisted", "listed")}

    def timing(name: str, one: Timing, ratio: str) -> tuple[str, str, str]:
        return name, f"{micros(one.p50)} µs", ratio

    return Report(
        "缓存 · cache",
        "缓存的记录与内存来源上的同一记录, 轮流核查。上游调用数由平台自己计数, 平台在单独的进程中, 对同时的核查 0.3 s 后才应答;"
        f" 批量核查每批至多 {_BATCH} 个主体。内存为单独进程中常驻内存之差, 每条记录各由一份应答读出。",
        ("项目", "测得", "对内存来源"),
        [
            timing("内存来源, 在三份名单上 · memory source", memory, "1"),
            timing("缓存 · cached", timings["cached"], f"{ratios['sync']:.2f}"),
            timing("内存来源, 不在名单上", none, "1"),
            timing("缓存, 不在名单上", timings["cached, unlisted"], f"{ratios['sync, unlisted']:.2f}"),
            timing("内存来源, async", awaited, "1"),
            timing("缓存, async", timings["cached, async"], f"{ratios['async']:.2f}"),
            timing("内存来源, 不在名单上, async", awaited_none, "1"),
            timing("缓存, 不在名单上, async", timings["cached, unlisted, async"], f"{ratios['async, unlisted']:.2f}"),
            (f"{_AT_ONCE:,} 个线程同时问同一主体 · threads at once", f"上游 {by_threads} 次", ""),
            (f"{_AT_ONCE:,} 个任务同时问同一主体 · tasks at once", f"上游 {by_tasks} 次", ""),
            (f"check_many, {_SUBJECTS:,} 个主体", f"上游 {many} 次", ""),
            (f"check_many, {_SUBJECTS:,} 个主体, async", f"上游 {many_async} 次", ""),
            (f"{entries:,} 条记录的内存, 不在名单上 · memory held", f"{held['unlisted'] / 1e6:.0f} MB", ""),
            (f"{entries:,} 条记录的内存, 有名称, 各有三个条目", f"{held['listed'] / 1e6:.0f} MB", ""),
        ],
        [
            Goal("缓存 / 内存来源 · cached against memory", 1.5, max(ratios["sync"], ratios["sync, unlisted"])),
            Goal("缓存 / 内存来源, async", 1.5, max(ratios["async"], ratios["async, unlisted"])),
            Goal(f"{_AT_ONCE:,} 次同时的相同核查, 上游调用 · equal checks", 1, max(by_threads, by_tasks), unit="次"),
            Goal(f"{_SUBJECTS:,} 个主体, 每批 {_BATCH}, 上游调用", _CALLS, max(many, many_async), unit="次"),
        ],
    )


# ----------------------------------------------------------------------------------------------------------- time


def _timed(*, quick: bool) -> dict[str, Timing]:
    """Each kind of client on a memory source and on a cache of it, for the same firms."""
    source, rules = MemorySource.of(records(_FIRMS), read_at=NOW), [measure_list()]
    memory = CreditClient(source, measure_lists=rules)
    cached = CreditClient(CachedSource(source, ttl=86_400, negative_ttl=86_400), measure_lists=rules)
    memory_async = AsyncCreditClient(source, measure_lists=rules)
    cached_async = AsyncCreditClient(AsyncCachedSource(source, ttl=86_400, negative_ttl=86_400), measure_lists=rules)

    def check(client: CreditClient) -> Any:
        return lambda code: client.check(code, domain=DOMAIN, action=ACTION)

    def check_async(client: AsyncCreditClient) -> Any:
        return lambda code: client.check(code, domain=DOMAIN, action=ACTION)

    firms = {"": [firm(number) for number in range(_FIRMS)], ", unlisted": [firm(500_000 + n) for n in range(_FIRMS)]}
    with Runner() as runner:
        contestants: dict[str, Contestant | AwaitedContestant] = {}
        for which, codes in firms.items():
            contestants[f"memory{which}"] = Contestant(check(memory), codes)
            contestants[f"cached{which}"] = Contestant(check(cached), codes)
            contestants[f"memory{which}, async"] = AwaitedContestant(check_async(memory_async), codes, runner)
            contestants[f"cached{which}, async"] = AwaitedContestant(check_async(cached_async), codes, runner)
            assert check(memory)(codes[0]).effect is check(cached)(codes[0]).effect
        return take_turns(contestants, rounds=5 if quick else 40, calls=_FIRMS)


# ---------------------------------------------------------------------------------------------------------- calls


def _equal(running: Running) -> int:
    """The platform's calls for many threads that ask of one subject."""
    start = Barrier(_AT_ONCE)
    with (
        HttpSource(running.url + SLOW, timeouts=_TIMEOUTS) as http,
        CreditClient(CachedSource(http), measure_lists=[measure_list()]) as credit,
        ThreadPoolExecutor(_AT_ONCE) as threads,
    ):

        def check(_: int) -> Decision:
            start.wait()
            return credit.check(firm(0), domain=DOMAIN, action=ACTION)

        # Of another firm: adapters are found and the measure list is compiled by the first check, in every thread that
        # comes before that is done.
        credit.check(firm(1), domain=DOMAIN, action=ACTION)
        before = running.count()
        decisions = list(threads.map(check, range(_AT_ONCE)))
    assert all(decision.effect is Effect.RESTRICT for decision in decisions)
    return running.count() - before


def _equal_async(running: Running) -> int:
    """The same for many tasks."""

    async def ask() -> None:
        async with AsyncHttpSource(running.url + SLOW, timeouts=_TIMEOUTS) as http:
            credit = AsyncCreditClient(AsyncCachedSource(http), measure_lists=[measure_list()])
            checks = (credit.check(firm(0), domain=DOMAIN, action=ACTION) for _ in range(_AT_ONCE))
            decisions = await asyncio.gather(*checks)
            assert all(decision.effect is Effect.RESTRICT for decision in decisions)

    before = running.count()
    asyncio.run(ask())
    return running.count() - before


def _requests() -> list[CheckRequest]:
    return [CheckRequest(subject=firm(number), domain=DOMAIN, action=ACTION) for number in range(_SUBJECTS)]


def _different(running: Running) -> int:
    """The platform's calls for many subjects in one ``check_many``; a second one causes none."""
    before, profile = running.count(), StandardProfile(batch_size=_BATCH)
    with (
        HttpSource(running.url, profile=profile, timeouts=_TIMEOUTS) as http,
        CreditClient(CachedSource(http), measure_lists=[measure_list()]) as credit,
    ):
        _answered(credit.check_many(_requests()))
        calls = running.count() - before
        _answered(credit.check_many(_requests()))
    assert running.count() - before == calls
    return calls


def _different_async(running: Running) -> int:
    """The same, awaited."""

    async def ask() -> None:
        async with AsyncHttpSource(running.url, profile=profile, timeouts=_TIMEOUTS) as http:
            credit = AsyncCreditClient(AsyncCachedSource(http), measure_lists=[measure_list()])
            _answered(await credit.check_many(_requests()))
            _answered(await credit.check_many(_requests()))

    before, profile = running.count(), StandardProfile(batch_size=_BATCH)
    asyncio.run(ask())
    return running.count() - before


def _answered(results: Sequence[Decision | CreditError]) -> None:
    for number, result in enumerate(results):
        assert not isinstance(result, Exception), result
        assert (result.effect is Effect.ALLOW) is (number % 2 == 1)


# --------------------------------------------------------------------------------------------------------- memory


def _held(entries: int, kind: str) -> int:
    command = [sys.executable, "-m", "benchmarks._kept", str(entries), kind]
    held, _ = json.loads(subprocess.check_output(command, text=True, cwd=Path(__file__).parents[1]))
    return int(held)
