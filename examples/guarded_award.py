"""定标：核查、定标、反馈三步合一，凭证存进案卷。Check, award, report as one, with a receipt for the case file.

运行 Run: uv run python examples/guarded_award.py
来源 "demo" 里的企业全部虚构。All firms of the source "demo" are fictional.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from credit_sdk import CreditClient
from credit_sdk.errors import NoDecision, Restricted
from credit_sdk.formats.receipt_check import verify_receipt

SUPPLIERS = ["91990100MA0000A019", "91990100MA0000A02C", "91990100MA0000A04J"]


def award(supplier: str) -> None:
    """真正的定标；不得继续的走不到这里。"""
    print(f"    已定标给 {supplier[:4]}…{supplier[-4:]}")


def handle(credit: CreditClient, supplier: str, files: Path) -> None:
    print(f"供应商 {supplier[:4]}…{supplier[-4:]}")
    try:
        with credit.guard(supplier, domain="procurement", action="award") as case:
            case.confirm()  # 定标之前再确认一次：结论太旧、或者名单变了，就重新核查
            award(supplier)
            case.note("评审委员会推荐的第一候选人")
    except Restricted as error:
        print(f"    不得定标: {'、'.join(o.name or o.id for o in error.decision.obligations)}")  # 已经入账待反馈
        receipt = error.decision.receipt().write(files / f"{error.decision.decision_id}.html")
        print(f"    核查凭证: {'未经改动' if verify_receipt(receipt).ok else '已被改动'}")
    except NoDecision as error:
        print(f"    没有结论，暂缓: {error.code}")


def main() -> None:
    files = Path(tempfile.mkdtemp(prefix="awards-"))
    with CreditClient("demo", ledger=files / "credit-ledger.db") as credit:
        for supplier in SUPPLIERS:
            handle(credit, supplier, files)

        assert credit.ledger is not None
        print("\n台账:")
        for kept in credit.ledger.store.decisions():
            print(f"    {kept.at:%Y-%m-%d} {kept.effect.value:<8} {kept.domain}/{kept.action}")


if __name__ == "__main__":
    main()
