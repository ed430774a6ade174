"""The place aimed at, in memory that the stage and its processes share: whoever comes by says so, and waits to be killed."""

from __future__ import annotations

import mmap
import os
import struct
import time
from typing import TYPE_CHECKING

from benchmarks.faults.places import NUMBERS, PLACES

if TYPE_CHECKING:
    from benchmarks.faults.places import Role

_LAYOUT = struct.Struct(
    "IBB?"
)  # the round, the place's number, how often it is still to be passed by, whether to wait there
_PATIENCE = 0.001


class Aim:
    """Made before the processes are forked."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _LAYOUT.size)
        self._round = 0

    def take(self, place: str | None, count: int = 1, *, wait: bool = True) -> None:
        """Aim at the ``count``-th time that somebody passes by ``place``; whoever waits at an earlier one goes on.

        :param place: ``None``: at nothing.
        """
        self._round += 1
        _LAYOUT.pack_into(self._memory, 0, self._round, 0 if place is None else NUMBERS[place], count, wait)

    @property
    def victim(self) -> Role | None:
        """Who is to be killed at the place aimed at."""
        number = _LAYOUT.unpack_from(self._memory, 0)[1]
        return PLACES[number - 1].victim if number else None

    def pass_by(self, place: str, pipe: int) -> None:
        """Say that this process is at ``place``. If it is the one aimed at, nothing goes on here until the round is over, if so wanted."""
        round_, number, count, wait = _LAYOUT.unpack_from(self._memory, 0)
        if number == 0 or number != NUMBERS.get(place):
            return
        # Two threads may both believe to be the one: then both wait, and both are released or killed.
        _LAYOUT.pack_into(self._memory, 0, round_, number if count > 1 else 0, max(0, count - 1), wait)
        if count > 1:
            return
        os.write(pipe, f"at {place} {round_}\n".encode())
        while wait and _LAYOUT.unpack_from(self._memory, 0)[0] == round_:
            time.sleep(_PATIENCE)


class Teller:
    """Says on a process's pipe where it is.

    :param prefix: of the names of its places.
    """

    def __init__(self, aim: Aim, pipe: int, prefix: str = "") -> None:
        self.pipe = pipe
        self._aim = aim
        self._prefix = prefix

    def __call__(self, place: str) -> None:
        self._aim.pass_by(self._prefix + place, self.pipe)
