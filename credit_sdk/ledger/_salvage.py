"""Repairing a damaged ledger: everything that can be recognised goes into a fresh file, which takes the damaged one's place.

SQLite is asked first. Where it cannot get through, the file's pages are read one by one (:mod:`credit_sdk.ledger._pages`).
What is an entry says its check sum; which place it has is said twice in the file, by the row itself and by the index of ids.
"""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import ExitStack, closing, nullcontext, suppress
from datetime import UTC, datetime
from itertools import islice
from typing import IO, TYPE_CHECKING, NamedTuple

from credit_sdk.errors import LedgerDamaged
from credit_sdk.ledger import _pages
from credit_sdk.ledger._catch_up import JUMP, catch_up, told_lost
from credit_sdk.ledger._crc import entry_crc, text_crc
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger._faults import unavailable
from credit_sdk.ledger._sqlite_faults import LOCKED, explaining, is_damage, is_full, no_room
from credit_sdk.ledger._sqlite_file import APPLICATION_ID, check_not_empty, connect, sync_folder, transaction, version
from credit_sdk.ports.ledger import Entry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike
    from typing import Any, TypeAlias

    Range: TypeAlias = tuple[int, int]

_BATCH = 1_000
_LEAST = 64
"""Bytes of an entry, of which its id and its moment are more than half."""
_ENTRY = (
    "INSERT INTO entries (sequence, id, at, kind, decision_id, body, crc) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_ENTRIES = "SELECT sequence, id, at, kind, decision_id, body, crc FROM entries NOT INDEXED"
_PLACE = "SELECT sequence FROM entries INDEXED BY sqlite_autoindex_entries_1 WHERE id = ?"
_TEXT = "INSERT INTO texts (digest, text, crc) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_TEXTS = "SELECT digest, text, crc FROM texts NOT INDEXED"
_DIGESTS = "SELECT digest FROM texts INDEXED BY sqlite_autoindex_texts_1 WHERE digest >= ''"
# The last place, by whom it can still be told.
_LAST = (
    "SELECT max(sequence) FROM entries INDEXED BY sqlite_autoindex_entries_1",
    "SELECT max(sequence) FROM placed",
    "SELECT CAST(value AS INTEGER) FROM notes WHERE name = 'applied'",
)
_BETWEEN = (
    "SELECT max(sequence) FROM entries INDEXED BY sqlite_autoindex_entries_1 WHERE sequence BETWEEN ? AND ?",
    "SELECT max(sequence) FROM placed WHERE sequence BETWEEN ? AND ?",
)
_GAPS = (
    "SELECT before + 1, sequence - 1 FROM (SELECT sequence, lag(sequence, 1, 0) OVER (ORDER BY sequence) AS before "
    "FROM entries) WHERE sequence - before > 1"
)
_CLOSE = "UPDATE entries SET sequence = sequence - ? WHERE sequence > ?"
_COLUMNS = (7, 3)
"""Of ``entries``, and of ``texts``."""


class Salvaged(NamedTuple):
    """What became of a damaged ledger."""

    entries: int
    """How many entries were saved."""
    lost: tuple[tuple[int, int], ...]
    """Sequences of the entries that were not: from, to."""
    texts: int
    """How many kept texts were saved."""
    lost_texts: int
    """How many were not, or are asked for by a decision and gone. One is kept anew when it is needed again."""
    aside: str | None
    """Where the damaged file is now, its pages as they were; ``None``: nothing was found wrong, and there is no other file."""
    lost_before: tuple[tuple[int, int], ...] = ()
    """Sequences of entries that an earlier repair has told of as lost."""
    foreign: int = 0
    """How many of the entries mean nothing to this version."""


def salvage(path: str | PathLike[str], *, wait: float = 5.0) -> Salvaged:
    """Put a fresh file in the place of a damaged one, with everything that can be recognised; views are made anew.

    What was lost stays known: an entry says so, and the places stay empty. Nobody else may use the ledger meanwhile. Whatever
    interrupts this leaves the damaged file where it was.

    :param wait: seconds to wait for others to let go of the file.
    :raises LedgerUnavailable: somebody uses the ledger, there is none, or there is no room for the fresh file.
    :raises LedgerDamaged: nothing in the file can be recognised.
    """
    name = os.fspath(path)
    place = os.path.realpath(name)
    fresh = f"{place}.repairing"
    with explaining(name), ExitStack() as held:
        check_not_empty(place, name)  # there must be something to repair
        # Open until the end: closing it lets go of the locks that SQLite holds on it.
        file = held.enter_context(open(place, "rb+"))  # noqa: PTH123
        damaged = _alone(place, name, wait)
        if damaged is None:
            _hold(file, name)
        else:
            held.enter_context(closing(damaged))
        log = _log(place, held)
        _remove(fresh)  # of an earlier repair that was cut short
        try:
            done, sound = _copied(damaged, (file, log), fresh, name, wait)
            if damaged is not None and not _merged(damaged):
                damaged.close()  # it would take away by its name what is another file's by then
            aside = _exchange(place, fresh, keep=not sound)
        except (sqlite3.Error, OSError) as error:
            _remove(fresh)
            if is_full(error):
                raise unavailable(name, no_room(_size(place))) from error
            raise
        except BaseException:
            _remove(fresh)
            raise
    return done._replace(aside=aside)


def _alone(place: str, name: str, wait: float) -> sqlite3.Connection | None:
    """The damaged file, which nobody else can open from now on; ``None``: SQLite does not take it for a database."""
    connection = sqlite3.connect(place, timeout=wait, isolation_level=None)
    try:
        connection.text_factory = bytes  # what is no text any more can be read, too
        # Else none is opened whose schema is damaged, or that was cut short.
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")
        if connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,):
            version(connection, name)  # one of a later version is not touched
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error) and is_damage(error):
            return None
        raise
    return connection


def _hold(file: IO[bytes], name: str) -> None:
    """Make sure that no other process has it open, by the bytes that SQLite's file format sets apart for locks."""
    try:
        import fcntl
    except ImportError:  # Windows lets nobody take away a file that is open
        return
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, 510, 0x40000002)
    except (BlockingIOError, PermissionError):
        raise unavailable(name, LOCKED) from None


def _log(place: str, held: ExitStack) -> IO[bytes] | None:
    try:
        return held.enter_context(open(f"{place}-wal", "rb"))  # noqa: PTH123
    except FileNotFoundError:
        return None


def _merged(damaged: sqlite3.Connection) -> bool:
    """Have in the damaged file itself what its log holds."""
    try:
        damaged.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error as error:
        if not _is_unreadable(error):
            raise
        return False
    return True


# ---------------------------------------------------------------------------------------------------------- filling


def _copied(
    damaged: sqlite3.Connection | None, raw: tuple[IO[bytes], IO[bytes] | None], fresh: str, name: str, wait: float
) -> tuple[Salvaged, bool]:
    """:returns: what was saved, and whether nothing was found wrong."""
    with closing(connect(fresh, name=name, wait=wait, durable=False)) as into:
        filling = _Filling(into, damaged, os.fstat(raw[0].fileno()).st_size)
        sound = damaged is not None and _is_sound(damaged)
        for statement in (_ENTRIES, _TEXTS):
            sound = filling.take(_asked(damaged, statement)) and sound
        known = told_lost(into)
        if not sound or any(not _within(known, gap) for gap in filling.gaps()):
            sound = False
            filling.take(_by_page(*raw))
        filling.settle()
        if not sound and not filling.entries:
            _refuse(damaged, name)
        known = told_lost(into)
        gaps = filling.gaps()
        lost = tuple(gap for gap in gaps if not _within(known, gap))
        if lost:
            _note(into, gaps)
        catch_up(into, nullcontext(), name)
        into.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        [foreign] = into.execute("SELECT count(*) FROM damaged WHERE what <> 'gone'").fetchone()
    before = tuple(gap for gap in gaps if _within(known, gap))
    done = Salvaged(filling.entries, lost, len(filling.texts), filling.lost_texts(), None, before, foreign)
    return done, sound


class _Filling:
    """The fresh file while it is filled."""

    def __init__(self, into: sqlite3.Connection, damaged: sqlite3.Connection | None, size: int) -> None:
        self._into = into
        self._damaged = damaged
        self._room = size // _LEAST
        """More entries the damaged file never held."""
        self.entries = 0
        self.texts: set[str] = set()
        """Digests of those that were saved."""
        self._wanted: set[str] = {one for [one] in map(_strings, _asked(damaged, _DIGESTS)) if one is not None}
        self._doubtful: list[tuple[list[int], Entry]] = []
        """Entries with the places that they may have."""
        self._closed: list[tuple[int, int]] = []
        """Places that never were: the last of them, and how many."""

    def take(self, rows: Iterator[tuple[Any, ...]]) -> bool:
        """Write the rows that are as they were written, once each.

        :returns: whether all of them are, and they came to an end of themselves.
        """
        whole = True
        while batch := list(islice(rows, _BATCH)):
            with transaction(self._into):
                for row in batch:
                    whole = row[0] is not _CUT and self._take(*row) and whole
        return whole

    def _take(self, *row: Any) -> bool:
        if len(row) == 3:
            return self._text(*row)
        found = _entry(*row[1:])
        if found is None:
            return False
        place, indexed = row[0], self._indexed(found.id)
        if indexed in (None, place) and self._put(place, found):
            return True
        if self._into.execute("SELECT 1 FROM entries WHERE id = ?", (found.id,)).fetchone():
            return True
        self._doubtful.append((sorted({place, indexed or place}), found))
        return False

    def _put(self, place: int | None, found: Entry) -> bool:
        if place is not None and place < 1:
            return False
        put = self._into.execute(_ENTRY, (place, *found, entry_crc(found))).rowcount == 1
        if put:
            self.entries += 1
            if found.kind == EntryKind.CHECKED:
                self._wanted.update(_rules(found.body))
        return put

    def _text(self, digest: Any, text: Any, crc: Any) -> bool:
        name, words = _strings((digest, text))
        if name is None or words is None or text_crc(name, words) != crc:
            return False
        self._into.execute(_TEXT, (name, words, crc))
        self.texts.add(name)
        return True

    def _indexed(self, id: str) -> int | None:
        """An entry's place by the index of ids."""
        return next((row[0] for row in _asked(self._damaged, _PLACE, (id,)) if row[0] is not _CUT), None)

    def settle(self) -> None:
        """Give every entry a place: its own if that is free, else one at the end. Places that never were are closed."""
        with transaction(self._into):
            left = [found for places, found in self._doubtful if not any(self._put(one, found) for one in places)]
            known = told_lost(self._into)
            for first, last in reversed(self._inner_gaps()):
                never = 0 if _within(known, (first, last)) else last - self._believed(first, last)
                if never:
                    self._closed.append((last, never))
                    self._into.execute(_CLOSE, (never, last))
            for found in left:
                self._put(None, found)

    def gaps(self) -> list[Range]:
        """Places that are empty, those behind the last entry with them."""
        gaps = self._inner_gaps()
        [last] = self._into.execute("SELECT coalesce(max(sequence), 0) FROM entries").fetchone()
        known = [row[0] for one in _LAST for row in _asked(self._damaged, one) if isinstance(row[0], int)]
        end = max([last, *known])
        if self._closed:
            end -= sum(number for place, number in self._closed if end > place)
        elif end > last and (upto := self._believed(last + 1, end - 1)) < end - 1:
            end = upto
        if end > last:
            gaps.append((last + 1, end))
        return gaps

    def _inner_gaps(self) -> list[Range]:
        return self._into.execute(_GAPS).fetchall()

    def _believed(self, first: int, last: int) -> int:
        """Up to which of these empty places there was an entry once: all, or as far as the damaged file knows of one."""
        if last - first < JUMP:
            return last
        for statement in _BETWEEN:
            [found] = next(_asked(self._damaged, statement, (first, last)))
            if found is not _CUT:
                found = first - 1 if found is None else found
                return last if last - found <= JUMP else found
        return last if last - first < self._room else first - 1

    def lost_texts(self) -> int:
        """How many texts were there, or are asked for by a decision, and were not saved."""
        return len(self._wanted - self.texts)


_CUT = object()
"""Stands in a row where SQLite gets no further."""


def _asked(
    damaged: sqlite3.Connection | None, statement: str, parameters: tuple[object, ...] = ()
) -> Iterator[tuple[Any, ...]]:
    """Rows as far as SQLite gets; then, if it gets no further, one of ``_CUT``."""
    if damaged is None:
        yield (_CUT,)
        return
    try:
        yield from damaged.execute(statement, parameters)
    except sqlite3.Error as error:
        if not _is_unreadable(error):
            raise
        yield (_CUT,)


def _by_page(file: IO[bytes], log: IO[bytes] | None) -> Iterator[tuple[Any, ...]]:
    """The same rows, as they lie in the file."""
    for rowid, values in _pages.rows(file, log, _COLUMNS):
        yield (rowid, *values[1:]) if len(values) == _COLUMNS[0] else values


def _is_unreadable(error: sqlite3.Error) -> bool:
    # Where the schema is damaged, SQLite knows of no such table.
    return is_damage(error) or getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR


def _is_sound(damaged: sqlite3.Connection) -> bool:
    return list(_asked(damaged, "PRAGMA integrity_check(1)")) == [(b"ok",)]


def _entry(*values: Any) -> Entry | None:
    """The entry in a row's values, if it is as it was written."""
    *words, crc = values
    id, at, kind, decision_id, body = _strings(words)
    if id is None or at is None or kind is None or body is None:
        return None
    found = Entry(id, at, kind, decision_id, body)
    return found if entry_crc(found) == crc else None


def _strings(values: Any) -> list[str | None]:
    """Values as text; ``None`` where they are none."""
    found: list[str | None] = []
    for one in values:
        text = None
        with suppress(AttributeError, ValueError):
            text = one.decode()
        found.append(text)
    return found


def _rules(body: str) -> Iterator[str]:
    """Digests of the texts that a decision needs to be made again."""
    with suppress(ValueError, AttributeError):
        rules = json.loads(body).get("rules")
        if isinstance(rules, str):
            yield rules


def _within(known: list[Range], gap: Range) -> bool:
    return any(first <= gap[0] and gap[1] <= last for first, last in known)


def _note(into: sqlite3.Connection, lost: list[Range]) -> None:
    # Behind the last place, which may be among the lost ones: so that all of them stay empty, and are known to be.
    [last] = into.execute("SELECT max(sequence) FROM entries").fetchone()
    note = entry(EntryKind.REPAIRED, datetime.now(UTC), {"lost": lost})
    into.execute(_ENTRY, (max(last, lost[-1][1]) + 1, *note, entry_crc(note)))


def _refuse(damaged: sqlite3.Connection | None, name: str) -> None:
    if damaged is not None:
        version(damaged, name)  # another kind of database
    raise LedgerDamaged(
        "里面认不出任何一条: 核对路径; 若确是台账, 请用备份恢复; 文件未作改动",
        "no entry can be recognised in it: check the path; if it is the ledger, restore it from a backup; it was not changed",
        file=name,
    )


# ------------------------------------------------------------------------------------------------------- exchanging


def _exchange(place: str, fresh: str, *, keep: bool) -> str | None:
    """Let the fresh file have the name; at every moment there is a ledger under it.

    :param keep: whether the other one is kept beside it.
    """
    old = os.stat(place)  # noqa: PTH116
    os.chmod(fresh, old.st_mode & 0o777)  # noqa: PTH101 - who could use the ledger still can
    with suppress(PermissionError, AttributeError):
        os.chown(fresh, old.st_uid, old.st_gid)
    with open(fresh, "rb+") as file:  # noqa: PTH123
        os.fsync(file.fileno())
    aside = _free_name(f"{place}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%SZ}") if keep else None
    if aside is not None:
        try:
            os.link(place, aside)
        except OSError:  # a file system without links
            os.rename(place, aside)  # noqa: PTH104
        with suppress(FileNotFoundError):  # a log that could not be merged is not the fresh file's
            os.rename(f"{place}-wal", f"{aside}-wal")  # noqa: PTH104
    _remove(place, "-wal", "-shm")
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


def _size(place: str) -> int:
    """Bytes of a ledger with its log."""
    found = 0
    for companion in ("", "-wal"):
        with suppress(FileNotFoundError):
            found += os.stat(place + companion).st_size  # noqa: PTH116
    return found


def _remove(path: str, *companions: str) -> None:
    for companion in companions or ("", "-wal", "-shm"):
        with suppress(FileNotFoundError):
            os.unlink(path + companion)  # noqa: PTH108
