"""Processes forked from one that has imported everything: they start in milliseconds, and are ended by their own ids."""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.faults.places import Role

LONGEST = 900
"""Seconds after which a process ends by itself, should the stage be gone."""


class Child:
    """A process and what it says, line by line.

    :param work: is called in it with the pipe on which it says things; the process ends when it returns.
    """

    def __init__(self, role: Role, work: Callable[[int], object]) -> None:
        self.role = role
        self._said = b""
        reading, writing = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(reading)
            _run(work, writing)
        os.close(writing)
        self.pipe = reading
        self.is_alive = True

    def hear(self) -> list[str]:
        """Whole lines that it has said since; to be called when there is something to read, or when it is gone."""
        said = os.read(self.pipe, 65536)
        if not said:
            self.is_alive = False
            return []
        *lines, self._said = (self._said + said).split(b"\n")
        return [line.decode() for line in lines]

    def kill(self) -> list[str]:
        """End it by SIGKILL; what it had said until then. A line cut short was never said."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        lines: list[str] = []
        while self.is_alive:
            lines += self.hear()
        os.close(self.pipe)
        return lines


def say(pipe: int, line: str) -> None:
    """One line, at once and whole: no buffer that would die with the process."""
    os.write(pipe, f"{line}\n".encode())


def _run(work: Callable[[int], object], pipe: int) -> NoReturn:
    """The life of a forked process. It never runs its parent's exit handlers, and never outlives the longest run."""
    code = 1
    try:
        signal.alarm(LONGEST)
        threading.excepthook = lambda raised: say(pipe, _failure(raised.exc_value))
        work(pipe)
        code = 0
    except BaseException as error:  # noqa: BLE001 - whatever it is, the stage is told
        say(pipe, _failure(error))
    finally:
        sys.stdout.flush()
        os._exit(code)


def _failure(error: BaseException | None) -> str:
    """What was raised, on one line."""
    trace = [] if error is None else traceback.format_exception(error)
    return "failed " + " | ".join("".join(trace).splitlines()[-6:])
