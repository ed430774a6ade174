"""Settling due days that were provisional: once the State Council has announced a year, its working days are counted."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

from credit_sdk.decision.fragments import compact_text
from credit_sdk.ledger._entries import append_each, entry, id_from
from credit_sdk.ledger.due import due_on
from credit_sdk.ports.ledger import EVERYTHING, DutyState, EntryKind

if TYPE_CHECKING:
    from datetime import datetime

    from credit_sdk.ledger.working_days import Day
    from credit_sdk.ports.ledger import Duty, LedgerStore


def settle(store: LedgerStore, now: datetime) -> list[Duty]:
    """Count again what was provisional, and write down what came out otherwise.

    :returns: the measures whose day is settled now, or has moved.
    :raises LedgerUnavailable: the ledger cannot be read or written; the next run goes on.
    """
    found, entries = [], []
    for duty in store.duties(states=(DutyState.DUE, DutyState.EXECUTED), overdue_on=date.max, limit=EVERYTHING):
        day = _counted(store, duty) if duty.provisional else None
        if day is None or day == (duty.due_on, True):
            continue
        body = {"measure": duty.measure, "due_on": day.day.isoformat(), "provisional": day.provisional}
        id_ = id_from(f"{duty.decision_id}-settled", compact_text(body))
        entries.append(entry(EntryKind.SETTLED, now, body, decision_id=duty.decision_id, id=id_))
        found.append(duty._replace(due_on=day.day, provisional=day.provisional))
    append_each(store, entries)
    return found


def _counted(store: LedgerStore, duty: Duty) -> Day | None:
    """The day by today's knowledge, from the terms that the decision was given with."""
    stored = store.entry(duty.decision_id)
    if stored is None:
        return None
    decision = json.loads(stored.entry.body)["decision"]
    for one in (*decision["obligations"], *decision["advice"]):
        if one["id"] == duty.measure:
            return due_on(one["properties"]["terms"], duty.decided_at)
    return None
