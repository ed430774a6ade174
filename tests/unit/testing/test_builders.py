"""What the builders build can be used, and is fictional."""

from __future__ import annotations

import asyncio
import doctest
from datetime import timedelta

import pytest

from credit_sdk import Effect
from credit_sdk.client import AsyncCreditClient, CreditClient
from credit_sdk.errors import IncompleteCoverage, NoDecision, SourceUnavailable
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.identifiers import organisation_code, uscc
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource
from credit_sdk.testing import (
    MOMENT,
    FailingSource,
    FixedClock,
    builders,
    coverage,
    fictional_code,
    listing,
    measure,
    measure_list,
    violation,
)


def test_the_docstrings_run() -> None:
    assert doctest.testmod(builders).failed == 0


@pytest.mark.parametrize("number", [0, 1, 42, 999_999])
@pytest.mark.parametrize("pair", ["91", "92", "12"])
def test_codes_are_valid_and_of_no_area(number: int, pair: str) -> None:
    code = fictional_code(number, pair=pair)
    assert uscc.is_valid(code)
    assert organisation_code.is_valid(code[8:17])
    assert code[:8] == f"{pair}990100"


def test_codes_differ() -> None:
    assert len({fictional_code(number) for number in range(500)}) == 500


@pytest.mark.parametrize("number", [-1, 1_000_000])
def test_there_are_a_million_codes(number: int) -> None:
    with pytest.raises(ValueError, match="between"):
        fictional_code(number)


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_listing_can_be_made_of_every_list(code: str) -> None:
    MemorySource.of([coverage(code), listing(code), violation()])


def test_defaults_make_a_decision() -> None:
    source = MemorySource.of([coverage(), listing()], read_at=MOMENT)
    clock = FixedClock()
    with CreditClient(source, domains=DomainRegistry(), measure_lists=[measure_list()], clock=clock) as credit:
        assert credit.check(fictional_code(1), domain="test", action="award").blocking
        assert credit.check(fictional_code(2), domain="test", action="award").effect is Effect.ALLOW
        clock.advance(timedelta(days=30))
        with pytest.raises(NoDecision):
            credit.check(fictional_code(1), domain="test", action="award")


def test_an_incentive() -> None:
    favour = measure("test.favour", effect="priority", unit=None)
    source = MemorySource.of([coverage("tax.a-rated"), listing("tax.a-rated")], read_at=MOMENT)
    client = CreditClient(source, domains=DomainRegistry(), measure_lists=[measure_list(favour)], clock=FixedClock())
    assert client.check(fictional_code(1), domain="test", action="award").effect is Effect.PRIORITY


def test_none_takes_a_key_out() -> None:
    assert "remedy" not in listing(remedy=None)
    assert "history_from" not in coverage(history_from=None)


async def ask_async(source: FailingSource) -> None:
    client = AsyncCreditClient(source, domains=DomainRegistry(), measure_lists=[measure_list()])
    await client.check(fictional_code(1), domain="test", action="award")


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (None, SourceUnavailable),
        (IncompleteCoverage("缺", "missing"), IncompleteCoverage),
        (OSError("down"), SourceUnavailable),
    ],
    ids=["default", "one of ours", "a careless one"],
)
def test_a_failing_source_fails_both_clients(error: Exception | None, raised: type[NoDecision]) -> None:
    source = FailingSource(error)
    with (
        CreditClient(source, domains=DomainRegistry(), measure_lists=[measure_list()]) as credit,
        pytest.raises(raised),
    ):
        credit.check(fictional_code(1), domain="test", action="award")
    with pytest.raises(raised):
        asyncio.run(ask_async(source))
    assert source.asked == 2
