"""PostgreSQL through SQLAlchemy and psycopg: addresses, engines, and the connections of callers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.errors import InvalidRequest, InvalidSettings

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection, Engine

READ_COMMITTED = "READ COMMITTED"
_CONNECT_SECONDS = 5
_SILENCE_SECONDS = 20
_GRACE = 2.0
"""Seconds beyond a statement's own time, after which a server that said nothing is taken for frozen."""
_OF_WAITING = 0.3
"""Part of a statement's time that it may wait for a lock: whoever holds one that long is likely the caller himself."""


class Home(NamedTuple):
    """What tells one ledger from another."""

    ledger: str
    """Made up when its tables were made. A copy of the database has it, too."""
    database: str


def parse(url: str) -> URL:
    """The address of a PostgreSQL, for psycopg.

    :raises InvalidSettings: it is none; or the extra is not installed.
    """
    try:
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError
    except ImportError:
        raise _not_installed() from None
    parsed: URL | None
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError, AttributeError):  # a port that is no number, no string at all
        parsed = None
    if parsed is None or parsed.drivername not in {"postgresql", "postgresql+psycopg"} or not parsed.database:
        raise InvalidSettings(
            "台账的数据库地址应为 postgresql://用户:密码@主机/库名 (驱动为 psycopg 3)",
            "the address of the ledger's database is to be postgresql://user:password@host/database (psycopg 3)",
            key="ledger",
        )
    return parsed.set(drivername="postgresql+psycopg")


def shown(url: URL) -> str:
    """What messages call it: host and database, nothing else."""
    return f"{url.host or 'localhost'}/{url.database}"


def make_engine(url: URL, *, timeout: float | None, pool_size: int = 5) -> Engine:
    """An engine. It connects when it is first used.

    :param timeout: seconds that one statement may take; ``None``: as long as it takes.
    :raises InvalidSettings: the extra is not installed.
    """
    try:
        from sqlalchemy import create_engine, event

        engine = create_engine(
            url,
            hide_parameters=True,
            isolation_level=READ_COMMITTED,  # whatever the role's own settings say
            # Below what a caller waits for: a pool that is used up must not look like a hung database.
            pool_timeout=min(timeout or 30.0, 30.0),
            pool_size=pool_size,
            max_overflow=0,
            logging_name="credit-ledger",
            connect_args={**_limits(timeout), **({} if "connect_timeout" in url.query else _CONNECTING)},
        )
        from credit_sdk.ledger._postgres_silence import Listening
    except ImportError:
        raise _not_installed() from None

    def connect(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> Listening:
        made = Listening.connect(*arguments, **options)
        if timeout is not None:
            made.silence = timeout + _GRACE
        return made

    event.listen(engine, "do_connect", connect)
    # SQLAlchemy logs the rows that it reads when somebody sets its logger to DEBUG, hidden parameters or not.
    logging.getLogger("sqlalchemy.engine.Engine.credit-ledger").addFilter(_no_rows)
    return engine


_CONNECTING = {"connect_timeout": _CONNECT_SECONDS}


def _limits(timeout: float | None) -> dict[str, Any]:
    # The server ends a statement that takes too long; keepalives end one whose server is gone without a word. A commit is
    # durable when it returns, whatever the role's own settings say.
    limits: dict[str, Any] = {
        "application_name": "credit-ledger",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": _SILENCE_SECONDS * 1000,
    }
    if timeout is not None:
        milliseconds = max(1, round(timeout * 1000))
        limits["options"] = " ".join(
            (
                "-c synchronous_commit=on",
                f"-c statement_timeout={milliseconds}",
                f"-c lock_timeout={max(1, round(milliseconds * _OF_WAITING))}",
                f"-c idle_in_transaction_session_timeout={milliseconds * 3}",
            )
        )
    return limits


def _no_rows(record: logging.LogRecord) -> bool:
    return record.levelno > logging.DEBUG


def _not_installed() -> InvalidSettings:
    return InvalidSettings(
        'PostgreSQL 台账需要另行安装: pip install "credit-sdk[sql]"',
        'a ledger in PostgreSQL needs an extra: pip install "credit-sdk[sql]"',
        key="ledger",
    )


def connection_of(given: Any) -> Connection:
    """The connection of a caller's ``Connection``, ``Session`` or ``scoped_session``.

    :raises InvalidRequest: it is none of them, or leads to something else than PostgreSQL.
    """
    from sqlalchemy import Connection
    from sqlalchemy.exc import UnboundExecutionError
    from sqlalchemy.orm import Session, scoped_session

    if isinstance(given, scoped_session):
        given = given()
    if isinstance(given, Session):
        try:
            given = given.connection()
        except UnboundExecutionError:
            given = None
    if isinstance(given, Connection) and given.dialect.name == "postgresql":
        return given
    raise InvalidRequest(
        "connection 应为 SQLAlchemy 的 Connection 或 Session, 且连到台账所在的 PostgreSQL 数据库; "
        "AsyncSession 请在 run_sync 里传入同步的那一个",
        "connection is to be a SQLAlchemy Connection or Session to the PostgreSQL database with the ledger; "
        "of an AsyncSession, the one that run_sync gives",
        key="connection",
    )


def check_joined(ledger: Home, joined: Home, isolation: str) -> None:
    """Refuse a transaction in which the views could not be kept up, or that is another database's.

    :param ledger: where the ledger is.
    :param joined: where the caller's connection leads.
    :param isolation: his transaction's ``transaction_isolation``.
    :raises InvalidRequest: it is one of these; says the way out.
    """
    if joined != ledger:
        raise InvalidRequest(
            "connection 连到的是另一个数据库的台账: 请给连到本台账所在数据库的连接",
            "connection leads to the ledger of another database: give one to the database with this ledger",
            key="connection",
        )
    # With a snapshot of its own, it would change rows as they were before others' last word on them.
    if isolation.upper() not in {READ_COMMITTED, "READ UNCOMMITTED"}:  # to PostgreSQL the two are one
        raise InvalidRequest(
            f"connection 的事务隔离级别为 {isolation.upper()}, 台账只能加入 READ COMMITTED 的事务: "
            '请用 execution_options(isolation_level="READ COMMITTED") 开始它, 或提交之后再报 (不给 connection)',
            f"connection's transaction is {isolation.upper()}, and a ledger takes part in READ COMMITTED ones only: "
            'begin it with execution_options(isolation_level="READ COMMITTED"), or report after the commit, without connection',
            key="connection",
        )
