"""Many who ask at once, sync and async: one question, and nobody's misfortune becomes another's. No test sleeps."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import traceback
import warnings
from concurrent.futures import CancelledError, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from credit_sdk import Subject
from credit_sdk.errors import BadRecord, NoDecision, SourceUnavailable, UnknownDomain
from credit_sdk.model.record import CreditRecord
from credit_sdk.sources import AsyncCachedSource, CachedSource
from credit_sdk.testing import fictional_code, listing
from tests.unit.sources.cache_rig import CLEAR, LISTED, PATIENCE, UNKNOWN, Rig, Upstream, change, page

if TYPE_CHECKING:
    from collections.abc import Sequence
    from concurrent.futures import Future

    from credit_sdk.ports import Answer

OUTAGE = SourceUnavailable("测试停机", "test outage", fault="connect")


def enter(rig: Rig) -> None:
    """Wait until somebody is inside the upstream."""
    assert rig.upstream.entered.acquire(timeout=PATIENCE)


def results(asked: list[Future[Sequence[Answer]]]) -> list[Answer]:
    return [future.result(PATIENCE)[0] for future in asked]


def start_behind(rig: Rig, number: int, subject: Subject = LISTED) -> list[Future[Sequence[Answer]]]:
    """A leader, who is inside the upstream, and ``number`` who wait for him; the gate is shut."""
    rig.upstream.gate.clear()
    leader = rig.start(subject)
    enter(rig)
    rig.store.await_askers(1)
    asked = [leader, *(rig.start(subject) for _ in range(number))]
    rig.store.await_askers(number)
    return asked


def test_equal_questions_at_once_are_one(rig: Rig) -> None:
    asked = start_behind(rig, 40)
    rig.upstream.gate.set()
    records = results(asked)
    assert all(isinstance(record, CreditRecord) and record.listings for record in records)
    assert rig.calls == [(LISTED,)]


def test_also_with_equal_time(rig: Rig) -> None:
    rig.upstream.gate.clear()
    asked = [rig.start(LISTED, timeout=2.0)]
    enter(rig)
    rig.store.await_askers(1)
    asked += [rig.start(LISTED, timeout=2.0) for _ in range(10)]
    rig.store.await_askers(10)
    rig.upstream.gate.set()
    assert all(isinstance(record, CreditRecord) for record in results(asked))
    assert len(rig.calls) == 1


def test_batches_share_what_they_share(rig: Rig) -> None:
    rig.upstream.gate.clear()
    first = rig.start(LISTED, CLEAR)
    enter(rig)
    rig.store.await_askers(1)
    second = rig.start(CLEAR, UNKNOWN, LISTED)
    enter(rig)
    rig.upstream.gate.set()
    assert [getattr(one, "found", None) for one in second.result(PATIENCE)] == [True, False, True]
    assert [getattr(one, "found", None) for one in first.result(PATIENCE)] == [True, True]
    assert rig.calls == [(LISTED, CLEAR), (UNKNOWN,)]


def test_batches_the_other_way_round_do_not_lock_each_other(rig: Rig) -> None:
    rig.upstream.gate.clear()
    first = rig.start(LISTED)
    second = rig.start(CLEAR)
    enter(rig)
    enter(rig)
    crossed = [rig.start(LISTED, CLEAR, UNKNOWN), rig.start(UNKNOWN, CLEAR, LISTED)]
    rig.store.await_askers(4)
    rig.upstream.gate.set()
    for asked in (first, second, *crossed):
        assert all(isinstance(answer, CreditRecord) for answer in asked.result(PATIENCE))
    assert sorted(len(call) for call in rig.calls) == [1, 1, 1]


@pytest.mark.parametrize("error", [OUTAGE, BadRecord("坏", "bad")], ids=lambda error: error.code)
def test_the_leaders_failure_is_everyones(rig: Rig, error: NoDecision) -> None:
    rig.upstream.failure = error
    asked = start_behind(rig, 10)
    rig.upstream.gate.set()
    assert results(asked) == [error] * 11
    assert len(rig.calls) == 1
    rig.upstream.failure = None
    assert rig.one(LISTED).listings


def test_in_an_outage_each_gets_what_is_kept(rig: Rig) -> None:
    rig.ask(LISTED)
    rig.store.await_askers(1)
    rig.time.pass_(300)
    rig.upstream.failure = OUTAGE
    enter(rig)
    asked = start_behind(rig, 10)
    rig.upstream.gate.set()
    assert all(isinstance(record, CreditRecord) and record.stale for record in results(asked))


def test_a_mistake_is_everyones(rig: Rig) -> None:
    rig.upstream.failure = UnknownDomain("没有", "none")
    asked = start_behind(rig, 5)
    rig.upstream.gate.set()
    for future in asked:
        with pytest.raises(UnknownDomain):
            future.result(PATIENCE)


def test_a_cancelled_leader_poisons_nobody() -> None:
    rig = Rig("async")
    asked = start_behind(rig, 10)
    asked[0].cancel()
    enter(rig)  # one of the others asks in his place
    assert len(rig.calls) == 2
    rig.upstream.gate.set()
    assert all(isinstance(record, CreditRecord) and record.listings for record in results(asked[1:]))
    with pytest.raises(CancelledError):
        asked[0].result()
    assert len(rig.calls) == 2, "all asked anew"
    assert not rig.cache._state._flights
    rig.tear_down()


def test_an_interrupted_leader_poisons_nobody() -> None:
    rig = Rig("sync")
    rig.upstream.failure = KeyboardInterrupt()
    asked = start_behind(rig, 10)
    rig.upstream.failure = None
    rig.upstream.gate.set()
    with pytest.raises(KeyboardInterrupt):
        asked[0].result(PATIENCE)
    assert all(isinstance(record, CreditRecord) and record.listings for record in results(asked[1:]))
    assert len(rig.calls) == 2
    rig.tear_down()


def test_a_cancelled_follower_disturbs_nobody() -> None:
    rig = Rig("async")
    leader, follower, other = start_behind(rig, 2)
    follower.cancel()
    rig.upstream.gate.set()
    assert all(isinstance(record, CreditRecord) for record in results([leader, other]))
    assert len(rig.calls) == 1
    rig.tear_down()


def test_who_waits_has_his_own_time(rig: Rig) -> None:
    """The leader waits on; he who has less time goes without."""
    [leader] = start_behind(rig, 0)
    [answer] = rig.ask(LISTED, timeout=0.01)
    assert isinstance(answer, SourceUnavailable)
    assert answer.fault == "deadline"
    rig.upstream.gate.set()
    assert leader.result(PATIENCE)
    assert len(rig.calls) == 1


def test_the_patient_do_not_depend_on_the_hasty(rig: Rig) -> None:
    rig.upstream.gate.clear()
    hasty = rig.start(LISTED, timeout=0.5)
    enter(rig)
    patient = rig.start(LISTED, timeout=5)
    enter(rig)
    late = rig.start(LISTED, timeout=5)
    rig.store.await_askers(3)
    rig.upstream.gate.set()
    assert all(isinstance(record, CreditRecord) for record in results([hasty, patient, late]))
    assert len(rig.calls) == 2


def test_a_change_overtakes_a_question_under_way(rig: Rig) -> None:
    """The answer was made up before the repair: who asked then gets it, nobody later does."""
    asked = start_behind(rig, 3)
    rig.upstream.records = rig.upstream.records[:1]
    rig.poll(page(change(subject=None)))
    later = rig.start(LISTED)
    enter(rig)  # he did not join them
    rig.upstream.gate.set()
    assert all(isinstance(record, CreditRecord) and record.listings for record in results(asked))
    [record] = results([later])
    assert isinstance(record, CreditRecord)
    assert not record.listings
    assert not rig.one(LISTED).listings
    assert len(rig.calls) == 2


def test_a_change_of_somebody_else_only_costs_a_question(rig: Rig) -> None:
    asked = start_behind(rig, 3)
    rig.poll(page(change(id="L-50", subject=None)))
    rig.upstream.gate.set()
    results(asked)
    assert rig.one(LISTED).listings
    assert len(rig.calls) == 2


def test_nothing_is_left_of_a_flight(rig: Rig) -> None:
    for failure in (None, OUTAGE, ZeroDivisionError(), UnknownDomain("没有", "none")):
        rig.upstream.failure = failure
        rig.cache.clear()
        try:
            rig.ask(LISTED, CLEAR)
        except UnknownDomain:
            traceback.clear_frames(rig.upstream.failure.__traceback__ if rig.upstream.failure else None)
        assert not rig.cache._state._flights


def test_threads_that_ask_change_and_clear_meet_no_fault() -> None:
    upstream = Upstream()
    cache = CachedSource(upstream, max_entries=20, ttl=300, stale_if_error=300, changes=upstream)
    subjects = [Subject(fictional_code(number)) for number in range(40)]
    upstream.records += [listing(id=f"L-{number}", subject=fictional_code(number)) for number in range(2, 40, 2)]
    together = threading.Barrier(4)

    def busy(worker: int) -> None:
        together.wait(PATIENCE)
        for step in range(60):
            some = subjects[(worker * 7 + step) % 30 :][:10]
            for subject, answer in zip(some, cache.fetch(some), strict=True):
                assert isinstance(answer, CreditRecord)
                assert all(one.subject.code == subject.code for one in answer.listings)
            if step % 5 == worker:
                cache.forget(*some[:3])
            if step == 30:
                cache.clear()

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(busy, worker) for worker in range(4)]:
            done.result(PATIENCE)
    assert not cache._state._flights


def test_two_event_loops() -> None:
    """Those of one loop wait for each other; what one has fetched, the other finds."""
    upstream = Upstream()
    cache = AsyncCachedSource(upstream)

    async def ten() -> list[Sequence[Answer]]:
        return list(await asyncio.gather(*(cache.fetch_async([LISTED]) for _ in range(10))))

    upstream.gate.clear()
    with ThreadPoolExecutor(2) as threads:
        loops = [threads.submit(asyncio.run, ten()) for _ in range(2)]
        for _ in loops:
            assert upstream.entered.acquire(timeout=PATIENCE)
        upstream.gate.set()
        answers = [answer for loop in loops for [answer] in loop.result(PATIENCE)]
    assert len(answers) == 20
    assert all(isinstance(answer, CreditRecord) for answer in answers)
    assert len(upstream.calls) == 2
    assert asyncio.run(cache.fetch_async([LISTED]))
    assert len(upstream.calls) == 2


def test_a_question_given_up_in_one_loop_does_not_hold_up_the_next() -> None:
    upstream = Upstream()
    cache = AsyncCachedSource(upstream)

    async def hang(subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ASYNC109
        await asyncio.Event().wait()
        return []

    async def give_up() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(cache.fetch_async([LISTED]), 0.01)

    answering, upstream.fetch_async = upstream.fetch_async, hang  # type: ignore[method-assign]
    asyncio.run(give_up())
    upstream.fetch_async = answering  # type: ignore[method-assign]
    [answer] = asyncio.run(cache.fetch_async([LISTED]))
    assert isinstance(answer, CreditRecord)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_begins_anew() -> None:
    """With every lock held, a question under way and a follower at work in the parent."""
    upstream = Upstream()
    cache = CachedSource(upstream, changes=upstream)
    cache.fetch([CLEAR])
    cache.follow(0.001, patience=3600)
    assert upstream.read.acquire(timeout=PATIENCE)
    assert upstream.read.acquire(timeout=PATIENCE)
    upstream.gate.clear()
    under_way = threading.Thread(target=cache.fetch, args=([LISTED],))
    under_way.start()
    assert upstream.entered.acquire(timeout=PATIENCE)
    store = cache._state._store
    with cache._state._lock, cache._starting, store._lock, warnings.catch_warnings():  # type: ignore[attr-defined]
        warnings.simplefilter("ignore", DeprecationWarning)  # threads and fork: that is the point
        child = os.fork()
        if child == 0:
            status = 1
            signal.alarm(int(PATIENCE))  # rather than hang with the parent
            try:
                upstream.gate.set()
                upstream.read = threading.Semaphore(0)
                answers = cache.fetch([LISTED, CLEAR])
                calls = len(upstream.calls)
                assert upstream.read.acquire(timeout=PATIENCE)  # followed here too
                assert upstream.read.acquire(timeout=PATIENCE)
                cache.fetch([LISTED, CLEAR])
                assert len(upstream.calls) == calls
                assert all(isinstance(answer, CreditRecord) for answer in answers)
                status = 0
            finally:
                os._exit(status)
    upstream.gate.set()
    under_way.join(PATIENCE)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    cache.close()
