"""The award and its report commit or roll back together, by both clients."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from credit_sdk import AsyncCreditClient, CreditClient
from credit_sdk.errors import Restricted
from credit_sdk.ledger.sql import SqlLedger
from credit_sdk.sources import MemorySource
from credit_sdk.testing import MOMENT, FixedClock, coverage, fictional_code, listing, measure, measure_list

if TYPE_CHECKING:
    from collections.abc import Iterator

LISTED, CLEAN = fictional_code(1), fictional_code(2)
ASKED: dict[str, Any] = {"domain": "test", "action": "award"}
RULES = measure_list(
    actions={"award": {"title": "中标、成交"}},
    measures=[measure("test.refuse", consequence="refuse")],
)


@pytest.fixture
def ledger(postgres: str) -> Iterator[SqlLedger]:
    ledger = SqlLedger(postgres)
    yield ledger
    ledger.close()


@pytest.fixture
def options(ledger: SqlLedger) -> dict[str, Any]:
    return {"measure_lists": [RULES], "clock": FixedClock(), "ledger": ledger}


@pytest.fixture
def awards(postgres: str) -> Iterator[Any]:
    """How many awards there are."""
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE awards (number int)"))

    def count() -> int:
        with engine.connect() as connection:
            return int(connection.execute(text("SELECT count(*) FROM awards")).scalar_one())

    yield count
    engine.dispose()


def source() -> MemorySource:
    return MemorySource.of([coverage(), listing()], read_at=MOMENT)


class Undone(Exception):
    """What the caller rolls back for."""


@pytest.mark.parametrize("fails", [False, True], ids=["commit", "rollback"])
def test_a_guarded_award(
    postgres: str,
    ledger: SqlLedger,
    options: dict[str, Any],
    awards: Any,
    fails: bool,
) -> None:
    client = CreditClient(source(), **options)
    engine = create_engine(postgres)
    tokens: list[str] = []

    def award() -> None:
        with Session(engine) as session, session.begin():
            with client.guard(CLEAN, **ASKED, connection=session) as case:
                session.execute(text("INSERT INTO awards VALUES (1)"))
                tokens.append(case.confirm().token)
            if fails:
                raise Undone

    if fails:
        with pytest.raises(Undone):
            award()
    else:
        award()
    engine.dispose()
    there = 0 if fails else 1
    assert awards() == there
    assert len(ledger.deliveries()) == there
    assert (ledger.entry(tokens[0]) is not None) == (not fails)
    assert len(ledger.decisions()) == 2  # what was checked was checked


def test_a_refusal_outlives_the_transaction(
    postgres: str, ledger: SqlLedger, options: dict[str, Any], awards: Any
) -> None:
    client = CreditClient(source(), **options)
    engine = create_engine(postgres)

    def award(code: str) -> None:
        with Session(engine) as session, session.begin():
            session.execute(text("INSERT INTO awards VALUES (1)"))
            with client.guard(code, **ASKED, connection=session):
                raise Undone

    with pytest.raises(Restricted):
        award(LISTED)
    with pytest.raises(Undone):
        award(CLEAN)
    engine.dispose()
    assert awards() == 0
    assert [one.state.value for one in ledger.deliveries()] == ["waiting", "waiting"]


@pytest.mark.parametrize("fails", [False, True], ids=["commit", "rollback"])
def test_an_awaited_session(
    postgres: str,
    ledger: SqlLedger,
    options: dict[str, Any],
    awards: Any,
    fails: bool,
) -> None:
    client = AsyncCreditClient(source(), **options)

    async def award() -> None:
        engine = create_async_engine(postgres)
        try:
            async with AsyncSession(engine) as session, session.begin():
                async with client.guard(CLEAN, **ASKED, connection=session) as case:
                    await session.execute(text("INSERT INTO awards VALUES (1)"))
                    await case.confirm()
                decision = await client.check(LISTED, **ASKED)
                await client.report(decision, executed=["test.refuse"], connection=session)
                if fails:
                    raise Undone
        finally:
            await engine.dispose()

    if fails:
        with pytest.raises(Undone):
            asyncio.run(award())
    else:
        asyncio.run(award())
    assert awards() == (0 if fails else 1)
    assert len(ledger.deliveries()) == (0 if fails else 2)


def test_a_blocking_session_in_an_event_loop(
    postgres: str, ledger: SqlLedger, options: dict[str, Any], awards: Any
) -> None:
    client = AsyncCreditClient(source(), **options)
    engine = create_engine(postgres)

    async def award() -> None:
        decision = await client.check(CLEAN, **ASKED)
        with Session(engine) as session, session.begin():
            session.execute(text("INSERT INTO awards VALUES (1)"))
            await client.report(decision, connection=session)

    asyncio.run(award())
    engine.dispose()
    assert (awards(), len(ledger.deliveries())) == (1, 1)


def test_a_decision_that_was_rolled_back_is_kept_again(
    postgres: str, ledger: SqlLedger, options: dict[str, Any], awards: Any
) -> None:
    """A decision of another client's is kept with its report, and gone with it."""
    decision = CreditClient(source(), measure_lists=[RULES], clock=FixedClock()).check(LISTED, **ASKED)
    client = CreditClient(source(), **options)
    engine = create_engine(postgres)
    with engine.connect() as connection:
        client.report(decision, executed=["test.refuse"], connection=connection)
        connection.rollback()
    engine.dispose()
    assert ledger.entry(decision.decision_id) is None
    client.report(decision, executed=["test.refuse"])
    assert ledger.entry(decision.decision_id) is not None
    assert (awards(), len(ledger.deliveries())) == (0, 1)
