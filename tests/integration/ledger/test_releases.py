"""A restriction's life against a platform: refused, delivered, its listing ends, due for release, lifted, reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import CreditClient
from credit_sdk.cli.main import main
from credit_sdk.ledger.feed import follow, moved_since
from credit_sdk.ledger.marks import marks_of
from credit_sdk.ledger.releases import due, find_ended, mark_due
from credit_sdk.ports.clock import system_clock
from credit_sdk.ports.ledger import DutyState
from credit_sdk.sources import HttpSource
from credit_sdk.testing import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from credit_sdk.decision.result import Decision
    from credit_sdk.ports.ledger import Duty

FIRM = "91990100MA0000A019"  # of the fictional demonstration; its listing is DEMO-01
LISTING = "DEMO-01"
REFUSAL = "procurement.refuse-participation"
OTHER = "91990100MA0000A02C"
MARKET = "procurement.market-list-limit"


@pytest.fixture(scope="module")
def _running() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def platform(_running: Sandbox) -> Sandbox:
    _running.reset()
    return _running


@pytest.fixture
def told() -> list[Duty]:
    return []


@pytest.fixture
def credit(platform: Sandbox, tmp_path: Path, told: list[Duty]) -> Iterator[CreditClient]:
    with (
        HttpSource(platform.url) as source,
        CreditClient(
            source, ledger=tmp_path / "ledger.db", on_release=told.append, receivers={"platform": source}
        ) as client,
    ):
        yield client


def refuse(credit: CreditClient) -> Decision:
    decision = credit.check(FIRM, domain="procurement", action="award")
    assert decision.blocking
    credit.report(decision, executed=[REFUSAL])
    return decision


def feed_of(credit: CreditClient) -> HttpSource:
    assert isinstance(credit.source, HttpSource)
    return credit.source


def kinds(platform: Sandbox) -> list[Any]:
    return [one["outcome"].get("kind", "outcome") for one in reversed(platform.outcomes())]


def test_from_refusal_to_release(credit: CreditClient, platform: Sandbox, told: list[Duty]) -> None:
    decision = refuse(credit)
    assert credit.flush(10)
    assert list(credit.recheck()) == []
    platform.repair(LISTING)
    (changed,) = found = credit.recheck()
    assert changed.decision_id == decision.decision_id
    assert changed.new.effect == "allow"
    assert [(one.measure, one.reason) for one in found.due] == [(REFUSAL, f"{LISTING}: repaired")]
    assert [one.decision_id for one in told] == [decision.decision_id]
    assert [one.decision_id for one in credit.releases()] == [decision.decision_id]
    credit.release(decision.decision_id, note="已恢复参与资格")
    assert credit.flush(10)
    assert credit.releases() == []
    assert kinds(platform) == ["outcome", "release"]
    assert list(credit.recheck()) == []
    assert len(told) == 1


def test_the_feed_alone_finds_it(credit: CreditClient, platform: Sandbox) -> None:
    refuse(credit)
    assert credit.ledger is not None
    store, feed = credit.ledger.store, feed_of(credit)
    assert not follow(store, feed, system_clock(), 5).missed
    platform.revoke(LISTING)
    assert follow(store, feed, system_clock(), 5).concerning >= 1
    now = system_clock()
    assert [one.state for one in mark_due(store, find_ended(store, now), now)] == [DutyState.RELEASE_DUE]
    assert [one.reason for one in due(store)] == ["revoked"]


def test_an_outage_lifts_nothing(credit: CreditClient, platform: Sandbox, told: list[Duty]) -> None:
    """Neither a list that is out, nor records that are, while the feed says that the firm was listed once more."""
    platform.enter("market.serious-violation", OTHER, id="MARKET-1")
    advised = credit.check(OTHER, domain="procurement", action="award")
    credit.report(advised, executed=[MARKET])
    decision = refuse(credit)
    platform.fault("empty_list", list="market.serious-violation")  # the measure list gets by without it
    platform.repair(LISTING)
    platform.enter("tax.major-violation", FIRM, id="TAX-2")
    assert credit.recheck().due == []
    platform.fault("503", path="/v1/records")
    assert (credit.recheck().unanswered, credit.releases(), told) == (2, [], [])
    platform.clear_faults()
    assert credit.recheck().due == []
    platform.revoke("TAX-2")
    platform.remove("MARKET-1")
    assert len(credit.recheck().due) == 2
    credit.release(decision.decision_id)


def test_a_feed_that_was_begun_anew_says_that_something_was_missed(credit: CreditClient, platform: Sandbox) -> None:
    decision = refuse(credit)
    assert credit.ledger is not None
    store, feed = credit.ledger.store, feed_of(credit)
    platform.object(LISTING)
    follow(store, feed, system_clock(), 5)
    platform.reset()  # its cursors mean nothing any more
    assert follow(store, feed, system_clock(), 5).missed
    marks = marks_of(decision.subject)
    assert moved_since(
        store, feed, marks, decision.decided_at, system_clock(), 5, decision_id=decision.decision_id
    ) in {None, True}
    assert not follow(store, feed, system_clock(), 5).missed


def test_from_the_command_line(
    credit: CreditClient,
    platform: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    decision = refuse(credit)
    assert credit.flush(10)
    platform.remove(LISTING)
    monkeypatch.setenv("CREDIT_LEDGER", str(tmp_path / "ledger.db"))
    monkeypatch.setenv("CREDIT_SOURCE", platform.url)

    def run(*arguments: str) -> tuple[int, str]:
        code = main(("ledger", *arguments, "--format", "table"))
        return code, capsys.readouterr().out

    assert run("recheck")[0] == 1
    code, text = run("releases")
    assert code == 1
    assert "移出名单" in text
    assert run("release", decision.decision_id)[0] == 0
    assert run("send")[0] == 0
    assert kinds(platform) == ["outcome", "release"]
    code, text = run("show", decision.decision_id)
    assert code == 0
    assert text.index("核查：限制") < text.index("应当解除") < text.index("解除\n") or "已解除" in text
    assert run("dead")[0] == 0
