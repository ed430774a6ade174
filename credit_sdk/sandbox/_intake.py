"""The intake of outcomes (执行反馈): each report once, whatever arrives how often."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.model.moments import written

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping, Sequence
    from datetime import datetime


class KeyReused(Exception):
    """The idempotency key came before, with another content.

    :param place: which outcome's own key it is; ``None``: the call's.
    """

    def __init__(self, place: int | None = None) -> None:
        super().__init__()
        self.place = place


class Receipts(NamedTuple):
    """What the reporter gets."""

    receipts: list[dict[str, Any]]
    repeated: bool
    """Whether all of it came before."""


class Intake:
    """The outcomes of one database.

    An outcome is known by its own key, or, if it has none, by the call's: it is then new unless the whole call came before.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read and write through ``connection``; whoever writes brings the transaction."""
        self._db = connection

    def take(self, key: str, outcomes: Sequence[Mapping[str, Any]], now: datetime) -> Receipts:
        """Store those outcomes that are not stored already.

        :raises KeyReused: ``key``, or the key of one of them, came before, with another content.
        """
        bodies = [json.dumps(outcome, ensure_ascii=False, sort_keys=True) for outcome in outcomes]
        content = _digest("\n".join(bodies))
        known = self._db.execute("SELECT content, places FROM reports WHERE key = ?", (key,)).fetchone()
        if known is not None:
            if known[0] != content:
                raise KeyReused
            places: list[int] = json.loads(known[1])
            return Receipts([self._receipt(place, "repeated") for place in places], repeated=True)
        receipts, places, received_at = [], [], written(now)
        for number, (outcome, body) in enumerate(zip(outcomes, bodies, strict=True)):
            own: str | None = outcome.get("key")
            place, status = self._known(own, body, number), "repeated"
            if place is None:
                place, status = self._store(key, own, received_at, body), "accepted"
            places.append(place)
            receipts.append(
                _receipt(place, own or key, received_at, status)
                if status == "accepted"
                else self._receipt(place, status)
            )
        self._db.execute("INSERT INTO reports VALUES (?, ?, ?)", (key, content, json.dumps(places)))
        return Receipts(receipts, repeated=all(one["status"] == "repeated" for one in receipts))

    def _known(self, own: str | None, body: str, number: int) -> int | None:
        """Where the outcome with this key of its own stands."""
        if own is None:
            return None
        row = self._db.execute("SELECT place, body FROM outcomes WHERE own = ?", (own,)).fetchone()
        if row is None:
            return None
        if row[1] != body:
            raise KeyReused(number)
        return int(row[0])

    def _store(self, key: str, own: str | None, received_at: str, body: str) -> int:
        place = self._db.execute(
            "INSERT INTO outcomes (key, own, received_at, body) VALUES (?, ?, ?, ?)", (key, own, received_at, body)
        ).lastrowid
        assert place is not None
        return place

    def _receipt(self, place: int, status: str) -> dict[str, Any]:
        key, received_at = self._db.execute(
            "SELECT coalesce(own, key), received_at FROM outcomes WHERE place = ?", (place,)
        ).fetchone()
        return _receipt(place, key, received_at, status)

    def select(self, limit: int, offset: int) -> list[dict[str, Any]]:
        """What was reported, the latest first, a part of it."""
        rows = self._db.execute(
            "SELECT place, coalesce(own, key), received_at, body FROM outcomes ORDER BY place DESC LIMIT ? OFFSET ?",
            (limit, offset),
        )
        return [
            {
                "receipt": _number(place),
                "idempotency_key": key,
                "received_at": received_at,
                "outcome": json.loads(body),
            }
            for place, key, received_at, body in rows
        ]

    def count(self) -> int:
        """How many outcomes are stored."""
        return int(self._db.execute("SELECT count(*) FROM outcomes").fetchone()[0])


def _receipt(place: int, key: str, received_at: str, status: str) -> dict[str, Any]:
    return {"id": _number(place), "idempotency_key": key, "received_at": received_at, "status": status}


def _number(place: int) -> str:
    return f"R-{place:06d}"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
