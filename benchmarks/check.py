"""One whole check through the client, beside the same steps written by hand."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING, Any

from benchmarks._by_hand import ByHand, Result
from benchmarks._measure import Contestant, take_turns
from benchmarks._report import Goal, Report, micros
from benchmarks._workload import ACTION, DOMAIN, NOW, firm, measure_list, records
from credit_sdk.client import CreditClient
from credit_sdk.model.identifiers.uscc import ALPHABET
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.model.listing import Listing

_FIRMS = 1_000


def client(size: int = 40) -> CreditClient:
    """A client over a memory source that knows ``_FIRMS`` firms with three listings each."""
    own = measure_list(size)
    registry = DomainRegistry()
    source = MemorySource.of(records(_FIRMS, size=size), lists={**registry.lists, **own.local_lists}, read_at=NOW)
    return CreditClient(source, domains=registry, measure_lists=[own])


def listed() -> list[str]:
    """Codes of firms on three lists."""
    return [firm(number) for number in range(_FIRMS)]


def unlisted() -> list[str]:
    """Codes of firms on none."""
    return [firm(number) for number in range(500_000, 500_000 + _FIRMS)]


def run(*, quick: bool) -> Report:
    credit = client()
    by_hand = Steps({code: _listings(credit, code) for code in listed()}, ByHand(measure_list()))

    def ours(code: str) -> Any:
        return credit.check(code, domain=DOMAIN, action=ACTION)

    for code in listed()[:3] + unlisted()[:3]:
        assert ours(code).effect is by_hand.check(code, ACTION).effect
    timings = take_turns(
        {
            "hand": Contestant(lambda code: by_hand.check(code, ACTION), listed()),
            "ours": Contestant(ours, listed()),
            "hand, unlisted": Contestant(lambda code: by_hand.check(code, ACTION), unlisted()),
            "ours, unlisted": Contestant(ours, unlisted()),
        },
        rounds=5 if quick else 40,
        calls=2_000,
    )
    limit, mine = timings["hand"], timings["ours"]
    limit_none, none = timings["hand, unlisted"], timings["ours, unlisted"]
    return Report(
        "一次核查 · one check",
        "`client.check(code, …)`, 记录已在内存。手写: 查表校验代码, 带过期时间的字典, 索引, 12 字段的结果;"
        " 没有判定编号、查询范围、错误信息和说明。",
        ("方式", "p50 µs", "p99 µs", "对手写"),
        [
            ("手写, 在三份名单上", micros(limit.p50), micros(limit.p99), "1"),
            ("credit_sdk, 在三份名单上", micros(mine.p50), micros(mine.p99), f"{mine.times(limit):.1f}"),
            ("手写, 不在名单上", micros(limit_none.p50), micros(limit_none.p99), "1"),
            ("credit_sdk, 不在名单上", micros(none.p50), micros(none.p99), f"{none.times(limit_none):.1f}"),
        ],
        [
            Goal("核查 p50 / 手写 p50 · check against by hand", 6, mine.times(limit)),
            Goal("核查 p99 / 自身 p50 · p99 against its own p50", 3, mine.spread),
            Goal("不在名单上 / 在三份名单上 · unlisted against listed", 1, none.times(mine)),
        ],
    )


class Steps:
    """The steps of a check by hand: the code, the cache, the rules."""

    def __init__(self, kept: Mapping[str, Sequence[Listing]], rules: ByHand) -> None:
        until = monotonic() + 86_400
        self._kept = {code: (until, listings) for code, listings in kept.items()}
        self._rules = rules

    def check(self, code: str, action: str) -> Result:
        if len(code) != 18 or sum([column[c] for column, c in zip(_COLUMNS, code, strict=True)]) % 31:
            raise ValueError("not a code")
        kept = self._kept.get(code)
        if kept is None:
            listings: Sequence[Listing] = ()
        else:
            until, listings = kept
            if until < monotonic():
                raise LookupError("fetch it again")
        return self._rules.decide(code, action, listings, datetime.now(SHANGHAI).date())


_COLUMNS = [
    {symbol: value * weight for value, symbol in enumerate(ALPHABET)}
    for weight in (*(pow(3, i, 31) for i in range(17)), 1)
]


def _listings(credit: CreditClient, code: str) -> list[Listing]:
    return [seen.listing for seen in credit.check(code, domain=DOMAIN, action=ACTION).listings]
