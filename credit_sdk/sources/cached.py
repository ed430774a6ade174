"""A cache before a source (缓存): asks less, never says more than it may.

.. code-block:: python

    platform = HttpSource("https://credit.example.gov.cn/api")
    source = CachedSource(platform, ttl=300, stale_if_error=3600, changes=platform)
    source.follow()  # hear of repairs within seconds
    with CreditClient(source) as credit:
        ...

- A record is used for ``ttl`` seconds, one of a subject that the source does not know for ``negative_ttl``. How old the
  *lists* are is another matter: the engine judges that by their own dates, cached or not (rule 7.3), so keep ``ttl`` well
  below the shortest ``max_age``.
- While the source is down, a record may serve until it is ``stale_if_error`` seconds old; the decision says ``stale``
  (rule 8.2). Only an outage that asking again may heal counts: not a bad answer, not a refused credential or certificate.
- The change feed takes out what changed: a repaired listing does not live on. While a followed feed cannot be heard,
  what is kept is not used.
- Many who ask the same at once cause one question to the source, in each process and event loop.
- An error is never kept, and never becomes an empty record.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import threading
import time
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar
from weakref import finalize, ref

from credit_sdk.errors import CreditError, InvalidSettings
from credit_sdk.ports.clock import Clock, system_clock
from credit_sdk.ports.forks import renew_in_children
from credit_sdk.ports.log import FailureLog
from credit_sdk.ports.observer import SILENT, Observer
from credit_sdk.sources._cache_policy import CachePolicy
from credit_sdk.sources._cache_state import AskSource, CacheState
from credit_sdk.sources._closing import TimeLeft, bounded
from credit_sdk.sources._memory_store import MemoryStore

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.changes import AsyncChangeFeed, ChangeFeed
    from credit_sdk.ports.record_store import RecordStore
    from credit_sdk.ports.source import Answer, AsyncRecordSource, RecordSource

Source = TypeVar("Source", bound="RecordSource | AsyncRecordSource")
Feed = TypeVar("Feed", bound="ChangeFeed | AsyncChangeFeed")

_DEAF = FailureLog()


class Heard(NamedTuple):
    """What reading the change feed came to."""

    changes: int
    """How many changes were read."""
    complete: bool
    """Whether to the feed's end; else time ran out."""


class _Following(NamedTuple):
    """How the feed is followed."""

    interval: float
    patience: float


class _Cache(Generic[Source, Feed]):
    """What both caches are but for waiting."""

    def __init__(
        self,
        source: Source,
        *,
        ttl: float = 300,
        negative_ttl: float = 60,
        stale_if_error: float = 0,
        jitter: float = 0.1,
        max_entries: int = 10_000,
        store: RecordStore | None = None,
        changes: Feed | None = None,
        cursor: str | None = None,
        clock: Clock = system_clock,
        timer: Callable[[], float] = time.monotonic,
        observer: Observer = SILENT,
    ) -> None:
        """Put a cache before ``source``.

        :param ttl: seconds during which a record is used without asking.
        :param negative_ttl: the same for subjects that the source does not know.
        :param stale_if_error: seconds that a record may be old to serve while the source is down; 0: none does.
        :param jitter: the share of its time by which an entry lives shorter, at random, so that what was kept together does
            not run out together.
        :param max_entries: so many records at most. 100,000 of subjects on no list take about 80 MB, with a name and a listing
            each 180 MB.
        :param store: where to keep them; default: in this process, for this cache alone. A given one is not emptied by
            ``close``.
        :param changes: the change feed; often the source itself. Read by ``poll_changes`` or ``follow``.
        :param cursor: where to begin in the feed; default: at the beginning of what the platform still has.
        :param clock: gives the present moment.
        :param timer: seconds that only go forward.
        :param observer: told of every look (:class:`~credit_sdk.ports.observer.CacheLooked`).
        :raises InvalidSettings: a number makes no sense.
        """
        self._source = source
        self._feed = changes
        self._timer = timer
        self._own_store = store is None
        self._state = CacheState(
            source.name,
            CachePolicy(ttl, negative_ttl, stale_if_error, jitter),
            MemoryStore(max_entries, timer=timer) if store is None else store,
            cursor,
            clock=clock,
            timer=timer,
            observer=observer,
        )
        self._following: _Following | None = None
        self._closed = False
        self.begin_anew()
        renew_in_children(self)

    @property
    def name(self) -> str:
        """The source's name: a record's origin is not the cache."""
        return self._source.name

    @property
    def source(self) -> Source:
        """The source behind."""
        return self._source

    @property
    def cursor(self) -> str | None:
        """How far the change feed was read; pass it on to begin there after a restart."""
        return self._state.cursor

    def forget(self, *subjects: Subject) -> None:
        """Forget what is kept of the subjects, under whatever identifiers it was asked for."""
        self._state.forget(subjects)

    def clear(self) -> None:
        """Forget everything."""
        self._state.clear()

    def begin_anew(self) -> None:
        """In a forked child: the follower stayed in the parent; the first question makes a new one."""

    def _feed_to_read(self) -> Feed:
        if self._feed is None:
            raise InvalidSettings(
                "没有变更流; 请在创建缓存时给出 changes", "no change feed; give the cache one: changes=…", key="changes"
            )
        return self._feed

    def _begin_following(self, interval: float, patience: float | None) -> _Following:
        self._feed_to_read()
        if self._following is not None:
            raise InvalidSettings("已在跟随变更流", "the change feed is followed already", key="follow")
        if patience is None:
            patience = 10 * interval
        if not 0 < interval < patience:
            raise InvalidSettings(
                "interval 应大于 0 且小于 patience", "interval lies between 0 and patience", key="interval"
            )
        self._state.follow(patience)
        self._following = _Following(interval, patience)
        return self._following

    def _end(self) -> None:
        self._closed = True
        if self._own_store:
            self._state.clear()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._source!r}>"


class CachedSource(_Cache["RecordSource", "ChangeFeed"]):
    """A cache before a source that may block. Safe to share between threads; a forked child begins empty."""

    _follower: threading.Thread | None = None
    _stop: threading.Event | None = None

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        """One answer for each subject: kept, or from the source, which is asked once for all that is missing."""
        at_hand = self._state.at_hand(subjects)
        if at_hand is not None:
            return at_hand
        if self._following is not None:
            self._keep_following(self._following)
        steps = self._state.ask(subjects, timeout, None, threading.Event)
        try:
            step = next(steps)
            while True:
                try:
                    done = (
                        self._source.fetch(step.subjects, timeout=step.timeout)
                        if isinstance(step, AskSource)
                        else step.flight.landed.wait(step.timeout)
                    )
                except BaseException as error:  # noqa: BLE001 - handed on: those who wait must learn of it
                    step = steps.throw(error)
                else:
                    step = steps.send(done)
        except StopIteration as end:
            answers: list[Answer] = end.value
            return answers

    def poll_changes(self, *, timeout: float | None = None) -> Heard:
        """Read the change feed to its end, and forget what changed.

        :param timeout: seconds for all pages; ``None``: as long as it takes.
        :raises NoDecision: the feed could not be read; what was read before it failed is heeded.
        :raises InvalidSettings: the cache has no feed.
        """
        return self._poll(timeout, None)

    def _poll(self, timeout: float | None, stop: threading.Event | None) -> Heard:
        feed = self._feed_to_read()
        begun, count, more = self._timer(), 0, True
        while more:
            asked_with, asked_at = self.cursor, self._timer()
            left = None if timeout is None else timeout - (asked_at - begun)
            if (left is not None and left <= 0) or (stop is not None and stop.is_set()):
                return Heard(count, complete=False)
            page = feed.changes(asked_with, timeout=left)
            more = self._state.heed(asked_with, page, asked_at)
            count += len(page.changes)
        return Heard(count, complete=True)

    def follow(self, interval: float = 5, *, patience: float | None = None) -> None:
        """Poll the change feed in a thread of its own, until :meth:`close`.

        From now on, what is kept is used only while the feed was read to its end within ``patience``; so nothing is until
        the first reading is over.

        :param interval: seconds between two readings.
        :param patience: seconds; default: ten intervals.
        :raises InvalidSettings: the cache has no feed, or follows it already.
        """
        self._keep_following(self._begin_following(interval, patience))

    def _keep_following(self, following: _Following) -> None:
        """Start a follower if there is none: the first, or in a forked child, where the parent's is not."""
        if self._needs_no_follower():
            return
        with self._starting:
            if self._needs_no_follower():
                return
            stop = threading.Event()
            finalize(self, stop.set)  # a cache that nobody holds any more is not followed
            thread = threading.Thread(
                target=_follow, args=(ref(self), stop, following.interval), name="credit_sdk changes", daemon=True
            )
            thread.start()
            self._follower, self._stop = thread, stop

    def _needs_no_follower(self) -> bool:
        return self._closed or (self._follower is not None and self._follower.is_alive())

    def begin_anew(self) -> None:
        """In a forked child: without the follower, which stayed in the parent."""
        self._starting = threading.Lock()
        self._follower = self._stop = None

    def close(self, timeout: float = 5) -> None:
        """Stop following, forget what is kept, close the source. May be called twice.

        :param timeout: seconds to wait, for a reading of the feed that is under way and for the source.
        """
        left = TimeLeft(timeout)
        self._end()
        if self._stop is not None and self._follower is not None:
            self._stop.set()
            if self._follower is not threading.current_thread():
                self._follower.join(left())
        bounded(self._source.close, left)


def _follow(cache: ref[CachedSource], stop: threading.Event, interval: float) -> None:
    while not stop.is_set():
        followed = cache()
        if followed is None:
            return
        try:
            followed._poll(None, stop)  # noqa: SLF001 - its own thread
        except Exception as error:  # noqa: BLE001 - the next reading may succeed; until then the cache is deaf, and knows
            _not_heard(followed.name, error)
        del followed  # while nothing is read, the cache may go
        stop.wait(_spread(interval))


class AsyncCachedSource(_Cache["AsyncRecordSource", "AsyncChangeFeed"]):
    """A cache before a source that does not block. The same, awaited.

    May serve several event loops; those who ask the same at once wait for each other within one loop.
    """

    _follower: asyncio.Task[None] | None = None

    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ASYNC109 - the port's name for it
        """One answer for each subject; as :meth:`CachedSource.fetch`."""
        at_hand = self._state.at_hand(subjects)
        if at_hand is not None:
            return at_hand
        if self._following is not None:
            self._keep_following(self._following)
        steps = self._state.ask(subjects, timeout, asyncio.get_running_loop(), asyncio.Event)
        try:
            step = next(steps)
            while True:
                try:
                    done = (
                        await self._source.fetch_async(step.subjects, timeout=step.timeout)
                        if isinstance(step, AskSource)
                        else await _landed(step.flight.landed, step.timeout)
                    )
                except BaseException as error:  # noqa: BLE001 - handed on: those who wait must learn of it
                    step = steps.throw(error)
                else:
                    step = steps.send(done)
        except StopIteration as end:
            answers: list[Answer] = end.value
            return answers

    async def poll_changes(self, *, timeout: float | None = None) -> Heard:  # noqa: ASYNC109 - it bounds the feed's own work
        """Read the change feed to its end; as :meth:`CachedSource.poll_changes`."""
        feed = self._feed_to_read()
        begun, count, more = self._timer(), 0, True
        while more:
            asked_with, asked_at = self.cursor, self._timer()
            left = None if timeout is None else timeout - (asked_at - begun)
            if left is not None and left <= 0:
                return Heard(count, complete=False)
            page = await feed.changes_async(asked_with, timeout=left)
            more = self._state.heed(asked_with, page, asked_at)
            count += len(page.changes)
        return Heard(count, complete=True)

    def follow(self, interval: float = 5, *, patience: float | None = None) -> None:
        """Poll the change feed in a task of the running event loop, until :meth:`aclose`; as :meth:`CachedSource.follow`.

        If that loop ends, the first question in another begins anew there.
        """
        self._keep_following(self._begin_following(interval, patience))

    def _keep_following(self, following: _Following) -> None:
        task = self._follower
        if self._closed or (task is not None and not task.done() and not task.get_loop().is_closed()):
            return
        self._follower = asyncio.get_running_loop().create_task(_follow_async(ref(self), following.interval))

    def begin_anew(self) -> None:
        """In a forked child: without the follower, which stayed in the parent."""
        self._follower = None

    async def aclose(self, timeout: float = 5) -> None:  # noqa: ASYNC109 - as for `CachedSource.close`
        """Stop following, forget what is kept, close the source; as :meth:`CachedSource.close`."""
        left = TimeLeft(timeout)
        self._end()
        task, self._follower = self._follower, None
        if task is not None and not task.get_loop().is_closed():
            if task.get_loop() is asyncio.get_running_loop():
                task.cancel()
                await asyncio.wait([task], timeout=left())
            else:
                task.get_loop().call_soon_threadsafe(task.cancel)
        await bounded(self._source.aclose, left)


async def _landed(event: asyncio.Event, timeout: float | None) -> bool:  # noqa: ASYNC109 - as for `threading.Event.wait`
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout):
            await event.wait()
    return event.is_set()


async def _follow_async(cache: ref[AsyncCachedSource], interval: float) -> None:
    while (followed := cache()) is not None:
        try:
            await followed.poll_changes()
        except Exception as error:  # noqa: BLE001 - the next reading may succeed; until then the cache is deaf, and knows
            _not_heard(followed.name, error)
        del followed
        await asyncio.sleep(_spread(interval))


def _not_heard(source: str, error: Any) -> None:
    code = error.code if isinstance(error, CreditError) else type(error).__name__
    _DEAF.failed(
        f"来源 {source} 的变更流读取失败 ({code}); 持续失败时不再使用缓存",
        f"the change feed of {source} could not be read ({code}); if that goes on, the cache is not used",
    )


def _spread(interval: float) -> float:
    return interval * random.uniform(0.9, 1.1)  # noqa: S311 - spreads load, keeps no secret
