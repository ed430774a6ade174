"""What a ledger in PostgreSQL says when something is wrong: the way out, and neither credentials nor values."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from credit_sdk.errors import InvalidSettings, LedgerUnavailable
from credit_sdk.ledger import _postgres, _postgres_faults

if TYPE_CHECKING:
    from tests.servers.postgres import PostgresServer

NAME = "虚构示范有限公司"


def _error(url: str, statement: str = "SELECT 1", *, timeout: float = 5, **values: Any) -> LedgerUnavailable:
    """What a ledger would raise for what this statement meets."""
    engine = _postgres.make_engine(_postgres.parse(url), timeout=timeout)
    caught: BaseException | None = None
    try:
        with engine.begin() as connection:
            connection.execute(text(statement), values)
    except Exception as error:  # noqa: BLE001 - whatever it is
        caught = error
    finally:
        engine.dispose()
    assert caught is not None
    return _postgres_faults.unavailable(_postgres.shown(_postgres.parse(url)), caught)


@pytest.mark.parametrize(
    ("statement", "words", "retryable"),
    [
        ("SELECT 1 FROM credit_ledger.entries", "run `credit ledger migrate`", False),
        ("SELECT nothing FROM pg_class", "run `credit ledger migrate`", False),
        ("SELECT pg_sleep(5)", "cancelled at the time limit", True),
        ("SET TRANSACTION READ ONLY; CREATE TABLE t (x int)", "standby", True),
        ("SELECT 1/0", "does not take", False),
        ("DO $$ BEGIN RAISE SQLSTATE 'XX000'; END $$", "reports an error", True),
        ("DO $$ BEGIN RAISE SQLSTATE '40001'; END $$", "in conflict", True),
        ("DO $$ BEGIN RAISE SQLSTATE '53100'; END $$", "disk is full", True),
        ("SELECT pg_terminate_backend(pg_backend_pid())", "cannot be reached", True),
    ],
)
def test_what_the_database_reports_becomes_a_way_out(
    bare_postgres: str, statement: str, words: str, retryable: bool
) -> None:
    error = _error(bare_postgres, statement, timeout=0.1)

    assert words in error.message("en")
    assert error.retryable is retryable
    assert error.file == "127.0.0.1/" + bare_postgres.rpartition("/")[2]


def test_a_server_that_is_not_there_is_out_of_reach() -> None:
    error = _error("postgresql://u:geheim@127.0.0.1:1/awards")

    assert error.retryable
    assert "cannot be reached" in error.message("en")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url, server: url.replace(server.password, "wrong"), "does not accept"),
        (lambda url, _: url.rpartition("/")[0] + "/nowhere", "no such database"),
        (lambda url, _: url + "?sslmode=bogus", "sslmode"),
        (lambda url, _: url + "?bogus=1", "parameter after the ?"),
        (lambda url, _: url + "?connect_timeout=soon", "a parameter after"),
        (lambda url, _: url + "?sslmode=verify-full&sslrootcert=/nowhere/root.crt", "check sslmode, sslrootcert"),
    ],
)
def test_what_the_server_refuses_before_a_session(
    bare_postgres: str, postgres_server: PostgresServer, change: Any, words: str
) -> None:
    error = _error(change(bare_postgres, postgres_server))

    assert words in error.message("en")
    assert not error.retryable


def test_neither_credentials_nor_values_come_out(
    bare_postgres: str, postgres_server: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    statement = "SELECT CAST(:name AS integer)"

    error = _error(bare_postgres, statement, name=NAME)
    said = "".join(traceback.format_exception(error)) + error.message("en") + repr(error) + caplog.text

    assert NAME not in said
    assert postgres_server.password not in said
    assert "22P02" in said


def test_rows_are_not_logged(bare_postgres: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    engine = _postgres.make_engine(_postgres.parse(bare_postgres), timeout=5)

    with engine.connect() as connection:
        assert connection.execute(text("SELECT CAST(:name AS text)"), {"name": NAME}).scalar() == NAME
    engine.dispose()

    assert NAME not in caplog.text


@pytest.mark.parametrize(
    "url",
    ["", "postgresql://", "mysql://u:geheim@h/d", "postgresql+psycopg2://u:geheim@h/d", "postgresql://u:geheim@h:x/d"],
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(InvalidSettings, match="postgresql://") as caught:
        _postgres.parse(url)
    assert "geheim" not in "".join(traceback.format_exception(caught.value))


def test_the_name_is_host_and_database() -> None:
    assert _postgres.shown(_postgres.parse("postgresql://u:geheim@db.example.gov.cn:5433/awards?sslmode=require")) == (
        "db.example.gov.cn/awards"
    )
    assert _postgres.shown(_postgres.parse("postgresql:///awards")) == "localhost/awards"
