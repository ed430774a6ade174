"""对接信用平台：启动开发用平台，核查，修复一个条目，再核查，打印变化。Check against a platform; repair a listing; check again.

运行 Run: uv run python examples/http_platform.py   （需要 needs: pip install 'credit-sdk[sandbox]'）
平台是 credit sandbox，企业和记录全部虚构。The platform is a sandbox; everything in it is fictional.
"""

from __future__ import annotations

from credit_sdk import CreditClient, Decision
from credit_sdk.errors import NoDecision
from credit_sdk.testing import Sandbox

FIRM = "91990100MA0000A019"  # 演示名单里的虚构企业，条目编号 DEMO-01
LISTING = "DEMO-01"


def examine(credit: CreditClient) -> Decision | None:
    """核查一次。没有答案不是“没有问题”：不要授标。"""
    try:
        return credit.check(FIRM, domain="procurement", action="award")
    except NoDecision as error:
        print(f"  没有结论 {error.code}（{error.fault}，{'可重试' if error.retryable else '须处理'}）: {error}")
        return None


def show(when: str, decision: Decision | None) -> None:
    if decision is None:
        return
    listings = "、".join(f"{seen.id} {seen.standing.value}" for seen in decision.listings) or "无条目"
    print(f"{when}: {decision.effect.value}, blocking={decision.blocking}, {listings}")


def main() -> None:
    # 真的平台：CreditClient("https://credit.example.gov.cn/api", api_key="…")
    with Sandbox() as platform, CreditClient(platform.url) as credit:
        before = examine(credit)
        show("修复之前", before)

        platform.repair(LISTING)  # 管理接口: POST /admin/listings/DEMO-01/repair
        after = examine(credit)
        show("修复之后", after)
        if before is not None and after is not None:
            print(f"变化: {before.effect.value} → {after.effect.value}")

        print("平台限流:")
        platform.fault("429", retry_after=60)
        show("限流时", examine(credit))


if __name__ == "__main__":
    main()
