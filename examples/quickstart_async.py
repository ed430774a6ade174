"""快速上手（异步）：同样的名称，前面加 await。The same names, awaited.

运行 Run: uv run python examples/quickstart_async.py
来源 "demo" 里的企业全部虚构。All firms of the source "demo" are fictional.
"""

from __future__ import annotations

import asyncio

from credit_sdk import AsyncCreditClient, CheckRequest
from credit_sdk.errors import CreditError

CODES = ["91990100MA0000A019", "91990100MA0000A02C", "91990100MA0000A03F", "91990100MA0000A04J", "91990100MA0000A018"]
"""前四个是演示企业；最后一个末位输错了。The last one has a typing error."""


async def main() -> None:
    async with AsyncCreditClient("demo") as credit:
        requests = [CheckRequest(subject=code, domain="procurement", action="evaluate") for code in CODES]
        answers = await credit.check_many(requests)

    for place, answer in enumerate(answers, start=1):
        if isinstance(answer, CreditError):
            # 一行的失败就是这一行的值，别的行照常有结论。
            print(f"{place}. 没有结论 {answer.code}: {answer}")
        else:
            done = "、".join(o.name or o.type for o in (*answer.obligations, *answer.advice)) or "无措施"
            print(f"{place}. {answer.effect.value:<8} {'不得继续' if answer.blocking else '可以继续'}  {done}")


if __name__ == "__main__":
    asyncio.run(main())
