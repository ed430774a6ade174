"""The ledger in PostgreSQL (台账): for services that one machine no longer holds, ``pip install "credit-sdk[sql]"``.

.. code-block:: python

    from credit_sdk.ledger.sql import SqlLedger, migrate

    migrate("postgresql://credit:…@db.example.gov.cn/awards")  # once for each version; or `credit ledger migrate`
    ledger = SqlLedger("postgresql://credit:…@db.example.gov.cn/awards", service="subsidies")

The tables stand in a schema of their own, so that they share the award's database: a report that is appended through the
award's own connection commits or rolls back with the award. Workers of any number of processes deliver side by side.
"""

from __future__ import annotations

import threading
from copy import copy
from typing import TYPE_CHECKING, Any, Self, TypeVar

from credit_sdk.ledger import _postgres, _scoped
from credit_sdk.ledger._crc import entry_crc, no_text, text_crc
from credit_sdk.ledger._faults import CLOSED
from credit_sdk.ledger._postgres_faults import MIGRATE, NEWER, OtherVersionError, attempt, unavailable
from credit_sdk.ledger._views import SqlViews, claim_parameters
from credit_sdk.ledger.migrations import HEAD, KNOWN
from credit_sdk.ports.forks import renew_in_children

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType

    from sqlalchemy import Connection, Engine

    from credit_sdk.errors import LedgerUnavailable
    from credit_sdk.ports.ledger import Delivery, Entry

    T = TypeVar("T")

SCHEMA = "credit_ledger"
"""The schema of the ledger's tables, unless another one is given."""

_TRIES = 3
_HOME = "SELECT version_num, ledger, current_database() FROM {schema}.version"
_JOINED = "SELECT ledger, current_database(), current_setting('transaction_isolation') FROM {schema}.version"
_MIGRATING = threading.Lock()  # Alembic keeps the environment that runs in module variables


class SqlLedger(SqlViews):
    """A :class:`~credit_sdk.ports.ledger.LedgerStore` in PostgreSQL.

    It connects when it is first used, and again by itself when the server was away. It makes no tables: what a service may
    do to a database is its administrator's to say, see :func:`migrate`.

    :param url: ``postgresql://user:password@host/database``; further parameters of libpq (``sslmode``, ``passfile``) after
        ``?``. Nothing of it but host and database is ever shown.
    :param service: which service's ledger this is, where several share the tables: it sees, delivers and counts its own
        entries only. ``None``: it sees and delivers everybody's, as a supervisor or a delivery service does; what it
        writes itself is nobody else's.
    :param schema: the schema with the tables.
    :param timeout: seconds that one statement may take.
    :param pool_size: most connections at a time.
    :raises InvalidSettings: the address is unusable, or the extra is not installed.
    """

    def __init__(
        self, url: str, *, service: str | None = None, schema: str = SCHEMA, timeout: float = 10.0, pool_size: int = 8
    ) -> None:
        address = _postgres.parse(url)
        self._name = _postgres.shown(address)
        self._kept_by = service or ""
        self._schema = schema
        self._engine: Engine = _postgres.make_engine(address, timeout=timeout, pool_size=pool_size)
        self._home: _postgres.Home | None = None
        """Where the ledger is; ``None``: its tables are still to be looked at."""
        self._closed = False
        self._kept: set[str] = set()
        self._left_behind: list[object] = []
        self._caller: Any = None
        """Whose transaction it is seen in; ``None``: one of our own each time."""
        renew_in_children(self)

    @classmethod
    def create(cls, url: str, *, service: str | None = None, schema: str = SCHEMA, **options: Any) -> Self:
        """Migrate, then open: for tests and small installations. Parameters as for the class."""
        migrate(url, schema=schema)
        return cls(url, service=service, schema=schema, **options)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Host and database."""
        return self._name

    @property
    def kept_by(self) -> str:
        """Whose ledger this is, where several services share the tables; empty: everybody's."""
        return self._kept_by

    def __repr__(self) -> str:
        return f"<SqlLedger {self._name}{f' of {self._kept_by}' if self._kept_by else ''}>"

    # ------------------------------------------------------------------------------------------------------- writing

    def append(self, entries: Sequence[Entry], *, connection: Any = None) -> Collection[str]:
        """Write entries; durable on return.

        :param connection: a SQLAlchemy ``Connection`` or ``Session`` (also a ``scoped_session``) to the same database:
            the entries become part of its transaction, which the caller commits or rolls back. What fails here leaves
            that transaction as it was. Without entries, it is only made sure that some could be written with it.
        :returns: ids of those that were there already.
        :raises LedgerUnavailable: it cannot be written; nothing of the entries is there.
        :raises InvalidRequest: ``connection`` is something else, leads to another ledger, or its transaction is not READ
            COMMITTED; or an entry is no valid Unicode.
        """
        if not entries and connection is None:
            return ()
        from credit_sdk.ledger._postgres_views import UnfitError

        try:
            sums = [entry_crc(entry) for entry in entries]
        except UnicodeEncodeError:
            raise no_text() from None
        try:
            return self._write(entries, sums, connection)
        except UnfitError:
            pass  # what comes now is not chained to it
        return self._write(entries, sums, connection, one_by_one=True)

    def _write(
        self, entries: Sequence[Entry], sums: Sequence[int], given: Any, *, one_by_one: bool = False
    ) -> Collection[str]:
        from credit_sdk.ledger._postgres_views import write

        def writing(connection: Connection) -> Collection[str]:
            whose = {"schema": self._schema, "version": HEAD, "kept_by": self._kept_by}
            return write(connection, entries, sums, **whose, one_by_one=one_by_one)

        def joining() -> Collection[str]:
            joined = _postgres.connection_of(given)
            schema = _scoped.quoted(self._schema)
            with joined.begin_nested():
                # In the order of a migration: the entries, then the version; else each waits for the other.
                joined.execute(_spoken(f"LOCK TABLE {schema}.entries IN ROW EXCLUSIVE MODE"))
                *home, isolation = joined.execute(_spoken(_JOINED.format(schema=schema))).one()
                _postgres.check_joined(ledger, _postgres.Home(*home), isolation)
                return writing(joined) if entries else ()

        if given is None:
            return self._run(writing)
        ledger = self._check()
        return self._attempt(joining)

    def within(self, connection: Any) -> Self:
        """The ledger as it is seen in the caller's own transaction, for reading what that has written.

        :raises InvalidRequest: ``connection`` is none that can be used; as soon as something is asked.
        """
        seen = copy(self)
        seen._caller = connection  # noqa: SLF001 - a copy of our own
        return seen

    def keep(self, digest: str, text: str) -> None:
        """Keep a text that many entries refer to, under its digest; once."""
        if digest in self._kept:
            return
        statement = "INSERT INTO texts (digest, text, crc) VALUES (:digest, :text, :crc) ON CONFLICT DO NOTHING"
        try:
            values = {"digest": digest, "text": text, "crc": text_crc(digest, text)}
        except UnicodeEncodeError:
            raise no_text() from None
        self._run(lambda given: given.execute(_spoken(_scoped.change(statement, self._schema)), values))
        self._kept.add(digest)

    def claim(
        self, worker: str, now: datetime, *, lease: float, limit: int, receivers: Collection[str] | None = None
    ) -> Sequence[Delivery]:
        """Take reports that are to be sent, the oldest first, for ``lease`` seconds. Workers never wait for each other."""
        from credit_sdk.ledger._postgres_views import claim

        parameters: dict[str, Any] = claim_parameters(worker, now, lease, limit)
        more = ""
        if self._kept_by:
            more += " AND kept_by = :kept_by"
            parameters["kept_by"] = self._kept_by
        if receivers is not None:
            more += " AND receiver = ANY(:receivers)"
            parameters["receivers"] = list(receivers)
        where = {"schema": self._schema, "version": HEAD, "more": more}
        return self._claimed(self._run(lambda given: claim(given, parameters, **where)))

    def unclaim(self, worker: str) -> None:
        """Give back what ``worker`` has claimed and neither delivered, deferred nor seen refused."""
        from credit_sdk.ledger._statements import UNCLAIM

        self._run(lambda given: given.execute(_spoken(_scoped.change(UNCLAIM, self._schema)), {"worker": worker}))

    # ------------------------------------------------------------------------------------------------------- reading

    def note(self, name: str) -> str | None:
        """A value of the store's own housekeeping. Each service has its own."""
        from credit_sdk.ledger._postgres_views import own_note

        return super().note(own_note(name, self._kept_by))

    def _rows(self, statement: str, parameters: Mapping[str, object]) -> Sequence[Sequence[Any]]:
        from credit_sdk.ledger._postgres_views import without_nul

        own = bool(self._kept_by)
        asked = _scoped.question(statement, self._schema, own=own)
        values = without_nul({**parameters, **({"kept_by": self._kept_by} if ":kept_by" in asked else {})})
        return self._run(lambda given: given.execute(_spoken(asked), values).all())

    # ----------------------------------------------------------------------------------------------------- the engine

    def close(self, timeout: float = 5.0) -> None:  # noqa: ARG002 - nothing here is left to be written
        """Let go of all connections. What is under way in other threads ends first, or at its own time limit."""
        self._closed = True
        self._engine.dispose()

    def begin_anew(self) -> None:
        """In a forked child: leave the parent's connections alone, and make others."""
        self._left_behind.append(self._engine.pool)  # held, as letting go of them would close the parent's
        self._engine.dispose(close=False)

    def _run(self, work: Callable[[Connection], T]) -> T:
        """Do something in a transaction of our own; once more if the connection broke or another transaction was in the way.

        Whether the first try was committed is then unknown; what is written twice here is there once.
        """
        self._check()
        if self._caller is not None:
            return self._attempt(lambda: work(_postgres.connection_of(self._caller)))

        def running() -> T:
            with self._engine.begin() as connection:
                return work(connection)

        return self._attempt(running, tries=_TRIES)

    def _attempt(self, action: Callable[[], T], *, tries: int = 1) -> T:
        """What ``action`` returns.

        :raises LedgerUnavailable: it fails; or somebody migrated the tables since they were looked at.
        """
        try:
            return attempt(action, self._name, tries=tries)
        except OtherVersionError as error:
            version = error.version
        self._home = None
        raise self._of_another(version)

    def _check(self) -> _postgres.Home:
        """See once whether the tables are those that this code knows; and where they are."""
        if self._closed:
            raise unavailable(self._name, CLOSED)
        if self._home is not None:
            return self._home
        statement = _spoken(_HOME.format(schema=_scoped.quoted(self._schema)))

        def reading() -> Sequence[Any] | None:
            with self._engine.connect() as connection:
                return connection.execute(statement).one_or_none()

        version, *home = attempt(reading, self._name, tries=_TRIES) or (None,)
        if version != HEAD:
            raise self._of_another(version)
        self._home = _postgres.Home(*home)
        return self._home

    def _of_another(self, version: str | None) -> LedgerUnavailable:
        """The error for tables of a version that is not this code's."""
        older = version is None or version in KNOWN
        return unavailable(self._name, MIGRATE if older else NEWER)


def migrate(url: str, *, schema: str = SCHEMA, version: str = HEAD) -> None:
    """Make the ledger's tables, or bring them up to this version of the package. Does nothing if they are.

    All of it happens in one transaction; of several that migrate at once, one does and the others wait. It takes the right
    to create in the database only where the schema does not exist yet.

    :param url: as for :class:`SqlLedger`; its user is to own the tables.
    :param version: a version to stop at.
    :raises LedgerUnavailable: it cannot be done; nothing was changed.
    :raises InvalidSettings: the address is unusable, or the extra is not installed.
    """
    from credit_sdk.ledger.migrations.steps import upgrade

    with _MIGRATING:
        known, name = _as_owner(url, lambda connection: upgrade(connection, schema, version))
    if not known:
        raise unavailable(name, NEWER)


def rebuild(url: str, *, schema: str = SCHEMA) -> None:
    """Derive everything anew from the entries; whoever writes meanwhile waits. For when the views are in doubt.

    Parameters and errors as for :func:`migrate`, which does it by itself where a version asks for it.
    """
    from credit_sdk.ledger import _postgres_views

    _as_owner(url, lambda connection: _postgres_views.rebuild(connection, schema))


def _as_owner(url: str, work: Callable[[Connection], T]) -> tuple[T, str]:
    """What ``work`` gives in a transaction that may take its time, and the ledger's name."""
    address = _postgres.parse(url)
    name = _postgres.shown(address)
    engine = _postgres.make_engine(address, timeout=None, pool_size=1)

    def working() -> T:
        with engine.begin() as connection:
            return work(connection)

    try:
        return attempt(working, name), name
    finally:
        engine.dispose()


def _spoken(statement: str) -> Any:
    from credit_sdk.ledger._postgres_views import spoken

    return spoken(statement)
