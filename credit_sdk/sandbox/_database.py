"""The SQLite file: its tables, and whether a file is one of ours."""

from __future__ import annotations

import secrets
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from credit_sdk.errors import InvalidFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

_APPLICATION_ID = 0x43524453  # "CRDS"; SQLite keeps it in the file's header
_VERSION = 2

_TABLES = """
-- Facts of the database itself: its feed's name (`epoch`), whether it is seeded (`seed`).
CREATE TABLE about (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
-- The lists that queries consult; without `as_of` the keeper vouches for the list up to now.
CREATE TABLE covered (list TEXT PRIMARY KEY, as_of TEXT, history_from TEXT) WITHOUT ROWID;
-- Listings and violations, as in a JSON Lines file.
CREATE TABLE entries (
    place INTEGER PRIMARY KEY, type TEXT NOT NULL, id TEXT NOT NULL, list TEXT NOT NULL, status TEXT NOT NULL,
    coded INTEGER NOT NULL, numbered INTEGER NOT NULL, body TEXT NOT NULL, UNIQUE (type, id)
);
CREATE INDEX entries_by_shape ON entries (coded, numbered, list);
-- Under what an entry is found.
CREATE TABLE keys (key TEXT NOT NULL, place INTEGER NOT NULL, PRIMARY KEY (key, place)) WITHOUT ROWID;
-- Subjects that are known although nothing is on record.
CREATE TABLE known (code TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE changes (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, list TEXT NOT NULL,
    status TEXT, subject TEXT
);
-- Calls of the intake, with a digest of what they held, and where that stands.
CREATE TABLE reports (key TEXT PRIMARY KEY, content TEXT NOT NULL, places TEXT NOT NULL) WITHOUT ROWID;
-- `key`: the call's under which it came first; `own`: the outcome's.
CREATE TABLE outcomes (
    place INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL, own TEXT UNIQUE, received_at TEXT NOT NULL,
    body TEXT NOT NULL
);
"""


def connect(path: str | PathLike[str]) -> sqlite3.Connection:
    """Open the file, making it if there is none. One connection serves the one thread that the sandbox has.

    :raises InvalidFile: it cannot be opened, or is something else; then nothing in it is touched.
    """
    name = str(path)
    try:
        connection = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, name)
        except BaseException:
            connection.close()
            raise
    except sqlite3.Error as error:
        raise InvalidFile(
            f"数据库打不开 ({type(error).__name__}); 请换一个文件, 或删除后重来",
            f"the database cannot be opened ({type(error).__name__}); name another file, or delete it and begin anew",
            file=name,
            key="--db",
        ) from error
    return connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All of it or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def clear(connection: sqlite3.Connection) -> None:
    """Empty every table, within the caller's transaction. Cursors given out before are of another epoch from now on."""
    for table in ("about", "covered", "entries", "keys", "known", "changes", "reports", "outcomes", "sqlite_sequence"):
        connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
    connection.execute("INSERT INTO about VALUES ('epoch', ?)", (secrets.token_hex(4),))


def _prepare(connection: sqlite3.Connection, name: str) -> None:
    connection.execute("PRAGMA busy_timeout = 5000")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    ours = connection.execute("PRAGMA application_id").fetchone()[0] == _APPLICATION_ID
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if tables and not (ours and version == _VERSION):
        raise InvalidFile(
            "不是本版本沙盒的数据库; 请换一个文件名",
            "not a database of this version's sandbox; name another file",
            file=name,
            key="--db",
        )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    if not tables:
        connection.executescript(
            f"BEGIN; {_TABLES} PRAGMA application_id = {_APPLICATION_ID}; PRAGMA user_version = {_VERSION}; COMMIT;"
        )
        with transaction(connection):
            clear(connection)
