"""一个部门自己的措施清单，不打包、不改代码就能用。A department's own measure list, without packaging it.

运行 Run: uv run python examples/own_measure_list/run.py
机关、文件、名单、企业全部虚构。Authority, instruments, lists and firms are fictional.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from credit_sdk import CreditClient
from credit_sdk.errors import CreditError
from credit_sdk.formats import measures
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.sources import MemorySource

HERE = Path(__file__).parent
NOW = datetime.now(UTC)
FRESH = (NOW - timedelta(hours=2)).isoformat()

RECORDS: list[dict[str, Any]] = [
    # 替哪些名单说话，各到哪一刻；clean_years 还要知道历史从哪天起完整。
    {"type": "coverage", "list": "court.judgment-defaulter", "as_of": FRESH, "history_from": "2015-01-01"},
    {"type": "coverage", "list": "xugou.rent-arrears", "as_of": FRESH, "history_from": "2015-01-01"},
    {"type": "coverage", "list": "violations", "as_of": FRESH, "history_from": "2015-01-01"},
    {
        "type": "listing",
        "id": "XG-1",
        "list": "xugou.rent-arrears",
        "subject": {"code": "91990100MA0000D04K", "name": "虚构未百货有限公司"},
        "status": "active",
        "severity": "serious",
        "authority": "虚构市住房保障局",
        "effective_from": (NOW - timedelta(days=90)).date().isoformat(),
        "effective_until": (NOW + timedelta(days=640)).date().isoformat(),
        "remedy": "可向认定单位提出异议（演示文本）",
    },
    {
        "type": "listing",
        "id": "XG-2",
        "list": "xugou.rent-arrears",
        "subject": {"code": "91990100MA0000D05N", "name": "虚构申餐饮有限公司"},
        "status": "objected",
        "objection": "information",
        "severity": "severe",
        "authority": "虚构市住房保障局",
        "effective_from": (NOW - timedelta(days=30)).date().isoformat(),
        "effective_until": (NOW + timedelta(days=700)).date().isoformat(),
    },
]

SUBJECTS = {
    "虚构未百货有限公司": "91990100MA0000D04K",
    "虚构申餐饮有限公司": "91990100MA0000D05N",
    "虚构酉书店有限公司": "91990100MA0000D06R",
}


def main() -> None:
    own = measures.load(HERE / "measures.toml")
    lists = {**CATALOGUE, **own.local_lists}  # 名单目录加上本清单声明的地方名单
    source = MemorySource.of(RECORDS, lists=lists, name="虚构市住房保障局名单", fictional=True)

    with CreditClient(source, measure_lists=[own]) as credit:
        for name, code in SUBJECTS.items():
            try:
                decision = credit.check(
                    code, domain="public-lease", action="sign", context={"monthly_rent": "8000.00 CNY"}
                )
            except CreditError as error:
                print(f"{name}: 没有结论 {error.code}: {error}")
                continue
            print(f"{name}: {decision.effect.value}{'，不得签约' if decision.blocking else ''}")
            for title, obligations in (
                ("应当执行", decision.obligations),
                ("建议", decision.advice),
                ("暂停", decision.suspended),
                ("取消的激励", decision.withheld),
            ):
                for one in obligations:
                    why = f"（{'、'.join(one.because)}）" if one.because else ""
                    print(f"    {title}: {one.name or one.type}{why}")


if __name__ == "__main__":
    main()
