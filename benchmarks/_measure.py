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
    from asyncio import Runner
    from collections.abc import Awaitable, Callable, Mapping, Sequence


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way of doing the work, and what it is given, call by call."""

    call: Callable[[Any], object]
    arguments: Sequence[Any]

    def times(self, calls: int) -> list[int]:
        """Nanoseconds of each of ``calls`` calls."""
        call, now, times = self.call, perf_counter_ns, []
        for argument in _repeated(self.arguments, calls):
            start = now()
            call(argument)
            times.append(now() - start)
        return times


@dataclass(frozen=True, slots=True)
class AwaitedContestant:
    """The same for a coroutine function: a round's calls are awaited one after the other, in the one loop of ``runner``."""

    call: Callable[[Any], Awaitable[object]]
    arguments: Sequence[Any]
    runner: Runner

    def times(self, calls: int) -> list[int]:
        """As :meth:`Contestant.times`."""
        return self.runner.run(self._times(calls))

    async def _times(self, calls: int) -> list[int]:
        call, now, times = self.call, perf_counter_ns, []
        for argument in _repeated(self.arguments, calls):
            start = now()
            await call(argument)
            times.append(now() - start)
        return times


def _repeated(arguments: Sequence[Any], calls: int) -> list[Any]:
    several = -(-calls // len(arguments))
    return ([*arguments] * several)[:calls]


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


def take_turns(
    contestants: Mapping[str, Contestant | AwaitedContestant], *, rounds: int, calls: int
) -> dict[str, Timing]:
    """Time each contestant ``calls`` times a round, one after the other, ``rounds`` times over.

    Each call is timed by itself, so that percentiles can be told; the clock's own cost is measured and taken off,
    because it would flatter the slower side of a ratio. The garbage collector runs as it does in a real process.
    """
    for contestant in contestants.values():  # warm: indexes made on first use, the interpreter's own specialising
        contestant.times(min(calls, 1_000))
    idle = Contestant(_nothing, range(1_000))
    p50s: dict[str, list[float]] = {name: [] for name in contestants}
    p99s: dict[str, list[float]] = {name: [] for name in contestants}
    for _ in range(rounds):
        clock = median(idle.times(2_000))
        for name, contestant in contestants.items():
            gc.collect()  # nobody pays for the garbage of the one before
            times = sorted(contestant.times(calls))
            p50s[name].append((times[len(times) // 2] - clock) / 1_000)
            p99s[name].append((times[len(times) * 99 // 100] - clock) / 1_000)
    return {name: Timing(tuple(p50s[name]), tuple(p99s[name])) for name in contestants}


def _nothing(_: object) -> None:
    """What the clock costs is seen by timing this."""
