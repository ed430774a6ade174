"""A cache to test, with either face, over an upstream that does as told; time stands still until it is moved."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk import Subject
from credit_sdk.model.record import CreditRecord
from credit_sdk.ports.changes import Change, ChangePage
from credit_sdk.sources import AsyncCachedSource, CachedSource, MemorySource, MemoryStore
from credit_sdk.testing import MOMENT, coverage, fictional_code, listing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from credit_sdk.model.subject import ListedSubject
    from credit_sdk.ports import Answer
    from credit_sdk.ports.record_store import Kept

PATIENCE = 10.0
"""Seconds that a test waits for a thread before it fails."""

LISTED, CLEAR, UNKNOWN = (Subject(fictional_code(number)) for number in (1, 2, 3))


class Time:
    """Both clocks of a cache: the one on the wall and the one that only goes forward."""

    def __init__(self) -> None:
        self.wall = MOMENT
        self.steady = 1000.0

    def clock(self) -> datetime:
        return self.wall

    def timer(self) -> float:
        return self.steady

    def pass_(self, seconds: float) -> None:
        self.wall += timedelta(seconds=seconds)
        self.steady += seconds

    def set_back(self, seconds: float) -> None:
        self.wall -= timedelta(seconds=seconds)


class Upstream:
    """A source and a change feed with both faces; counts what it is asked."""

    name = "upstream"

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = [coverage(), listing(id="L-1", subject=LISTED.code)]
        self.known = {CLEAR.code or ""}
        self.calls: list[tuple[tuple[Subject, ...], float | None]] = []
        self.failure: BaseException | None = None
        self.answer: Callable[[Sequence[Subject]], Any] | None = None
        self.gate = threading.Event()
        """While it is shut, whoever asks waits inside, after his answer was made up."""
        self.gate.set()
        self.entered = threading.Semaphore(0)
        self.closed = 0
        self.pages: list[ChangePage | Exception] = []
        self.reads: list[str | None] = []
        self.read = threading.Semaphore(0)
        self.reading: Callable[[], object] = lambda: None

    def _look(self, subjects: Sequence[Subject], timeout: float | None) -> tuple[BaseException | None, Any]:
        self.calls.append((tuple(subjects), timeout))
        return self.failure, self.answer(subjects) if self.answer else self.make(subjects)

    def make(self, subjects: Sequence[Subject]) -> Sequence[Answer]:
        return MemorySource.of(self.records, name=self.name, known=self.known, read_at=MOMENT).fetch(subjects)

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Any:
        failure, answers = self._look(subjects, timeout)
        self.entered.release()
        assert self.gate.wait(PATIENCE)
        if failure is not None:
            raise failure
        return answers

    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Any:  # noqa: ASYNC109
        failure, answers = self._look(subjects, timeout)
        self.entered.release()
        if not self.gate.is_set():
            await asyncio.to_thread(self.gate.wait, PATIENCE)
        if failure is not None:
            raise failure
        return answers

    def changes(self, cursor: str | None = None, *, limit: int = 1000, timeout: float | None = None) -> ChangePage:
        self.reads.append(cursor)
        self.read.release()
        self.reading()
        page = self.pages.pop(0) if self.pages else ChangePage(cursor=cursor or "start")
        if isinstance(page, Exception):
            raise page
        return page

    async def changes_async(
        self,
        cursor: str | None = None,
        *,
        limit: int = 1000,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> ChangePage:
        return self.changes(cursor, limit=limit, timeout=timeout)

    def close(self) -> None:
        self.closed += 1

    async def aclose(self) -> None:
        self.closed += 1


class CountingStore(MemoryStore):
    """Lets a test wait until so many have looked: an asker looks once in passing, and once before he asks or joins."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.looked = threading.Semaphore(0)
        super().__init__(*arguments, **options)

    def get(self, subjects: Sequence[Subject]) -> Sequence[Kept | None]:
        found = super().get(subjects)
        self.looked.release()
        return found

    def await_askers(self, number: int) -> None:
        """Until ``number`` askers have looked twice; then each asks, or waits for who asks."""
        for _ in range(2 * number):
            assert self.looked.acquire(timeout=PATIENCE)


class Rig:
    """The cache; its askers are threads, or tasks of a loop in a thread of its own."""

    def __init__(self, face: str, **options: Any) -> None:
        self.face = face
        self.time = Time()
        self.upstream = Upstream()
        self.store = CountingStore(options.pop("max_entries", 1000), timer=self.time.timer)
        settings: dict[str, Any] = {
            "ttl": 300,
            "negative_ttl": 60,
            "jitter": 0,
            "store": self.store,
            "changes": self.upstream,
            "clock": self.time.clock,
            "timer": self.time.timer,
        }
        self._threads = ThreadPoolExecutor(64)
        self.loop = asyncio.new_event_loop()
        self._loop_thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._loop_thread.start()
        self.cache: Any = (AsyncCachedSource if face == "async" else CachedSource)(self.upstream, **settings | options)

    def start(self, *subjects: Subject, timeout: float | None = None) -> Future[Sequence[Answer]]:
        """Ask, without waiting."""
        if self.face == "async":
            return asyncio.run_coroutine_threadsafe(self.cache.fetch_async(subjects, timeout=timeout), self.loop)
        return self._threads.submit(self.cache.fetch, subjects, timeout=timeout)

    def ask(self, *subjects: Subject, timeout: float | None = None) -> Sequence[Answer]:
        if self.face == "async":
            return self.start(*subjects, timeout=timeout).result(PATIENCE)
        answers: Sequence[Answer] = self.cache.fetch(subjects, timeout=timeout)
        return answers

    def one(self, subject: Subject, *, timeout: float | None = None) -> CreditRecord:
        """The answer, which must be a record."""
        [answer] = self.ask(subject, timeout=timeout)
        assert isinstance(answer, CreditRecord), f"no record but {answer!r}"
        return answer

    def run(self, method: str, *arguments: Any, **options: Any) -> Any:
        """Call a method of the cache, and await it where that is its way."""

        async def awaited() -> Any:
            result = getattr(self.cache, method)(*arguments, **options)
            return await result if asyncio.iscoroutine(result) else result

        if self.face == "async":
            return asyncio.run_coroutine_threadsafe(awaited(), self.loop).result(PATIENCE)
        return getattr(self.cache, method)(*arguments, **options)

    def poll(self, *pages: ChangePage | Exception, **options: Any) -> Any:
        """Read the feed, which says ``pages``."""
        self.upstream.pages += pages
        return self.run("poll_changes", **options)

    def close(self, **options: Any) -> None:
        self.run("aclose" if self.face == "async" else "close", **options)

    def tear_down(self) -> None:
        self.upstream.gate.set()
        self.close()
        self._threads.shutdown()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._loop_thread.join(PATIENCE)
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()

    @property
    def calls(self) -> list[tuple[Subject, ...]]:
        """Whom the upstream was asked about, call by call."""
        return [subjects for subjects, _ in self.upstream.calls]


def change(sequence: int = 1, subject: ListedSubject | None = None, **changes: Any) -> Change:
    whole: dict[str, Any] = {
        "sequence": sequence,
        "at": MOMENT,
        "kind": "listing",
        "id": "L-99",
        "list": "tax.major-violation",
        "status": "repaired",
        "subject": subject,
    }
    return Change(**whole | changes)


def page(*changes: Change, cursor: str = "next", **options: Any) -> ChangePage:
    return ChangePage(changes, cursor, **options)
