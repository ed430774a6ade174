"""Many threads, one commit: durability at a batch's price.

Whoever comes while nobody is writing leads: he writes at once, in his own thread. Those who come meanwhile wait; when he is
done, the first of them leads, and writes for all. So a lone caller pays for nothing but his own commit, no thread has to be
kept alive, and the busier it is, the fuller the batches.
"""

from __future__ import annotations

import threading
import time
from copy import copy
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

T = TypeVar("T")

_NEVER = 1 << 62
# A leader waits for those whom the last commit set free, as they are likely to be back at once: without it, half of the
# callers always wait for the other half's commit. At the most so much of a commit's time, in case they do not come.
_PATIENCE = 0.75


class _Caller(Generic[T]):
    __slots__ = ("batch", "done", "error", "item", "leads", "wake")

    def __init__(self, item: T) -> None:
        self.item = item
        self.wake = threading.Lock()  # held until it is somebody else's word that goes on
        self.wake.acquire()
        self.leads = False
        self.batch: list[_Caller[T]] = []
        """Whom it is writing for, while it leads."""
        self.done = False
        """Whether somebody has told it what came of its item."""
        self.error: Exception | None = None


def _wake(caller: _Caller[T]) -> None:
    try:  # noqa: SIM105 - a signal may come in the middle of `suppress`, too
        caller.wake.release()
    except RuntimeError:  # told twice, as who told it first was interrupted in between
        pass


class GroupCommit(Generic[T]):
    """Hands what many threads bring to one of them at a time.

    :param write: writes a batch, all of it or nothing; writing an item a second time must do nothing.
    """

    def __init__(self, write: Callable[[Sequence[T]], None]) -> None:
        self._write = write
        self._lock = threading.Lock()
        self._waiting: list[_Caller[T]] = []
        self._led = False
        self._gathering: _Caller[T] | None = None
        """The leader, while he waits for others."""
        self._enough = _NEVER
        """With so many waiting, he waits no longer."""
        self._expected = 1
        self._took = 0.0

    def put(self, item: T) -> None:
        """Have ``item`` written; it is when this returns.

        :raises Exception: what ``write`` raised; nothing of the item is written.
        """
        caller = _Caller(item)
        try:
            if not self._enter(caller):
                caller.wake.acquire()  # a plain wait; whoever leads is bound to end it
            if caller.leads:
                self._lead(caller)
        except BaseException:
            # A signal's exception, such as KeyboardInterrupt: it may come at every call, here and below.
            self._leave(caller)
            raise
        if caller.error is not None:
            raise caller.error

    def idle(self, timeout: float) -> bool:
        """Wait until nobody is writing or waiting; whether that came about in ``timeout`` seconds."""
        until = time.monotonic() + timeout
        while self._led:
            if time.monotonic() >= until:
                return False
            time.sleep(0.005)
        return True

    def _enter(self, caller: _Caller[T]) -> bool:
        """Join the queue; whether the caller leads."""
        with self._lock:
            self._waiting.append(caller)
            if not self._led:
                self._led = caller.leads = True
            elif self._gathering is not None and len(self._waiting) >= self._enough:
                _wake(self._gathering)
                self._gathering = None
            return caller.leads

    def _lead(self, caller: _Caller[T]) -> None:
        self._gather(caller)
        with self._lock:
            caller.batch, self._waiting = self._waiting, []
        error: Exception | None = None
        start = time.perf_counter()
        try:
            self._write([one.item for one in caller.batch])
        except Exception as raised:  # noqa: BLE001 - every caller gets it
            error = raised
        self._took = time.perf_counter() - start
        with self._lock:
            self._expected = len(caller.batch) + len(self._waiting)
        for one in caller.batch:
            one.error = error if one is caller or error is None else copy(error)
            if one is not caller:
                _wake(one)
            one.done = True
        self._hand_over(caller)

    def _gather(self, caller: _Caller[T]) -> None:
        with self._lock:
            if len(self._waiting) >= self._expected:
                return
            self._enough, self._gathering = self._expected, caller
        # He came by this lock himself, and it is done with; or he never waited for it.
        caller.wake.acquire(timeout=self._took * _PATIENCE)
        with self._lock:
            self._gathering = None

    def _hand_over(self, caller: _Caller[T]) -> None:
        """Let the first of those who wait lead next."""
        with self._lock:
            successor = self._waiting[0] if self._waiting else None
            if successor is None:
                self._led = caller.leads = False
                return
            successor.leads = True
        _wake(successor)
        # Last: who is interrupted before is still the leader, and hands over once more. Should there be two leaders then,
        # each has a batch of its own, and one writes after the other.
        caller.leads = False

    def _leave(self, caller: _Caller[T]) -> None:
        """Go without an answer. Those whom it was writing for are written for again, what is written already included."""
        while True:
            try:
                with self._lock:
                    self._waiting[:0] = [one for one in caller.batch if one is not caller and not one.done]
                    caller.batch = []
                    self._waiting = [one for one in self._waiting if one is not caller]
                    if self._gathering is caller:
                        self._gathering = None
                if caller.leads:
                    self._hand_over(caller)
            except BaseException:  # noqa: BLE001, S112 - interrupted again; the first one is raised when nobody is left waiting
                continue
            return
