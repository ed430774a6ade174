"""What goes wrong with PostgreSQL, in words that give nothing away.

Whatever PostgreSQL, psycopg or SQLAlchemy say of an error may show the password, the address or a row's values (names of
firms!). None of it is repeated or chained: the five characters of SQLSTATE tell an administrator what happened, and the
server's own log tells him the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from credit_sdk.ledger import _faults
from credit_sdk.ledger._faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from credit_sdk.errors import LedgerUnavailable

T = TypeVar("T")


MIGRATE = Fault(
    "数据库里没有台账的表, 或版本较旧: 先运行 credit ledger migrate",
    "the database has no ledger tables, or older ones: run `credit ledger migrate` first",
    retryable=False,
)
NEWER = Fault(
    "台账的表由更新版本的 credit-sdk 建立: 请升级本机的 credit-sdk",
    "the ledger's tables were made by a newer credit-sdk: upgrade this one",
    retryable=False,
)
OUT_OF_REACH = Fault(
    "数据库连接不上或连接已断开: 检查地址、网络和数据库服务; 恢复后会自动重连",
    "the database cannot be reached, or the connection broke: check the address, the network and the server; "
    "connections are made anew by themselves",
)
BUSY = Fault(
    "连接池里没有空闲连接: 稍后重试, 或调大 pool_size",
    "no connection of the pool is free: try again, or give a larger pool_size",
)
_CREDENTIALS = Fault(
    "数据库不接受用户名或密码: 检查地址中的凭据",
    "the database does not accept the user or the password: check the credentials in the address",
    retryable=False,
)
_NO_DATABASE = Fault(
    "没有这个数据库: 检查地址, 或先建库 (CREATE DATABASE)",
    "there is no such database: check the address, or create it first",
    retryable=False,
)
_PARAMETERS = Fault(
    "数据库地址 ? 之后的参数有误, 或所指的证书文件不可用: 检查 sslmode、sslrootcert、options 等",
    "a parameter after the ? of the database's address is wrong, or a certificate it names cannot be used: check sslmode, "
    "sslrootcert, options and the like",
    retryable=False,
)
_TOO_MANY = Fault("数据库连接数已满: 稍后重试", "the database has too many connections: try again later")
_OVER = Fault(
    "所在事务已失败或已结束: 先回滚, 再重新开始",
    "the transaction had failed before, or is over: roll it back, and begin another",
    retryable=False,
)
_UNSUITABLE = Fault(
    "数据库不接受条目的内容: 请查看数据库服务器的日志",
    "the database does not take an entry as it is: see the database server's log",
    retryable=False,
)
_FAULTS: tuple[tuple[str, Fault], ...] = (
    ("42P01", MIGRATE),  # undefined_table
    ("42703", MIGRATE),  # undefined_column
    ("3F", MIGRATE),  # invalid_schema_name
    ("3D", _NO_DATABASE),
    ("28", _CREDENTIALS),
    (
        "42501",
        Fault(
            "权限不足: 请管理员授予台账模式 (schema) 及其中各表的使用权",
            "privileges are missing: have the administrator grant usage of the ledger's schema and its tables",
            retryable=False,
        ),
    ),
    (
        "25006",
        Fault(
            "数据库只读 (可能是备库): 把地址改为主库",
            "the database is read-only (a standby, perhaps): use the primary's address",
        ),
    ),
    (
        "53100",
        Fault("数据库服务器磁盘已满: 清理后重试", "the database server's disk is full: make room, then try again"),
    ),
    ("53300", _TOO_MANY),
    (
        "57014",
        Fault(
            "超过限时, 已取消: 数据库繁忙或有锁未放, 稍后重试",
            "cancelled at the time limit: the database is busy, or a lock is held; try again later",
        ),
    ),
    (
        "55P03",
        Fault(
            "等锁超时: 另一个未提交的事务正占着同一事项 (可能就是您自己的: 同一事务里先 confirm, 后 report); 等它提交后重试",
            "a lock was not given in time: another transaction, not committed yet, holds the same matter (your own, perhaps: "
            "within one transaction confirm first, then report); try again when it has committed",
        ),
    ),
    ("40", Fault("与另一个事务冲突: 请重试", "in conflict with another transaction: try again")),
    (
        "25P01",
        Fault(
            "所给连接逐句自动提交 (autocommit): 请给一个有事务的连接",
            "the connection given commits by itself (autocommit): give one with a transaction",
            retryable=False,
        ),
    ),
    ("25P02", _OVER),
    ("22", _UNSUITABLE),
    ("23", _UNSUITABLE),
    ("57P", OUT_OF_REACH),  # shut down, crashed, starting up
    ("08", OUT_OF_REACH),
)
# A server that refuses a client tells why before there is a session, in words only.
_REFUSALS: tuple[tuple[str, Fault], ...] = (
    ("authentication", _CREDENTIALS),
    ("no pg_hba.conf", _CREDENTIALS),
    ('role "', _CREDENTIALS),
    ("certificate", _PARAMETERS),  # before "does not exist", which a file may do, too
    ("does not support SSL", _PARAMETERS),
    ("invalid ", _PARAMETERS),
    ("bad value", _PARAMETERS),
    ("unrecognized configuration parameter", _PARAMETERS),
    ("does not exist", _NO_DATABASE),
    ("too many clients", _TOO_MANY),
    ("connection slots", _TOO_MANY),
)
_ELSE = Fault("数据库报错: 请查看数据库服务器的日志", "the database reports an error: see the database server's log")


class OtherVersionError(Exception):
    """The tables are not, or not any more, of the version that this code knows."""

    def __init__(self, version: str | None) -> None:
        super().__init__(version)
        self.version = version


def attempt(action: Callable[[], T], name: str, *, tries: int = 1) -> T:
    """What ``action`` returns.

    :param name: what messages call the ledger.
    :param tries: how often it is tried, if a fresh connection or another moment may do.
    :raises LedgerUnavailable: it fails.
    """
    from sqlalchemy.exc import SQLAlchemyError

    while True:
        tries -= 1
        try:
            return action()
        except SQLAlchemyError as error:
            again = tries > 0 and _passing(error)
            failed = unavailable(name, error)
        if not again:
            raise failed  # outside of the handler: the driver's words, with a row's values in them, are not chained


def unavailable(name: str, error: Fault | BaseException) -> LedgerUnavailable:
    """The error to raise: the ledger, the fault, the way out. Raise it outside the ``except``, so that nothing is chained.

    :param name: the ledger's.
    :param error: what went wrong, or what SQLAlchemy raised.
    """
    state: str | None = None
    if not isinstance(error, Fault):
        state, error = _read(error)
    return _faults.unavailable(name, error, f" [SQLSTATE {state}]" if state else "")


def _read(error: BaseException) -> tuple[str | None, Fault]:
    from sqlalchemy.exc import DBAPIError, InvalidRequestError
    from sqlalchemy.exc import TimeoutError as PoolTimeout

    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if isinstance(state, str):
        return state, next((fault for start, fault in _FAULTS if state.startswith(start)), _ELSE)
    if isinstance(error, PoolTimeout):
        return None, BUSY
    if isinstance(error, InvalidRequestError):
        return None, _OVER
    if isinstance(error, DBAPIError):
        words = str(error.orig)
        return None, next((fault for word, fault in _REFUSALS if word in words), OUT_OF_REACH)
    return None, _ELSE


def _passing(error: BaseException) -> bool:
    """Whether the same may succeed at once: on another connection, or now that another transaction is over."""
    state = getattr(getattr(error, "orig", None), "sqlstate", None) or ""
    return bool(getattr(error, "connection_invalidated", False)) or state in {"40001", "40P01"}


def unfit(error: BaseException) -> bool:
    """Whether a value was of the wrong kind: null, no text, no number, nothing that PostgreSQL knows."""
    from sqlalchemy.exc import ProgrammingError

    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    if state is None:
        return isinstance(error, ProgrammingError)  # psycopg could not even say it
    return str(state).startswith(("22", "23")) or state == "42804"
