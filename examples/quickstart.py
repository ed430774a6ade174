"""快速上手：核查一次，读懂结论。Check once and read the decision.

运行 Run: uv run python examples/quickstart.py
来源 "demo" 里的企业全部虚构。All firms of the source "demo" are fictional.
"""

from __future__ import annotations

from credit_sdk import CreditClient, Effect
from credit_sdk.errors import NoDecision


def main() -> None:
    with CreditClient("demo") as credit:
        try:
            decision = credit.check("91990100MA0000A019", domain="procurement", action="award")
        except NoDecision as error:
            # 没有答案不是“没有问题”：不要授标，按 error.retryable 稍后再查或转人工。
            print("没有结论，不得办理:", error)
            return

    print(decision.explain())
    print()
    if decision.blocking:
        print("→ 该事项不得继续")
    elif decision.effect is Effect.RESTRICT:
        print("→ 可以继续，但须执行:", "、".join(o.name or o.type for o in decision.obligations))
    else:
        print("→ 可以继续")


if __name__ == "__main__":
    main()
