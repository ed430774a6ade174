"""Ledgers that say where they are: each place that a store passes by is announced."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

from credit_sdk.ledger.sql import SqlLedger
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.ports.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from benchmarks.faults.places import Kind
    from credit_sdk.ports.ledger import Delivery, Entry, LedgerStore

    Tell = Callable[[str], object]

LEASE = 0.5
"""Seconds; short, so that what a killed process had claimed is taken up while the run lasts."""


class _Told:
    """Announces what a store is about to do and has done."""

    tell: Tell

    def append(self, entries: Sequence[Entry], *, connection: Any = None) -> Any:
        kinds = {entry.kind for entry in entries}
        reports, notes = EntryKind.REPORTED in kinds, EntryKind.DELIVERED in kinds
        if reports:
            self.tell("writing")
        there = super().append(entries, connection=connection)  # type: ignore[misc]
        if reports and connection is None:
            self.tell("written")
        if notes:
            self.tell("noted")
        return there

    def claim(
        self, worker: str, now: datetime, *, lease: float, limit: int, receivers: Collection[str] | None = None
    ) -> Sequence[Delivery]:
        claimed: Sequence[Delivery] = super().claim(  # type: ignore[misc]
            worker, now, lease=min(lease, LEASE), limit=limit, receivers=receivers
        )
        if claimed:
            self.tell("claimed")
        return claimed


class _ToldSqlite(_Told, SqliteLedger):
    pass


class _ToldSql(_Told, SqlLedger):
    pass


def told(kind: Kind, address: str, tell: Tell) -> LedgerStore:
    """The ledger, announcing."""
    if kind == "sqlite":
        _announce_statements(tell)
    store = (_ToldSqlite if kind == "sqlite" else _ToldSql)(address)
    store.tell = tell
    return store


def plain(kind: Kind, address: str) -> LedgerStore:
    """The ledger as anybody opens it."""
    return (SqliteLedger if kind == "sqlite" else SqlLedger)(address)


def _announce_statements(tell: Tell) -> None:
    """Have every connection that this process opens from now on say what it is about to do."""
    connect = sqlite3.connect

    def connected(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*arguments, **options)
        connection.set_trace_callback(_Statements(tell))
        return connection

    sqlite3.connect = connected  # type: ignore[assignment]


class _Statements:
    """Listens to one connection's statements."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._brings = False
        """Whether the transaction brings the views up to date."""

    def __call__(self, statement: str) -> None:
        words = statement.split(None, 3)[:3]
        if words == ["INSERT", "INTO", "entries"]:  # commits by itself
            self._tell("committing")
        elif words == ["INSERT", "INTO", "placed"]:
            self._brings = True
        elif words[:1] == ["COMMIT"] and self._brings:
            self._brings = False
            self._tell("projecting")
