"""The records: what is on which list, and for which lists the platform speaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.model.listing import VIOLATIONS, Listing, Violation
from credit_sdk.model.moments import written
from credit_sdk.sandbox import _keys

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime


class Covered(NamedTuple):
    """A list that queries consult."""

    list: str
    as_of: str | None
    """Up to when its keeper vouches for it; ``None``: up to now."""
    history_from: str | None

    def line(self, now: datetime) -> dict[str, Any]:
        """The coverage line."""
        line = {"type": "coverage", "list": self.list, "as_of": self.as_of or written(now)}
        return line if self.history_from is None else line | {"history_from": self.history_from}


class Holdings:
    """The records of one database."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Read and write through ``connection``; whoever writes brings the transaction."""
        self._db = connection

    def covered(self) -> list[Covered]:
        """The lists that queries consult, by code."""
        return [
            Covered(*row) for row in self._db.execute("SELECT list, as_of, history_from FROM covered ORDER BY list")
        ]

    def cover(self, one: Covered) -> None:
        """Speak for a list from now on, or with other dates."""
        self._db.execute("INSERT OR REPLACE INTO covered VALUES (?, ?, ?)", one)

    def uncover(self, code: str) -> None:
        """Speak for a list no more."""
        self._db.execute("DELETE FROM covered WHERE list = ?", (code,))

    def know(self, codes: Iterable[str]) -> None:
        """Know these subjects although nothing is on record."""
        self._db.executemany("INSERT OR IGNORE INTO known VALUES (?)", ((code,) for code in codes))

    def put(self, entry: Listing | Violation, body: Mapping[str, Any]) -> None:
        """Keep an entry, in place of what was there under its id.

        :param entry: the entry as read, by which it is found.
        :param body: the same as it is to be answered with.
        """
        type_, code = ("listing", entry.list) if isinstance(entry, Listing) else ("violation", VIOLATIONS)
        subject = entry.subject
        place = self._db.execute(
            "INSERT INTO entries (type, id, list, status, coded, numbered, body) VALUES (?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (type, id) DO UPDATE SET list = excluded.list, status = excluded.status,"
            " coded = excluded.coded, numbered = excluded.numbered, body = excluded.body RETURNING place",
            (
                type_,
                entry.id,
                code,
                entry.status,
                bool(subject.code or subject.organisation_code),
                bool(subject.registration_number),
                json.dumps(body, ensure_ascii=False),
            ),
        ).fetchone()[0]
        self._db.execute("DELETE FROM keys WHERE place = ?", (place,))
        self._db.executemany("INSERT INTO keys VALUES (?, ?)", ((key, place) for key in _keys.of_entry(subject)))

    def get(self, type_: str, id_: str) -> dict[str, Any] | None:
        """The entry of this id."""
        row = self._db.execute("SELECT body FROM entries WHERE type = ? AND id = ?", (type_, id_)).fetchone()
        return None if row is None else json.loads(row[0])

    def select(self, type_: str, code: str | None, status: str | None, limit: int, offset: int) -> list[dict[str, Any]]:
        """Entries in the order in which they came, a part of them."""
        rows = self._db.execute(
            "SELECT body FROM entries WHERE type = ? AND coalesce(list = ?, 1) AND coalesce(status = ?, 1)"
            " ORDER BY place LIMIT ? OFFSET ?",
            (type_, code, status, limit, offset),
        )
        return [json.loads(body) for (body,) in rows]

    def count(self) -> dict[str, int]:
        """How many entries there are, by list."""
        return dict(self._db.execute("SELECT list, count(*) FROM entries GROUP BY list ORDER BY list"))

    def find(self, asked: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        """Every entry that may be the subject's, each once, with its type.

        :raises InvalidSubject: a name of which nothing can be seen.
        """
        keys = _keys.of_question(asked)
        marks = ", ".join("?" * len(keys))
        rows = self._db.execute(
            f"SELECT type, body FROM entries WHERE place IN (SELECT place FROM keys WHERE key IN ({marks})) ORDER BY place",  # noqa: S608 - question marks
            keys,
        )
        for type_, body in rows:
            yield type_, json.loads(body)

    def knows(self, code: str | None) -> bool:
        """Whether the subject is known although nothing is on record."""
        return self._db.execute("SELECT 1 FROM known WHERE code = ?", (code,)).fetchone() is not None

    def incomparable(self, by_code: bool, by_number: bool) -> list[str]:
        """Rule 3.7: the lists with entries that bear nothing of what is asked with."""
        rows = self._db.execute(
            "SELECT DISTINCT list FROM entries WHERE NOT (coded AND ?) AND NOT (numbered AND ?) ORDER BY list",
            (by_code, by_number),
        )
        return [code for (code,) in rows]

    def next_id(self, type_: str) -> str:
        """An id that no entry has."""
        letter = "L" if type_ == "listing" else "V"
        number = self._db.execute("SELECT coalesce(max(place), 0) FROM entries").fetchone()[0]
        while True:
            number += 1
            if self.get(type_, id_ := f"SANDBOX-{letter}{number}") is None:
                return id_
