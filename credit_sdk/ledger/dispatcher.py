"""The dispatcher (派送): one thread of each process that brings reports to their receivers, however long that takes."""

from __future__ import annotations

import atexit
import contextlib
import math
import random
import threading
import time
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

from credit_sdk.errors import CreditError, InvalidSettings
from credit_sdk.ledger._rounds import ReceiverState, Rounds, Sent, Settings
from credit_sdk.ledger.awaited import Awaited
from credit_sdk.ledger.schedule import Backoff, check_senders
from credit_sdk.ports.clock import Clock, system_clock
from credit_sdk.ports.forks import renew_in_children
from credit_sdk.ports.log import FailureLog
from credit_sdk.ports.observer import SILENT, Observer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from credit_sdk.ports.ledger import LedgerStore
    from credit_sdk.ports.sender import OutcomeSender

__all__ = ["Dispatcher", "DispatcherState", "ReceiverState", "Sent"]

MOST_IN_A_BATCH = 1000
_IDLE = 30.0
"""Seconds after which the ledger is looked at again unasked: other processes report, too, and die with what they claimed."""
_LINGER = 0.05
"""Seconds between the first report and the first call, so that what is reported together is sent together."""
_PEEK = 0.1
"""Seconds after which a flush looks again at what another process may be delivering."""
_EXIT = 2.0
"""Seconds that the end of the interpreter waits for, all dispatchers together."""
_FINISHING = 0.1
"""Part of a close's timeout that is kept for writing down what the last call came to."""
_GIVING_BACK = 0.05
"""Part of it that is kept for giving back what a call that does not end was sending."""


class DispatcherState(NamedTuple):
    """How delivery is getting on, in this process since it began; what is waiting says the ledger."""

    running: bool
    receivers: Mapping[str, ReceiverState]
    trouble: str | None
    """The code of the error by which the ledger itself last failed; ``None``: it works."""


class Dispatcher:
    """Delivers what is due, in batches, again and again until it is taken or refused.

    ::

        dispatcher = Dispatcher(store, {"platform": HttpSource("https://credit.example.gov.cn/api")})
        dispatcher.wake()  # after a report: the thread starts, or looks at once
        dispatcher.flush(10)  # wait until all that is due is delivered
        dispatcher.close(5)

    At least once: a report is sent again until its receipt stands in the ledger, and its key says what it is. Whatever is
    not delivered stays in the ledger, for this process or another: a thread that hangs, an exit and a crash lose nothing.

    Threads may share it. A forked child begins anew with its first :meth:`wake`.
    """

    def __init__(
        self,
        store: LedgerStore,
        senders: Mapping[str, OutcomeSender],
        *,
        backoff: Backoff | None = None,
        clock: Clock = system_clock,
        observer: Observer = SILENT,
        batch: int = 200,
        lease: float = 60.0,
        timeout: float = 20.0,
        dice: random.Random | None = None,
    ) -> None:
        """Say from where to whom. Nothing starts before :meth:`wake`.

        :param senders: by receiver. Reports for others stay where they are; another process may have their sender.
        :param backoff: when a failed report is tried again.
        :param batch: most reports in one call, 1 to 1,000.
        :param lease: seconds for which reports are claimed: after a crash, another worker takes them up when they are over.
        :param timeout: seconds that one call may take; less than ``lease``.
        :raises InvalidSettings: the numbers do not fit, or a sender is none.
        """
        if not 1 <= batch <= MOST_IN_A_BATCH:
            raise InvalidSettings(
                f"应为 1 至 {MOST_IN_A_BATCH}", f"must be from 1 to {MOST_IN_A_BATCH}", key="dispatcher.batch"
            )
        if not 0 < timeout < lease:
            raise InvalidSettings(
                "timeout 应大于零且小于 lease",
                "timeout must be greater than zero and less than lease",
                key="dispatcher.timeout",
            )
        self._store = store
        self._senders = check_senders(senders)
        self._clock = clock
        self._settings = Settings(
            backoff or Backoff(), batch, lease, timeout, observer, dice if dice is not None else random.SystemRandom()
        )
        self._log = FailureLog()
        self._closes_at: float | None = None
        self._fresh()
        renew_in_children(self)

    def _fresh(self) -> None:
        self._rounds = Rounds(self._store, self._senders, self._settings)
        self._turn = threading.Lock()
        """Held during a round."""
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None
        self._woken = _Bell()
        self._hurry = threading.Event()
        self._settled = threading.Condition()
        self._waiting: list[_Flush] = []
        self._trouble: str | None = None
        self._failures = 0

    def begin_anew(self) -> None:
        """In a forked child: the thread stayed with the parent, and the locks may have been held."""
        self._fresh()

    # -------------------------------------------------------------------------------------------------- from outside

    def wake(self) -> None:
        """There is something to send. Returns at once; never raises."""
        self._woken.set()
        if self._thread is None and self._closes_at is None and self._senders:
            self._start()

    def run_once(self, now: datetime | None = None, *, timeout: float | None = None) -> Sent:
        """One round in this thread: a batch for each receiver that is to be asked now.

        :param now: the moment it is taken to be; default: the clock's.
        :param timeout: seconds for all of it; default: as long as it takes.
        :raises LedgerUnavailable: the ledger cannot be read or written.
        """
        ends = math.inf if timeout is None else time.monotonic() + timeout
        clock = self._clock if now is None else lambda: now
        with self._turn:
            return self._rounds.run(clock, lambda: ends - time.monotonic())

    def flush(self, timeout: float = 5.0) -> bool:
        """Wait until everything is delivered that may be sent by now; not for what others report meanwhile.

        What failed is tried again by its schedule, and not sooner for being waited for.

        :param timeout: seconds to wait at most.
        :returns: whether all of it is delivered, or refused, for the receivers whose senders are here.
        """
        if not self._senders:
            return True
        ends = time.monotonic() + timeout
        mine = _Flush(self._clock())
        with self._settled:
            self._waiting.append(mine)
        self._hurry.set()
        self.wake()
        try:
            with self._settled:
                self._settled.wait_for(lambda: mine.all_out or self._thread is None, max(ends - time.monotonic(), 0))
                return mine.all_out
        finally:
            with self._settled:
                self._waiting.remove(mine)
                if not self._waiting and self._closes_at is None:
                    self._hurry.clear()

    def close(self, timeout: float = 5.0) -> bool:
        """Send what is due as far as the time goes, and stop. May be called twice.

        A call that does not end in time is left behind with its thread; what it was sending stays in the ledger, deferred, and
        is taken up by whoever is next.

        :param timeout: seconds to wait at most, whatever the network does.
        :returns: whether the thread has ended.
        """
        ends = time.monotonic() + timeout
        with self._starting:
            # Calls are done a little sooner: what they come to is to be written down.
            closes_at = time.monotonic() + timeout * (1 - _FINISHING)
            self._closes_at = closes_at if self._closes_at is None else min(self._closes_at, closes_at)
            thread = self._thread
        self._hurry.set()
        self._woken.set()
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout * (1 - _GIVING_BACK))
        self._leave()
        ended = thread is None or not thread.is_alive()
        if not ended:
            self._give_back(ends - time.monotonic())
            self._log.failed(
                "关闭时有一批反馈未在限时内送完; 仍在台账中, 之后重送",
                "a batch of reports was still on its way at closing; it stays in the ledger, and is sent again",
            )
        return ended

    def state(self) -> DispatcherState:
        """How it is getting on."""
        return DispatcherState(self._thread is not None, dict(self._rounds.states), self._trouble)

    def __repr__(self) -> str:
        return f"<Dispatcher to {', '.join(sorted(self._senders)) or 'nobody'}>"

    # ---------------------------------------------------------------------------------------------------- the thread

    def _start(self) -> None:
        with self._starting:
            if self._thread is not None or self._closes_at is not None:
                return
            # A daemon: the interpreter does not wait for a receiver that does not answer. What that costs is a repeat.
            self._thread = threading.Thread(target=self._run, name="credit_sdk dispatcher", daemon=True)
            try:
                self._thread.start()
            except RuntimeError:  # the interpreter is ending, or there are no more threads; the next wake tries again
                self._thread = None
                self._log.failed(
                    "派送线程未能启动; 反馈仍在台账中",
                    "the dispatcher's thread did not start; reports stay in the ledger",
                )
                return
            _close_at_exit(self)

    def _run(self) -> None:
        try:
            while True:
                self._woken.clear()
                closing = self._closes_at is not None
                pause = self._round()
                waited_for = self._answer()
                if pause == 0 and self._time_left() > 0:
                    continue
                if closing:
                    return
                if waited_for:
                    pause = min(pause, _PEEK)
                if self._woken.wait(pause) and not self._hurry.is_set():
                    self._hurry.wait(_LINGER)
        finally:
            if self._closes_at is not None and self._time_left() > 0:
                with contextlib.suppress(Exception):  # then the claims last as long as their lease
                    self._rounds.give_back(self._clock())
            self._leave()
            with self._settled:
                self._thread = None
                self._settled.notify_all()

    def _round(self) -> float:
        """One round.

        :returns: seconds until the next; 0: at once.
        """
        try:
            with self._turn:
                sent = self._rounds.run(self._clock, self._time_left)
            self._trouble, self._failures = None, 0
            if sent.claimed:
                return 0
            now = self._clock()
            next_at = self._rounds.next_at(now)
            return _IDLE if next_at is None else min((next_at - now).total_seconds(), _IDLE)
        except Exception as error:  # noqa: BLE001 - nobody else would start delivery again
            self._failures += 1
            self._trouble = error.code if isinstance(error, CreditError) else type(error).__name__
            if self._closes_at is None:
                zh, en = (error.zh, error.en) if isinstance(error, CreditError) else (self._trouble, self._trouble)
                self._log.failed(f"派送暂停, 将重试: {zh}", f"delivery pauses, and is tried again: {en}")
            return min(self._settings.backoff.wait(self._failures, self._settings.dice), _IDLE)

    def _time_left(self) -> float:
        closes_at = self._closes_at
        return math.inf if closes_at is None else closes_at - time.monotonic()

    def _answer(self) -> bool:
        """Tell those who wait in :meth:`flush` how things are. The ledger is asked here, where its waits keep nobody.

        :returns: whether one of them goes on waiting.
        """
        with self._settled:
            waiting = [one for one in self._waiting if not one.all_out]
        with contextlib.suppress(Exception):  # the round's business
            for one in waiting:
                one.all_out = not self._store.deliveries(due_at=one.moment, receivers=self._senders.keys(), limit=1)
        if waiting:
            with self._settled:
                self._settled.notify_all()
        return not all(one.all_out for one in waiting)

    def _give_back(self, seconds: float) -> None:
        """Let others have what the call that does not end was sending; as far as the ledger answers in time."""

        def giving_back() -> None:
            with contextlib.suppress(Exception):  # then the claims last as long as their lease
                self._rounds.give_back(self._clock())

        thread = threading.Thread(target=giving_back, name="credit_sdk dispatcher, closing", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the interpreter is ending
            giving_back()
        else:
            thread.join(max(seconds, 0))

    def _leave(self) -> None:
        """Let go of what senders hold for this thread."""
        for sender in self._senders.values():
            if isinstance(sender, Awaited):
                with contextlib.suppress(Exception):
                    sender.leave()


class _Flush:
    """Somebody who waits until what was to be sent by a moment is out."""

    __slots__ = ("all_out", "moment")

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        self.all_out = False


class _Bell:
    """An event for one thread that waits.

    ``threading.Event`` is written in Python: a signal's exception in the middle of its ``set()`` may leave its lock held for
    ever, and every report would wait for it.
    """

    def __init__(self) -> None:
        self._silent = threading.Lock()
        self._silent.acquire()

    def set(self) -> None:
        try:  # noqa: SIM105 - as said above
            self._silent.release()
        except RuntimeError:  # it is ringing already
            pass

    def clear(self) -> None:
        self._silent.acquire(blocking=False)

    def wait(self, timeout: float) -> bool:
        """Whether it has rung; from then on it is silent."""
        return self._silent.acquire(timeout=max(timeout, 0))


_OPEN: WeakSet[Dispatcher] = WeakSet()


def _close_at_exit(dispatcher: Dispatcher) -> None:
    if not _OPEN:
        atexit.unregister(_close_all)
        atexit.register(_close_all)
    _OPEN.add(dispatcher)


def _close_all() -> None:
    """When the interpreter ends: what is due goes out, if it goes quickly."""
    ends = time.monotonic() + _EXIT
    for dispatcher in list(_OPEN):
        dispatcher.close(max(ends - time.monotonic(), 0))
