"""What goes wrong with a ledger's file, in words: which ledger, what is the matter, and the way out."""

from __future__ import annotations

import errno
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from credit_sdk.errors import LedgerDamaged
from credit_sdk.ledger._faults import Fault, unavailable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credit_sdk.errors import CreditError

_NO_FOLDER = Fault(
    "所在文件夹不存在: 先建好文件夹, 或换一个路径",
    "its folder does not exist: make the folder first, or name another path",
    retryable=False,
)
NO_PERMISSION = Fault(
    "没有读写权限 (台账文件及其所在文件夹都须可写): 请管理员授权, 或换一个路径; 只为查看的, 先把它连同 -wal 复制到可写的地方",
    "no permission to read and write (the file and its folder must both be writable): have it granted, or name another path; "
    "merely to look, first copy it, with its -wal, to where it can be written",
    retryable=False,
)
_NOT_OPENED = Fault(
    "台账文件或与它同名的 -wal、-shm 打不开: 检查读写权限 (文件及其所在文件夹) 和进程可打开的文件数",
    "it, or its -wal or -shm, cannot be opened: check the permissions of the file and its folder, and how many files the "
    "process may have open",
)
_NO_FILE = Fault("不是普通文件: 换一个路径", "not a regular file: name another path", retryable=False)
_FULL = Fault(
    "磁盘已满, 或超出文件大小限制: 本次什么都没有写入; 腾出空间后重试",
    "the disk is full, or a limit on file size is reached: nothing of this was written; make room, then try again",
)
LOCKED = Fault(
    "被另一个程序锁定, 等待超时: 关闭占用它的程序 (如数据库浏览器、备份) 后重试",
    "locked by another program for too long: close what holds it (a database browser, a backup), then try again",
)
_DISK = Fault(
    "磁盘读写出错: 检查磁盘后重试; 若读出的内容已损坏, 运行 credit ledger repair",
    "the disk reports an error: check it, then try again; if what is read is damaged, run `credit ledger repair`",
)
FOREIGN = Fault(
    "是别的 SQLite 数据库, 不是台账: 换一个路径, 其内容未被改动",
    "another kind of SQLite database, no ledger: name another path; nothing in it was touched",
    retryable=False,
)
NEWER = Fault(
    "由更新版本的 credit-sdk 写成: 请升级本机的 credit-sdk",
    "written by a newer credit-sdk: upgrade this one",
    retryable=False,
)
NO_WAL = Fault(
    "所在文件系统不支持 SQLite 的 WAL (如某些网络盘): 换到本机磁盘",
    "its file system does not support SQLite's WAL (some network disks do not): use a local disk",
    retryable=False,
)

_BY_ERRNO = {
    errno.ENOENT: _NO_FOLDER,
    errno.ENOTDIR: _NO_FOLDER,
    errno.EACCES: NO_PERMISSION,
    errno.EPERM: NO_PERMISSION,
    errno.EROFS: NO_PERMISSION,
    errno.EISDIR: _NO_FILE,
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: _FULL,
}
_BY_CODE = {
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR_WRITE: _FULL,  # a limit on file size (EFBIG) is told in no other way
    sqlite3.SQLITE_IOERR_TRUNCATE: _FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: _FULL,
    sqlite3.SQLITE_IOERR: _DISK,
    sqlite3.SQLITE_READONLY: NO_PERMISSION,
    sqlite3.SQLITE_PERM: NO_PERMISSION,
    sqlite3.SQLITE_AUTH: NO_PERMISSION,
    sqlite3.SQLITE_CANTOPEN: _NOT_OPENED,
}
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})


def is_damage(error: BaseException) -> bool:
    """Whether SQLite says that the file is damaged."""
    return isinstance(error, sqlite3.Error) and _code(error) & 0xFF in _DAMAGED


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether SQLite says that pages of the file are damaged."""
    return _code(error) & 0xFF == sqlite3.SQLITE_CORRUPT


def is_full(error: sqlite3.Error | OSError) -> bool:
    """Whether there is no room."""
    if isinstance(error, OSError):
        return _BY_ERRNO.get(error.errno or 0) is _FULL
    return (_BY_CODE.get(_code(error)) or _BY_CODE.get(_code(error) & 0xFF)) is _FULL


def no_room(needed: int) -> Fault:
    """The fault of a repair without room.

    :param needed: bytes that it takes beside the file.
    """
    size = f"{max(1, -(-needed // 1_000_000))} MB"
    return Fault(
        f"磁盘上放不下修复后的文件, 约需 {size}: 腾出空间后再运行; 原文件未作改动, 未写完的已删除",
        f"no room for the mended file, which takes about {size}: make room, then run it again; the ledger was not changed, and "
        "what was written of the other is removed",
    )


def orphaned(file: str) -> Fault:
    """The fault of a ledger's log that is there without the ledger.

    :param file: the ledger's name in its folder.
    """
    return Fault(
        f"{file} 不在了, 它的 {file}-wal 还在, 里面可能有最近的记录: 把 {file} 放回 {file}-wal 旁边; 确要另起一本, 先把 {file}-wal 和"
        f" {file}-shm 移到原来那本旁边 (随它改名)",
        f"{file} is gone while its {file}-wal is there, which may hold the newest entries: put {file} back beside it; to begin "
        f"another one, first move {file}-wal and {file}-shm to where the old one is now (named after it)",
        retryable=False,
    )


def is_busy(error: sqlite3.Error) -> bool:
    """Whether somebody else holds the file."""
    return _code(error) & 0xFF == sqlite3.SQLITE_BUSY


def explained(error: sqlite3.Error | OSError, name: str) -> CreditError:
    """The error to raise instead: which ledger, what is the matter, and the way out.

    :param name: the ledger's.
    """
    if isinstance(error, OSError):
        return unavailable(name, _BY_ERRNO.get(error.errno or 0, _DISK))
    code = _code(error)
    if code & 0xFF == sqlite3.SQLITE_NOTADB:
        return LedgerDamaged(
            "不是台账文件, 或文件头已损坏: 核对路径; 若确是台账, 停用各进程后运行 credit ledger repair 修复",
            "no ledger, or its header is damaged: check the path; if it is the ledger, stop what uses it, then run "
            "`credit ledger repair`",
            file=name,
        )
    if code & 0xFF == sqlite3.SQLITE_CORRUPT:
        return LedgerDamaged(
            "台账文件有损坏的页, 其余内容多半仍可读: 停用各进程后运行 credit ledger repair 修复",
            "pages of the ledger's file are damaged, most else can still be read: stop what uses it, then run "
            "`credit ledger repair`",
            file=name,
        )
    return unavailable(name, _BY_CODE.get(code) or _BY_CODE.get(code & 0xFF) or _unknown(error))


def no_way_in(name: str) -> LedgerDamaged:
    """The error for a file that SQLite cannot open: the pages that say what is where are damaged, or its end is missing.

    :param name: the ledger's.
    """
    return LedgerDamaged(
        "台账文件被截短, 或记着表结构的页已损坏, 暂时一条也读不到; 各条多半仍在文件里: 停用各进程后运行 credit ledger repair 救出",
        "the ledger's file was cut short, or the pages that say what is where in it are damaged: nothing can be read for now, while "
        "most entries are likely to be there still; stop what uses it, then run `credit ledger repair`",
        file=name,
    )


@contextmanager
def explaining(name: str) -> Iterator[None]:
    """Turn what SQLite and the file system raise into our own errors."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise explained(error, name) from error


def _code(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", None) or sqlite3.SQLITE_ERROR


def _unknown(error: sqlite3.Error) -> Fault:
    # SQLite's own words may repeat values; its code does not.
    code = getattr(error, "sqlite_errorname", None) or type(error).__name__
    return Fault(f"SQLite 报错 {code}", f"SQLite reports {code}", retryable=False)
