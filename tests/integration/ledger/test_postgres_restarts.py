"""The server is restarted, a session is ended, the process forks: nothing half is kept, and it goes on by itself."""

from __future__ import annotations

import logging
import os
import signal
import time
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import create_engine, event, text

from credit_sdk.errors import LedgerUnavailable
from credit_sdk.ledger import _postgres, _postgres_views
from credit_sdk.ledger.sql import SqlLedger
from tests.integration.ledger.written import NOW, checked, reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.postgres import PostgresServer


@pytest.fixture
def ledger(postgres: str) -> Iterator[SqlLedger]:
    ledger = SqlLedger(postgres)
    yield ledger
    ledger.close()


def _between(monkeypatch: pytest.MonkeyPatch, act: Callable[[Any], object]) -> None:
    """Have ``act`` called with the connection once the entries are inserted, before the views follow."""
    apply = _postgres_views._apply

    def acting(connection: Any, changes: Any, schema: str) -> None:
        monkeypatch.setattr(_postgres_views, "_apply", apply)  # once
        act(connection)
        apply(connection, changes, schema)

    monkeypatch.setattr(_postgres_views, "_apply", acting)


def _pid(connection: Any) -> int:
    return int(connection.connection.driver_connection.info.backend_pid)


def test_a_restart_between_two_calls_is_not_noticed(ledger: SqlLedger, postgres_server: PostgresServer) -> None:
    first, second = checked(), checked()
    ledger.append([first])
    postgres_server.restart()
    ledger.append([second])

    assert [stored.entry for stored in ledger.entries()] == [first, second]


def test_a_session_that_is_ended_in_the_middle_is_made_good(
    ledger: SqlLedger, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = checked()
    _between(
        monkeypatch,
        lambda connection: postgres_server.execute(f"SELECT pg_terminate_backend({_pid(connection)}, 5000)"),
    )
    ledger.append([check, reported(check)])

    assert len(ledger.entries()) == 2
    assert len(ledger.deliveries()) == 1


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in good order", "as a crash"])
def test_a_server_that_stops_in_the_middle_leaves_nothing_half(
    ledger: SqlLedger, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    check = checked()
    before = checked()
    ledger.append([before])
    _between(monkeypatch, lambda _: postgres_server.stop(how))

    with pytest.raises(LedgerUnavailable) as caught:
        ledger.append([check, reported(check)])
    assert caught.value.retryable
    assert postgres_server.password not in "".join(traceback.format_exception(caught.value))

    postgres_server.start()
    assert [stored.entry for stored in ledger.entries()] == [before]
    assert ledger.decisions()[0].decision_id == before.id
    ledger.append([check, reported(check)])
    assert len(ledger.entries()) == 3


def test_a_commit_whose_answer_is_lost_counts_once(
    ledger: SqlLedger, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = checked()
    done = ledger._engine.dialect.do_commit
    lost: list[int] = []

    def losing(dbapi_connection: Any) -> None:
        done(dbapi_connection)
        if not lost:
            lost.append(1)
            postgres_server.execute(
                f"SELECT pg_terminate_backend({dbapi_connection.driver_connection.info.backend_pid}, 5000)"
            )
            dbapi_connection.driver_connection.execute("SELECT 1")

    monkeypatch.setattr(ledger._engine.dialect, "do_commit", losing)
    ledger.append([check, reported(check)])

    assert lost
    assert len(ledger.entries()) == 2
    assert len(ledger.deliveries()) == 1


def test_the_callers_transaction_breaks_and_is_his_to_repeat(
    postgres: str, ledger: SqlLedger, postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    check, engine = checked(), create_engine(postgres)
    with engine.connect() as connection:
        _between(
            monkeypatch, lambda given: postgres_server.execute(f"SELECT pg_terminate_backend({_pid(given)}, 5000)")
        )
        with pytest.raises(LedgerUnavailable) as caught:
            ledger.append([check], connection=connection)
        connection.rollback()
        assert ledger.entries() == []
        ledger.append([check], connection=connection)
        connection.commit()
    engine.dispose()

    assert caught.value.retryable
    assert len(ledger.entries()) == 1


@pytest.mark.skipif(not hasattr(signal, "SIGSTOP"), reason="no process can be stopped here")
def test_a_server_that_says_nothing_is_given_up(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the machine still answers for it, so that TCP sees nothing wrong."""
    monkeypatch.setattr(_postgres, "_GRACE", 0.1)
    ledger = SqlLedger(postgres, timeout=0.5)
    first, second, third = checked(), checked(), checked()
    ledger.append([first])
    with ledger._engine.connect() as connection:
        frozen = _pid(connection)
    os.kill(frozen, signal.SIGSTOP)
    begun = time.monotonic()
    try:
        ledger.append([second])
        assert 0.5 < time.monotonic() - begun < 3
        ledger.append([third])
    finally:
        os.kill(frozen, signal.SIGCONT)

    assert [stored.entry for stored in ledger.entries()] == [first, second, third]
    ledger.close()


def test_an_answer_that_takes_its_time_is_waited_for(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as the server goes on talking."""
    monkeypatch.setattr(_postgres, "_GRACE", -0.3)
    ledger = SqlLedger(postgres, timeout=0.5)
    with ledger._engine.connect() as connection:
        talking = "DO $$ BEGIN FOR i IN 1..10 LOOP RAISE NOTICE 'still here'; PERFORM pg_sleep(0.04); END LOOP; END $$"
        connection.execute(text(talking))
    ledger.close()


def test_all_connections_in_use(postgres: str) -> None:
    ledger = SqlLedger(postgres, pool_size=1, timeout=0.2)
    with ledger._engine.connect(), pytest.raises(LedgerUnavailable, match="pool_size") as caught:
        ledger.append([checked()])
    ledger.close()

    assert caught.value.retryable


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_has_connections_of_its_own(ledger: SqlLedger) -> None:
    mine, childs = checked(), checked()
    ledger.append([mine])
    pids: list[int] = []
    event.listen(ledger._engine, "checkout", lambda made, *_: pids.append(made.info.backend_pid))
    ledger.next_at(NOW)

    child = os.fork()
    if child == 0:
        status = 1
        try:
            ledger.append([childs])
            status = 0 if pids[-1] not in pids[:-1] else 2
            ledger.close()
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0

    assert [stored.entry for stored in ledger.entries()] == [mine, childs]
    assert len(set(pids)) == 1  # ours was not closed by the child


def test_nothing_is_logged_of_what_is_written(
    ledger: SqlLedger, postgres_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    check = checked()
    ledger.append([check, reported(check, why="虚构的理由")])
    ledger.entries()
    with ledger._engine.connect() as connection:
        connection.execute(text("SELECT body FROM credit_ledger.entries")).all()

    assert caplog.records
    assert "91990100MA0000A019" not in caplog.text
    assert "虚构的理由" not in caplog.text
    assert postgres_server.password not in caplog.text
