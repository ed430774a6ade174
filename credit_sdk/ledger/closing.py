"""Closing a month (月结): its numbers, what was reported, what is late. A month is closed once; its summary stays as it was."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import InvalidRequest
from credit_sdk.ledger import numbers
from credit_sdk.ledger._entries import entry
from credit_sdk.ports.ledger import DeliveryState, EntryKind

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from credit_sdk.ledger.numbers import Period
    from credit_sdk.ports.ledger import Counts, LedgerStore

_ALL = 1_000_000
"""Reports looked at; a ledger has fewer in a month."""


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
    id_ = f"closed-{period.month}"
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
    return summary if written is None else replace(written, repeated=written.closed_at != closing.at)


def _summary(store: LedgerStore, period: Period, now: datetime) -> Closing:
    reports = store.deliveries(since=period.since, until=period.until, limit=_ALL)
    sent = Counter(one.receiver for one in reports if one.state is DeliveryState.DELIVERED)
    late = sum(one.send_by is not None and (one.delivered_at or now) > one.send_by for one in reports)
    return Closing(
        period,
        None,
        numbers.numbers(store, period, now),
        dict(sorted(sent.items())),
        waiting=sum(one.state is DeliveryState.WAITING for one in reports),
        late=late,
        refused=sum(one.state is DeliveryState.REFUSED for one in reports),
    )


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
    )


def _body(closing: Closing) -> dict[str, Any]:
    return {
        "sent": dict(closing.sent),
        "waiting": closing.waiting,
        "late": closing.late,
        "refused": closing.refused,
    }
