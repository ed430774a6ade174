"""A cache against a model of it: time passes, lists change, the source and the feed fail, and questions are asked.

Whatever the order: no record is older than allowed, none was overtaken by a change that was heard, none is empty because
something failed, and what stands in is marked.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from credit_sdk import Subject
from credit_sdk.errors import BadRecord, NoDecision, SourceUnavailable
from credit_sdk.model.record import CreditRecord
from credit_sdk.model.subject import ListedSubject
from credit_sdk.ports.changes import Change, ChangePage
from credit_sdk.sources import AsyncCachedSource, CachedSource, MemorySource
from credit_sdk.testing import MOMENT, coverage, fictional_code, listing
from tests.unit.sources.cache_rig import Time

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRMS = 4
TTL, NEGATIVE_TTL, STALE = 300.0, 60.0, 1000.0
ERRORS = (
    SourceUnavailable("停机", "down"),
    SourceUnavailable("拒绝", "refused", fault="credentials", retryable=False),
    BadRecord("坏", "bad"),
    ConnectionResetError(),
    ZeroDivisionError(),
)


class Given(NamedTuple):
    """What the platform said, and when: found again by ``read_at``, which is different each time."""

    firm: int
    version: int
    wall: Any
    steady: float


class Platform:
    """A source and feed whose lists change; of each firm it knows how often it changed."""

    name = "platform"

    def __init__(self, time: Time) -> None:
        self.time = time
        self.listed = [False] * FIRMS
        self.known = [True, True, True, False]
        self.version = [0] * FIRMS
        self.changes_made: list[Change] = []
        self.first = 0
        self.error: Exception | None = None
        self.feed_error: Exception | None = None
        self.given: dict[Any, Given] = {}
        self.calls = 0

    def change(self, firm: int, *, anonymous: bool) -> None:
        self.listed[firm] = not self.listed[firm]
        self.version[firm] += 1
        self.changes_made.append(
            Change(
                sequence=len(self.changes_made),
                at=MOMENT,
                kind="listing",
                id=f"L-{firm}",
                list="tax.major-violation",
                subject=None if anonymous else ListedSubject(fictional_code(firm), name=f"虚构{firm}号有限公司"),
            )
        )

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Any]:
        self.calls += 1
        if self.error is not None:
            raise self.error
        return [self._record(subject) for subject in subjects]

    def _record(self, subject: Subject) -> CreditRecord:
        firm = next(number for number in range(FIRMS) if subject.code == fictional_code(number))
        read_at = MOMENT + timedelta(microseconds=len(self.given))
        self.given[read_at] = Given(firm, self.version[firm], self.time.wall, self.time.steady)
        records = [coverage(), *([listing(id=f"L-{firm}", subject=subject.code)] if self.listed[firm] else [])]
        known = [subject.code or ""] if self.known[firm] else []
        [record] = MemorySource.of(records, name=self.name, read_at=read_at, known=known).fetch([subject])
        assert isinstance(record, CreditRecord)
        return record

    def changes(self, cursor: str | None = None, *, limit: int = 1000, timeout: float | None = None) -> ChangePage:
        if self.feed_error is not None:
            raise self.feed_error
        start = self.first if cursor is None else int(cursor)
        if start < self.first:
            return ChangePage(expired=True)
        end = min(start + 2, len(self.changes_made))
        return ChangePage(tuple(self.changes_made[start:end]), str(end), more=end < len(self.changes_made))

    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Any]:  # noqa: ASYNC109
        return self.fetch(subjects)

    async def changes_async(
        self,
        cursor: str | None = None,
        *,
        limit: int = 1000,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> ChangePage:
        return self.changes(cursor)

    def close(self) -> None:
        pass

    async def aclose(self) -> None:
        pass


class CacheMachine(RuleBasedStateMachine):
    """The sync cache; below, the other."""

    kind: Any = CachedSource

    @initialize(max_entries=st.integers(1, 8), jitter=st.sampled_from([0.0, 0.5]))
    def begin(self, max_entries: int, jitter: float) -> None:
        self.time = Time()
        self.platform = Platform(self.time)
        self.heard = [0] * FIRMS
        """The version below which no record of a firm may be served any more."""
        self.cache = self.kind(
            self.platform,
            ttl=TTL,
            negative_ttl=NEGATIVE_TTL,
            stale_if_error=STALE,
            jitter=jitter,
            max_entries=max_entries,
            changes=self.platform,
            clock=self.time.clock,
            timer=self.time.timer,
        )

    def call(self, method: str, *arguments: Any) -> Any:
        result = getattr(self.cache, method)(*arguments)
        return asyncio.run(result) if asyncio.iscoroutine(result) else result

    @rule(seconds=st.sampled_from([1.0, 29.0, 61.0, 149.0, 301.0, 999.0]))
    def time_passes(self, seconds: float) -> None:
        self.time.pass_(seconds)

    @rule(seconds=st.sampled_from([1.0, 100.0, 5000.0]))
    def the_clock_is_set_back(self, seconds: float) -> None:
        self.time.set_back(seconds)

    @rule(seconds=st.sampled_from([100.0, 5000.0]))
    def the_machine_sleeps(self, seconds: float) -> None:
        self.time.wall += timedelta(seconds=seconds)

    @rule(firm=st.integers(0, FIRMS - 1), anonymous=st.booleans())
    def a_list_changes(self, firm: int, anonymous: bool) -> None:
        self.platform.change(firm, anonymous=anonymous)

    @rule()
    def old_changes_are_dropped(self) -> None:
        self.platform.first = max(len(self.platform.changes_made) - 1, 0)

    @rule(error=st.sampled_from([None, *ERRORS]))
    def the_source_fails_or_recovers(self, error: Exception | None) -> None:
        self.platform.error = error

    @rule(error=st.sampled_from([None, *ERRORS]))
    def the_feed_fails_or_recovers(self, error: Exception | None) -> None:
        self.platform.feed_error = error

    @rule()
    def the_feed_is_read(self) -> None:
        if self.platform.feed_error is not None:
            with pytest.raises(type(self.platform.feed_error)):
                self.call("poll_changes")
            return
        assert self.call("poll_changes").complete
        self.heard = list(self.platform.version)

    @rule(firm=st.integers(0, FIRMS - 1))
    def a_firm_is_forgotten(self, firm: int) -> None:
        self.cache.forget(Subject(fictional_code(firm)))
        self.heard[firm] = max(self.heard[firm], self.platform.version[firm])

    @rule(firms=st.lists(st.integers(0, FIRMS - 1), min_size=1, max_size=5))
    def somebody_asks(self, firms: list[int]) -> None:
        before = self.platform.calls
        answers = self.call("fetch_async" if self.kind is AsyncCachedSource else "fetch", self._subjects(firms))
        assert len(answers) == len(firms)
        assert self.platform.calls <= before + 1
        asked = self.platform.calls > before
        for firm, answer in zip(firms, answers, strict=True):
            self._judge(firm, answer, asked=asked)

    def _subjects(self, firms: list[int]) -> list[Subject]:
        return [Subject(fictional_code(firm)) for firm in firms]

    def _judge(self, firm: int, answer: Any, *, asked: bool) -> None:
        error = self.platform.error
        if isinstance(answer, NoDecision):
            assert asked, "an error was kept"
            assert error is not None
            return
        given = self.platform.given[answer.read_at]
        assert given.firm == firm, "another firm's record"
        assert given.version >= self.heard[firm], "a record that a change had overtaken"
        listed = given.version % 2 == 1
        assert bool(answer.listings) == listed, "the record is not what the platform said"
        assert answer.found == (listed or self.platform.known[firm])
        assert answer.coverage, "an empty record"
        age = max(abs((self.time.wall - given.wall).total_seconds()), self.time.steady - given.steady)
        if answer.stale:
            assert asked
            assert isinstance(error, OSError) or (isinstance(error, SourceUnavailable) and error.retryable)
            assert age < STALE
        else:
            assert age < (TTL if answer.found else NEGATIVE_TTL) or age == 0

    @invariant()
    def nothing_is_under_way(self) -> None:
        assert not self.cache._state._flights

    @invariant()
    def the_store_keeps_its_books(self) -> None:
        """Everyone in the heap is found by his marks, and nobody else is."""
        heap = self.cache._state._store._heap
        heap.expire()
        marked = {
            (mark, subject)
            for mark, who in heap._bearers.items()
            for subject in (who if isinstance(who, set) else [who])
        }
        assert marked == {(mark, subject) for subject, kept in heap.items() for mark in kept.marks}


class AsyncCacheMachine(CacheMachine):
    kind = AsyncCachedSource


TestCache = CacheMachine.TestCase
TestCache.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestAsyncCache = AsyncCacheMachine.TestCase
TestAsyncCache.settings = settings(
    max_examples=25, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
