"""Writing receipts and keys: whole or not at all, and never in the place of something else."""

from __future__ import annotations

import os
import uuid
from pathlib import Path


def put(path: str | Path, data: bytes) -> None:
    """Beside it first, then in its place: a reader never sees half a file. A symbolic link stays, and what it names is written.

    :raises OSError: it cannot be written; nothing was changed.
    """
    target = Path(os.path.realpath(path))
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with beside.open("xb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def put_new(path: Path, data: bytes) -> None:
    """A file for its owner alone (mode 0600), where there is none.

    :raises FileExistsError: something is there.
    :raises OSError: it cannot be written; nothing is left behind.
    """
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(data)
            opened.flush()
            os.fsync(opened.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def is_same(one: str | Path, other: str | Path) -> bool:
    """Whether two paths lead to one file, by whatever links; or would, once there is one."""
    try:
        if Path(one).samefile(other):  # hard links, and file systems that do not tell capitals from small letters
            return True
    except (OSError, ValueError):  # one of them is not there
        pass
    return os.path.realpath(one) == os.path.realpath(other)
