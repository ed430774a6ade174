"""The demonstration data, through both clients and the four adapters of this workspace."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from credit_sdk import AsyncCreditClient, CreditClient, Decision, Effect
from credit_sdk.decision.result import Notice
from credit_sdk.errors import CreditError, IncompleteCoverage
from credit_sdk.model.identifiers import uscc
from credit_sdk.model.terms import Standing
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources.demo import FIRMS
from tests.unit.client.conftest import Called, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

DOMAINS = ("approval", "procurement", "bidding", "subsidy")


@pytest.fixture(scope="module")
def registry() -> DomainRegistry:
    return DomainRegistry.from_entry_points(only=DOMAINS)


def every_decision(registry: DomainRegistry) -> Iterator[Decision]:
    """Every firm in every domain, for every action of its measure lists in force."""
    client = CreditClient("demo", domains=registry)
    for domain in DOMAINS:
        for one in registry.measure_lists(domain):
            if one.status == "in_force":
                for action in one.actions:
                    for code in FIRMS:
                        yield client.check(code, domain=domain, action=action, jurisdiction=one.jurisdiction)


@pytest.fixture(scope="module")
def decisions(registry: DomainRegistry) -> list[Decision]:
    return list(every_decision(registry))


def test_every_effect_is_shown(decisions: list[Decision]) -> None:
    assert {decision.effect for decision in decisions} == set(Effect)
    assert {decision.blocking for decision in decisions if decision.effect is Effect.RESTRICT} == {True, False}


def test_every_reason_for_not_counting_is_shown(decisions: list[Decision]) -> None:
    shown = {one.standing for decision in decisions for one in decision.not_counted}
    assert shown == set(Standing) - {Standing.IN_FORCE}


def test_every_answer_says_that_it_is_fictional(decisions: list[Decision]) -> None:
    for decision in decisions:
        assert Notice("fictional_data") in decision.notices
        assert "虚构" in decision.explain("zh")
        assert "fictional" in decision.explain("en").lower()


def test_a_consortium_says_so_too(registry: DomainRegistry) -> None:
    first, second, *_ = FIRMS
    client = CreditClient("demo", domains=registry)
    decision = client.check(second, members=[first], domain="procurement", action="award")
    assert Notice("fictional_data") in decision.notices
    assert decision.blocking


def test_the_firms_have_codes_that_no_registry_issues() -> None:
    for code in FIRMS:
        assert uscc.is_valid(code)
        assert code[2:8] == "990100"


def test_the_readme_firm_is_blocked(way: Way, registry: DomainRegistry) -> None:
    """The first firm of the list, as README and the package's docstring show it."""
    client = Called(way.kind("demo", domains=registry))
    decision = client.check(next(iter(FIRMS)), domain="procurement", action="award")
    assert (decision.effect, decision.blocking) == (Effect.RESTRICT, True)


def test_a_firm_that_the_demonstration_does_not_know_is_not_found(way: Way, registry: DomainRegistry) -> None:
    """7.6."""
    client = Called(way.kind("demo", domains=registry))
    unknown = client.check("91990100MA0000B0XM", domain="procurement", action="award")
    known = client.check(list(FIRMS)[1], domain="procurement", action="award")
    assert (unknown.source.found, known.source.found) == (False, True)
    assert unknown.effect is known.effect


def test_both_clients_say_the_same(registry: DomainRegistry) -> None:
    from credit_sdk.testing import FixedClock

    for code in FIRMS:
        both = []
        for kind in (CreditClient, AsyncCreditClient):
            client = Called(kind("demo", domains=registry, clock=FixedClock()))
            try:
                whole = client.check(code, domain="approval", action="issue", jurisdiction="41").to_dict()
            except CreditError as error:
                both.append(repr(error))
            else:
                both.append(repr({**whole, "decision_id": None}))
        assert both[0] == both[1]


def test_the_data_are_stale_for_another_day(way: Way, registry: DomainRegistry) -> None:
    """The demonstration is made for today; asked about the past it is newer, and says so (7.4)."""
    from datetime import datetime, timedelta

    from credit_sdk.model.moments import SHANGHAI

    client = Called(way.kind("demo", domains=registry))
    past = datetime.now(SHANGHAI) - timedelta(days=3)
    decision = client.check(list(FIRMS)[1], domain="procurement", action="award", as_of=past)
    assert "data_newer" in [notice.code for notice in decision.notices]


def test_no_demo_list_is_missing(decisions: list[Decision]) -> None:
    assert all(decision.coverage.missing == () for decision in decisions)
    assert IncompleteCoverage.code == "incomplete_coverage"
