"""自己的来源：把平台的答复变成信用记录。A source of one's own.

平台的接口各不相同，来源只做三件事：逐个主体作答；说明查过哪些名单、各到哪一刻；失败就说失败。
这里的平台是内存里的一张表，企业和记录全部虚构。The platform here is a table in memory; everything in it is fictional.

运行 Run: uv run python examples/custom_source.py
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk import AsyncCreditClient, CreditClient, Subject
from credit_sdk.errors import IncompleteCoverage, NoDecision, SourceUnavailable
from credit_sdk.formats import records
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.record import CoverageTable, CreditRecord
from credit_sdk.sources import ThreadedSource

if TYPE_CHECKING:
    from collections.abc import Sequence

NOW = datetime.now(UTC)

LISTS = {  # 平台自己的名单编号 → 名单目录里的代码
    "B01": "tax.major-violation",
    "B02": "court.judgment-defaulter",
    "B03": "procurement.serious-violation",
    "B07": "labour.wage-arrears",
}

PLATFORM: dict[str, list[dict[str, Any]]] = {  # 平台的答复，字段名是它自己的
    "91990100MA0000D01A": [
        {
            "bh": "X-2026-7",
            "mdlx": "B07",
            "qymc": "虚构午建设有限公司",
            "rddw": "虚构市人力资源和社会保障局",
            "lrrq": (NOW - timedelta(days=60)).date().isoformat(),
            "ycrq": (NOW + timedelta(days=1000)).date().isoformat(),
            "zt": "1",
        }
    ],
    "91990100MA0000D02D": [],
}
BROKEN = "91990100MA0000D03G"  # 查这家时，平台超时


class PlatformSource:
    """同步来源：一个 ``name``、一个 ``fetch``、一个 ``close``。"""

    name = "虚构市信用平台"

    def fetch(
        self,
        subjects: Sequence[Subject],
        *,
        timeout: float | None = None,  # noqa: ARG002 - 真实的平台把它交给 HTTP 客户端
    ) -> list[CreditRecord | NoDecision]:
        return [self._one(subject) for subject in subjects]

    def close(self) -> None:
        """没有要释放的。"""

    def _one(self, subject: Subject) -> CreditRecord | NoDecision:
        code = subject.code
        if code is None:
            # 平台只认统一社会信用代码。查不了就说查不了，不返回空记录。
            return IncompleteCoverage("平台只支持按代码查询; 请给出代码", "the platform takes codes only; give one")
        if code == BROKEN:
            return SourceUnavailable("平台超时; 请稍后重试", "the platform timed out; try again later")
        rows = PLATFORM.get(code)
        # 校验放在边界：缺认定单位、日期颠倒、不认识的名单，都在这里变成 BadRecord。
        read = records.parse(
            [self._coverage(code) for code in LISTS.values()] + [self._listing(code, row) for row in rows or []],
            CATALOGUE,
        )
        return CreditRecord(
            source=self.name,
            read_at=NOW,
            found=rows is not None,  # “不认识这个主体”和“不在名单上”分得清
            coverage=CoverageTable(read.coverage),
            listings=tuple(read.listings),
        )

    @staticmethod
    def _coverage(list_code: str) -> dict[str, Any]:
        # as_of 是平台担保到的时刻，不是下载的时刻；这里假定平台每小时更新。
        return {"type": "coverage", "list": list_code, "as_of": (NOW - timedelta(hours=1)).isoformat()}

    @staticmethod
    def _listing(code: str, row: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "listing",
            "id": row["bh"],
            "list": LISTS[row["mdlx"]],
            "subject": {"code": code, "name": row["qymc"]},
            "status": {"1": "active", "2": "objected", "3": "repaired", "4": "removed"}[row["zt"]],
            "authority": row["rddw"],
            "effective_from": row["lrrq"],
            "effective_until": row["ycrq"],
        }


def show(code: str, answer: object) -> None:
    print(f"  {code[:4]}…{code[-4:]}  {answer}")


def main() -> None:
    source = PlatformSource()
    print("同步:")
    with CreditClient(source) as credit:
        for code in (*PLATFORM, BROKEN):
            try:
                decision = credit.check(code, domain="procurement", action="award")
            except NoDecision as error:
                show(code, f"没有结论 {error.code}: {error}")
            else:
                show(
                    code,
                    f"{decision.effect.value}, blocking={decision.blocking}, 来源认识该主体: {decision.source.found}",
                )

    print("异步（阻塞的来源用 ThreadedSource 包一层）:")
    asyncio.run(check_async(ThreadedSource(source)))


async def check_async(source: ThreadedSource) -> None:
    async with AsyncCreditClient(source) as credit:
        for code in PLATFORM:
            decision = await credit.check(code, domain="procurement", action="award")
            show(code, decision.effect.value)


if __name__ == "__main__":
    main()
