"""One round of delivery: claim what is due, send it, write down what became of it. No thread, and no clock of its own."""

from __future__ import annotations

import random
import secrets
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.errors import LedgerDamaged
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger._outcomes import outcome_of
from credit_sdk.ledger._sending import Telling, Told
from credit_sdk.ledger._verdicts import OUT_OF_TIME, UNREADABLE, Fate, Verdict
from credit_sdk.model.moments import as_stamped, stamped
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.ports.log import FailureLog
from credit_sdk.ports.observer import SILENT, Deferred, Delivered, Observer, Refused, tell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from credit_sdk.ledger.schedule import Backoff
    from credit_sdk.ports.clock import Clock
    from credit_sdk.ports.ledger import Delivery, Entry, LedgerStore
    from credit_sdk.ports.sender import OutcomeSender

_SHORTEST = 0.05
"""Seconds: with less than this no call is begun."""
_PART_OF_LEASE = 0.8
"""Of a lease, what may go by until the last call begins to be late."""


_STALE = 3
"""Attempts after which a report is suspected of being what its receiver fails over, and the receiver of failing over one."""
_PAGE = 100


class Sent(NamedTuple):
    """What a round came to, in reports."""

    claimed: int = 0
    delivered: int = 0
    repeated: int = 0
    """Of the delivered ones: those that the receiver had already."""
    deferred: int = 0
    refused: int = 0

    @property
    def given_back(self) -> int:
        """Claimed, and not tried for want of time or as the receiver is out of reach."""
        return self.claimed - self.delivered - self.deferred - self.refused

    def plus(self, other: Sent) -> Sent:
        """Both together."""
        return Sent(*(mine + its for mine, its in zip(self, other, strict=True)))


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """How one receiver is getting on, seen from this process.

    :param failures: calls that failed since the last one that did not.
    :param failed_at: when the last of them failed.
    :param rests_until: it is not asked before.
    :param fault: why the last call failed; ``None``: it did not.
    """

    failures: int = 0
    failed_at: datetime | None = None
    rests_until: datetime | None = None
    fault: str | None = None
    delivered: int = 0
    deferred: int = 0
    refused: int = 0

    def rests(self, now: datetime) -> bool:
        """Whether it is left alone at this moment. A clock that was put back since ends the rest: else it would last days."""
        if self.failed_at is None or self.rests_until is None:
            return False
        return self.failed_at <= now < self.rests_until


_WELL = ReceiverState()


@dataclass(slots=True)
class Settings:
    """What rounds go by; see :class:`credit_sdk.ledger.dispatcher.Dispatcher`."""

    backoff: Backoff
    batch: int
    lease: float
    timeout: float
    observer: Observer = SILENT
    dice: random.Random = field(default_factory=random.SystemRandom)


class Rounds:
    """The rounds of one process. One at a time: who has several threads brings the lock."""

    def __init__(self, store: LedgerStore, senders: Mapping[str, OutcomeSender], settings: Settings) -> None:
        """Deliver from ``store``."""
        self._store = store
        self._senders = senders
        self._settings = settings
        self._log = FailureLog()
        self._soonest: datetime | None = None
        self._requeued = 0
        """Place of the last entry looked at by which somebody asked for reports to be tried at once."""
        self.worker = secrets.token_hex(8)
        self._in_hand: dict[str, Delivery] = {}
        """What is claimed here, and has not been settled."""
        self.states: dict[str, ReceiverState] = dict.fromkeys(senders, _WELL)

    def run(self, clock: Clock, time_left: Callable[[], float]) -> Sent:
        """A round: for each receiver that does not rest, one batch of what is due.

        :param clock: the time of day.
        :param time_left: seconds for what is still to be done; may become less in between. Calls get no more.
        :raises LedgerUnavailable: the ledger cannot be read or written. What was sent comes again; the receiver drops it.
        """
        total = Sent()
        self._end_rests(clock())
        for receiver in self._senders:
            if time_left() < _SHORTEST:
                break
            if not self.states[receiver].rests(clock()):
                total = total.plus(self._batch(receiver, clock, time_left))
        return total

    def next_at(self, now: datetime) -> datetime | None:
        """When something changes by itself, as far as this process knows; ``None``: it knows of nothing."""
        awake = [receiver for receiver, state in self.states.items() if not state.rests(now)]
        stored = self._store.next_at(now, receivers=awake)
        moments = [state.rests_until for state in self.states.values()]
        # What is due in the store and was not claimed is another's: somebody else works on it.
        moments += [self._soonest, stored]
        return min((one for one in moments if one is not None and one > now), default=None)

    def give_back(self, now: datetime) -> None:
        """Let others have what is claimed here and not settled, and write down that it did not get through in time.

        For another thread than the one whose call does not end: should that call succeed after all, its receipts are kept.

        :raises LedgerUnavailable: the ledger cannot be written; the claims last as long as their lease.
        """
        if not self._in_hand:
            return
        receivers: defaultdict[str, list[Delivery]] = defaultdict(list)
        for one in self._in_hand.copy().values():
            receivers[one.receiver].append(one)
        entries = []
        for receiver, several in receivers.items():
            wait = self._settings.backoff.wait(min(one.attempts for one in several) + 1, self._settings.dice)
            body = _why(receiver, [one.key for one in several], OUT_OF_TIME)
            body["next_at"] = stamped(now + timedelta(seconds=wait))
            entries.append(entry(EntryKind.DEFERRED, now, body))
        if entries:
            self._store.append(entries)
        self._store.unclaim(self.worker)
        self._in_hand = {}

    def _end_rests(self, now: datetime) -> None:
        """Ask those that rest, if somebody has said since that they are well: by having reports tried at once."""
        resting = {receiver: state for receiver, state in self.states.items() if state.rests(now)}
        if not resting:
            return
        latest: datetime | None = None
        kinds = (EntryKind.REQUEUED,)
        with suppress(LedgerDamaged):  # then they rest as long as they would have
            while found := self._store.entries(after=self._requeued, kinds=kinds, limit=_PAGE):
                self._requeued = found[-1].sequence
                moments = [datetime.fromisoformat(one.entry.at) for one in found]
                latest = max(moments if latest is None else [latest, *moments])
        for receiver, state in resting.items():
            # Entries keep milliseconds.
            if latest is not None and state.failed_at is not None and as_stamped(state.failed_at) <= latest:
                self.states[receiver] = replace(state, rests_until=None)

    # ------------------------------------------------------------------------------------------------- one batch

    def _batch(self, receiver: str, clock: Clock, time_left: Callable[[], float]) -> Sent:
        claimed = self._claim(receiver, clock())
        if not claimed:
            return Sent()
        sent = Sent(claimed=len(claimed))
        lease_ends = time.monotonic() + self._settings.lease * _PART_OF_LEASE

        def allowed() -> float | None:
            left = min(lease_ends - time.monotonic(), time_left())
            return min(left, self._settings.timeout) if left >= _SHORTEST else None

        by_key = {one.key: one for one in claimed}
        self._in_hand = by_key.copy()
        outcomes = []
        unreadable = []
        for one in claimed:
            if (outcome := outcome_of(one)) is not None:
                outcomes.append(outcome)
            else:
                unreadable.append((one, UNREADABLE))
        if unreadable:
            sent = sent.plus(self._failed(receiver, unreadable, clock(), 0.0))
        if outcomes:
            telling = Telling(
                self._senders[receiver],
                allowed,
                stale={one.key for one in claimed if one.attempts >= _STALE},
                doubt=self.states[receiver].failures > 0 or any(one.attempts for one in claimed),
                wary=self.states[receiver].failures >= _STALE or any(one.attempts >= _STALE for one in claimed),
                dice=self._settings.dice,
            )
            for told in telling.tell(outcomes):
                sent = sent.plus(self._settle(receiver, told, by_key, clock()))
        if sent.given_back:  # not where the ledger failed: its rows come again when the lease ends, and not at once
            self._store.unclaim(self.worker)
        self._in_hand = {}
        return sent

    def _claim(self, receiver: str, now: datetime) -> Sequence[Delivery]:
        settings = self._settings
        try:
            return self._store.claim(
                self.worker, now, lease=settings.lease, limit=settings.batch, receivers=(receiver,)
            )
        except LedgerDamaged as error:
            self._log.failed(f"台账损坏: {error.zh}", f"the ledger is damaged: {error.en}")
        # One by one: those around it are whole. The damaged one itself stays claimed for a while, and so out of the way.
        self._store.unclaim(self.worker)
        claimed: list[Delivery] = []
        for _ in range(settings.batch):
            try:
                one = self._store.claim(self.worker, now, lease=settings.lease, limit=1, receivers=(receiver,))
            except LedgerDamaged:
                continue
            if not one:
                break
            claimed += one
        return claimed

    def _settle(self, receiver: str, told: Told, by_key: Mapping[str, Delivery], now: datetime) -> Sent:
        """Write down what a call came to."""
        sent = Sent()
        if told.receipts:
            rows = [[one.idempotency_key, one.id, stamped(one.received_at), one.repeated] for one in told.receipts]
            self._store.append([entry(EntryKind.DELIVERED, now, {"receiver": receiver, "receipts": rows})])
            self._settled(one.idempotency_key for one in told.receipts)
            repeated = sum(one.repeated for one in told.receipts)
            sent = Sent(delivered=len(rows), repeated=repeated)
            state = self.states[receiver]
            self.states[receiver] = replace(
                state, failures=0, failed_at=None, rests_until=None, fault=None, delivered=state.delivered + len(rows)
            )
            if self._settings.observer is not SILENT:
                tell(self._settings.observer, Delivered(receiver, len(rows), repeated, told.elapsed))
        if told.failures:
            failures = [(by_key[outcome.key or ""], verdict) for outcome, verdict in told.failures]
            sent = sent.plus(self._failed(receiver, failures, now, told.elapsed))
        return sent

    def _failed(
        self, receiver: str, failures: Sequence[tuple[Delivery, Verdict]], now: datetime, elapsed: float
    ) -> Sent:
        groups: defaultdict[tuple[Verdict, int], list[str]] = defaultdict(list)
        for delivery, verdict in failures:
            # What is the receiver's own meets them all alike; what is a report's own counts that report's attempts.
            attempts = delivery.attempts if verdict.fate is Fate.ALONE else 0
            groups[verdict, attempts].append(delivery.key)
        least = min(delivery.attempts for delivery, _ in failures)
        entries: list[Entry] = []
        events: list[Deferred | Refused] = []
        for (verdict, attempts), keys in groups.items():
            if verdict.fate is Fate.REFUSED:
                entries.append(entry(EntryKind.REFUSED, now, _why(receiver, keys, verdict)))
                events.append(Refused(receiver, len(keys), verdict.fault, verdict.status, elapsed))
                continue
            whole = verdict.fate is Fate.LATER
            failed = attempts
            if whole:  # who names a time is asked then, and not later for having failed before
                failed = max(self.states[receiver].failures, least) if verdict.retry_after is None else 0
            wait = self._settings.backoff.wait(failed + 1, self._settings.dice, verdict.retry_after)
            next_at = now + timedelta(seconds=wait)
            entries.append(
                entry(EntryKind.DEFERRED, now, {**_why(receiver, keys, verdict), "next_at": stamped(next_at)})
            )
            events.append(Deferred(receiver, len(keys), verdict.fault, verdict.status, wait, elapsed))
            if whole:
                state = self.states[receiver]
                self.states[receiver] = replace(
                    state, failures=state.failures + 1, failed_at=now, rests_until=next_at, fault=verdict.fault
                )
            elif self._soonest is None or not now < self._soonest < next_at:
                self._soonest = next_at
        self._store.append(entries)
        self._settled(delivery.key for delivery, _ in failures)
        self._notice(receiver, events)
        return Sent(
            deferred=sum(one.reports for one in events if isinstance(one, Deferred)),
            refused=sum(one.reports for one in events if isinstance(one, Refused)),
        )

    def _settled(self, keys: Iterable[str]) -> None:
        for key in keys:
            self._in_hand.pop(key, None)

    def _notice(self, receiver: str, events: Iterable[Deferred | Refused]) -> None:
        """Count, log and tell."""
        for event in events:
            state = self.states[receiver]
            if isinstance(event, Refused):
                self.states[receiver] = replace(state, refused=state.refused + event.reports)
                self._log.failed(
                    f"接收方 {receiver} 拒收反馈 ({event.fault}), 见 credit ledger dead",
                    f"receiver {receiver} refused reports ({event.fault}), see `credit ledger dead`",
                )
            else:
                self.states[receiver] = replace(state, deferred=state.deferred + event.reports)
                self._log.failed(
                    f"反馈暂未送达接收方 {receiver} ({event.fault}), 将重试",
                    f"reports did not reach receiver {receiver} ({event.fault}), and are tried again",
                )
            if self._settings.observer is not SILENT:
                tell(self._settings.observer, event)


def _why(receiver: str, keys: Sequence[str], verdict: Verdict) -> dict[str, Any]:
    return {
        "receiver": receiver,
        "keys": list(keys),
        "fault": verdict.fault,
        "status": verdict.status,
        "words": verdict.words,
    }
