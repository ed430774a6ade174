"""A ledger in one SQLite file, for the processes of one machine."""

from __future__ import annotations

import os
import threading
import time
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn, Self, TypeVar

from credit_sdk.errors import InvalidRequest, InvalidSettings
from credit_sdk.ledger import _statements as sql
from credit_sdk.ledger._catch_up import catch_up
from credit_sdk.ledger._crc import entry_crc, no_text, text_crc
from credit_sdk.ledger._faults import CLOSED, unavailable
from credit_sdk.ledger._group_commit import GroupCommit
from credit_sdk.ledger._sqlite_faults import explaining
from credit_sdk.ledger._sqlite_file import Handle, transaction
from credit_sdk.ledger._views import SqlViews, claim_parameters, claim_statement
from credit_sdk.ports.forks import pause_while_forking, renew_in_children

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from os import PathLike
    from types import TracebackType

    from credit_sdk.ledger._views import Row
    from credit_sdk.ports.ledger import Delivery, Entry

T = TypeVar("T")

_ENTRY = "INSERT INTO entries (id, at, kind, decision_id, body, crc) VALUES "
_UNLESS_THERE = " ON CONFLICT (id) DO NOTHING"
_VALUES = "(?, ?, ?, ?, ?, ?)"
_AT_ONCE = 64  # rows of one statement; every number of them is a statement of its own to prepare
_KEEP = (
    "INSERT INTO texts (digest, text, crc) VALUES (?, ?, ?) ON CONFLICT (digest) "
    # One that was damaged since is mended.
    "DO UPDATE SET text = excluded.text, crc = excluded.crc WHERE texts.text <> excluded.text OR texts.crc <> excluded.crc"
)
_FACTS = frozenset({sql.ENTRY, sql.ENTRIES, sql.TEXT})
_PATIENCE_AT_FORK = 10.0


class _Brought:
    """What one caller has to be written."""

    __slots__ = ("rows", "there")

    def __init__(self, rows: Sequence[tuple[object, ...]]) -> None:
        self.rows = rows
        self.there: frozenset[str] = frozenset()
        """Ids of those that were in the file before."""


class SqliteLedger(SqlViews):
    """A :class:`~credit_sdk.ports.ledger.LedgerStore` in one file, opened on first use and per process.

    Threads share their commits: the more of them write at once, the less each commit costs.

    :param path: the file; it is made if there is none, for its owner alone. Its folder must be there.
    :param busy_timeout: seconds to wait for another process that holds the file.
    :raises InvalidSettings: ``path`` names no file.
    """

    _reading: threading.Lock
    _writing: threading.Lock
    """Taken after ``_reading``, by whoever takes both."""
    _paused: list[threading.Lock]
    _commits: GroupCommit[_Brought]
    _kept: set[str]
    """Digests of texts that are in the file, by this process's knowledge."""

    def __init__(self, path: str | PathLike[str], *, busy_timeout: float = 5.0) -> None:
        name = os.fspath(path)
        check_path(name)
        self._name = name
        self._path = os.path.abspath(name)  # noqa: PTH100 - the folder may change later; links stay as they are
        self._closed = False
        self._facts = Handle(self._path, name, wait=busy_timeout, durable=True)
        """Writes what happened; for whoever holds ``_writing``."""
        self._derived = Handle(self._path, name, wait=busy_timeout, durable=False)
        """Reads, and writes what follows from the facts; for whoever holds ``_reading``."""
        self._set_up()
        renew_in_children(self)
        pause_while_forking(self)

    def __repr__(self) -> str:
        return f"SqliteLedger({self._name!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The path, as it was given."""
        return self._name

    # ------------------------------------------------------------------------------------------------------ writing

    def append(self, entries: Sequence[Entry], *, connection: Any = None) -> Collection[str]:
        """Write entries; durable on return.

        :returns: ids of those that were there already.
        :raises InvalidRequest: ``connection`` is given: a file of its own takes part in nobody's transaction.
        """
        if self._closed:
            raise unavailable(self._name, CLOSED)
        if connection is not None:
            self.within(connection)
        try:
            rows = [(*entry, entry_crc(entry)) for entry in entries]
        except UnicodeEncodeError:
            raise no_text() from None
        brought = _Brought(rows)
        if rows:
            self._commits.put(brought)
        return brought.there

    def within(self, connection: Any) -> NoReturn:  # noqa: ARG002 - the port has it
        """Refuse: a file of its own takes part in nobody's transaction.

        :raises InvalidRequest: always.
        """
        raise InvalidRequest(
            "SQLite 台账不能加入调用方的事务; 需要同一事务时请用 PostgreSQL 台账",
            "a ledger in SQLite cannot join the caller's transaction; use one in PostgreSQL for that",
            key="connection",
        )

    def keep(self, digest: str, text: str) -> None:
        """Keep a text under its digest; once."""
        if digest in self._kept:
            return
        try:
            row = (digest, text, text_crc(digest, text))
        except UnicodeEncodeError:
            raise no_text() from None
        with self._writing, explaining(self._name):
            self._until_there(lambda connection: connection.execute(_KEEP, row))
            self._kept.add(digest)

    def _write(self, batch: Sequence[_Brought]) -> None:
        rows = list(chain.from_iterable([one.rows for one in batch]))
        with self._writing, explaining(self._name):
            there = self._until_there(lambda connection: _insert(connection, rows))
        if there:
            for one in batch:
                one.there = there.intersection([row[0] for row in one.rows])

    def _until_there(self, write: Callable[[sqlite3.Connection], T]) -> T:
        while True:
            written = write(self._facts.connection())
            # Else the file was put aside (repaired, or moved) while this was being written to it: write to its successor
            # too. What is there already is not written again.
            if self._facts.still_there():
                return written
            self._kept.clear()

    # ------------------------------------------------------------------------------------------------------- claims

    def claim(
        self, worker: str, now: datetime, *, lease: float, limit: int, receivers: Collection[str] | None = None
    ) -> Sequence[Delivery]:
        """Take reports that are to be sent, the oldest first, for ``lease`` seconds."""
        statement, among = claim_statement(receivers)
        parameters = {**claim_parameters(worker, now, lease, limit), **among}
        return self._claimed(key for (key,) in self._derive(statement, parameters))

    def unclaim(self, worker: str) -> None:
        """Give back what ``worker`` has claimed."""
        self._derive(sql.UNCLAIM, {"worker": worker})

    # ------------------------------------------------------------------------------------------------------ reading

    def _rows(self, statement: str, parameters: Mapping[str, object]) -> Sequence[Row]:
        with self._reading, explaining(self._name):
            connection = self._caught_up(statement not in _FACTS)
            return connection.execute(statement, parameters).fetchall()

    def _derive(self, statement: str, parameters: Mapping[str, object]) -> Sequence[Row]:
        with self._reading, explaining(self._name):
            connection = self._caught_up()
            with self._writing:
                return connection.execute(statement, parameters).fetchall()

    def _caught_up(self, views: bool = True) -> sqlite3.Connection:
        connection = self._derived.connection()
        if not self._derived.still_there():
            connection = self._derived.connection()
        if views:
            catch_up(connection, self._writing, self._name)
        return connection

    # ------------------------------------------------------------------------------------------ opening and closing

    def close(self, timeout: float = 5.0) -> None:
        """Finish what is being written, and let go. May be called twice.

        :param timeout: seconds to wait for it; whatever is still being written then is finished or not, never half.
        """
        self._closed = True
        until = time.monotonic() + timeout
        self._commits.idle(timeout)
        for lock, handle in ((self._writing, self._facts), (self._reading, self._derived)):
            if _take(lock, until):
                handle.end()
                lock.release()

    # -------------------------------------------------------------------------------------------------------- forks

    def before_fork(self) -> None:
        """Put the file down: SQLite's connections and locks do not survive a fork."""
        until = time.monotonic() + _PATIENCE_AT_FORK
        taken = [lock for lock in (self._reading, self._writing) if _take(lock, until)]
        if len(taken) == 2:
            self._facts.close()
            self._derived.close()
        self._paused = taken

    def after_fork(self) -> None:
        """Go on, in the parent."""
        while self._paused:
            self._paused.pop().release()

    def begin_anew(self) -> None:
        """In a child: new locks, no connections, and nobody waiting; those who were are the parent's."""
        for handle in (self._facts, self._derived):  # still open if they were in use all the time before the fork
            handle.abandon()
        self._set_up()

    def _set_up(self) -> None:
        self._reading = threading.Lock()
        self._writing = threading.Lock()
        self._paused = []
        self._kept = set()
        self._commits = GroupCommit(self._write)


def check_path(path: str) -> None:
    """Refuse what can never be a ledger's file.

    :raises InvalidSettings: it is no path, or what is there is a folder or a device.
    """
    if not path.strip() or path.startswith((":memory:", "file:")):
        raise InvalidSettings(
            "台账须是磁盘上的文件 (内存中的台账断电即失): 请给出文件路径",
            "a ledger is to be a file on a disk (one in memory would be lost): give a path",
            key="ledger",
        )
    # What cannot be looked at now is the first use's business.
    if os.path.exists(path) and not os.path.isfile(path):  # noqa: PTH110, PTH113
        raise InvalidSettings(
            "台账须是普通文件, 这里是文件夹或设备: 换一个路径",
            "a ledger is a regular file, and this is a folder or a device: name another path",
            file=path,
            key="ledger",
        )


def _take(lock: threading.Lock, until: float) -> bool:
    return lock.acquire(timeout=max(0.0, until - time.monotonic()))


def _insert(connection: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> frozenset[str]:
    """Write rows in one transaction.

    :returns: ids of those that were there before.
    """
    if len(rows) <= _AT_ONCE:
        # One step of one statement, commit included: SQLite lets other threads run at every step.
        written = connection.execute(_statement(len(rows)), tuple(chain.from_iterable(rows))).rowcount
    else:
        written = 0
        with transaction(connection):
            for start in range(0, len(rows), _AT_ONCE):
                part = rows[start : start + _AT_ONCE]
                written += connection.execute(_statement(len(part)), tuple(chain.from_iterable(part))).rowcount
    return frozenset() if written == len(rows) else _there_before(connection, [row[0] for row in rows], written)


def _there_before(connection: sqlite3.Connection, ids: Sequence[object], written: int) -> frozenset[str]:
    """Which of the entries were there before the last transaction, which wrote so many of them."""
    found: list[tuple[str, int]] = []
    for start in range(0, len(ids), _AT_ONCE):
        part = ids[start : start + _AT_ONCE]
        places = ", ".join("?" * len(part))
        found += connection.execute(f"SELECT id, sequence FROM entries WHERE id IN ({places})", part)  # noqa: S608
    # One transaction's entries are numbered one after the other.
    first = connection.execute("SELECT last_insert_rowid() + 1 - ?", (written,)).fetchone()[0]
    return frozenset(id for id, sequence in found if not written or sequence < first)


def _statement(rows: int) -> str:
    return f"{_ENTRY}{', '.join([_VALUES] * rows)}{_UNLESS_THERE}"
