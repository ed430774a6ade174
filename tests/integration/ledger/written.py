"""Entries to write: a check that asks for one measure, and its reports."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk.ports.ledger import EntryKind
from credit_sdk.testing import MOMENT as NOW
from credit_sdk.testing import ledger

if TYPE_CHECKING:
    from credit_sdk.ports.ledger import Entry, LedgerStore

__all__ = ["LATER", "MARK", "NOW", "checked", "delivered", "followed", "reported", "with_reports"]

MARK = "code:91990100MA0000A019"
LATER = NOW + timedelta(minutes=1)

delivered = ledger.delivered


def checked(service: str | None = None) -> Entry:
    """A decision that restricts, with one measure."""
    return ledger.checked(ledger.measure(), service=service, marks=[MARK])


def reported(decision: Entry, number: int = 1, *, why: str | None = None, **changes: Any) -> Entry:
    """That its measure was carried out, or why not."""
    if why is not None:
        changes["not_executed"] = {"refuse": why}
    return ledger.reported(decision, [] if why else ["refuse"], number=number, **changes)


def followed(cursor: str) -> Entry:
    """The change feed, read up to ``cursor``."""
    return ledger.entry(EntryKind.FOLLOWED, {"feed": "platform", "cursor": cursor, "changes": []})


def with_reports(store: LedgerStore, count: int, service: str | None = None) -> list[str]:
    """Write that many reports, each to a receiver of its own, in the order in which they are due; their keys."""
    decision = checked(service)
    reports = [
        reported(decision, number, at=NOW + timedelta(milliseconds=number), receiver=f"r{number}")
        for number in range(count)
    ]
    store.append([decision, *reports])
    return [report.id for report in reports]
