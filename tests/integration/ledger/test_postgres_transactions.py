"""A report in the caller's own transaction: the award and its report commit or roll back together."""

from __future__ import annotations

import threading
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker

from credit_sdk.errors import InvalidRequest, LedgerUnavailable
from credit_sdk.ledger import _postgres
from credit_sdk.ledger.sql import SqlLedger, migrate
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.testing import ledger as written
from tests.integration.ledger.written import NOW, checked, reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from credit_sdk.ports.ledger import Entry
    from tests.servers.postgres import PostgresServer


class Base(DeclarativeBase):
    pass


class Award(Base):
    __tablename__ = "awards"
    number: Mapped[int] = mapped_column(primary_key=True)


@pytest.fixture
def engine(postgres: str) -> Iterator[Engine]:
    """The caller's own, to the same database."""
    engine = create_engine(postgres)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def ledger(postgres: str) -> Iterator[SqlLedger]:
    ledger = SqlLedger(postgres)
    yield ledger
    ledger.close()


@contextmanager
def _by_connection(engine: Engine) -> Iterator[tuple[Any, Callable[[], object]]]:
    with engine.connect() as connection:
        yield connection, lambda: connection.execute(text("INSERT INTO awards VALUES (1)"))


@contextmanager
def _by_session(engine: Engine) -> Iterator[tuple[Any, Callable[[], object]]]:
    with Session(engine) as session:
        yield session, lambda: session.add(Award(number=1))


@contextmanager
def _by_scoped_session(engine: Engine) -> Iterator[tuple[Any, Callable[[], object]]]:
    scoped = scoped_session(sessionmaker(engine))
    yield scoped, lambda: scoped.add(Award(number=1))
    scoped.remove()


WAYS = [_by_connection, _by_session, _by_scoped_session]


def _awards(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM awards")).scalar_one())


def _seen(ledger: SqlLedger, report: Entry) -> tuple[int, int]:
    """How many such entries and deliveries others see."""
    return sum(stored.entry == report for stored in ledger.entries()), len(ledger.deliveries(key=report.id))


@pytest.mark.parametrize("way", WAYS)
def test_they_commit_together(ledger: SqlLedger, engine: Engine, way: Any) -> None:
    check = checked()
    ledger.append([check])
    report = reported(check)

    with way(engine) as (given, award):
        award()
        ledger.append([report], connection=given)
        assert _seen(ledger, report) == (0, 0)
        given.commit()

    assert (_awards(engine), _seen(ledger, report)) == (1, (1, 1))


@pytest.mark.parametrize("way", WAYS)
def test_they_roll_back_together(ledger: SqlLedger, engine: Engine, way: Any) -> None:
    check = checked()
    ledger.append([check])
    report = reported(check)

    with way(engine) as (given, award):
        award()
        ledger.append([report], connection=given)
        given.rollback()

    assert (_awards(engine), _seen(ledger, report)) == (0, (0, 0))
    assert ledger.duties(decision_id=check.id)[0].state == "due"
    assert ledger.next_at(NOW) is None


@pytest.mark.parametrize("way", WAYS)
def test_what_is_there_already_leaves_the_transaction_alone(ledger: SqlLedger, engine: Engine, way: Any) -> None:
    check = checked()
    report = reported(check)
    ledger.append([check, report])

    with way(engine) as (given, award):
        ledger.append([check, report], connection=given)
        award()
        ledger.append([report], connection=given)
        given.commit()

    assert (_awards(engine), _seen(ledger, report)) == (1, (1, 1))


def test_what_fails_leaves_the_transaction_alone(ledger: SqlLedger, engine: Engine) -> None:
    check = checked()
    broken = reported(check)._replace(kind=None)  # type: ignore[arg-type]

    with engine.begin() as connection:
        connection.execute(text("INSERT INTO awards VALUES (1)"))
        with pytest.raises(LedgerUnavailable, match="SQLSTATE 23502"):
            ledger.append([check, broken], connection=connection)

    assert _awards(engine) == 1
    assert ledger.entries() == []


def test_no_tables_leave_the_transaction_alone(bare_postgres: str) -> None:
    engine, ledger = create_engine(bare_postgres), SqlLedger(bare_postgres)
    Base.metadata.create_all(engine)

    with engine.begin() as connection:
        connection.execute(text("INSERT INTO awards VALUES (1)"))
        with pytest.raises(LedgerUnavailable, match="credit ledger migrate"):
            ledger.append([checked()], connection=connection)

    assert _awards(engine) == 1
    engine.dispose()
    ledger.close()


def test_the_callers_search_path_does_not_matter(ledger: SqlLedger, engine: Engine) -> None:
    check = checked()
    with engine.begin() as connection:
        connection.execute(text("CREATE SCHEMA mine; CREATE TABLE mine.entries (x int); SET search_path TO mine"))
        ledger.append([check, reported(check)], connection=connection)
        assert connection.execute(text("SHOW search_path")).scalar() == "mine"

    assert len(ledger.entries()) == 2


def test_a_savepoint_of_the_callers(ledger: SqlLedger, engine: Engine) -> None:
    check = checked()
    kept, given_up = reported(check), reported(check, 2)
    with Session(engine) as session:
        ledger.append([check, kept], connection=session)
        with session.begin_nested() as savepoint:
            ledger.append([given_up], connection=session)
            savepoint.rollback()
        session.commit()

    assert [stored.entry for stored in ledger.entries()] == [check, kept]


def test_the_same_report_in_two_transactions_at_once_is_there_once(ledger: SqlLedger, engine: Engine) -> None:
    check = checked()
    ledger.append([check])
    report = reported(check)
    with engine.connect() as first:
        ledger.append([report], connection=first)
        impatient = SqlLedger(engine.url.render_as_string(hide_password=False), timeout=0.2)
        with pytest.raises(LedgerUnavailable) as caught:
            impatient.append([report])  # it cannot be known yet whether the report is there
        assert caught.value.retryable
        first.rollback()
        impatient.append([report])
        impatient.close()

    assert _seen(ledger, report) == (1, 1)


@pytest.fixture(params=["with entries", "without"])
def entries(request: pytest.FixtureRequest) -> list[Entry]:
    """To be written; of none, it is only seen whether some could be."""
    return [checked()] if request.param == "with entries" else []


@pytest.mark.parametrize("given", ["session", object(), 1])
def test_something_else_is_refused(ledger: SqlLedger, entries: list[Entry], given: object) -> None:
    with pytest.raises(InvalidRequest, match="Connection"):
        ledger.append(entries, connection=given)


def test_a_connection_to_something_else_is_refused(ledger: SqlLedger, entries: list[Entry]) -> None:
    elsewhere = create_engine("sqlite://")
    with elsewhere.connect() as connection, pytest.raises(InvalidRequest, match="PostgreSQL"):
        ledger.append(entries, connection=connection)
    with Session() as unbound, pytest.raises(InvalidRequest, match="Session"):
        ledger.append(entries, connection=unbound)
    elsewhere.dispose()


def test_a_connection_to_another_ledger_is_refused(
    ledger: SqlLedger,
    entries: list[Entry],
    bare_postgres: str,
    postgres_server: PostgresServer,
    migrated_postgres: str,
) -> None:
    migrate(bare_postgres)
    with postgres_server.database(migrated_postgres) as copy:
        for url in (bare_postgres, copy):
            elsewhere = create_engine(url)
            with elsewhere.begin() as connection:
                with pytest.raises(InvalidRequest, match="另一个数据库"):
                    ledger.append(entries, connection=connection)
                connection.execute(text("SELECT 1"))
            elsewhere.dispose()
            theirs = SqlLedger(url)
            assert theirs.entries() == []
            theirs.close()


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_a_transaction_that_does_not_see_what_others_commit_is_refused(
    ledger: SqlLedger, entries: list[Entry], engine: Engine, level: str
) -> None:
    with engine.connect().execution_options(isolation_level=level) as connection:
        connection.execute(text("INSERT INTO awards VALUES (1)"))
        with pytest.raises(InvalidRequest, match=f"{level}.*READ COMMITTED"):
            ledger.append(entries, connection=connection)
        connection.commit()  # it is as it was

    assert (_awards(engine), ledger.entries()) == (1, [])


def test_the_ledger_s_own_transactions_see_what_others_commit(ledger: SqlLedger, engine: Engine) -> None:
    """Whatever the database's own settings are."""
    with engine.begin() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'"))
    with ledger._engine.connect() as connection:
        assert connection.execute(text("SHOW transaction_isolation")).scalar_one() == "read committed"


def test_a_connection_that_may_be_written_with_is_left_alone(ledger: SqlLedger, engine: Engine) -> None:
    with engine.begin() as connection:
        assert ledger.append([], connection=connection) == ()
        connection.execute(text("INSERT INTO awards VALUES (1)"))

    assert _awards(engine) == 1


def test_a_connection_that_is_closed_is_refused(ledger: SqlLedger, entries: list[Entry], engine: Engine) -> None:
    connection = engine.connect()
    connection.close()
    with pytest.raises(LedgerUnavailable, match="已结束"):
        ledger.append(entries, connection=connection)


def test_a_connection_that_commits_by_itself_is_refused(
    ledger: SqlLedger, entries: list[Entry], engine: Engine
) -> None:
    with engine.connect() as connection:
        by_itself = connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(LedgerUnavailable, match="autocommit") as caught:
            ledger.append(entries, connection=by_itself)

    assert not caught.value.retryable
    assert ledger.entries() == []


def test_a_transaction_that_has_failed_is_the_callers_to_roll_back(
    ledger: SqlLedger, entries: list[Entry], engine: Engine
) -> None:
    with Session(engine) as session:
        session.add_all([Award(number=1), Award(number=1)])
        with pytest.raises(SQLAlchemyError):
            session.flush()
        with pytest.raises(LedgerUnavailable, match="先回滚") as caught:
            ledger.append(entries, connection=session)
        session.rollback()
        ledger.append([checked()], connection=session)
        session.commit()

    assert not caught.value.retryable
    assert len(ledger.entries()) == 1


def test_a_session_that_finds_no_server() -> None:
    nowhere = create_engine("postgresql+psycopg://u:geheim@127.0.0.1:1/awards")
    ledger = SqlLedger("postgresql://u:geheim@127.0.0.1:1/awards")
    ledger._home = _postgres.Home("", "")
    with Session(nowhere) as session, pytest.raises(LedgerUnavailable, match="连接不上") as caught:
        ledger.append([checked()], connection=session)

    assert "geheim" not in "".join(traceback.format_exception(caught.value))
    ledger.close()
    nowhere.dispose()


# -------------------------------------------------------------------------------- several transactions on one matter


def _stand(ledger: SqlLedger) -> list[tuple[str, str]]:
    return [(one.decision_id, one.state.value) for one in ledger.duties()]


def _again(first: Entry) -> Entry:
    return written.checked(written.measure(), again={"why": "recheck", "of": first.id})


def _in_thread(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive(), "it waits for the transaction that is open"
    return thread


def test_what_is_done_in_an_open_transaction_is_taken_over(ledger: SqlLedger, engine: Engine) -> None:
    """By a check made again meanwhile, which waits for it."""
    first = checked()
    fresh = _again(first)
    ledger.append([first])
    with engine.connect() as connection:
        ledger.append([reported(first)], connection=connection)
        waiting = _in_thread(lambda: ledger.append([fresh]))
        connection.commit()
        waiting.join(10)

    assert _stand(ledger) == [(fresh.id, "executed")]


def test_what_is_done_meanwhile_is_said_of_the_one_that_took_over(ledger: SqlLedger, engine: Engine) -> None:
    first = checked()
    fresh = _again(first)
    ledger.append([first])
    with engine.connect() as connection:
        ledger.append([fresh], connection=connection)
        waiting = _in_thread(lambda: ledger.append([reported(first)]))
        connection.commit()
        waiting.join(10)

    assert _stand(ledger) == [(fresh.id, "executed")]


def test_a_decision_that_another_transaction_brings_has_its_turn(ledger: SqlLedger, engine: Engine) -> None:
    """What is written with a decision that is not committed yet waits for it before it asks for its matter."""
    first = checked()
    fresh = _again(first)
    with engine.connect() as connection:
        ledger.append([first, reported(first)], connection=connection)
        waiting = _in_thread(lambda: ledger.append([first, fresh]))
        connection.commit()
        waiting.join(10)

    assert _stand(ledger) == [(fresh.id, "executed")]


def test_other_matters_and_other_entries_do_not_wait(ledger: SqlLedger, engine: Engine) -> None:
    first, other = checked(), checked()
    ledger.append([first, other])
    with engine.connect() as connection:
        ledger.append([reported(first)], connection=connection)
        ledger.append([reported(other), checked()])
        ledger.append([written.reported(first, number=2)])  # says nothing of a measure
        ledger.append([written.entry(EntryKind.CONFIRMED, {}, decision_id=first.id)])
        connection.commit()

    assert _stand(ledger)[:2] == [(first.id, "executed"), (other.id, "executed")]


def test_turns_are_taken_in_one_order(ledger: SqlLedger) -> None:
    """Two that write of the same matters, each in its own order, do not wait for each other in a circle."""
    matters = [checked() for _ in range(8)]
    ledger.append(matters)
    together = threading.Barrier(2)
    failures: list[BaseException] = []

    def write(several: list[Entry], number: int) -> None:
        together.wait()
        try:
            for round_ in range(10):
                ledger.append([reported(one, 100 * number + round_) for one in several])
        except LedgerUnavailable as error:
            failures.append(error)

    threads = [threading.Thread(target=write, args=(matters[:: 1 - 2 * way], way)) for way in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_whoever_waits_for_his_own_transaction_is_told_soon(postgres: str, engine: Engine) -> None:
    """As one who reports, and then confirms in the same transaction: the check made again is not part of it."""
    first = checked()
    ledger = SqlLedger(postgres, timeout=2)
    ledger.append([first])
    with engine.connect() as connection:
        ledger.append([reported(first)], connection=connection)
        begun = time.monotonic()
        with pytest.raises(LedgerUnavailable, match="先 confirm, 后 report") as caught:
            ledger.append([_again(first)])
        assert time.monotonic() - begun < 1.5
        connection.commit()
    ledger.close()

    assert caught.value.retryable
    assert "confirm first, then report" in caught.value.message("en")
