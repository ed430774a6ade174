"""What both caches share: what is kept, who is asking, how far the change feed was read. Waits for nothing.

A cache's question is a generator (:meth:`CacheState.ask`) that yields what has to be waited for: :class:`AskSource`, or
:class:`AwaitFlight`. The shells in ``cached`` do the waiting, one with threads and one with tasks.

**Flights.** Whoever misses a record takes off: he asks the source for all that he misses, and whoever misses the same
meanwhile waits for him. His failure is theirs. If he is cancelled, nobody learnt anything, and one of them takes off anew.

**Generations.** A change that arrives while a source is being asked cannot know whether the answer has heeded it. So each
change begins a generation; an answer asked for in an earlier one is given to those who asked then, and not kept.
"""

from __future__ import annotations

import math
import random
import threading
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from cachetools import LRUCache

from credit_sdk.errors import BadRecord, CreditError, SourceUnavailable
from credit_sdk.model.record import CreditRecord
from credit_sdk.ports.answers import as_answer, checked
from credit_sdk.ports.changes import ChangePage
from credit_sdk.ports.forks import renew_in_children
from credit_sdk.ports.log import FailureLog
from credit_sdk.ports.observer import SILENT, CacheLooked, tell
from credit_sdk.sources._cache_policy import Hearing, marks_of, marks_of_changes

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
    from datetime import datetime

    from credit_sdk.model.record import Coverage, CoverageTable
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports import Answer, Clock
    from credit_sdk.ports.observer import Observer
    from credit_sdk.ports.record_store import Kept, RecordStore
    from credit_sdk.sources._cache_policy import CachePolicy

_SERVED_STALE = FailureLog()


class Signal(Protocol):
    """``threading.Event`` or ``asyncio.Event``."""

    def set(self) -> None:
        """Let go all who wait."""
        ...


@dataclass(slots=True, eq=False)
class Flight:
    """One question to the source, under way, and those who wait for it."""

    subjects: tuple[Subject, ...]
    place: object
    """Who can wait for it: the tasks of one event loop; ``None``: threads."""
    patience: float
    """Seconds that the source may take; infinite where its own default holds."""
    generation: int
    asked_at: datetime
    tick: float
    landed: Any
    """A :class:`Signal` for those who wait."""
    answers: Mapping[Subject, Answer] | None = None
    """``None`` after landing: whoever asked was cancelled, or made a mistake."""
    mistake: CreditError | None = None
    """What the source raised that is no answer about anyone."""


@dataclass(frozen=True, slots=True)
class AskSource:
    """To do: ask the source. Send its answers, or throw its exception."""

    subjects: tuple[Subject, ...]
    timeout: float | None


@dataclass(frozen=True, slots=True)
class AwaitFlight:
    """To do: wait for another's flight. Send whether it has landed in time."""

    flight: Flight
    timeout: float | None


Step: TypeAlias = AskSource | AwaitFlight


class CacheState:
    """See above. Safe to share between threads and event loops; a forked child begins without flights, and deaf."""

    def __init__(
        self,
        source: str,
        policy: CachePolicy,
        store: RecordStore,
        cursor: str | None,
        *,
        clock: Clock,
        timer: Callable[[], float],
        observer: Observer,
    ) -> None:
        self._source = source
        self._policy = policy
        self._store = store
        self._hearing = Hearing(cursor)
        self._patience: float | None = None
        self._clock = clock
        self._timer = timer
        self._observer = observer
        self.begin_anew()
        renew_in_children(self)

    def begin_anew(self) -> None:
        """In a forked child."""
        self._lock = threading.Lock()
        self._tables = _Tables()
        self._generation = 0
        self._flights: dict[tuple[object, Subject], Flight] = {}
        # Until then the feed has been heard lately enough. While it is not, what is kept may have been overtaken.
        self._deaf_after = math.inf if self._patience is None else -math.inf

    # --------------------------------------------------------------------------------------------------- questions

    def at_hand(self, subjects: Sequence[Subject]) -> list[Answer] | None:
        """The records, if all of them are kept and fresh: the warm path."""
        now, tick = self._clock(), self._timer()
        if tick > self._deaf_after:
            return None
        fresh = self._policy.fresh
        records: list[Answer] = []
        for kept in self._store.get(subjects):
            if kept is None or not fresh(kept, now, tick):
                return None
            records.append(kept.record)
        if self._observer is not SILENT:
            for _ in records:
                tell(self._observer, CacheLooked(hit=True))
        return records

    def ask(
        self, subjects: Sequence[Subject], timeout: float | None, place: object, signal: Callable[[], Signal]
    ) -> Generator[Step, Any, list[Answer]]:
        """Answer from what is kept, from others' flights, and from the source.

        :param place: whose flights can be waited for: an event loop's, or ``None``: those of threads.
        :param signal: makes what the waiting wait for.
        """
        patience = math.inf if timeout is None else timeout
        ends = self._timer() + patience
        answers: dict[Subject, Answer] = {}
        wanted = tuple(dict.fromkeys(subjects))
        kept_count = 0
        while wanted:
            kept, mine, others = self._take_off(wanted, patience, place, signal)
            answers |= kept
            kept_count += len(kept)
            if mine is not None:
                answers |= yield from self._fly(mine, ends - self._timer())
            wanted = ()
            for flight, joined in others.items():
                landed = yield AwaitFlight(flight, _or_none(max(ends - self._timer(), 0)))
                if not landed:
                    answers |= dict.fromkeys(joined, self._too_late())
                elif flight.mistake is not None:
                    raise flight.mistake
                elif flight.answers is None:
                    wanted += tuple(joined)  # whoever asked was cancelled; ask again
                else:
                    answers |= {subject: flight.answers[subject] for subject in joined}
            patience = ends - self._timer()
        stale = self._stand_ins(answers)
        self._tell(len(answers), kept_count, len(stale))
        answers |= stale
        return [answers[subject] for subject in subjects]

    def _take_off(
        self, wanted: tuple[Subject, ...], patience: float, place: object, signal: Callable[[], Signal]
    ) -> tuple[dict[Subject, Answer], Flight | None, dict[Flight, list[Subject]]]:
        """What is kept of ``wanted``, the flight for what nobody asks yet, and others' flights for the rest."""
        now, tick = self._clock(), self._timer()
        kept: dict[Subject, Answer] = {}
        missing: list[Subject] = []
        others: dict[Flight, list[Subject]] = {}
        with self._lock:  # nobody lands between the look and the decision to take off
            heard = tick <= self._deaf_after
            for subject, one in zip(wanted, self._store.get(wanted), strict=True):
                if one is not None and heard and self._policy.fresh(one, now, tick):
                    kept[subject] = one.record
                    continue
                flight = self._flights.get((place, subject))
                # A flight that may give up earlier than the asker would is no answer to him.
                if flight is not None and patience <= flight.patience:
                    others.setdefault(flight, []).append(subject)
                else:
                    missing.append(subject)
            if not missing:
                return kept, None, others
            mine = Flight(tuple(missing), place, patience, self._generation, now, tick, signal())
            self._flights |= dict.fromkeys(((place, subject) for subject in missing), mine)
        return kept, mine, others

    def _fly(self, flight: Flight, left: float) -> Generator[Step, Any, Mapping[Subject, Answer]]:
        """Ask the source, and let everyone know."""
        if left <= 0:
            return self._land(flight, dict.fromkeys(flight.subjects, self._too_late()))
        try:
            got = yield AskSource(flight.subjects, _or_none(left))
            answers = {
                subject: self._tables.shared(answer) if isinstance(answer, CreditRecord) else answer
                for subject, answer in zip(flight.subjects, checked(got, flight.subjects, self._source), strict=True)
            }
        except Exception as error:  # noqa: BLE001 - whatever a source raises is no answer, never an empty one
            try:
                answers = dict.fromkeys(flight.subjects, as_answer(error, self._source))
            except CreditError as mistake:
                flight.mistake = mistake
                self._land(flight, None)
                raise
        except BaseException:  # cancelled: the others must not wait for ever, nor take it for an answer
            self._land(flight, None)
            raise
        return self._land(flight, answers)

    def _land(self, flight: Flight, answers: Mapping[Subject, Answer] | None) -> Mapping[Subject, Answer]:
        entries = list(self._entries(flight, answers or {}))
        try:
            with self._lock:
                for key in ((flight.place, subject) for subject in flight.subjects):
                    if self._flights.get(key) is flight:
                        del self._flights[key]
                if flight.generation == self._generation:
                    self._store.put(entries)
        finally:
            flight.answers = answers
            flight.landed.set()
        return answers or {}

    def _entries(self, flight: Flight, answers: Mapping[Subject, Answer]) -> Iterable[Kept]:
        for subject, record in answers.items():
            if isinstance(record, CreditRecord):
                draw = random.random()  # noqa: S311 - spreads load, keeps no secret
                kept = self._policy.keep(subject, record, flight.asked_at, flight.tick, draw)
                if kept is not None:
                    yield kept

    def _stand_ins(self, answers: Mapping[Subject, Answer]) -> dict[Subject, Answer]:
        """Kept records for those of whom the source says nothing because it is down (rule 8.2), marked.

        An answer that arrived and cannot be used is not an outage; nor is a refusal of our credentials or certificate, which
        asking again does not heal.
        """
        down = [s for s, answer in answers.items() if isinstance(answer, SourceUnavailable) and answer.retryable]
        if not down or not self._policy.stale_if_error:
            return {}
        now, tick = self._clock(), self._timer()
        stand_ins: dict[Subject, Answer] = {
            subject: replace(kept.record, stale=True)
            for subject, kept in zip(down, self._store.get(down), strict=True)
            if kept is not None and self._policy.stands_in(kept, now, tick)
        }
        if stand_ins:
            _SERVED_STALE.failed(
                f"来源 {self._source} 无法访问, 暂以缓存记录作答 (结论标明 stale)",
                f"source {self._source} is down; kept records serve meanwhile (decisions say stale)",
            )
        return stand_ins

    def _too_late(self) -> SourceUnavailable:
        return SourceUnavailable(
            f"来源 {self._source} 未在时限内作答; 请稍后重试或放宽 timeout",
            f"source {self._source} did not answer in time; try again later or allow a longer timeout",
            fault="deadline",
        )

    def _tell(self, answered: int, kept: int, stale: int) -> None:
        if self._observer is SILENT:
            return
        looks = [CacheLooked(hit=True)] * kept + [CacheLooked(hit=True, stale=True)] * stale
        looks += [CacheLooked(hit=False)] * (answered - kept - stale)
        for look in looks:
            tell(self._observer, look)

    # ----------------------------------------------------------------------------------------------------- changes

    @property
    def cursor(self) -> str | None:
        """How far the feed was read."""
        return self._hearing.cursor

    def follow(self, patience: float) -> None:
        """From now on, use what is kept only if the feed was read to its end within ``patience`` seconds."""
        with self._lock:
            self._patience = patience
            self._deaf_after = -math.inf

    def heed(self, asked_with: str | None, page: Any, asked_at: float) -> bool:
        """Forget what a page of the feed concerns, then count the page as read.

        :param asked_at: when the page was asked for, by the timer.
        :returns: whether there is more to read.
        :raises BadRecord: no page, or one that leads nowhere.
        """
        if not isinstance(page, ChangePage):
            raise BadRecord(
                f"变更流返回了 {type(page).__name__}, 应为 ChangePage",
                f"the change feed returned {type(page).__name__}, not a ChangePage",
            )
        goes_on = page.more or page.expired
        with self._lock:
            marks = None if self._hearing.missed_some(asked_with, page) else marks_of_changes(page.changes)
            if marks is None or marks:
                self._forget(marks)
            if goes_on and page.cursor == asked_with:
                raise BadRecord(
                    "变更流的游标没有前进; 请联系平台方",
                    "the change feed's cursor leads nowhere; ask its keeper",
                    fault="contradiction",
                )
            self._hearing.advance(asked_with, page)
            if not goes_on and self._patience is not None:
                self._deaf_after = max(self._deaf_after, asked_at + self._patience)
        return goes_on

    def forget(self, subjects: Iterable[Subject]) -> None:
        """Forget what is kept of the subjects."""
        marks = {mark for subject in subjects for mark in marks_of(subject) if not mark.startswith("?")}
        with self._lock:
            self._forget(marks)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._forget(None)

    def _forget(self, marks: set[str] | None) -> None:
        self._generation += 1
        self._flights.clear()  # they may bring home what was just forgotten; whoever asks from now on asks anew
        if marks is None:
            self._store.clear()
        else:
            self._store.discard(marks)


class _Tables:
    """Equal coverage tables as one: a platform's is the same for every subject until a list is published anew.

    Without this, a hundred thousand kept records would hold a hundred thousand of them, and the engine, which works out
    once what a table means, would do so for each check.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: LRUCache[frozenset[tuple[str, Coverage]], CoverageTable] = LRUCache(64)
        self._last: tuple[CoverageTable, CoverageTable] | None = None

    def shared(self, record: CreditRecord) -> CreditRecord:
        """The record, with the first table seen that is equal to its own."""
        table = record.coverage
        with self._lock:
            if self._last is None or self._last[0] is not table:
                self._last = table, self._known.setdefault(frozenset(table.items()), table)
            known = self._last[1]
        return record if known is table else replace(record, coverage=known)


def _or_none(seconds: float) -> float | None:
    return None if seconds == math.inf else seconds
