"""What may be said of a measure by how it stands: fulfilled, lifted, in force again; on both clients."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import InvalidReport, InvalidSettings, Restricted
from credit_sdk.ledger import releases
from credit_sdk.ledger.feed import follow
from credit_sdk.ports.log import FailureLog
from credit_sdk.sources import AsyncCachedSource, CachedSource
from credit_sdk.testing import FixedClock, fictional_code
from tests.unit.ledger.matters import LISTS, Platform, rules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credit_sdk.model.subject import Subject
    from credit_sdk.ports import Answer, ChangePage
    from credit_sdk.ports.ledger import Duty
    from tests.unit.client.conftest import Called, Way

FIRM = fictional_code(1)
PAPERS = "test.later-papers"


class Both(Platform):
    """The platform for either client."""

    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ASYNC109
        return self.fetch(subjects, timeout=timeout)

    async def changes_async(
        self,
        cursor: str | None = None,
        *,
        limit: int = 1000,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> ChangePage:
        return self.changes(cursor, limit=limit, timeout=timeout)

    async def aclose(self, timeout: float = 0.0) -> None:  # noqa: ASYNC109
        pass


class Office:
    """A platform, and a client that keeps its checks."""

    def __init__(self, way: Way, folder: Path, *, cached: bool = False, **options: Any) -> None:
        self.clock = FixedClock()
        self.platform = Both(self.clock)
        source: Any = self.platform
        if cached:
            source = (AsyncCachedSource if way.is_async else CachedSource)(source, ttl=3600, clock=self.clock)
        self.client: Called = way.client(source, rules(), clock=self.clock, ledger=folder / "credit.db", **options)

    def honour(self) -> str:
        """A decision that offers later papers."""
        self.platform.enter("L-9", list=LISTS[2], kind="red")
        return self.client.check(FIRM).decision_id

    def refuse(self, **listed: Any) -> str:
        """A decision that refuses; that it was carried out is reported."""
        self.platform.enter("L-1", **listed)
        decision = self.client.check(FIRM)
        self.client.call("report", decision, executed=["test.refuse"])
        return decision.decision_id

    def state(self, decision_id: str) -> str:
        [duty] = self.client.ledger.store.duties(decision_id=decision_id)
        return duty.state.value

    def refused(self, name: str, *arguments: Any, **options: Any) -> InvalidReport:
        with pytest.raises(InvalidReport) as raised:
            self.client.call(name, *arguments, **options)
        return raised.value


@pytest.fixture
def office(way: Way, tmp_path: Path) -> Office:
    return Office(way, tmp_path)


# ----------------------------------------------------------------------------------------------------------- discharged


def test_what_nobody_carried_out_is_not_fulfilled(office: Office) -> None:
    offered = office.honour()
    error = office.refused("discharge", offered, PAPERS)
    assert (error.key, "report it as carried out" in error.en) == ("measure", True)
    office.client.call("report", offered, not_executed={PAPERS: "申请人未承诺"})
    assert "declined" in office.refused("discharge", offered, PAPERS).en
    assert office.state(offered) == "declined"


def test_what_is_due_is_not_fulfilled(office: Office) -> None:
    office.platform.enter("L-1")
    decision = office.client.check(FIRM)
    assert "report it" in office.refused("discharge", decision.decision_id, "test.refuse").en
    assert office.state(decision.decision_id) == "due"


def test_a_penalty_is_released_and_not_discharged(office: Office) -> None:
    refused = office.refuse()
    assert "release" in office.refused("discharge", refused, "test.refuse", proof="x").en
    office.platform.set("L-1", "repaired")
    office.client.call("recheck")
    assert "release" in office.refused("discharge", refused, "test.refuse").en
    assert office.state(refused) == "release_due"
    office.client.call("release", refused)
    assert "released" in office.refused("discharge", refused, "test.refuse").en


def test_a_discharge_said_again_is_the_same(office: Office) -> None:
    offered = office.honour()
    office.client.call("report", offered, executed=[PAPERS])
    first = office.client.call("discharge", offered, PAPERS, proof="收件单1号")
    assert office.client.call("discharge", offered, PAPERS, proof="收件单1号") == first
    error = office.refused("discharge", offered, PAPERS, proof="收件单2号")
    assert "before" in error.en
    assert len(office.client.reports) == 2


@pytest.mark.parametrize("proof", ["", " ", "\u200b", "x" * 2001, 7, "a\x00b", "\ud800"])
def test_a_proof_is_text(office: Office, proof: Any) -> None:
    offered = office.honour()
    office.client.call("report", offered, executed=[PAPERS])
    assert office.refused("discharge", offered, PAPERS, proof=proof).key == "proof"
    assert office.state(offered) == "executed"


def test_a_discharge_names_its_own_parameter(office: Office) -> None:
    assert office.refused("discharge", office.honour(), "test.nonsense").key == "measure"


# -------------------------------------------------------------------------------------------------------------- released


def test_what_is_in_force_is_not_released_by_name(office: Office) -> None:
    refused = office.refuse()
    error = office.refused("release", refused, ["test.refuse"])
    assert (error.key, "not due" in error.en) == ("measures", True)
    assert office.state(refused) == "executed"


def test_a_release_said_again_is_the_same(office: Office) -> None:
    refused = office.refuse()
    office.platform.set("L-1", "repaired")
    office.client.call("recheck")
    first = office.client.call("release", refused, ["test.refuse"], note="已恢复")
    assert office.client.call("release", refused, ["test.refuse"], note="已恢复") == first
    assert "before" in office.refused("release", refused, ["test.refuse"], note="另行说明").en
    assert len(office.client.reports) == 2


@pytest.mark.parametrize("measures", ["test.refuse", [], 3])
def test_releases_are_named_as_a_list(office: Office, measures: Any) -> None:
    assert office.refused("release", office.refuse(), measures).key == "measures"


def test_releases_look_for_what_ended_by_date(way: Way, tmp_path: Path) -> None:
    told: list[Duty] = []
    office = Office(way, tmp_path, on_release=told.append)
    refused = office.refuse(effective_until="2026-11-25")
    assert office.client.call("releases") == []
    office.clock.advance(timedelta(days=10))
    assert [one.decision_id for one in office.client.call("releases")] == [refused]
    assert [one.decision_id for one in told] == [refused]
    office.client.call("releases")
    assert len(told) == 1


# --------------------------------------------------------------------------------------------------------- in force again


@pytest.mark.parametrize("by", ["recheck", "check"])
def test_what_is_in_force_again_is_not_due_for_release(way: Way, tmp_path: Path, by: str) -> None:
    told: list[Duty] = []
    office = Office(way, tmp_path, on_release=told.append)
    refused = office.refuse()
    for rounds in (1, 2):
        office.clock.advance(timedelta(minutes=5))
        office.platform.set("L-1", "repaired")
        office.client.call("recheck")
        assert len(office.client.call("releases")) == 1, rounds
        assert len(told) == rounds
        office.clock.advance(timedelta(minutes=5))
        office.platform.set("L-1", "active")
        if by == "recheck":
            office.client.call("recheck")
        else:
            assert office.client.check(FIRM).blocking
            assert "not due" in office.refused("release", refused, ["test.refuse"]).en
        assert office.client.call("releases") == []
        assert office.state(refused) == "executed"
        assert "releases" in office.refused("release", refused).en
    assert len(office.client.reports) == 1


def test_a_restriction_found_by_the_feed_goes_back_when_asked_again(office: Office) -> None:
    refused = office.refuse()
    ledger = office.client.ledger
    office.platform.set("L-1", "revoked")
    follow(ledger.store, office.platform, office.clock())
    assert len(office.client.call("releases")) == 1
    office.clock.advance(timedelta(minutes=5))
    office.platform.set("L-1", "active")
    assert office.client.call("recheck") == []  # it says what the decision said
    assert office.state(refused) == "executed"
    assert office.client.call("releases") == []


def test_recheck_is_not_answered_from_the_cache(way: Way, tmp_path: Path) -> None:
    office = Office(way, tmp_path, cached=True)
    refused = office.refuse()
    office.clock.advance(timedelta(minutes=5))
    office.platform.set("L-1", "repaired")
    [changed] = found = office.client.call("recheck")
    assert (changed.new.effect, [one.reason for one in found.due]) == ("allow", ["L-1: repaired"])
    assert office.client.check(FIRM).effect == "allow", "what was found is what is kept from now on"
    office.client.call("release", refused)


def test_what_was_kept_from_before_does_not_undo_an_end(way: Way, tmp_path: Path) -> None:
    """The feed knows of the end, a cache in this process does not."""
    office = Office(way, tmp_path, cached=True)
    refused = office.refuse()
    office.clock.advance(timedelta(minutes=5))
    office.platform.set("L-1", "repaired")
    follow(office.client.ledger.store, office.platform, office.clock())
    assert len(office.client.call("releases")) == 1
    assert office.client.check(FIRM).blocking
    assert len(office.client.call("releases")) == 1
    office.client.call("release", refused)
    assert office.state(refused) == "released"


def test_nor_does_what_stands_in_for_the_source(office: Office) -> None:
    refused = office.refuse()
    office.clock.advance(timedelta(minutes=5))
    office.platform.set("L-1", "repaired")
    follow(office.client.ledger.store, office.platform, office.clock())
    assert len(office.client.call("releases")) == 1
    office.platform.stale.add(FIRM)
    office.platform.entries["L-1"]["status"] = "active"  # there
    found = office.client.call("recheck")
    assert (found, found.unanswered, found.errors) == ([], 1, {"stale_data": 1})
    assert office.client.check(FIRM).blocking
    assert len(office.client.call("releases")) == 1
    assert office.state(refused) == "release_due"
    office.platform.stale.clear()
    assert office.client.call("recheck").unanswered == 0
    assert office.state(refused) == "executed"


def test_what_stands_in_for_the_source_lifts_no_restriction(office: Office) -> None:
    """It may know less than the source: a firm that it does not show may be listed all the same."""
    office.platform.enter("L-1")
    refused = office.client.check(FIRM)
    shown = office.platform.entries.pop("L-1")
    office.platform.stale.add(FIRM)
    with pytest.raises(Restricted):
        office.client.call("confirm", refused)
    found = office.client.call("recheck")
    assert (found, found.unanswered) == ([], 1)
    assert office.state(refused.decision_id) == "due"
    office.platform.stale.clear()
    office.platform.entries["L-1"] = shown
    assert office.client.call("recheck").unanswered == 0
    assert office.state(refused.decision_id) == "due"


@pytest.mark.parametrize("note", [None, "再次执行"], ids=["in the same words", "in others"])
def test_what_was_lifted_and_is_asked_for_again_is_reported_by_the_old_id(office: Office, note: str | None) -> None:
    office.platform.enter("L-1")
    decision = office.client.check(FIRM)
    refused = decision.decision_id
    first = office.client.call("report", refused, executed=["test.refuse"])
    for rounds in (1, 2):
        office.clock.advance(timedelta(minutes=30))
        office.platform.set("L-1", "repaired")
        office.client.call("recheck")
        office.client.call("release", refused)
        office.clock.advance(timedelta(minutes=30))
        office.platform.set("L-1", "active")
        with pytest.raises(Restricted):
            office.client.call("confirm", decision)
        assert office.state(refused) == "due"
        again = office.client.call("report", refused, executed=["test.refuse"], note=note)
        assert again == office.client.call("report", refused, executed=["test.refuse"], note=note)
        assert again.key != first.key
        assert office.state(refused) == "executed"
        assert len(office.client.reports) == 1 + 2 * rounds
    states = [one.state.value for one in office.client.ledger.store.duties()]
    assert states == ["released", "released", "executed"]


# ------------------------------------------------------------------------------------------------------------------ hook


async def _notify(_: Duty) -> None:
    raise AssertionError


class _Notifier:
    async def __call__(self, _: Duty) -> None:
        raise AssertionError


@pytest.mark.parametrize("hook", [_notify, _Notifier(), partial(_notify), "print"])
def test_a_hook_that_nobody_would_await_is_refused(way: Way, tmp_path: Path, hook: Any) -> None:
    with pytest.raises(InvalidSettings) as raised:
        Office(way, tmp_path, on_release=hook)
    assert raised.value.key == "on_release"


def test_a_hook_that_gives_something_to_await_has_failed(
    way: Way, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(releases, "_FAULTS", FailureLog())

    def hook(duty: Duty) -> Any:
        return _notify(duty)

    office = Office(way, tmp_path, on_release=hook)
    office.refuse()
    office.platform.set("L-1", "repaired")
    assert len(office.client.call("recheck").due) == 1
    assert "on_release failed (TypeError)" in caplog.text


# -------------------------------------------------------------------------------------------------------------- affected


def test_only_what_was_in_force_counts_as_used(office: Office) -> None:
    refused = office.refuse()
    office.platform.set("L-1", "revoked")
    seen = office.client.check(FIRM)
    assert [one.listing.id for one in seen.listings] == ["L-1"]
    assert [one.decision_id for one in office.client.call("affected", "L-1")] == [refused]


# ------------------------------------------------------------------------------------------------------------- confirmed


def test_nothing_moved_since_is_valid_each_time(office: Office) -> None:
    office.platform.enter("L-1")
    office.platform.set("L-1", "repaired")
    office.clock.advance(timedelta(hours=2))
    decision = office.client.check(FIRM)
    confirmed = [office.client.call("confirm", decision) for _ in range(3)]
    assert [one.why for one in confirmed] == ["valid"] * 3
    assert {one.decision.decision_id for one in confirmed} == {decision.decision_id}


def test_what_was_checked_anew_once_is_valid_after(office: Office) -> None:
    """A change a moment before cannot be told from one a moment after; that is asked for once."""
    office.platform.enter("L-1")
    office.platform.set("L-1", "repaired")
    decision = office.client.check(FIRM)
    assert [office.client.call("confirm", decision).why for _ in range(3)] == ["feed", "valid", "valid"]
    office.clock.advance(timedelta(minutes=2))
    office.platform.set("L-1", "removed")
    assert [office.client.call("confirm", decision).why for _ in range(2)] == ["feed", "valid"]


@pytest.mark.parametrize("read_before", [True, False])
def test_the_feeds_clock_may_be_wrong(office: Office, read_before: bool) -> None:
    office.platform.enter("L-1")
    office.platform.set("L-1", "repaired")
    if read_before:
        office.client.call("confirm", office.client.check(FIRM))
    office.clock.advance(timedelta(minutes=2))
    decision = office.client.check(FIRM)
    slow = Platform(FixedClock(office.clock() - timedelta(minutes=30)))
    slow.entries, slow.log = office.platform.entries, office.platform.log
    slow.set("L-1", "removed")  # now, by a clock that is half an hour slow
    assert office.client.call("confirm", decision).why == "feed"
