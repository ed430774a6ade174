"""A check over HTTP, beside the bare call by which one would fetch the same answer."""

from __future__ import annotations

from asyncio import Runner
from typing import TYPE_CHECKING, Any

import httpx

from benchmarks._measure import AwaitedContestant, Contestant, take_turns
from benchmarks._platform import QUERY, platform
from benchmarks._report import Goal, Report, micros
from benchmarks._workload import ACTION, DOMAIN, firm, measure_list
from credit_sdk.client import AsyncCreditClient, CreditClient
from credit_sdk.model.terms import Effect

if TYPE_CHECKING:
    from collections.abc import Mapping

    from benchmarks._measure import Timing
    from credit_sdk.decision.result import Decision

_FIRMS = 100


def listed() -> list[str]:
    """Codes of firms that the platform has three listings of."""
    return [firm(2 * number) for number in range(_FIRMS)]


def unlisted() -> list[str]:
    """Codes of firms that it knows and has no listing of."""
    return [firm(2 * number + 1) for number in range(_FIRMS)]


def run(*, quick: bool) -> Report:
    rules = [measure_list()]
    with (
        platform() as running,
        httpx.Client(trust_env=False) as bare,
        CreditClient(running.url, measure_lists=rules) as credit,
        Runner() as runner,
    ):
        url = running.url + QUERY
        bare_async, credit_async = runner.run(_awaited(running.url, rules))

        def plain(code: str) -> httpx.Response:
            return bare.post(url, json={"subjects": [{"code": code}]})

        def parsed(code: str) -> Any:
            return plain(code).json()

        def check(code: str) -> Decision:
            return credit.check(code, domain=DOMAIN, action=ACTION)

        async def plain_async(code: str) -> httpx.Response:
            return await bare_async.post(url, json={"subjects": [{"code": code}]})

        async def check_async(code: str) -> Decision:
            return await credit_async.check(code, domain=DOMAIN, action=ACTION)

        for code, listings in ((listed()[0], 3), (unlisted()[0], 0)):
            assert len(parsed(code)["answers"][0]["listings"]) == listings
            assert len(check(code).listings) == len(runner.run(check_async(code)).listings) == listings
            assert (check(code).effect is Effect.ALLOW) is (listings == 0)
        timings = take_turns(
            {
                "httpx": Contestant(plain, listed()),
                "ours": Contestant(check, listed()),
                "httpx, unlisted": Contestant(plain, unlisted()),
                "ours, unlisted": Contestant(check, unlisted()),
                "json, unlisted": Contestant(parsed, unlisted()),
                "httpx, async": AwaitedContestant(plain_async, listed(), runner),
                "ours, async": AwaitedContestant(check_async, listed(), runner),
                "httpx, unlisted, async": AwaitedContestant(plain_async, unlisted(), runner),
                "ours, unlisted, async": AwaitedContestant(check_async, unlisted(), runner),
            },
            rounds=5 if quick else 40,
            calls=200,
        )
        runner.run(_closed(bare_async, credit_async))
    return _report(timings)


async def _awaited(url: str, rules: Any) -> tuple[httpx.AsyncClient, AsyncCreditClient]:
    return httpx.AsyncClient(trust_env=False), AsyncCreditClient(url, measure_lists=rules)


async def _closed(bare: httpx.AsyncClient, credit: AsyncCreditClient) -> None:
    await bare.aclose()
    await credit.aclose()


def _report(timings: Mapping[str, Timing]) -> Report:
    rows: list[tuple[str, ...]] = []
    goals = []
    for way, suffix, limit in (("sync", "", 1.2), ("async", ", async", 1.25)):
        for which, named in (("", "在三份名单上 · listed"), (", unlisted", "不在名单上 · unlisted")):
            bare, ours = timings[f"httpx{which}{suffix}"], timings[f"ours{which}{suffix}"]
            ratio = ours.times(bare)
            rows += [
                (f"httpx, {way}, {named}", micros(bare.p50), micros(bare.p99), "1"),
                (f"credit_sdk, {way}, {named}", micros(ours.p50), micros(ours.p99), f"{ratio:.2f}"),
            ]
            goals.append(Goal(f"经 HTTP 的核查 / httpx, {way}, {named}", limit, ratio))
    parsed, bare = timings["json, unlisted"], timings["httpx, unlisted"]
    rows.append(
        ("httpx 加 .json(), sync, 不在名单上", micros(parsed.p50), micros(parsed.p99), f"{parsed.times(bare):.2f}")
    )
    return Report(
        "经 HTTP 的一次核查 · one check over HTTP",
        "本机上单独进程中的平台 (uvicorn), 对同一请求总给出同样的字节。httpx: 连接复用的 `client.post(url, json=…)`,"
        " 收下应答而不读其内容; credit_sdk: 完整的 `client.check`, 没有缓存。",
        ("方式", "p50 µs", "p99 µs", "对 httpx"),
        rows,
        goals,
    )
