"""The record store of one process."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from cachetools import TLRUCache

from credit_sdk.errors import InvalidSettings
from credit_sdk.model.subject import Subject
from credit_sdk.ports.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from credit_sdk.ports.record_store import Kept


class MemoryStore:
    """Records in memory, bounded in number: the least recently used goes first, and what nobody wants any more at once.

    A forked child begins empty.
    """

    def __init__(self, max_entries: int = 10_000, *, timer: Callable[[], float] = time.monotonic) -> None:
        """Make an empty store.

        :param max_entries: so many records at most.
        :param timer: seconds that only go forward.
        :raises InvalidSettings: room for none.
        """
        if max_entries < 1:
            raise InvalidSettings("max_entries 应至少为 1", "max_entries is 1 at least", key="max_entries")
        self._max_entries = max_entries
        self._timer = timer
        self.begin_anew()
        renew_in_children(self)

    def begin_anew(self) -> None:
        """Empty, with a lock that nobody holds."""
        self._lock = threading.Lock()
        self._heap = _Heap(self._max_entries, self._timer)

    def get(self, subjects: Sequence[Subject]) -> Sequence[Kept | None]:
        """What is kept of each subject."""
        with self._lock:
            find = self._heap.find
            return [find(subject) for subject in subjects]

    def put(self, entries: Iterable[Kept]) -> None:
        """Keep."""
        for kept in entries:
            with self._lock:  # for each anew, so that a large batch holds nobody up
                self._heap.put(kept)

    def discard(self, marks: Collection[str]) -> None:
        """Forget every entry that bears one of the marks."""
        with self._lock:
            self._heap.discard(marks)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._heap = _Heap(self._max_entries, self._timer)

    def __len__(self) -> int:
        with self._lock:
            return len(self._heap)

    def __repr__(self) -> str:
        return f"<MemoryStore: {len(self)} of {self._max_entries}>"


def _wanted_until(_: Subject, kept: Kept, now: float) -> float:
    return now + kept.useful_for


class _Heap(TLRUCache[Subject, "Kept"]):
    """The entries, and who bears which mark. A mark's only bearer, the usual case, stands for itself without a set."""

    def __init__(self, max_entries: int, timer: Callable[[], float]) -> None:
        super().__init__(max_entries, ttu=_wanted_until, timer=timer)
        self._bearers: dict[str, Subject | set[Subject]] = {}

    def find(self, subject: Subject) -> Kept | None:
        try:
            return self[subject]
        except KeyError:
            return None

    def put(self, kept: Kept) -> None:
        self._drop(kept.subject)
        self[kept.subject] = kept
        bearers = self._bearers
        for mark in kept.marks:
            known = bearers.get(mark)
            if known is None:
                bearers[mark] = kept.subject
            elif isinstance(known, set):
                known.add(kept.subject)
            else:
                bearers[mark] = {known, kept.subject}

    def discard(self, marks: Collection[str]) -> None:
        concerned: set[Subject] = set()
        for mark in marks:
            bearers = self._bearers.get(mark)
            if isinstance(bearers, set):
                concerned |= bearers
            elif bearers is not None:
                concerned.add(bearers)
        for subject in concerned:
            self._drop(subject)

    def expire(self, time: float | None = None) -> Any:
        gone = super().expire(time)
        for _, kept in gone:
            self._unmark(kept)
        return gone

    def popitem(self) -> tuple[Subject, Kept]:
        subject, kept = super().popitem()
        self._unmark(kept)
        return subject, kept

    def _drop(self, subject: Subject) -> None:
        kept = self.pop(subject, None)
        if kept is not None:  # else its time is over, and `expire` takes it
            self._unmark(kept)

    def _unmark(self, kept: Kept) -> None:
        bearers = self._bearers
        for mark in kept.marks:
            known = bearers.get(mark)
            if isinstance(known, set):
                known.discard(kept.subject)
                if not known:
                    del bearers[mark]
            elif known == kept.subject:
                del bearers[mark]
