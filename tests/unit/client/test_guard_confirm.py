"""Making sure that a decision still stands, just before acting for good."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import AsyncCreditClient
from credit_sdk.errors import (
    InvalidRequest,
    Restricted,
    SourceUnavailable,
)
from credit_sdk.testing import (
    MOMENT,
    FailingSource,
    FixedClock,
    coverage,
    listing,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.client.conftest import Way
from tests.unit.client.guarding import (
    CLEAN,
    LISTED,
    NOW_CLEAN,
    NOW_LISTED,
    OVERRIDE,
    REFUSE,
    guarding,
    memory,
    outcome,
    standing,
)


def test_a_decision_that_still_stands_is_confirmed(way: Way, tmp_path: Path) -> None:
    client, source = standing(way, tmp_path, NOW_CLEAN)
    decision = client.check(CLEAN)
    confirmation = client.call("confirm", decision)
    assert (confirmation.changed, confirmation.why) == (False, "unknown")  # no feed: asked again
    assert len(source.asked) == 2
    stored = client.ledger.store.entry(confirmation.token)
    assert stored is not None
    assert (stored.entry.kind, stored.entry.decision_id) == ("confirmed", decision.decision_id)
    assert client.call("confirm", decision).token != confirmation.token  # each award has its own


def test_a_decision_of_another_client_is_kept_with_its_confirmation(way: Way, tmp_path: Path) -> None:
    decision = way.client(memory(coverage()), REFUSE).check(CLEAN)
    client = guarding(way, tmp_path)
    confirmation = client.call("confirm", decision)
    assert [kind for kind, _ in client.entries] == ["checked", "checked", "confirmed"]
    kept = {one.decision_id for one in client.ledger.store.decisions()}
    assert kept == {decision.decision_id, confirmation.decision.decision_id}


def test_a_decision_that_does_not_stand_stops_the_award(way: Way, tmp_path: Path) -> None:
    client, _ = standing(way, tmp_path, NOW_CLEAN, NOW_LISTED)
    decision = client.check(CLEAN)
    with pytest.raises(Restricted) as raised:
        client.call("confirm", decision)
    assert raised.value.decision.decision_id != decision.decision_id
    assert [kind for kind, _ in client.entries] == ["checked", "checked"]


def test_without_an_answer_nothing_is_confirmed(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    decision = client.check(CLEAN)
    down = guarding(way, tmp_path, FailingSource())
    with pytest.raises(SourceUnavailable):
        down.call("confirm", decision)


def test_what_changed_without_blocking_is_said(way: Way, tmp_path: Path) -> None:
    client, _ = standing(way, tmp_path, NOW_CLEAN, NOW_LISTED)
    decision = client.check(CLEAN, action="pay")
    confirmation = client.call("confirm", decision)
    assert confirmation.changed
    assert {one.id for one in confirmation.decision.obligations} == {"test.limit", "test.watch"}


@pytest.mark.parametrize(
    ("age", "feed", "why"),
    [
        (timedelta(minutes=10), False, "valid"),
        (timedelta(minutes=10), True, "feed"),
        (timedelta(minutes=10), None, "unknown"),
        (timedelta(minutes=16), False, "old"),
        (timedelta(days=-1), False, "old"),
    ],
)
def test_when_it_is_checked_anew(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, age: timedelta, feed: bool | None, why: str
) -> None:
    asked: list[Any] = []

    def moved_since(_: Any, feed_: Any, marks: Any, *__: Any, **___: Any) -> bool | None:
        asked.append((feed_, marks))
        return feed

    monkeypatch.setattr("credit_sdk.ledger.feed.moved_since", moved_since)
    clock = FixedClock()
    client, source = standing(way, tmp_path, NOW_CLEAN, clock=clock)
    source.changes = source.changes_async = lambda *_, **__: None  # type: ignore[attr-defined]
    decision = client.check(CLEAN)
    clock.advance(age)
    assert client.call("confirm", decision).why == why
    assert len(source.asked) == (1 if why == "valid" else 2)
    assert [marks for _, marks in asked] == ([] if why == "old" else [(f"code:{CLEAN}", f"org:{CLEAN[8:17]}")])


def test_a_decision_for_another_moment_is_old(way: Way, tmp_path: Path) -> None:
    client, source = standing(way, tmp_path, NOW_CLEAN)
    decision = client.check(CLEAN, as_of=MOMENT - timedelta(minutes=1))
    confirmation = client.call("confirm", decision)
    assert confirmation.why == "old"
    assert confirmation.decision.request.as_of is None
    assert len(source.asked) == 2


@pytest.mark.parametrize("validity", [3, timedelta(seconds=-1)])
def test_validity_is_a_time(way: Way, tmp_path: Path, validity: Any) -> None:
    client = guarding(way, tmp_path)
    decision = client.check(CLEAN)
    with pytest.raises(InvalidRequest):
        client.call("confirm", decision, validity=validity)


def test_a_case_is_confirmed_before_commit(way: Way, tmp_path: Path) -> None:
    client, _ = standing(way, tmp_path, NOW_CLEAN)
    confirmation = client.guard(CLEAN, lambda case: case.confirm(), validity=timedelta(0))
    assert confirmation.decision.effect == "allow"
    [*_, (kind, body)] = client.entries
    assert (kind, body["outcome"]["decision_id"]) == ("reported", confirmation.decision.decision_id)


def test_a_case_that_no_longer_stands_is_refused_and_reported(way: Way, tmp_path: Path) -> None:
    client, _ = standing(way, tmp_path, NOW_CLEAN, NOW_LISTED)
    with pytest.raises(Restricted) as raised:
        client.guard(CLEAN, lambda case: case.confirm())
    sent = outcome(client)
    assert sent["decision_id"] == raised.value.decision.decision_id
    assert (sent["executed"], sent["note"]) == (["test.refuse"], "已拒绝办理")


def test_an_override_stays_in_force_when_confirmed(way: Way, tmp_path: Path) -> None:
    client, _ = standing(way, tmp_path, (coverage(), listing()))
    confirmation = client.guard(LISTED, lambda case: case.confirm(), override=OVERRIDE)
    assert confirmation.decision.blocking


def test_an_override_is_reported_for_the_decision_that_was_checked_anew(way: Way, tmp_path: Path) -> None:
    client, _ = standing(way, tmp_path, (coverage(), listing()))
    seen: list[Any] = []

    def note(confirmation: Any) -> Any:
        seen.append((confirmation.decision.decision_id, [one["what"] for one in client.reports]))
        return confirmation

    def body(case: Any) -> Any:
        confirmed = case.confirm()
        return _then(confirmed, note) if way.is_async else note(confirmed)

    client.guard(LISTED, body, override=OVERRIDE)
    [(fresh, before_the_body_went_on)] = seen
    assert before_the_body_went_on == ["override", "override"]
    first, second, last = (one["outcome"] for one in client.reports)
    assert first["decision_id"] != fresh == second["decision_id"] == last["decision_id"]
    assert second["override"] == OVERRIDE.to_dict()
    assert second["not_executed"] == {"test.refuse": OVERRIDE.reason}
    states = {one.measure: one.state.value for one in client.ledger.store.duties(decision_id=fresh)}
    assert states["test.refuse"] == "declined"


def test_an_override_does_not_cover_what_came_since(way: Way, tmp_path: Path) -> None:
    one_more = listing(id="L-2")
    client, _ = standing(way, tmp_path, (coverage(), listing()), (coverage(), listing(), one_more))
    with pytest.raises(Restricted) as raised:
        client.guard(LISTED, lambda case: case.confirm(), override=OVERRIDE)
    override, refusal = client.reports
    assert (override["what"], refusal["what"]) == ("override", "outcome")
    sent = refusal["outcome"]
    assert sent["decision_id"] == raised.value.decision.decision_id
    assert (sent["executed"], sent["note"]) == (["test.refuse"], "已拒绝办理")


async def _then(confirmed: Any, note: Any) -> Any:
    return note(await confirmed)


def test_what_was_done_stays_said_when_the_decision_changes(way: Way, tmp_path: Path) -> None:
    client, _ = standing(way, tmp_path, NOW_LISTED, NOW_CLEAN)

    def body(case: Any) -> Any:
        case.executed("test.limit")
        case.declined("test.watch", "x")
        return case.confirm()

    client.guard(CLEAN, body, action="pay")
    before, sent = (report["outcome"] for report in client.reports)
    assert (before["executed"], before["not_executed"]) == (["test.limit"], {})
    assert (sent["executed"], sent["not_executed"], sent["note"]) == ([], {}, None)
    # What the first decision asked for is no longer due, but what was carried out is there to be lifted.
    assert [(duty.measure, duty.state) for duty in client.ledger.store.duties()] == [("test.limit", "executed")]


def test_two_confirmations_at_once(tmp_path: Path) -> None:
    """Both hold, each with its own token: it is the award's transaction that lets only one of them through."""
    client = AsyncCreditClient(memory(), measure_lists=[REFUSE], clock=FixedClock(), ledger=tmp_path / "credit.db")

    async def both() -> list[str]:
        decision = await client.check(CLEAN, domain="test", action="award")
        confirmations = await asyncio.gather(*(client.confirm(decision) for _ in range(8)))
        await client.aclose()
        return [one.token for one in confirmations]

    tokens = asyncio.run(both())
    assert len(set(tokens)) == 8
