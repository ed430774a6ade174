"""Bringing the views of a SQLite ledger up to what was written: whoever reads first does it, the write path does not."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from contextlib import suppress
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from credit_sdk.errors import LedgerDamaged
from credit_sdk.ledger import _statements as sql
from credit_sdk.ledger._crc import entry_crc
from credit_sdk.ledger._projection import Change, project, unreadable
from credit_sdk.ledger._sqlite_faults import is_damage
from credit_sdk.ledger._sqlite_file import rebuild_views, transaction
from credit_sdk.ledger._views import read_entry
from credit_sdk.ports.ledger import Entry, EntryKind
from credit_sdk.ports.log import LOGGER

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from credit_sdk.ports.ledger import Stored

BATCH = 1_000
"""Entries in one transaction: other processes' writes wait for no more than that."""
JUMP = 100_000
"""So many empty places, of which no repair has told, are none: a number is wrong. Nobody can go through them all."""

_APPLIED = "applied"
_PLACES = f"SELECT (SELECT value FROM notes WHERE name = '{_APPLIED}'), (SELECT max(sequence) FROM entries)"  # noqa: S608
# From the first place on, not after the one before: that one may lie on a damaged page.
_RANGE = (
    "SELECT sequence, id, at, kind, decision_id, body, crc FROM entries WHERE sequence >= ? AND sequence <= ? "
    "ORDER BY sequence"
)
_NEXT = "SELECT min(sequence) FROM entries WHERE sequence > ?"
_NOTES = f"SELECT id, at, kind, decision_id, body, crc FROM entries WHERE kind = '{EntryKind.REPAIRED}'"  # noqa: S608
_PLACE = "SELECT sequence, id, at, kind, decision_id, body, crc FROM entries WHERE sequence = ?"
# What a value of the wrong type or an absent one causes: the entry's fault, not the database's.
_BAD_VALUES = (sqlite3.IntegrityError, sqlite3.InterfaceError, sqlite3.ProgrammingError, OverflowError)


class Unreadable(NamedTuple):
    """Entries that cannot be read: from, to."""

    first: int
    last: int
    what: str
    """``crc``: it is not as it was written; ``page``: its place in the file is damaged; ``gone``: it is not there; ``place``: the
    number of the next one is wrong."""


def catch_up(connection: sqlite3.Connection, writing: AbstractContextManager[object], name: str) -> None:
    """Apply what the views do not yet know.

    :param writing: held while this process writes; so that its threads need not wait for each other by sleeping.
    :param name: the ledger's.
    :raises sqlite3.Error: it cannot be done now.
    """
    while True:
        applied, last = _places(connection)
        if applied == last:
            return
        if applied > last:  # the file is not the one that the views were made of
            with writing, transaction(connection):
                rebuild_views(connection)
            continue
        upto = _before_jump(connection, applied)
        if upto is not None:
            found: list[Stored | Unreadable] = [Unreadable(upto, upto, "place")]
        else:
            upto = min(applied + BATCH, last)
            found = list(scan(connection, applied, upto, name))
        _tell([one for one in found if isinstance(one, Unreadable)])
        changes = [each for one in found for each in _changes(one)]
        with writing, transaction(connection):
            if _places(connection)[0] == applied:  # else another process was faster
                _apply(connection, changes)
                connection.execute(sql.UPDATES["note"], {"name": _APPLIED, "value": str(upto)})


def told_lost(connection: sqlite3.Connection) -> list[tuple[int, int]]:
    """Places, from and to, of which a repair has told that their entries are lost."""
    found: list[tuple[int, int]] = []
    for *values, crc in connection.execute(_NOTES).fetchall():
        note = Entry(*values)
        with suppress(ValueError, KeyError, TypeError):
            if entry_crc(note) == crc:
                found += [(int(first), int(last)) for first, last in json.loads(note.body)["lost"]]
    return found


def _before_jump(connection: sqlite3.Connection, applied: int) -> int | None:
    """The place before the next entry, if that is further away than entries can be."""
    try:
        [following] = connection.execute(_NEXT, (applied,)).fetchone()
        if following is None or following - applied <= JUMP:
            return None
        known = told_lost(connection)
    except sqlite3.Error as error:
        if not is_damage(error) and not _is_text_error(error):
            raise
        return None
    return None if any(first <= applied + 1 <= last for first, last in known) else int(following) - 1


def scan(connection: sqlite3.Connection, after: int, upto: int, name: str) -> Iterator[Stored | Unreadable]:
    """Every place after ``after`` up to ``upto``: the entry, or that it cannot be read.

    Sequences have no gaps: entries are numbered by the transaction that writes them, and never removed.
    """
    try:
        if upto - after == 1:
            rows = connection.execute(_PLACE, (upto,)).fetchall()
        else:
            rows = connection.execute(_RANGE, (after + 1, upto)).fetchall()
    except sqlite3.Error as error:
        if not is_damage(error) and not _is_text_error(error):
            raise
        if upto - after == 1:
            yield Unreadable(upto, upto, "page")
            return
        middle = (after + upto) // 2
        yield from scan(connection, after, middle, name)
        yield from scan(connection, middle, upto, name)
        return
    place = after
    for row in rows:
        if row[0] - place > 1:
            yield Unreadable(place + 1, row[0] - 1, "gone")
        place = row[0]
        try:
            yield read_entry(row, name)
        except LedgerDamaged:
            yield Unreadable(place, place, "crc")
    if place < upto:
        yield Unreadable(place + 1, upto, "gone")


def _places(connection: sqlite3.Connection) -> tuple[int, int]:
    applied, last = connection.execute(_PLACES).fetchone()
    return int(applied or 0), int(last or 0)


def _tell(unreadable_: Sequence[Unreadable]) -> None:
    lost = [one.first for one in unreadable_ if one.what != "gone"]  # what is gone was told of by the repair
    if lost:
        LOGGER.error(
            "台账第 %d 至 %d 条中有 %d 条读不出来, 统计中缺少; 运行 credit ledger repair · between entries %d and %d of the "
            "ledger %d cannot be read, figures lack them; run `credit ledger repair`",
            *(lost[0], lost[-1], len(lost)) * 2,
        )


def _changes(found: Stored | Unreadable) -> list[list[Change]]:
    if isinstance(found, Unreadable):
        return [unreadable(place, found.what) for place in range(found.first, found.last + 1)]
    return [project(found)]


def _apply(connection: sqlite3.Connection, changes: Sequence[Sequence[Change]]) -> None:
    """Apply the entries' changes together; if one of them is bad, one by one without that one."""
    connection.execute("SAVEPOINT batch")
    try:
        _apply_all(connection, [change for entry in changes for change in entry])
    except _BAD_VALUES:
        connection.execute("ROLLBACK TO batch")
        if len(changes) == 1:
            placed = changes[0][0].parameters
            _apply_all(connection, [Change("placed", placed), *unreadable(int(str(placed["sequence"])), "body")])
        else:
            for entry in changes:
                _apply(connection, [entry])
    connection.execute("RELEASE batch")


def _apply_all(connection: sqlite3.Connection, changes: Sequence[Change]) -> None:
    rows = defaultdict(list)
    for change in changes:
        if change.statement in sql.INSERTS:
            rows[change.statement].append(change.parameters)
    for name, parameters in rows.items():
        connection.executemany(sql.INSERTS[name], parameters)
    updates = (change for change in changes if change.statement in sql.UPDATES)
    for name, several in groupby(updates, key=lambda change: change.statement):
        connection.executemany(sql.UPDATES[name], [change.parameters for change in several])


def _is_text_error(error: sqlite3.Error) -> bool:
    # Bytes that are no UTF-8, where text should be: Python's binding cannot read the row at all.
    return isinstance(error, sqlite3.OperationalError) and "decode" in str(error)
