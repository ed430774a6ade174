"""A report in the caller's own transaction: the award and its report commit or roll back together."""

from __future__ import annotations

import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, scoped_session, sessionmaker

from credit_sdk.errors import InvalidRequest, LedgerUnavailable
from credit_sdk.ledger.sql import SqlLedger
from tests.integration.ledger.written import NOW, checked, reported

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from credit_sdk.ports.ledger import Entry


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


@pytest.mark.parametrize("given", ["session", object(), 1])
def test_something_else_is_refused(ledger: SqlLedger, given: object) -> None:
    with pytest.raises(InvalidRequest, match="Connection"):
        ledger.append([checked()], connection=given)


def test_a_connection_to_something_else_is_refused(ledger: SqlLedger) -> None:
    elsewhere = create_engine("sqlite://")
    with elsewhere.connect() as connection, pytest.raises(InvalidRequest, match="PostgreSQL"):
        ledger.append([checked()], connection=connection)
    with Session() as unbound, pytest.raises(InvalidRequest, match="Session"):
        ledger.append([checked()], connection=unbound)
    elsewhere.dispose()


def test_a_connection_that_commits_by_itself_is_refused(ledger: SqlLedger, engine: Engine) -> None:
    with engine.connect() as connection:
        by_itself = connection.execution_options(isolation_level="AUTOCOMMIT")
        with pytest.raises(LedgerUnavailable, match="autocommit") as caught:
            ledger.append([checked()], connection=by_itself)

    assert not caught.value.retryable
    assert ledger.entries() == []


def test_a_transaction_that_has_failed_is_the_callers_to_roll_back(ledger: SqlLedger, engine: Engine) -> None:
    with Session(engine) as session:
        session.add_all([Award(number=1), Award(number=1)])
        with pytest.raises(SQLAlchemyError):
            session.flush()
        with pytest.raises(LedgerUnavailable, match="先回滚") as caught:
            ledger.append([checked()], connection=session)
        session.rollback()
        ledger.append([checked()], connection=session)
        session.commit()

    assert not caught.value.retryable
    assert len(ledger.entries()) == 1


def test_a_session_that_finds_no_server() -> None:
    nowhere = create_engine("postgresql+psycopg://u:geheim@127.0.0.1:1/awards")
    ledger = SqlLedger("postgresql://u:geheim@127.0.0.1:1/awards")
    ledger._checked = True
    with Session(nowhere) as session, pytest.raises(LedgerUnavailable, match="连接不上") as caught:
        ledger.append([checked()], connection=session)

    assert "geheim" not in "".join(traceback.format_exception(caught.value))
    ledger.close()
    nowhere.dispose()
