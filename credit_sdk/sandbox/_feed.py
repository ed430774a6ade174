"""The change feed: what became different, in numbered order, and the cursor that says how far one has read."""

from __future__ import annotations

import base64
import json
import re
from typing import TYPE_CHECKING, Any

from credit_sdk.model.moments import written

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime

_CURSOR = re.compile(r"([0-9a-f]{8})\.([0-9]{1,15})")


class BadCursor(Exception):
    """Nothing that this platform ever gave out."""


class CursorExpired(Exception):
    """Changes after it are no longer kept, or it is of data that were replaced."""


class Feed:
    """The change feed of one database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read and write through ``connection``; whoever writes brings the transaction."""
        self._db = connection

    def append(
        self, now: datetime, kind: str, id_: str, code: str, status: str | None, subject: Mapping[str, Any] | None
    ) -> None:
        """Something became different."""
        self._db.execute(
            "INSERT INTO changes (at, kind, id, list, status, subject) VALUES (?, ?, ?, ?, ?, ?)",
            (
                written(now),
                kind,
                id_,
                code,
                status,
                None if subject is None else json.dumps(subject, ensure_ascii=False),
            ),
        )

    def page(self, cursor: str | None, limit: int) -> dict[str, Any]:
        """The changes after ``cursor``, as the contract has them.

        :raises BadCursor: it is none of ours.
        :raises CursorExpired: it is too old.
        """
        after = self._first() - 1 if cursor is None else self._read(cursor)
        rows = self._db.execute(
            "SELECT sequence, at, kind, id, list, status, subject FROM changes WHERE sequence > ? ORDER BY sequence LIMIT ?",
            (after, limit + 1),
        ).fetchall()
        page = rows[:limit]
        return {
            "changes": [_change(row) for row in page],
            "cursor": self._write(page[-1][0] if page else after),
            "more": len(rows) > limit,
        }

    def forget(self) -> int:
        """Keep no change made so far: every cursor given out before, but the latest, is too old. Gives how many went."""
        return self._db.execute("DELETE FROM changes").rowcount

    def _first(self) -> int:
        """The first sequence number that is kept, or comes next."""
        first = self._db.execute("SELECT min(sequence) FROM changes").fetchone()[0]
        return self._last() + 1 if first is None else int(first)

    def _last(self) -> int:
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'changes'").fetchone()
        return 0 if row is None else int(row[0])

    def _epoch(self) -> str:
        return str(self._db.execute("SELECT value FROM about WHERE key = 'epoch'").fetchone()[0])

    def _write(self, sequence: int) -> str:
        return base64.urlsafe_b64encode(f"{self._epoch()}.{sequence}".encode()).decode()

    def _read(self, cursor: str) -> int:
        try:
            found = _CURSOR.fullmatch(base64.b64decode(cursor, altchars=b"-_", validate=True).decode("ascii"))
        except ValueError:
            raise BadCursor from None
        if found is None:
            raise BadCursor
        sequence = int(found[2])
        if found[1] != self._epoch() or sequence < self._first() - 1 or sequence > self._last():
            raise CursorExpired
        return sequence


def _change(row: tuple[Any, ...]) -> dict[str, Any]:
    change = dict(zip(("sequence", "at", "kind", "id", "list", "status", "subject"), row, strict=True))
    return change | {"subject": None if change["subject"] is None else json.loads(change["subject"])}
