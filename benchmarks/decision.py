"""One decision: our rules on a record, beside the hand-written look-up and beside CEL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks._by_hand import ByHand
from benchmarks._measure import Contestant, take_turns
from benchmarks._report import Goal, Report, micros
from benchmarks._workload import ACTION, DOMAIN, NOW, TODAY, firm, measure_list, records
from credit_sdk.decision.compiled import CompiledList
from credit_sdk.decision.engine import conclude
from credit_sdk.decision.planning import Plan, Stamp, plan
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.request import CheckRequest
from credit_sdk.sources import MemorySource

if TYPE_CHECKING:
    from credit_sdk.model.record import CreditRecord

_FIRMS = 100


def run(*, quick: bool) -> Report:
    from benchmarks._cel import Cel

    rules = measure_list()
    compiled = CompiledList(rules, CATALOGUE)
    source = MemorySource.of(records(_FIRMS), read_at=NOW)
    by_hand, general = ByHand(rules), Cel(rules)

    cases: list[tuple[Plan, CreditRecord]] = []
    for number in range(_FIRMS):
        made = plan(CheckRequest(subject=firm(number), domain=DOMAIN, action=ACTION), compiled)
        (record,) = source.fetch(made.subjects)
        assert not isinstance(record, Exception)
        cases.append((made, record))
    stamp = Stamp("00000000-0000-7000-8000-000000000000", NOW)

    def ours(case: tuple[Plan, CreditRecord]) -> Any:
        made, record = case
        return conclude(made, made.subjects[0], record, NOW, stamp)

    def hand(case: tuple[Plan, CreditRecord]) -> Any:
        made, record = case
        return by_hand.decide(made.subjects[0].code or "", ACTION, record.listings, TODAY)

    def cel(case: tuple[Plan, CreditRecord]) -> Any:
        made, record = case
        return general.decide(made.subjects[0].code or "", ACTION, record.listings, TODAY)

    _agree(ours(cases[0]), hand(cases[0]), cel(cases[0]))
    timings = take_turns(
        {"credit_sdk": Contestant(ours, cases), "hand": Contestant(hand, cases), "cel": Contestant(cel, cases)},
        rounds=5 if quick else 40,
        calls=1_000,
    )
    mine, limit, engine = timings["credit_sdk"], timings["hand"], timings["cel"]
    return Report(
        "一次判定 · one decision",
        "一份 40 条措施的清单, 一个在三份名单上的主体。手写: 按 (名单, 主体类型, 事项) 建索引, 核对日期, 填一个 12 字段的结果;"
        " CEL: 同样 40 条规则, 预先编译。三者得出的措施相同, 计时前已核对。",
        ("方式", "p50 µs", "p99 µs", "对手写"),
        [
            ("手写索引 · by hand, the limit", micros(limit.p50), micros(limit.p99), "1"),
            ("credit_sdk, 完整的 Decision", micros(mine.p50), micros(mine.p99), f"{mine.times(limit):.1f}"),
            ("CEL (Rust), 40 programs", micros(engine.p50), micros(engine.p99), f"{engine.times(limit):.1f}"),
        ],
        [
            Goal("判定 / 手写索引 · decision against by hand", 6, mine.times(limit)),
            Goal("CEL (Rust) / 判定 · CEL against decision", 4, engine.times(mine), at_least=True),
        ],
    )


def _agree(ours: Any, *others: Any) -> None:
    """A comparison of different answers would compare nothing."""
    for other in others:
        assert ours.effect is other.effect
        for kind in ("obligations", "advice", "withheld"):
            assert {o.id for o in getattr(ours, kind)} == {measure.id for measure, _ in getattr(other, kind)}, kind
