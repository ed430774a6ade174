"""A ledger in PostgreSQL, in the caller's own transaction, through the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from credit_sdk.ledger.sql import SqlLedger
from tests.faults import ledger_rig as rig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers.postgres import PostgresServer


@pytest.fixture
def store(postgres: str) -> Iterator[SqlLedger]:
    store = SqlLedger(postgres)
    yield store
    store.close()


@pytest.fixture
def engine(postgres: str) -> Iterator[Engine]:
    engine = create_engine(postgres)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE awards (decision_id text PRIMARY KEY)"))
    yield engine
    engine.dispose()


INSERT = text("INSERT INTO awards VALUES (:id)")


def awards(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM awards")).scalar_one())


def test_a_rollback_leaves_nothing(store: SqlLedger, engine: Engine) -> None:
    """And the same may be reported again; also on a decision that was not in this ledger before."""
    receiver = rig.Receiver()
    credit = rig.client(store, receiver)
    elsewhere = rig.client(None).check(rig.LISTED, **rig.ASK)
    for decision in (credit.check(rig.LISTED, **rig.ASK), elsewhere):
        for rolls_back in (True, False):
            with engine.connect() as connection:
                connection.execute(INSERT, {"id": decision.decision_id})
                receipt = credit.report(decision, executed=rig.EXECUTED, connection=connection)
                (connection.rollback if rolls_back else connection.commit)()
            there = {one.entry.id for one in store.entries(decision_id=decision.decision_id)}
            assert (receipt.key in there) is not rolls_back
        assert store.entry(decision.decision_id) is not None
    assert awards(engine) == len(rig.reports_in(store)) == 2
    assert credit.flush(10)
    assert receiver.has.keys() == set(rig.reports_in(store))
    credit.close()


def test_the_server_is_restarted_in_the_middle(
    store: SqlLedger, engine: Engine, postgres_server: PostgresServer
) -> None:
    """The caller's commit fails, neither award nor report is there; the next attempt goes through."""
    credit = rig.client(store)
    decision = credit.check(rig.LISTED, **rig.ASK)
    with engine.connect() as connection:
        connection.execute(INSERT, {"id": decision.decision_id})
        credit.report(decision, executed=rig.EXECUTED, connection=connection)
        postgres_server.restart()
        with pytest.raises(DBAPIError):
            connection.commit()
        connection.invalidate()
    assert rig.reports_in(store) == []
    assert awards(engine) == 0

    with engine.begin() as connection:
        connection.execute(INSERT, {"id": decision.decision_id})
        credit.report(decision, executed=rig.EXECUTED, connection=connection)
    assert awards(engine) == len(rig.reports_in(store)) == 1
    credit.close()
