"""The intake of outcomes (执行反馈): each report once, whatever arrives how often."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.model.moments import written

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from datetime import datetime


class KeyReused(Exception):
    """The idempotency key came before, with other outcomes."""


class Receipts(NamedTuple):
    """What the reporter gets."""

    receipts: list[dict[str, Any]]
    repeated: bool


class Intake:
    """The outcomes of one database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read and write through ``connection``; whoever writes brings the transaction."""
        self._db = connection

    def take(self, key: str, outcomes: Sequence[Mapping[str, Any]], now: datetime) -> Receipts:
        """Store the outcomes, unless they are stored already.

        :raises KeyReused: ``key`` came before, with other outcomes.
        """
        content = json.dumps(outcomes, ensure_ascii=False, sort_keys=True)
        known = self._db.execute("SELECT content, received_at FROM reports WHERE key = ?", (key,)).fetchone()
        if known is not None and known[0] != content:
            raise KeyReused
        if known is None:
            received_at = written(now)
            self._db.execute("INSERT INTO reports VALUES (?, ?, ?)", (key, content, received_at))
            self._db.executemany(
                "INSERT INTO outcomes (key, body) VALUES (?, ?)",
                ((key, json.dumps(outcome, ensure_ascii=False)) for outcome in outcomes),
            )
        else:
            received_at = known[1]
        places = self._db.execute("SELECT place FROM outcomes WHERE key = ? ORDER BY place", (key,))
        status = "accepted" if known is None else "repeated"
        return Receipts(
            [
                {"id": _receipt(place), "idempotency_key": key, "received_at": received_at, "status": status}
                for (place,) in places
            ],
            known is not None,
        )

    def select(self, limit: int, offset: int) -> list[dict[str, Any]]:
        """What was reported, the latest first, a part of it."""
        rows = self._db.execute(
            "SELECT place, key, received_at, body FROM outcomes JOIN reports USING (key) ORDER BY place DESC LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [
            {
                "receipt": _receipt(place),
                "idempotency_key": key,
                "received_at": received_at,
                "outcome": json.loads(body),
            }
            for place, key, received_at, body in rows
        ]

    def count(self) -> int:
        """How many outcomes are stored."""
        return int(self._db.execute("SELECT count(*) FROM outcomes").fetchone()[0])


def _receipt(place: int) -> str:
    return f"R-{place:06d}"
