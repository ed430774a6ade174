"""Closing a month (月结): its numbers, what was reported, what is late. A month is closed once; its summary stays as it was.

Where several services share a ledger, each closes its own months, and whoever sees everybody's closes those of all together.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import InvalidRequest
from credit_sdk.ledger import _faults, numbers
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger._faults import Fault
from credit_sdk.ledger.losses import NOTHING_LOST, Losses, losses_of
from credit_sdk.ports.ledger import EVERYTHING, DeliveryState, EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from credit_sdk.ledger.numbers import Period
    from credit_sdk.ports.ledger import Counts, Delivery, LedgerStore


_NOT_THERE = Fault(
    "月结写下后读不回来: 请再运行一次; 仍然如此, 检查台账",
    "the closing was written and cannot be read back: run it once more; if it stays so, look at the ledger",
)


@dataclass(frozen=True, slots=True)
class Closing:
    """A month's summary."""

    period: Period
    closed_at: str | None
    """When it was closed, as RFC 3339; ``None``: it is not, these are the numbers so far."""
    summary: tuple[Counts, ...]
    """The numbers by domain and action; of a closed month as they were then."""
    sent: Mapping[str, int]
    """Reports of the month that were delivered, by receiver."""
    waiting: int
    """Reports of the month that are still to be sent."""
    late: int
    """Those whose term has passed: delivered after it, or not delivered yet."""
    refused: int
    """Reports of the month that their receivers will not have (死信)."""
    repeated: bool = False
    """Whether the month had been closed before, and this is what was said then."""
    service: str | None = None
    """Whose month it is, where several services share the ledger; ``None``: everybody's."""
    losses: Losses = NOTHING_LOST
    """Entries that the numbers lack, whatever their month."""

    @property
    def total(self) -> Counts:
        """The numbers of all domains and actions together."""
        return numbers.total(self.summary)

    @property
    def has_findings(self) -> bool:
        """Whether somebody has to look: at something late, refused, overdue, unchecked or left undone."""
        total = self.total
        return bool(
            self.late
            or self.refused
            or total.overdue_obligations
            or total.overdue_releases
            or total.checks_done < total.checks_due
            or total.executed + total.declined < total.measures_due
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "month": self.period.month,
            "closed_at": self.closed_at,
            "repeated": self.repeated,
            **_body(self),
            "rows": [numbers.to_dict(one) for one in self.summary],
            "total": numbers.to_dict(self.total),
        }


def close_month(store: LedgerStore, period: Period, now: datetime, *, so_far: bool = False) -> Closing:
    """Close a month, or say again what was said when it was closed.

    :param period: a month, see :func:`credit_sdk.ledger.numbers.month`.
    :param so_far: only look: nothing is written, and the month need not be over.
    :raises InvalidRequest: the month is not over.
    :raises LedgerUnavailable: the ledger cannot be read or written.
    """
    service = getattr(store, "kept_by", "")
    id_ = f"closed-{period.month}{service and f'-{service}'}"
    if (closed := _closed(store, id_, period)) is not None:
        return closed
    if so_far:
        return _summary(store, period, now)
    if now < period.until:
        raise InvalidRequest(
            f"{period.month} 尚未结束, 不能月结; 只看目前的数字请加 --so-far",
            f"{period.month} is not over and cannot be closed; for the numbers so far add --so-far",
            key="--month",
        )
    summary = _summary(store, period, now)
    body = {"month": period.month, "receiver": None, **_body(summary)}
    body["summary"] = [numbers.to_dict(one) for one in summary.summary]
    closing = entry(EntryKind.CLOSED, now, body, id=id_)
    store.append([closing])
    # Read back: where two close it at once, both say what the first one wrote.
    written = _closed(store, id_, period)
    if written is None:
        raise _faults.unavailable(store.name, _NOT_THERE)
    return replace(written, repeated=written.closed_at != closing.at)


def _summary(store: LedgerStore, period: Period, now: datetime) -> Closing:
    sent: Counter[str] = Counter()
    states: Counter[DeliveryState] = Counter()
    late = 0
    for one in _reports(store, period):
        states[one.state] += 1
        late += one.send_by is not None and (one.delivered_at or now) > one.send_by
        if one.state is DeliveryState.DELIVERED:
            sent[one.receiver] += 1
    return Closing(
        period,
        None,
        numbers.numbers(store, period, now),
        dict(sorted(sent.items())),
        waiting=states[DeliveryState.WAITING],
        late=late,
        refused=states[DeliveryState.REFUSED],
        service=getattr(store, "kept_by", "") or None,
        losses=losses_of(store),
    )


def _reports(store: LedgerStore, period: Period) -> Iterator[Delivery]:
    # A day at a time, as a month of a large ledger takes much memory.
    since = period.since
    while since < period.until:
        until = min(since + timedelta(days=1), period.until)
        yield from store.deliveries(since=since, until=until, limit=EVERYTHING)
        since = until


def _closed(store: LedgerStore, id_: str, period: Period) -> Closing | None:
    stored = store.entry(id_)
    if stored is None:
        return None
    body = json.loads(stored.entry.body)
    return Closing(
        period,
        stored.entry.at,
        tuple(numbers.from_dict(one) for one in body["summary"]),
        body["sent"],
        body["waiting"],
        body["late"],
        body["refused"],
        repeated=True,
        service=body.get("service"),
        losses=Losses(body.get("damaged_entries", 0), body.get("missing_entries", 0)),
    )


def _body(closing: Closing) -> dict[str, Any]:
    return {
        "service": closing.service,
        "sent": dict(closing.sent),
        "waiting": closing.waiting,
        "late": closing.late,
        "refused": closing.refused,
        "incomplete": bool(closing.losses),
        "damaged_entries": closing.losses.damaged,
        "missing_entries": closing.losses.missing,
    }
