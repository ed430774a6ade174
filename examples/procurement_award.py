"""政府采购定标前核查：单个供应商和联合体，结论写进案卷。Before an award: single bidders and a consortium.

运行 Run: uv run python examples/procurement_award.py
来源 "demo" 里的企业全部虚构。All firms of the source "demo" are fictional.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from credit_sdk import CreditClient, Decision, Effect
from credit_sdk.errors import NoDecision


@dataclass(frozen=True)
class Bid:
    title: str
    lead: str
    members: tuple[str, ...] = ()


BIDS = [
    Bid("投标一（单独投标）", "91990100MA0000A02C"),
    Bid("投标二（单独投标）", "91990100MA0000A04J"),
    Bid("投标三（联合体，成员之一在名单上）", "91990100MA0000A02C", ("91990100MA0000A019",)),
]


def examine(credit: CreditClient, bid: Bid) -> Decision | None:
    """核查一份投标；联合体逐个成员核查，从严者定（规则 5.8）。"""
    try:
        return credit.check(bid.lead, domain="procurement", action="award", members=bid.members)
    except NoDecision as error:
        print(f"{bid.title}: 没有结论，暂缓定标。{error}")
        return None


def verdict(decision: Decision) -> str:
    if decision.blocking:
        return "拒绝其参与"
    if decision.effect is Effect.RESTRICT:
        return "可以参与，但须执行限制措施"
    return "可以参与"


def main() -> None:
    files = Path(tempfile.mkdtemp(prefix="case-files-"))
    with CreditClient("demo") as credit:
        for number, bid in enumerate(BIDS, start=1):
            decision = examine(credit, bid)
            if decision is None:
                continue
            print(f"{bid.title}: {verdict(decision)}")
            for obligation in decision.obligations:
                basis = "、".join(f"《{b.title}》{b.document or ''}" for b in obligation.basis)
                print(f"    应当执行: {obligation.name}  依据: {basis}")
            # 采购文件要保存：说明给人看，JSON 供程序日后核对，两者出自同一个结论。
            (files / f"{number}.txt").write_text(decision.explain(), encoding="utf-8")
            (files / f"{number}.json").write_text(decision.to_json(indent=2), encoding="utf-8")

    kept = sorted(files.glob("*.json"))
    print(f"\n已存入案卷 {len(kept)} 份:")
    for path in kept:
        whole = json.loads(path.read_text(encoding="utf-8"))
        print(
            f"    {whole['effect']:<8} blocking={whole['blocking']!s:<5} 措施清单 {whole['measure_list']['id']} 版本 {whole['measure_list']['version']}"
        )


if __name__ == "__main__":
    main()
