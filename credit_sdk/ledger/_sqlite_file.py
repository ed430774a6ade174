"""The ledger's file: made, opened, and brought up to this version."""

from __future__ import annotations

import errno
import os
import secrets
import sqlite3
import stat
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import quote

from credit_sdk.errors import LedgerDamaged
from credit_sdk.ledger import _schema
from credit_sdk.ledger._faults import CLOSED, unavailable
from credit_sdk.ledger._sqlite_faults import (
    FOREIGN,
    NEWER,
    NO_PERMISSION,
    NO_WAL,
    is_busy,
    is_corrupt,
    no_way_in,
    orphaned,
)
from credit_sdk.ports.log import LOGGER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

APPLICATION_ID = 0x4352444C  # "CRDL"; SQLite keeps it in the file's header
_CACHE_KIB = 65_536


class Handle:
    """One connection to the ledger's file, opened when it is first asked for. For one thread at a time.

    :param path: the file, absolute.
    :param name: what messages call it.
    :param wait: seconds to wait for other processes' locks.
    :param durable: see :func:`connect`.
    """

    def __init__(self, path: str, name: str, *, wait: float, durable: bool) -> None:
        self._path = path
        self._name = name
        self._wait = wait
        self._durable = durable
        self._connection: sqlite3.Connection | None = None
        self._file = (0, 0)
        self._fixed = False
        """Whether it is read as it lies there, see :func:`connect_fixed`."""
        self._over = False

    def connection(self) -> sqlite3.Connection:
        """The connection.

        :raises sqlite3.Error: as :func:`connect`.
        """
        if self._over:
            raise unavailable(self._name, CLOSED)
        while self._connection is None:
            _make(self._path, self._name)
            self._file = _identity(self._path)
            self._fixed = False
            try:
                self._connection = connect(self._path, name=self._name, wait=self._wait, durable=self._durable)
            except sqlite3.OperationalError as error:
                if is_busy(error) or _may_be_written(self._path):
                    raise
                if self._durable:
                    raise unavailable(self._name, NO_PERMISSION) from error
                self._connection, self._fixed = connect_fixed(self._path, name=self._name), True
            self.still_there()  # while it waited, the file may have been exchanged
        return self._connection

    def still_there(self) -> bool:
        """Whether the connection is to the file that now bears the name; if not, it is closed.

        A file is put aside when it is repaired, or by somebody who moves or deletes it.
        """
        try:
            if _identity(self._path) == self._file and not (self._fixed and _has_log(self._path)):
                return True
        except FileNotFoundError:
            _tell_gone(self._file, self._name)
        self.close()
        return False

    def close(self) -> None:
        """Let go of the file."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def end(self) -> None:
        """Let go of the file for good."""
        self._over = True
        self.close()

    def abandon(self) -> None:
        """Forget a connection that a parent process was using when this one was forked: not to be used, nor closed."""
        if self._connection is not None:
            _ABANDONED.append(self._connection)
            self._connection = None


_ABANDONED: list[sqlite3.Connection] = []


def _identity(path: str) -> tuple[int, int]:
    found = os.stat(path)  # noqa: PTH116 - as quick as it gets, with every commit
    return found.st_dev, found.st_ino


def _may_be_written(path: str) -> bool:
    return all(os.access(one, os.W_OK) for one in (path, os.path.dirname(path)))  # noqa: PTH120


def _has_log(path: str) -> bool:
    return os.path.lexists(f"{os.path.realpath(path)}-wal")


_GONE_TOLD: set[tuple[int, int]] = set()


def _tell_gone(file: tuple[int, int], name: str) -> None:
    """Say in the log, once, that an open ledger is there no more: what is written from now on is in another file."""
    if file not in _GONE_TOLD:
        _GONE_TOLD.add(file)
        LOGGER.error(
            "正在使用的台账文件被移走或删除: %s; 之前的记录在原文件里, 请把它 (连同 -wal) 放回或另存 | the ledger's file was moved or"
            " deleted while it was in use: %s; what was kept before is in that file, put it back or keep it (with its -wal)",
            name,
            name,
        )


def connect_fixed(path: str, *, name: str) -> sqlite3.Connection:
    """Open a ledger that cannot be written, as it lies there: on a read-only medium, or without the right.

    :raises LedgerUnavailable: that will not do: its newest entries are in a log, or it is of another version.
    :raises sqlite3.Error: it cannot be opened.
    """
    if _has_log(path):  # what is in it would be passed over
        raise unavailable(name, NO_PERMISSION)
    connection = sqlite3.connect(
        f"file:{quote(path)}?immutable=1", uri=True, isolation_level=None, check_same_thread=False
    )
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        if version(connection, name) != len(MIGRATIONS):
            raise unavailable(name, NO_PERMISSION)  # noqa: TRY301 - as bad as one that cannot be opened
    except BaseException:
        connection.close()
        raise
    return connection


def connect(path: str, *, name: str, wait: float, durable: bool) -> sqlite3.Connection:
    """Open the ledger in ``path``, making it if there is none, and bring it up to this version.

    :param name: what messages call it.
    :param wait: seconds to wait for other processes' locks.
    :param durable: whether a commit is on the disk when it returns. What can be derived anew need not be: it is written
        to the same log, in order, and so never overtakes what it is derived from.
    :raises sqlite3.Error: it cannot be opened; likewise :class:`OSError`, :class:`~credit_sdk.errors.LedgerUnavailable`.
    """
    _make(path, name)
    connection = sqlite3.connect(
        path, timeout=wait, isolation_level=None, check_same_thread=False, cached_statements=256
    )
    try:
        _enter(connection, name, wait)
        if durable:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA cell_size_check = ON")  # notices a damaged page before it is written on
        else:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")  # statistics go through a year's decisions
            connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


def _make(path: str, name: str) -> None:
    """A ledger's beginning that only its owner may read; SQLite gives its companions (``-wal``, ``-shm``) the same rights.

    None is begun where a log (``-wal``) of another still stands, which would be taken for its own. It is made beside its place, and then given the name: nobody ever sees an empty file that would become a ledger. So one
    that is empty was cut short, or was made by somebody else.
    """
    try:
        check_not_empty(path, name)
    except FileNotFoundError:
        if _has_log(path) and not os.path.lexists(path):  # in this order: another process may be making it
            raise unavailable(name, orphaned(os.path.basename(path))) from None  # noqa: PTH119
        _begin(path)
    else:
        _look_at_rights(path)


def _begin(path: str) -> None:
    beside = f"{path}-new{secrets.token_hex(3)}"
    os.close(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    try:
        connection = sqlite3.connect(beside, isolation_level=None)
        try:
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        finally:
            connection.close()
        try:
            _give_name(beside, path)
        except FileExistsError:  # another process was faster; or it is a link to nowhere, which this does not follow
            os.stat(path)  # noqa: PTH116
    finally:
        with suppress(FileNotFoundError):
            os.unlink(beside)  # noqa: PTH108
    sync_folder(path)


def _give_name(beside: str, path: str) -> None:
    """Never in the place of a file that is there."""
    try:
        os.link(beside, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, "there") from None
        os.rename(beside, path)  # noqa: PTH104


def check_not_empty(path: str, name: str) -> None:
    """Refuse what is no regular file, or has nothing in it.

    A file that is there is not opened here: closing it would let go of the locks that SQLite holds on it.

    :param name: what messages call it.
    :raises OSError: there is none, or it is no regular file.
    :raises LedgerDamaged: it is empty.
    """
    found = os.stat(path)  # noqa: PTH116
    if not stat.S_ISREG(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, "no file")
    if found.st_size == 0:
        raise LedgerDamaged(
            "是空文件, 不是台账 (可能被截断, 或事先建好): 用备份恢复; 若本来就没有台账, 删除它后重新开始",
            "an empty file, not a ledger (cut short, or made beforehand): restore it from a backup, or delete it to begin anew",
            file=name,
        )


_RIGHTS_TOLD: set[str] = set()


def _look_at_rights(path: str) -> None:
    """Say in the log, once, that others may read it: a ledger names firms. Whether that is meant is its owner's to say."""
    if os.name == "nt" or path in _RIGHTS_TOLD:
        return
    mode = stat.S_IMODE(os.stat(path).st_mode)  # noqa: PTH116
    if mode & 0o077:
        _RIGHTS_TOLD.add(path)
        LOGGER.warning(
            "台账文件的权限为 %03o, 其他用户可访问; 若非有意, 请收紧为 600 | the ledger's file has mode %03o, so that other users"
            " have access; unless that is meant, make it 600",
            mode,
            mode,
        )


def sync_folder(path: str) -> None:
    """Have the folder's entry for ``path`` on the disk, where folders can be synchronised."""
    if os.name == "nt":
        return
    folder = os.open(os.path.dirname(path) or ".", os.O_RDONLY)  # noqa: PTH120 - as text, as SQLite wants it
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


# ------------------------------------------------------------------------------------------------------- versions


def _make_everything(connection: sqlite3.Connection) -> None:
    for statement in (*_schema.facts(_schema.SQLITE), *_schema.views(_schema.SQLITE)):
        connection.execute(statement)


def rebuild_views(connection: sqlite3.Connection) -> None:
    """Make the views anew, empty: the next reader fills them. Within the caller's transaction."""
    for statement in (*_schema.without_views(), *_schema.views(_schema.SQLITE)):
        connection.execute(statement)


MIGRATIONS: Sequence[Callable[[sqlite3.Connection], None]] = (_make_everything, rebuild_views)
"""The step from version n to n + 1 stands in place n. Facts are carried over; views that change are made anew."""


def _enter(connection: sqlite3.Connection, name: str, wait: float) -> None:
    try:
        _prepare(connection, name, wait)
    except sqlite3.DatabaseError as error:
        if is_corrupt(error):
            raise no_way_in(name) from error
        raise


def _prepare(connection: sqlite3.Connection, name: str, wait: float) -> None:
    connection.execute("PRAGMA trusted_schema = OFF")
    known = version(connection, name)
    if connection.execute("PRAGMA journal_mode").fetchone() != ("wal",):
        _write_ahead(connection, name, wait)
    if known == len(MIGRATIONS):
        return
    with transaction(connection):
        # Another process may have been faster; steps are done once, all of them or none.
        for step in MIGRATIONS[version(connection, name) :]:
            step(connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def version(connection: sqlite3.Connection, name: str) -> int:
    """The version of the file's tables; 0: it is empty.

    :raises LedgerUnavailable: it is no ledger, or one of a version that is not known here.
    """
    [found] = connection.execute("PRAGMA user_version").fetchone()
    [application] = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        [tables] = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if tables or application or found:
            raise unavailable(name, FOREIGN)
    if found > len(MIGRATIONS):
        raise unavailable(name, NEWER)
    return int(found)


def _write_ahead(connection: sqlite3.Connection, name: str, wait: float) -> None:
    # Unlike other statements, this one does not wait for locks by itself.
    until = time.monotonic() + wait
    while True:
        try:
            [mode] = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
            continue
        if mode != "wal":
            raise unavailable(name, NO_WAL)
        return


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All of it or nothing; the lock on writing is taken at once."""
    try:
        connection.execute("BEGIN IMMEDIATE")  # within, as a signal's exception may come as soon as it has returned
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors have ended it already
            connection.execute("ROLLBACK")
        raise
