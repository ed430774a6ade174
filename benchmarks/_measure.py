"""How things are timed: the contestants take turns, so that a slow spell of the machine hits all of them alike.

Only ratios taken within one run mean anything; absolute figures move by half between runs on a shared machine.
"""

from __future__ import annotations

import gc
from dataclasses import dataclass
from statistics import median
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way of doing the work, and what it is given, call by call."""

    call: Callable[[Any], object]
    arguments: Sequence[Any]


@dataclass(frozen=True, slots=True)
class Timing:
    """One contestant's figures, round by round, in microseconds a call."""

    p50s: tuple[float, ...]
    p99s: tuple[float, ...]

    @property
    def p50(self) -> float:
        return median(self.p50s)

    @property
    def p99(self) -> float:
        return median(self.p99s)

    def times(self, other: Timing) -> float:
        """How many times the other's p50: the median of the rounds' own ratios, as neighbours in time compare best."""
        return median(mine / others for mine, others in zip(self.p50s, other.p50s, strict=True))

    @property
    def spread(self) -> float:
        """p99 as a multiple of p50, in the same rounds."""
        return median(p99 / p50 for p99, p50 in zip(self.p99s, self.p50s, strict=True))


def take_turns(contestants: Mapping[str, Contestant], *, rounds: int, calls: int) -> dict[str, Timing]:
    """Time each contestant ``calls`` times a round, one after the other, ``rounds`` times over.

    Each call is timed by itself, so that percentiles can be told; the clock's own cost is measured and taken off,
    because it would flatter the slower side of a ratio. The garbage collector runs as it does in a real process.
    """
    for contestant in contestants.values():  # warm: indexes made on first use, the interpreter's own specialising
        _round(contestant, min(calls, 1_000))
    idle = Contestant(_nothing, range(1_000))
    p50s: dict[str, list[float]] = {name: [] for name in contestants}
    p99s: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        clock = median(_round(idle, 2_000))
        for name, contestant in contestants.items():
            gc.collect()  # nobody pays for the garbage of the one before
            times = sorted(_round(contestant, calls))
            p50s[name].append((times[len(times) // 2] - clock) / 1_000)
            p99s[name].append((times[len(times) * 99 // 100] - clock) / 1_000)
    return {name: Timing(tuple(p50s[name]), tuple(p99s[name])) for name in contestants}


def _round(contestant: Contestant, calls: int) -> list[int]:
    call, arguments, now = contestant.call, contestant.arguments, perf_counter_ns
    several = -(-calls // len(arguments))
    times = []
    for argument in [*arguments] * several:
        start = now()
        call(argument)
        times.append(now() - start)
    return times[:calls]


def _nothing(_: object) -> None:
    """What the clock costs is seen by timing this."""
