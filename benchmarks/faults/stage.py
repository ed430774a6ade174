"""One run: processes are started and killed, and what they said is kept with the kill that came after it."""

from __future__ import annotations

import contextlib
import importlib
import os
import selectors
import socket
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.faults import platform, worker
from benchmarks.faults.aim import Aim
from benchmarks.faults.processes import Child, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Self

    from benchmarks.faults.places import Kind, Point, Role

PATIENCE = 10.0
"""Seconds that a process has to come by a place, or to start."""


@dataclass
class Log:
    """What was seen."""

    kills: Counter[str] = field(default_factory=Counter)
    """By row."""
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Key of a report, and the row of the kill during whose round it was acknowledged."""
    sent: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Key of a report, and the rows during whose rounds it was sent."""
    strange: list[str] = field(default_factory=list)
    """What should not have happened."""


class Stage:
    """The processes of a run, and its log. Single-threaded, as it forks.

    :param folder: for the platform's database, and the ledger if it is a file.
    :param address: the ledger's.
    """

    def __init__(self, kind: Kind, folder: Path, address: str) -> None:
        self.log = Log()
        self._kind, self._address = kind, address
        self._aim = Aim()
        self._selector = selectors.DefaultSelector()
        self._children: dict[Role, Child] = {}
        self._started = 0
        self._row = ""
        self.port = _free_port()
        self.platform_database = _in_a_child(folder)

    @property
    def url(self) -> str:
        """The platform's."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._start("platform")
        self._import_beforehand()
        self._start("worker")
        self._start("dispatcher")
        return self

    def __exit__(self, *_: object) -> None:
        for role in list(self._children):
            self._kill(role)
        self._selector.close()

    def play(self, points: Sequence[Point]) -> None:
        """Kill at each point."""
        for point in points:
            self._round(point)

    def leave_the_platform(self) -> None:
        """End the others, so that the rest can be delivered."""
        self._row = ""
        for role in ("worker", "dispatcher"):
            self._kill(role)

    def _round(self, point: Point) -> None:
        self._row = point.row
        victim = self._children[point.victim]
        if point.place is None:
            self._listen(time.monotonic() + point.delay)
        else:
            self._aim.take(point.place.id, point.count, wait=point.place.waits)
            if not self._listen(time.monotonic() + PATIENCE, until=f"at {point.place.id} "):
                self.log.strange.append(f"nobody came by {point.place.id}")
        if not victim.is_alive:
            self.log.strange.append(f"{point.victim} was gone before it was killed")
        self._kill(point.victim)
        self.log.kills[point.row] += 1
        self._aim.take(None)
        if point.victim == "platform":
            self._listen(time.monotonic() + point.delay)  # others meet a platform that is away
        self._start(point.victim)

    # ------------------------------------------------------------------------------------------------------- processes

    def _start(self, role: Role) -> None:
        self._started += 1
        number = self._started

        def work(pipe: int) -> None:
            if role == "platform":
                platform.serve(pipe, self.platform_database, self.port, self._aim)
            elif role == "worker":
                worker.work(pipe, self._kind, self._address, self.url, self._aim, number)
            else:
                worker.deliver(pipe, self._kind, self._address, self.url, self._aim)

        child = self._children[role] = Child(role, work)
        self._selector.register(child.pipe, selectors.EVENT_READ, child)
        if role == "platform" and not self._listen(time.monotonic() + PATIENCE, until="ready"):
            self.log.strange.append("the platform did not start")

    def _import_beforehand(self) -> None:
        """Import here what a worker imports on its way, so that the others are forked with it."""

        def work(pipe: int) -> None:
            worker.work(pipe, self._kind, self._address, self.url, self._aim, 0, lives=False)
            for name in list(sys.modules):
                say(pipe, f"imported {name}")

        child = Child("worker", work)
        while child.is_alive:
            for line in child.hear():
                word, _, name = line.partition(" ")
                if word != "imported":
                    self._heard(child, line)
                elif name not in sys.modules:
                    with contextlib.suppress(ImportError):
                        importlib.import_module(name)
        child.kill()

    def _kill(self, role: Role) -> None:
        child = self._children.pop(role)
        if child.is_alive:
            self._selector.unregister(child.pipe)
        for line in child.kill():
            self._heard(child, line)

    # ------------------------------------------------------------------------------------------------------- listening

    def _listen(self, end: float, *, until: str | None = None) -> bool:
        """Hear everybody out until ``end``, or until somebody says a line that begins with ``until``."""
        while (left := end - time.monotonic()) > 0:
            said = False
            for key, _ in self._selector.select(left):
                child: Child = key.data
                lines = child.hear()
                if not child.is_alive:
                    self._selector.unregister(child.pipe)
                for line in lines:
                    self._heard(child, line)
                    said = said or (until is not None and line.startswith(until))
            if said:
                return True
        return False

    def _heard(self, child: Child, line: str) -> None:
        word, _, rest = line.partition(" ")
        if word == "ack":
            self.log.acknowledged[rest] = self._row
        elif word == "sent":
            for key in rest.split():
                self.log.sent[key].append(self._row)
        elif word not in {"ready", "at"}:
            self.log.strange.append(f"{child.role}: {line}")


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


def _in_a_child(folder: Path) -> Path:
    """The platform's database; made in another process, as no file of SQLite may be open when one forks."""
    process = os.fork()
    if process == 0:
        code = 1
        try:
            platform.seed(folder)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(process, 0)
    if status:
        raise RuntimeError("the platform's database could not be made")
    return folder / "platform.db"
