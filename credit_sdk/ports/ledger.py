"""The ledger store (核查台账): what was checked, what was done, and what is still to be reported.

A store is an append-only file of entries; everything else it answers is derived from them, and can be derived anew. What
the entries mean is the ledger's business (:mod:`credit_sdk.ledger`), not the store's callers'.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date, datetime

    from credit_sdk.model.terms import Effect, Force


EVERYTHING = 2**63 - 1
"""A ``limit`` that leaves nothing out; what is asked for with it has to fit into memory."""


class EntryKind(StrEnum):
    """What an entry says happened."""

    CHECKED = "checked"
    """A check ended with a decision (核查). The entry's id is the decision's."""
    UNDECIDED = "undecided"
    """A check ended without an answer."""
    REPORTED = "reported"
    """What was done after a decision (执行反馈); to be delivered. The entry's id is the report's idempotency key."""
    DELIVERED = "delivered"
    """The receiver took reports in; its receipts (回执)."""
    DEFERRED = "deferred"
    """Reports could not be delivered yet; when they are tried next, and why."""
    REFUSED = "refused"
    """The receiver refused reports for good (死信); its words."""
    REQUEUED = "requeued"
    """Somebody asked for refused reports to be tried again."""
    CONFIRMED = "confirmed"
    """A decision was confirmed just before acting on it."""
    DISCHARGED = "discharged"
    """An obligation was fulfilled (履行)."""
    FOLLOWED = "followed"
    """The change feed was read; its cursor, and the changes that concern decisions kept here."""
    RELEASE_DUE = "release_due"
    """What a restriction rested on has ended: it is due for release (解除, rule 9.5)."""
    RELEASE_VOID = "release_void"
    """A restriction that was due for release is not any more: its measure applies again."""
    SETTLED = "settled"
    """A provisional due day was settled, as its year's working days are announced by now."""
    CLOSED = "closed"
    """A month was closed (月结); its summary."""
    REPAIRED = "repaired"
    """A damaged ledger was mended; the places of the entries that could not be saved."""


class Entry(NamedTuple):
    """One entry, as it is written. A named tuple, as a busy service makes thousands a second."""

    id: str
    """Unique over the ledger. An entry whose id is there already is not written again."""
    at: str
    """When, as RFC 3339 with milliseconds, ``+08:00``: sorts as text."""
    kind: str
    """An :class:`EntryKind`."""
    decision_id: str | None
    """The decision that it is about."""
    body: str
    """A JSON object."""

    def __repr__(self) -> str:
        return f"<Entry {self.kind} of {self.at}>"  # the body names firms (rule 9.4)


class Stored(NamedTuple):
    """An entry with its place."""

    sequence: int
    """Its place in the ledger; later entries have greater numbers."""
    entry: Entry


class DeliveryState(StrEnum):
    """Where a report stands."""

    WAITING = "waiting"
    """To be sent, now or when it is due."""
    DELIVERED = "delivered"
    REFUSED = "refused"
    """Dead letter (死信): the receiver will not have it, somebody must look."""


class DutyState(StrEnum):
    """Where a measure that a decision asks for stands."""

    DUE = "due"
    """To be carried out, or to be declined with a reason."""
    EXECUTED = "executed"
    DECLINED = "declined"
    """Not carried out; ``reason`` says why."""
    DISCHARGED = "discharged"
    """What it left open was fulfilled."""
    RELEASE_DUE = "release_due"
    """A penalty whose listings have ended: to be lifted (rule 9.5)."""
    RELEASED = "released"


class KeptDecision(NamedTuple):
    """A decision in the ledger, in short; the whole stands in its entry."""

    decision_id: str
    at: datetime
    domain: str
    action: str
    effect: Effect
    blocking: bool
    must_check: bool
    degraded: bool
    shadow: bool
    """Made by a guard that only watches."""
    service: str | None
    """Which service keeps it, where several share one ledger."""
    question: str = ""
    """What tells one matter from another: a short hash of subject, domain and action."""

    def __repr__(self) -> str:
        return f"<KeptDecision {self.effect.value} {self.domain}/{self.action} {self.decision_id}>"


class Delivery(NamedTuple):
    """A report on its way."""

    key: str
    """Idempotency key; the same on every attempt."""
    decision_id: str
    receiver: str
    """Name of the receiver, ``platform`` by default."""
    domain: str
    outcome: str
    """What is sent, as JSON: the fields of :class:`credit_sdk.ports.platform.Outcome`."""
    state: DeliveryState
    reported_at: datetime
    send_from: datetime
    """Not sent before."""
    send_by: datetime | None
    """Late after; ``None``: no term is set."""
    next_at: datetime
    """When it is tried next."""
    attempts: int = 0
    fault: str | None = None
    """Why the last attempt failed, one stable word."""
    words: str | None = None
    """What the receiver said of it."""
    receipt: str | None = None
    """The receiver's own number for it."""
    delivered_at: datetime | None = None
    claimed_until: datetime | None = None
    """Until when somebody has it in hand, who may be sending it just now; past or ``None``: nobody."""

    def __repr__(self) -> str:
        return f"<Delivery {self.key} {self.state.value}, {self.attempts} attempts>"


class Duty(NamedTuple):
    """A measure that a decision asks for, and what became of it."""

    decision_id: str
    measure: str
    name: str
    penalty: bool
    force: Force
    type: str
    """Obligation type."""
    state: DutyState
    domain: str
    action: str
    decided_at: datetime
    """When it was asked for first; another decision on the same matter may have taken it over since."""
    listings: tuple[str, ...]
    """Ids of the listings behind it."""
    until: date | None
    """Last day of the listings behind it; ``None``: open."""
    due_on: date | None = None
    """Day by which what it leaves open must be fulfilled."""
    provisional: bool = False
    """Whether ``due_on`` lies in a year whose working days are not yet announced; it is settled when they are."""
    reason: str | None = None
    """Why it was declined, or why it is due for release."""
    name_en: str | None = None
    """``name`` in English, where the measure list has it."""

    def __repr__(self) -> str:
        return f"<Duty {self.measure} {self.state.value} of {self.decision_id}>"


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of one domain and action over a period (应查必查、奖惩到位)."""

    domain: str
    action: str
    checks_due: int = 0
    """Checks asked for on actions that must be checked; each matter once."""
    checks_done: int = 0
    """Those of them that ended with a decision."""
    checks: int = 0
    """All decisions, must-check or not; without those made again for the same matter (recheck, confirm)."""
    undecided: int = 0
    """Checks without an answer that were not made good since."""
    restricted: int = 0
    blocked: int = 0
    priority: int = 0
    overridden: int = 0
    shadow: int = 0
    """Decisions of guards that only watch; counted nowhere else."""
    measures_due: int = 0
    """Measures that decisions asked for (obligations); on one matter each once, when it was first asked for."""
    executed: int = 0
    declined: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    """Why measures were declined, with how often."""
    overdue_obligations: int = 0
    """As of the moment asked for."""
    overdue_releases: int = 0
    reports: int = 0
    late_reports: int = 0
    """Reports delivered after their term, or not delivered though it has passed."""
    refused_reports: int = 0


@runtime_checkable
class LedgerStore(Protocol):
    """Where entries are kept. Safe to share between threads and processes, and in forked children.

    The contract, which :class:`credit_sdk.testing.LedgerStoreContract` tests:

    - What :meth:`append` was given is durable when it returns, all of it or nothing.
    - An entry whose id is there already is not written again, and that is no error.
    - Entries are never changed and never removed; the views follow from them alone.
    - A delivery is claimed by one worker at a time; a worker that is gone loses its claims when the lease ends.
    - Whatever goes wrong is a :class:`~credit_sdk.errors.LedgerUnavailable` or
      :class:`~credit_sdk.errors.LedgerDamaged`, and names the ledger and the way out.
    """

    @property
    def name(self) -> str:
        """What messages call it: a file's name, or a database's address without credentials."""
        ...

    def append(self, entries: Sequence[Entry], *, connection: Any = None) -> Collection[str]:
        """Write entries; durable on return.

        :param connection: the caller's own, where the store offers it: the entries are then part of the caller's
            transaction, and are durable when he commits.
        :returns: ids of those that were there already, and so were not written.
        :raises LedgerUnavailable: it cannot be written; nothing of the entries is there.
        """
        ...

    def within(self, connection: Any) -> LedgerStore:
        """The ledger as it is seen in the caller's own transaction, for reading what that has written.

        :param connection: as for :meth:`append`.
        """
        ...

    def keep(self, digest: str, text: str) -> None:
        """Keep a text that many entries refer to, under its digest; once."""
        ...

    def text(self, digest: str) -> str | None:
        """A text that was kept."""
        ...

    def entry(self, id: str) -> Stored | None:
        """The entry with this id."""
        ...

    def entries(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        decision_id: str | None = None,
        kinds: Collection[str] = (),
        limit: int = 1000,
        latest: bool = False,
    ) -> Sequence[Stored]:
        """Entries in their order.

        :param after: only those after this place.
        :param before: only those before this place.
        :param latest: the last ``limit`` of them instead of the first.
        """
        ...

    def claim(
        self, worker: str, now: datetime, *, lease: float, limit: int, receivers: Collection[str] | None = None
    ) -> Sequence[Delivery]:
        """Take reports that are to be sent, the oldest first, for ``lease`` seconds.

        :param receivers: only those for these receivers; ``None``: all.
        """
        ...

    def unclaim(self, worker: str) -> None:
        """Give back what ``worker`` has claimed and neither delivered, deferred nor seen refused."""
        ...

    def next_at(self, now: datetime, *, receivers: Collection[str] | None = None) -> datetime | None:
        """When the next report is to be sent; ``None``: none is waiting.

        :param receivers: only those for these receivers; ``None``: all.
        """
        ...

    def decisions(
        self,
        *,
        listing: str | None = None,
        mark: str | None = None,
        domain: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Sequence[KeptDecision]:
        """Decisions, the latest first.

        :param listing: only those in which this listing was in force.
        :param mark: only those about this subject, see :func:`credit_sdk.ledger.marks`.
        :param before: a decision's id: only those before it; for the next page.
        """
        ...

    def deliveries(
        self,
        *,
        key: str | None = None,
        decision_id: str | None = None,
        state: DeliveryState | None = None,
        late_at: datetime | None = None,
        due_at: datetime | None = None,
        receivers: Collection[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> Sequence[Delivery]:
        """Reports, the oldest first.

        :param late_at: only those that are waiting though their term has passed by then.
        :param due_at: only those that are waiting though they may be sent by then.
        :param receivers: only those for these receivers; ``None``: all.
        :param since: only those reported from this moment on.
        :param until: only those reported before it.
        """
        ...

    def duties(
        self,
        *,
        decision_id: str | None = None,
        states: Collection[DutyState] = (),
        penalty: bool | None = None,
        listing: str | None = None,
        overdue_on: date | None = None,
        ended_on: date | None = None,
        limit: int = 1000,
    ) -> Sequence[Duty]:
        """Measures and what became of them, the oldest first.

        :param decision_id: only those that this decision asked for, as they stand now: where a later decision on the same
            matter has taken one over, it is that decision's.
        :param overdue_on: only those open whose day has passed by this day.
        :param ended_on: only those whose last listing has ended by this day.
        """
        ...

    def open_decisions(self, *, after: str | None = None, limit: int = 1000) -> Sequence[KeptDecision]:
        """Decisions that are still open, the oldest first: a restriction outstanding, a measure due, a fallback to be re-checked."""
        ...

    def counts(self, since: datetime, until: datetime, now: datetime) -> Sequence[Counts]:
        """The numbers of a period, by domain and action."""
        ...

    def note(self, name: str) -> str | None:
        """A value of the store's own housekeeping, such as the change feed's cursor."""
        ...

    def close(self, timeout: float = 5.0) -> None:
        """Finish what is being written, and let go. May be called twice."""
        ...


@runtime_checkable
class DamageTeller(Protocol):
    """What a store may offer beside :class:`LedgerStore`: to say what it lacks. Warnings of an incomplete ledger rest on it."""

    def damage(self) -> Mapping[str, int]:
        """How many entries its answers lack, by what is wrong with them; ``gone``: they are not there any more.

        One cheap question, asked by every command.
        """
        ...
