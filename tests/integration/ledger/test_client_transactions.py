"""The award and its report commit or roll back together, by both clients."""

from __future__ import annotations

import asyncio
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from credit_sdk import AsyncCreditClient, CreditClient
from credit_sdk.errors import InvalidRequest, LedgerUnavailable, Restricted
from credit_sdk.ledger.sql import SqlLedger
from credit_sdk.sources import MemorySource, ThreadedSource
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


@pytest.mark.parametrize("level", ["AUTOCOMMIT", "REPEATABLE READ", "SERIALIZABLE"])
def test_a_connection_that_will_not_do_is_refused_before_the_action(
    postgres: str, ledger: SqlLedger, options: dict[str, Any], awards: Any, level: str
) -> None:
    client = CreditClient(source(), **options)
    engine = create_engine(postgres, isolation_level=level)
    with (
        engine.connect() as connection,
        pytest.raises((InvalidRequest, LedgerUnavailable)),
        client.guard(CLEAN, **ASKED, connection=connection),
    ):
        connection.execute(text("INSERT INTO awards VALUES (1)"))
    engine.dispose()
    assert awards() == 0
    assert ledger.entries() == []


def test_an_awaited_connection_that_will_not_do_is_refused_before_the_action(
    postgres: str, ledger: SqlLedger, options: dict[str, Any], awards: Any
) -> None:
    async def award() -> None:
        engine = create_async_engine(postgres, isolation_level="REPEATABLE READ")
        async with AsyncCreditClient(ThreadedSource(source()), **options) as client, engine.connect() as connection:
            with pytest.raises(InvalidRequest):
                async with client.guard(CLEAN, **ASKED, connection=connection):
                    await connection.execute(text("INSERT INTO awards VALUES (1)"))
            async with client.guard(CLEAN, **ASKED, connection=connection, mode="shadow") as case:
                assert case.decision is not None  # whoever only watches reports nothing, and joins nothing
        await engine.dispose()

    asyncio.run(award())
    assert awards() == 0
    assert [one.entry.kind for one in ledger.entries()] == ["checked"]


def test_a_report_and_a_check_made_again_at_the_same_time(
    postgres: str, ledger: SqlLedger, options: dict[str, Any]
) -> None:
    """What is reported in a transaction that is open stands with the decision that took the matter over meanwhile."""
    rules = measure_list(
        actions={"award": {"title": "中标、成交"}}, measures=[measure("test.limit", consequence="limit", type="limit")]
    )
    client = CreditClient(source(), **options | {"measure_lists": [rules]})
    engine = create_engine(postgres)
    decision = client.check(LISTED, **ASKED)
    options["clock"].advance(timedelta(hours=2))  # too old to be confirmed as it stands
    found: list[Any] = []
    confirming = threading.Thread(target=lambda: found.append(client.confirm(decision).decision))
    with engine.begin() as connection:
        client.report(decision, executed=["test.limit"], connection=connection)
        confirming.start()
        confirming.join(0.5)
        assert not found
    confirming.join(10)
    engine.dispose()
    (fresh,) = found
    stands = [(one.decision_id, one.state.value) for one in ledger.duties(decision_id=decision.decision_id)]
    assert stands == [(fresh.decision_id, "executed")]


def test_confirm_first_then_report(postgres: str, options: dict[str, Any]) -> None:
    """In one transaction; the other way round is told of soon."""
    ledger = SqlLedger(postgres, timeout=2)
    rules = measure_list(
        actions={"award": {"title": "中标、成交"}}, measures=[measure("test.limit", consequence="limit", type="limit")]
    )
    client = CreditClient(source(), **options | {"measure_lists": [rules], "ledger": ledger})
    engine = create_engine(postgres)
    for confirms_first in (True, False):
        decision = client.check(LISTED, **ASKED)
        options["clock"].advance(timedelta(hours=2))
        with engine.begin() as connection:
            if confirms_first:
                decision = client.confirm(decision, connection=connection).decision
            client.report(decision, executed=["test.limit"], connection=connection)
            if not confirms_first:
                with pytest.raises(LedgerUnavailable, match="先 confirm, 后 report"):
                    client.confirm(decision, connection=connection)
    engine.dispose()
    assert [one.state.value for one in ledger.deliveries()] == ["waiting", "waiting"]
    ledger.close()


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


@pytest.mark.parametrize("whose", ["own", "another's", "by id"])
def test_what_is_said_again_in_one_transaction_is_the_last_word(
    postgres: str, ledger: SqlLedger, options: dict[str, Any], whose: str
) -> None:
    engine = create_engine(postgres)
    with CreditClient(source(), **options) as first, CreditClient(source(), **options) as other:
        with pytest.raises(Restricted) as refused, first.guard(LISTED, **ASKED):
            pytest.fail("the body does not begin")
        client = first if whose == "own" else other
        decision: Any = refused.value.decision.decision_id if whose == "by id" else refused.value.decision
        with engine.begin() as connection:
            keys = [
                client.report(decision, executed=["test.refuse"], note=note, connection=connection).key
                for note in ("一", "二", "一", "一")
            ]
        engine.dispose()
    assert len({*keys}) == 3
    assert keys[2] == keys[3] != keys[0]
    assert ledger.entries(kinds=["reported"])[-1].entry.id == keys[2]


def test_what_was_said_before_the_transaction_is_said_again_in_it(
    postgres: str, ledger: SqlLedger, options: dict[str, Any]
) -> None:
    engine = create_engine(postgres)
    with CreditClient(source(), **options) as client:
        with pytest.raises(Restricted) as refused, client.guard(LISTED, **ASKED):
            pytest.fail("the body does not begin")
        decision = refused.value.decision
        client.report(decision, executed=["test.refuse"])
        with engine.begin() as connection:
            client.report(decision, not_executed={"test.refuse": "采购文件未载明"}, connection=connection)
            last = client.report(decision, executed=["test.refuse"], connection=connection)
        engine.dispose()
    assert ledger.entries(kinds=["reported"])[-1].entry.id == last.key
    assert [one.state.value for one in ledger.duties(decision_id=decision.decision_id)] == ["executed"]
