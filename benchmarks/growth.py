"""Does a check cost more when the measure list is a hundred times as long?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks._measure import Contestant, take_turns
from benchmarks._report import Goal, Report, micros
from benchmarks._workload import ACTION, DOMAIN
from benchmarks.check import client, listed

if TYPE_CHECKING:
    from collections.abc import Callable

    from credit_sdk.client import CreditClient

_SIZES = (40, 400, 4_000)


def run(*, quick: bool) -> Report:
    timings = take_turns(
        {str(size): Contestant(_check(client(size)), listed()) for size in _SIZES},
        rounds=5 if quick else 40,
        calls=2_000,
    )
    small, large = timings[str(_SIZES[0])], timings[str(_SIZES[-1])]
    return Report(
        "清单变长 · growth",
        "同一次核查, 措施清单为 40、400、4,000 条; 增加的措施属于其他事项或地方名单, 结论不变。清单在第一次核查时编译, 不计在内。",
        ("措施数", "p50 µs", "p99 µs", "对 40 条"),
        [(name, micros(t.p50), micros(t.p99), f"{t.times(small):.2f}") for name, t in timings.items()],
        [Goal("4,000 条 / 40 条 · 4,000 measures against 40", 1.3, large.times(small))],
    )


def _check(credit: CreditClient) -> Callable[[str], Any]:
    return lambda code: credit.check(code, domain=DOMAIN, action=ACTION)
