"""Dead letters (死信): reports that their receivers will not have; and how these, and reports that rest, are tried at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.errors import InvalidRequest
from credit_sdk.ledger._entries import entry
from credit_sdk.model.moments import stamped
from credit_sdk.ports.ledger import EVERYTHING, DeliveryState, EntryKind

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from credit_sdk.ports.ledger import Delivery, LedgerStore

_AT_ONCE = 1_000
"""Keys in one entry."""


def dead_letters(store: LedgerStore, limit: int = EVERYTHING) -> list[Delivery]:
    """The reports that were refused, the oldest first."""
    return list(store.deliveries(state=DeliveryState.REFUSED, limit=limit))


def requeue(store: LedgerStore, now: datetime, keys: Collection[str] | None = None) -> list[str]:
    """Have reports tried again at once: dead letters, once what was wrong is mended, and those that wait for a later moment.

    :param keys: theirs; ``None``: all dead letters. One that waits for its month is sent now, as it is named.
    :returns: the keys of those that are queued again.
    :raises InvalidRequest: one of ``keys`` is no report's, or was delivered; none is queued.
    :raises LedgerUnavailable: the ledger cannot be read or written.
    """
    if keys is None:
        chosen = [one.key for one in dead_letters(store)]
    else:
        chosen = list(dict.fromkeys(keys))
        strangers = sum(not _is_open(store, key) for key in chosen)
        if strangers:
            raise InvalidRequest(
                f"所给 KEY 有 {strangers} 个既不是死信也不在等待送达; 见 credit ledger dead、waiting",
                f"{strangers} of the KEYs are neither dead letters nor waiting; see credit ledger dead, waiting",
                key="KEY",
            )
    _queue(store, now, chosen)
    return chosen


def hasten(store: LedgerStore, now: datetime, receivers: Collection[str] | None = None) -> list[str]:
    """Have everything that failed and rests tried at once: the platform is well again. What waits for its month goes on waiting.

    :param receivers: only what is for these; ``None``: all.
    :returns: the keys.
    :raises LedgerUnavailable: as for :func:`requeue`.
    """
    due = store.deliveries(due_at=now, receivers=receivers, limit=EVERYTHING)
    resting = [one.key for one in due if one.next_at > now or _in_hand(one, now)]
    _queue(store, now, resting)
    return resting


def _is_open(store: LedgerStore, key: str) -> bool:
    return any(one.state is not DeliveryState.DELIVERED for one in store.deliveries(key=key, limit=1))


def _in_hand(one: Delivery, now: datetime) -> bool:
    # By a process that may be gone; where it is not, the report comes twice, and the receiver drops the second.
    return one.claimed_until is not None and one.claimed_until > now


def _queue(store: LedgerStore, now: datetime, keys: Sequence[str]) -> None:
    parts = [keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE)]
    if parts:
        store.append([entry(EntryKind.REQUEUED, now, {"keys": part, "next_at": stamped(now)}) for part in parts])
