"""Repairing a damaged ledger: everything that can be read goes into a fresh file, which takes the damaged one's place."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, nullcontext, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from credit_sdk.ledger._catch_up import Unreadable, catch_up, scan
from credit_sdk.ledger._crc import entry_crc, text_crc
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger._sqlite_faults import explaining, is_damage
from credit_sdk.ledger._sqlite_file import check_not_empty, connect, sync_folder, transaction, version
from credit_sdk.ports.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

_BATCH = 1_000
_ENTRY = "INSERT INTO entries (sequence, id, at, kind, decision_id, body, crc) VALUES (?, ?, ?, ?, ?, ?, ?)"
_CRC = "SELECT crc FROM entries WHERE sequence = ?"
# The last place, by whom it can still be told.
_LAST = (
    "SELECT max(sequence) FROM entries",
    "SELECT max(sequence) FROM entries INDEXED BY sqlite_autoindex_entries_1",
    "SELECT max(sequence) FROM placed",
    "SELECT CAST(value AS INTEGER) FROM notes WHERE name = 'applied'",
)
_TEXTS = (
    "SELECT rowid FROM texts NOT INDEXED",
    "SELECT rowid FROM texts INDEXED BY sqlite_autoindex_texts_1 WHERE digest >= ''",
)


class Salvaged(NamedTuple):
    """What became of a damaged ledger."""

    entries: int
    """How many entries were saved."""
    lost: tuple[tuple[int, int], ...]
    """Sequences of the entries that were not: from, to."""
    texts: int
    """How many kept texts were saved. A lost one is kept anew when it is needed again."""
    lost_texts: int
    aside: str
    """Where the damaged file is now, its pages as they were."""


def salvage(path: str | PathLike[str], *, wait: float = 5.0) -> Salvaged:
    """Put a fresh file in the place of a damaged one, with everything that can be read; views are made anew.

    What was lost stays known: an entry says so, and the places stay empty. Nobody else may use the ledger meanwhile. Whatever
    interrupts this leaves the damaged file where it was.

    :param wait: seconds to wait for others to let go of the file.
    :raises LedgerUnavailable: somebody uses the ledger, there is none, or there is no room for the fresh file.
    :raises LedgerDamaged: nothing in the file can be read.
    """
    name = os.fspath(path)
    place = os.path.realpath(name)
    with explaining(name):
        check_not_empty(place, name)  # there must be something to repair
        with closing(_alone(place, name, wait)) as damaged:
            fresh = f"{place}.repairing"
            _remove(fresh)  # of an earlier repair that was cut short
            saved, lost, texts, lost_texts = _copied(damaged, fresh, name, wait)
            aside = _exchange(place, fresh)
    return Salvaged(saved, lost, texts, lost_texts, aside)


def _alone(place: str, name: str, wait: float) -> sqlite3.Connection:
    """The damaged file, which nobody else can open from now on; what its log held is in it."""
    connection = sqlite3.connect(place, timeout=wait, isolation_level=None)
    try:
        version(connection, name)
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("BEGIN EXCLUSIVE")
    except BaseException:
        connection.close()
        raise
    return connection


def _copied(
    damaged: sqlite3.Connection, fresh: str, name: str, wait: float
) -> tuple[int, tuple[tuple[int, int], ...], int, int]:
    with closing(connect(fresh, name=name, wait=wait, durable=False)) as into:
        saved, lost = _entries(damaged, into, name)
        texts, lost_texts = _texts(damaged, into)
        catch_up(into, nullcontext(), name)
        into.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return saved, lost, texts, lost_texts


def _entries(
    damaged: sqlite3.Connection, into: sqlite3.Connection, name: str
) -> tuple[int, tuple[tuple[int, int], ...]]:
    saved, news = 0, False
    lost: list[tuple[int, int]] = []
    last = _last(damaged)
    for start in range(0, last, _BATCH):
        with transaction(into):
            for found in scan(damaged, start, min(start + _BATCH, last), name):
                if not isinstance(found, Unreadable):
                    [crc] = damaged.execute(_CRC, (found.sequence,)).fetchone()
                    into.execute(_ENTRY, (found.sequence, *found.entry, crc))
                    saved += 1
                    continue
                news = news or found.what != "gone"
                if lost and lost[-1][1] == found.sequence - 1:
                    lost[-1] = (lost[-1][0], found.sequence)
                else:
                    lost.append((found.sequence, found.sequence))
    if news:
        # Behind the last place, which may be among the lost ones: so that all of them stay empty, and are known to be.
        note = entry(EntryKind.REPAIRED, datetime.now(UTC), {"lost": lost})
        into.execute(_ENTRY, (last + 1, *note, entry_crc(note)))
    return saved, tuple(lost)


def _texts(damaged: sqlite3.Connection, into: sqlite3.Connection) -> tuple[int, int]:
    saved = lost = 0
    with transaction(into):
        for [row] in _first_readable(damaged, _TEXTS):
            try:
                digest, text, crc = damaged.execute(
                    "SELECT digest, text, crc FROM texts WHERE rowid = ?", (row,)
                ).fetchone()
                if text_crc(digest, text) != crc:
                    raise ValueError  # noqa: TRY301 - as bad as a text that is none
            except (sqlite3.DatabaseError, ValueError, TypeError):
                lost += 1
            else:
                into.execute("INSERT INTO texts (digest, text, crc) VALUES (?, ?, ?)", (digest, text, crc))
                saved += 1
    return saved, lost


def _last(damaged: sqlite3.Connection) -> int:
    return max((int(row[0] or 0) for statement in _LAST for row in _first_readable(damaged, [statement])), default=0)


def _first_readable(damaged: sqlite3.Connection, statements: tuple[str, ...] | list[str]) -> list[tuple[int]]:
    for statement in statements:
        try:
            return damaged.execute(statement).fetchall()
        except sqlite3.Error as error:
            if not is_damage(error):
                raise
    return []


def _exchange(place: str, fresh: str) -> str:
    """Let the fresh file have the name; at every moment there is a ledger under it."""
    old = os.stat(place)  # noqa: PTH116
    os.chmod(fresh, old.st_mode & 0o777)  # noqa: PTH101 - who could use the ledger still can
    with suppress(PermissionError, AttributeError):
        os.chown(fresh, old.st_uid, old.st_gid)
    with open(fresh, "rb+") as file:  # noqa: PTH123
        os.fsync(file.fileno())
    aside = _free_name(f"{place}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    try:
        os.link(place, aside)
    except OSError:  # a file system without links
        os.rename(place, aside)  # noqa: PTH104
    os.replace(fresh, place)  # noqa: PTH105
    sync_folder(place)
    return aside


def _free_name(wanted: str) -> str:
    return next(name for name in _numbered(wanted) if not os.path.lexists(name))


def _numbered(wanted: str) -> Iterator[str]:
    yield wanted
    number = 2
    while True:
        yield f"{wanted}-{number}"
        number += 1


def _remove(path: str) -> None:
    for companion in ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.unlink(path + companion)  # noqa: PTH108
