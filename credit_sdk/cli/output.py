"""Where a run writes: standard output and standard error, and what becomes of a run whose output cannot be written.

A pipe whose reader has left, or an output that was closed from the start, ends the run quietly. A full disk is an error: half a
decision must not pass for one. Rich would end the program by itself on a broken pipe, with an exit code that means something
else here; hence errors of its own.
"""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import TextIO

GONE = {errno.EPIPE, errno.EBADF, *((errno.EINVAL,) if sys.platform == "win32" else ())}
"""By which the system says that nobody reads; on Windows a broken pipe is an invalid argument."""
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""By which the system says that a disk is full."""


class OutputGoneError(Exception):
    """Nobody reads what is written: the pipe is broken, or the output closed."""


class OutputFailedError(Exception):
    """It cannot be written for another reason.

    :param error: the system's.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.no_room = error.errno in NO_ROOM
        self.reason = error.strerror or type(error).__name__


def lost(error: OSError) -> OutputGoneError | OutputFailedError:
    """What it means for a run that its output met ``error``."""
    return OutputGoneError() if error.errno in GONE else OutputFailedError(error)


class Output:
    """A text stream that fails with the errors above.

    :param stream: as Python gives it; ``None`` where the shell closed it.
    :param careless: whether what cannot be written is dropped instead: for standard error, whose reader hears of no failure.
    """

    def __init__(self, stream: TextIO | None, *, careless: bool = False) -> None:
        self._stream = stream
        self._careless = careless
        self.is_terminal = stream is not None and stream.isatty()
        # Files and pipes get UTF-8, as every format here is; a terminal keeps its encoding, and never an error for it.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace", **({} if self.is_terminal else {"encoding": "utf-8"}))

    def write(self, text: str) -> int:
        """Write, as a text stream does."""
        if self._stream is None:
            return self._fail(OSError(errno.EBADF, "closed"))
        try:
            return self._stream.write(text)
        except OSError as error:
            return self._fail(error)

    def flush(self) -> None:
        """Flush, as a text stream does."""
        if self._stream is not None:
            try:
                self._stream.flush()
            except OSError as error:
                self._fail(error)

    def isatty(self) -> bool:
        """Whether a person reads it."""
        return self.is_terminal

    def silence(self) -> None:
        """Send the rest nowhere: Python flushes once more when it ends, and would complain."""
        if self._stream is None:
            return
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def _fail(self, error: OSError) -> int:
        self.silence()
        if self._careless:
            return 0
        raise lost(error) from error
