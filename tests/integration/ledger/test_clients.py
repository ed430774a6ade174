"""The loop by both clients against a real platform: delivered by one thread, confirmed by the feed, closed in time."""

from __future__ import annotations

import asyncio
import inspect
import socket
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import AsyncCreditClient, CreditClient, Override
from credit_sdk.errors import Restricted
from credit_sdk.ledger.feed import follow
from credit_sdk.sources import CachedSource, HttpSource
from credit_sdk.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FIRM, CLEAN = "91990100MA0000A019", "91990100MA0000A02C"  # of the fictional demonstration
LISTING = "DEMO-01"


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def platform(_running: Sandbox) -> Sandbox:
    _running.reset()
    return _running


async def called(way: str, source: Any, body: Callable[..., Any], **options: Any) -> Any:
    """``body`` with a client of either kind and a way to have its answers."""
    client: Any = (CreditClient if way == "sync" else AsyncCreditClient)(source, **options)

    async def of(answer: Any) -> Any:
        return await answer if inspect.isawaitable(answer) else answer

    try:
        return await body(client, of)
    finally:
        await of(client.close() if way == "sync" else client.aclose())


def run(way: str, source: Any, body: Callable[..., Any], **options: Any) -> Any:
    return asyncio.run(called(way, source, body, **options))


ways = pytest.mark.parametrize("way", ["sync", "async"])
ASKED: dict[str, Any] = {"domain": "procurement", "action": "award"}


@ways
def test_reports_reach_the_platform(way: str, platform: Sandbox, tmp_path: Path) -> None:
    async def body(client: Any, of: Any) -> Any:
        decision = await of(client.check(FIRM, **ASKED))
        receipt = await of(client.report(decision, executed=[decision.obligations[0].id], case=True))
        again = await of(client.report(decision.decision_id, executed=[decision.obligations[0].id], case=True))
        assert again == receipt
        assert await of(client.flush(10))
        return receipt

    receipt = run(way, platform.url, body, ledger=tmp_path / "a.db")
    [told] = platform.outcomes()
    assert told["outcome"]["key"] == receipt.key
    assert told["outcome"]["case"] is True
    assert told["outcome"]["executed"] == ["procurement.refuse-participation"]


@ways
def test_a_guards_refusal_and_override_reach_the_platform(way: str, platform: Sandbox, tmp_path: Path) -> None:
    override = Override("抢险救灾", "虚构市政府值班领导", "虚构条例第八十五条")

    async def body(client: Any, of: Any) -> None:
        for options in ({}, {"override": override}):
            guard = client.guard(FIRM, **ASKED, **options)
            try:
                if way == "sync":
                    with guard:
                        pass
                else:
                    async with guard:
                        pass
            except Restricted:
                assert not options
        assert await of(client.flush(10))

    run(way, platform.url, body, ledger=tmp_path / "a.db")
    outcomes = [one["outcome"] for one in platform.outcomes()]
    assert sorted(one.get("kind", "outcome") for one in outcomes) == ["outcome", "outcome", "override"]
    [told] = [one["override"] for one in outcomes if "override" in one]
    assert told == override.to_dict()


@ways
def test_the_feed_says_whether_a_decision_still_stands(way: str, platform: Sandbox, tmp_path: Path) -> None:
    async def body(client: Any, of: Any) -> None:
        with HttpSource(platform.url) as feed:  # what the platform began with is read before
            follow(client.ledger.store, feed, client.ledger.clock())
        restricted = await of(client.check(FIRM, **ASKED))
        clean = await of(client.check(CLEAN, **ASKED))
        assert (await of(client.confirm(clean))).why == "valid"
        platform.repair(LISTING)
        assert (await of(client.confirm(clean))).why == "valid"  # another's listing
        moved = await of(client.confirm(restricted))
        assert (moved.why, moved.changed, moved.decision.effect.value) == ("feed", True, "allow")
        old = await of(client.confirm(clean, validity=timedelta(0)))
        assert (old.why, old.changed) == ("old", False)
        platform.enter("tax.major-violation", CLEAN, id="X-1")
        with pytest.raises(Restricted):
            await of(client.confirm(clean))

    run(way, platform.url, body, ledger=tmp_path / "a.db")


@ways
def test_a_feed_that_is_down_is_no_word_for_it(way: str, platform: Sandbox, tmp_path: Path) -> None:
    async def body(client: Any, of: Any) -> None:
        clean = await of(client.check(CLEAN, **ASKED))
        platform.fault("503", path="/v1/changes")
        assert (await of(client.confirm(clean))).why == "unknown"

    run(way, platform.url, body, ledger=tmp_path / "a.db")


@ways
def test_what_is_open_is_asked_again(way: str, platform: Sandbox, tmp_path: Path) -> None:
    due: list[Any] = []

    async def body(client: Any, of: Any) -> None:
        decision = await of(client.check(FIRM, **ASKED))
        await of(client.report(decision, executed=[decision.obligations[0].id]))
        assert await of(client.recheck()) == []
        platform.repair(LISTING)
        [changed] = await of(client.recheck())
        assert changed.new.effect == "allow"
        assert await of(client.recheck()) == []
        [duty] = await of(client.releases())
        assert [one.measure for one in due] == [duty.measure]
        await of(client.release(decision.decision_id, note="已恢复"))
        assert await of(client.releases()) == []
        assert [one.decision_id for one in await of(client.affected(LISTING))][-1] == decision.decision_id
        assert await of(client.flush(10))

    run(way, platform.url, body, ledger=tmp_path / "a.db", on_release=due.append)
    assert sorted(one["outcome"].get("kind", "outcome") for one in platform.outcomes()) == ["outcome", "release"]


def test_a_cache_is_passed_by_when_confirming(platform: Sandbox, tmp_path: Path) -> None:
    with (
        HttpSource(platform.url) as http,
        CreditClient(CachedSource(http, ttl=3600), ledger=tmp_path / "a.db") as client,
    ):
        decision = client.check(CLEAN, **ASKED)
        platform.enter("tax.major-violation", CLEAN, id="X-1")
        assert not client.check(CLEAN, **ASKED).blocking  # kept from before
        with pytest.raises(Restricted):
            client.confirm(decision, validity=timedelta(0))
        client.report(decision)
        assert client.flush(10)  # through the source behind the cache
    assert len(platform.outcomes()) == 1


@ways
def test_closing_keeps_its_word(way: str, tmp_path: Path) -> None:
    """A platform that takes connections and never answers."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(16)
        hole.settimeout(10)
        url = f"http://127.0.0.1:{hole.getsockname()[1]}"
        source = CreditClient("demo").source

        async def body(client: Any, of: Any) -> float:
            decision = await of(client.check(FIRM, **ASKED))
            await of(client.report(decision))
            taken, _ = await asyncio.to_thread(hole.accept)  # it is being sent
            with taken:
                begun = time.monotonic()
                await of(client.close(1) if way == "sync" else client.aclose(1))
                took = time.monotonic() - begun
            client.close = client.aclose = lambda: None
            return took

        if way == "async":
            from credit_sdk.sources import ThreadedSource

            source = ThreadedSource(source)  # type: ignore[assignment]
        took = run(way, source, body, ledger=tmp_path / "a.db", receivers={"platform": HttpSource(url)})
    assert took < 1.5
    with CreditClient("demo", ledger=tmp_path / "a.db") as client:
        assert client.ledger is not None
        assert [one.state.value for one in client.ledger.store.deliveries()] == ["waiting"]


def test_both_clients_share_a_ledgers_file(platform: Sandbox, tmp_path: Path) -> None:
    async def both() -> None:
        with CreditClient(platform.url, ledger=tmp_path / "a.db") as one:
            async with AsyncCreditClient(platform.url, ledger=tmp_path / "a.db") as other:
                decision = one.check(FIRM, **ASKED)
                await other.report(decision.decision_id, executed=[decision.obligations[0].id])
                one.report(decision, executed=[decision.obligations[0].id])
                assert await other.flush(10)
                assert one.flush(10)

    asyncio.run(both())
    assert len(platform.outcomes()) == 1


def test_following_first_is_as_good(platform: Sandbox, tmp_path: Path) -> None:
    """Another process may have read the feed already."""
    with CreditClient(platform.url, ledger=tmp_path / "a.db") as client:
        decision = client.check(FIRM, **ASKED)
        platform.repair(LISTING)
        assert client.ledger is not None
        feed: Any = client.source
        follow(client.ledger.store, feed, client.ledger.clock())
        assert client.confirm(decision).why == "feed"
