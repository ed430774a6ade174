"""Restrictions that were due for release, and whose measure applies again: the firm is listed once more, or its end was a mistake.

That it applies is known from asking again (:mod:`credit_sdk.ledger.recheck`), or from a later check of the same matter.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.ledger._entries import append_each, entry
from credit_sdk.ports.ledger import DutyState, EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from credit_sdk.ports.ledger import Duty, KeptDecision, LedgerStore, Stored

_MOST = 100_000
_LATEST = 20
"""So many decisions on a subject's action are looked through for the latest on the same matter."""


class Restored(NamedTuple):
    """A restriction that was due for release."""

    duty: Duty
    fresh: str | None
    """The decision by which its measure applies; ``None``: that was asked again, and said nothing new."""


def find_restored(store: LedgerStore, decision_id: str | None = None) -> list[Restored]:
    """Those by later checks of the same matter. Writes nothing.

    :param decision_id: only this decision's.
    """
    due = store.duties(decision_id=decision_id, states=(DutyState.RELEASE_DUE,), penalty=True, limit=_MOST)
    return [Restored(duty, fresh) for duty in due if (fresh := _applying(store, duty)) is not None]


def put_back(store: LedgerStore, restored: Iterable[Restored], now: datetime) -> None:
    """Write down that they are not due for release any more; once for each end.

    :raises LedgerUnavailable: the ledger cannot be written; the next run goes on.
    """
    entries = []
    for duty, fresh in restored:
        ends = ends_of(store, duty)
        id_ = f"{ends[-1].entry.id}-void" if ends else None
        body = {"measure": duty.measure, "fresh": fresh}
        entries.append(entry(EntryKind.RELEASE_VOID, now, body, decision_id=duty.decision_id, id=id_))
    append_each(store, entries)


def ends_of(store: LedgerStore, duty: Duty) -> Sequence[Stored]:
    """The entries by which it became due for release."""
    found = store.entries(decision_id=duty.decision_id, kinds=(EntryKind.RELEASE_DUE,))
    bodies = [(one, json.loads(one.entry.body)) for one in found]
    return [one for one, body in bodies if body["measure"] == duty.measure and "told" not in body]


def voids(store: LedgerStore) -> dict[tuple[str, str], Stored]:
    """By decision and measure, the entry by which it was last put back."""
    last, after = {}, 0
    while page := store.entries(after=after, kinds=(EntryKind.RELEASE_VOID,)):
        for one in page:
            last[str(one.entry.decision_id), json.loads(one.entry.body)["measure"]] = one
        after = page[-1].sequence
    return last


def is_news(store: LedgerStore, duty: Duty, source: Mapping[str, Any]) -> bool:
    """Whether an answer can tell of the end of a restriction: it is the source's own, and was read since the end was found.

    :param source: as in the decision's JSON.
    """
    ends = ends_of(store, duty)
    return not ends or _is_since(source, ends[-1])


def _is_since(source: Mapping[str, Any], end: Stored) -> bool:
    read_at = source["read_at"]  # to the second
    if source["stale"] or read_at is None:
        return False
    if set(json.loads(end.entry.body)["reasons"].values()) == {"expired"}:
        return True  # by its date alone: another date is news whenever it was read
    return datetime.fromisoformat(read_at) >= datetime.fromisoformat(end.entry.at).replace(microsecond=0)


def _applying(store: LedgerStore, duty: Duty) -> str | None:
    """The latest decision on the matter that was made after the end, if it asks for the measure."""
    stored, ends = store.entry(duty.decision_id), ends_of(store, duty)
    if stored is None or not ends:
        return None
    body = json.loads(stored.entry.body)
    found = store.decisions(mark=body["marks"][0], domain=duty.domain, action=duty.action, limit=_LATEST)
    for one in found:
        later = store.entry(one.decision_id) if _answers(one, body["question"]) else None
        if later is None:
            continue
        if later.sequence < ends[-1].sequence:
            return None
        decision = json.loads(later.entry.body)["decision"]
        if _is_since(decision["source"], ends[-1]):
            applies = {one["id"] for section in ("obligations", "advice", "suspended") for one in decision[section]}
            return later.entry.id if duty.measure in applies else None
    return None


def _answers(one: KeptDecision, question: str) -> bool:
    """Whether it says how the matter stands; a fallback says nothing of the firm."""
    return one.question == question and not one.shadow and not one.degraded
