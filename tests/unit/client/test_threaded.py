"""`ThreadedSource`: a blocking source for the asynchronous client, by name."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import AsyncCreditClient, Effect
from credit_sdk.errors import BadRecord, SourceUnavailable, StaleData
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource, ThreadedSource
from credit_sdk.testing import MOMENT, FailingSource, FixedClock, coverage, fictional_code, listing, measure_list

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.model.subject import Subject
    from credit_sdk.ports import Answer, RecordSource

LISTED = fictional_code(1)


class Blocking:
    """A source for the synchronous client only, which notes the thread it is called in."""

    name = "blocking"

    def __init__(self) -> None:
        self.inner = MemorySource.of([coverage(), listing()], read_at=MOMENT)
        self.threads: list[threading.Thread] = []
        self.timeouts: list[float | None] = []
        self.closed = False

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        self.threads.append(threading.current_thread())
        self.timeouts.append(timeout)
        return self.inner.fetch(subjects)

    def close(self) -> None:
        self.closed = True


def client(source: RecordSource) -> AsyncCreditClient:
    return AsyncCreditClient(
        ThreadedSource(source), domains=DomainRegistry(), measure_lists=[measure_list()], clock=FixedClock()
    )


def test_it_asks_in_a_thread_of_its_own() -> None:
    blocking = Blocking()
    decision = asyncio.run(client(blocking).check(LISTED, domain="test", action="award", timeout=3))
    assert decision.effect is Effect.RESTRICT
    assert threading.main_thread() not in blocking.threads
    assert blocking.timeouts == [3]
    assert client(blocking).source.name == "blocking"


def test_the_event_loop_goes_on_meanwhile() -> None:
    """The source answers only after the loop has run another task: it would hang if it blocked the loop."""
    ran = threading.Event()

    class Waiting(Blocking):
        def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
            assert ran.wait(30)
            return super().fetch(subjects)

    async def both() -> Any:
        async def other() -> None:
            ran.set()

        decision, _ = await asyncio.gather(client(Waiting()).check(LISTED, domain="test", action="award"), other())
        return decision

    assert asyncio.run(both()).effect is Effect.RESTRICT


def test_it_closes_the_blocking_source() -> None:
    blocking = Blocking()
    asyncio.run(ThreadedSource(blocking).aclose())
    assert blocking.closed


@pytest.mark.parametrize(
    ("raised", "expected"),
    [(OSError(), SourceUnavailable), (KeyError(LISTED), BadRecord), (StaleData("旧", "stale"), StaleData)],
    ids=["outage", "fault", "own word"],
)
def test_failures_pass_through(raised: Exception, expected: type[Exception]) -> None:
    with pytest.raises(expected):
        asyncio.run(client(FailingSource(raised)).check(LISTED, domain="test", action="award"))


def test_many_tasks_share_one_client() -> None:
    async def many() -> list[Any]:
        shared = client(Blocking())
        return list(await asyncio.gather(*(shared.check(LISTED, domain="test", action="award") for _ in range(20))))

    decisions = asyncio.run(many())
    assert len({decision.decision_id for decision in decisions}) == 20
