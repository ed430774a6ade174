"""The tables of a ledger in PostgreSQL, made and brought up."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from credit_sdk.errors import InvalidSettings, LedgerDamaged, LedgerUnavailable
from credit_sdk.ledger._crc import entry_crc
from credit_sdk.ledger.migrations import HEAD, KNOWN
from credit_sdk.ledger.sql import SqlLedger, migrate, rebuild
from tests.integration.ledger.written import NOW, checked, delivered, reported

if TYPE_CHECKING:
    from credit_sdk.ports.ledger import Entry


def _execute(url: str, statement: str, parameters: Any = None) -> list[Any]:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        cursor = connection.execute(statement.encode(), parameters)
        return cursor.fetchall() if cursor.description else []


def _tables(url: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in _execute(
        url,
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'credit_ledger' "
        "ORDER BY table_name, column_name",
    ):
        found.setdefault(table, []).append(column)
    return found


def _write(url: str, entry: Entry, kept_by: str = "") -> None:
    """As an older version wrote it: the entry alone."""
    _execute(
        url,
        "INSERT INTO credit_ledger.entries (id, at, kind, decision_id, body, crc, kept_by) "
        "VALUES (%s, %s, %s, %s, %s, %s, %s)",
        (*entry, entry_crc(entry), kept_by),
    )


def test_the_versions_are_those_that_ship() -> None:
    config = Config()
    config.set_main_option("script_location", "credit_sdk.ledger:migrations")
    scripts = ScriptDirectory.from_config(config)

    assert [script.revision for script in scripts.walk_revisions()][::-1] == list(KNOWN)
    assert scripts.get_heads() == [HEAD]


def test_a_ledger_makes_no_tables_by_itself(bare_postgres: str) -> None:
    ledger = SqlLedger(bare_postgres)
    for _ in range(2):
        with pytest.raises(LedgerUnavailable) as caught:
            ledger.append([checked()])
        assert "credit ledger migrate" in caught.value.message("en")
        assert not caught.value.retryable
    assert _tables(bare_postgres) == {}

    migrate(bare_postgres)
    ledger.append([checked()])
    ledger.close()


def test_many_migrate_at_once(bare_postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda _: migrate(bare_postgres), range(4))) == [None] * 4

    assert _execute(bare_postgres, "SELECT version_num FROM credit_ledger.version") == [(HEAD,)]


def test_another_process_that_migrates_is_waited_for(bare_postgres: str) -> None:
    key = "SELECT pg_advisory_xact_lock(hashtext('credit-ledger credit_ledger'))"
    with ThreadPoolExecutor(1) as threads, psycopg.connect(bare_postgres.replace("+psycopg", "")) as other:
        other.execute(key)
        waiting = threads.submit(migrate, bare_postgres)
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        other.rollback()
        waiting.result(10)

    assert "entries" in _tables(bare_postgres)


def test_from_the_version_before(bare_postgres: str) -> None:
    migrate(bare_postgres, version=KNOWN[-2])
    check = checked("awards")
    _write(bare_postgres, check, "awards")
    _write(bare_postgres, reported(check), "awards")
    _write(bare_postgres, reported(check, 2), "awards")
    _write(bare_postgres, delivered(reported(check).id), "awards")
    damaged = checked()
    _write(bare_postgres, damaged)
    _execute(bare_postgres, "UPDATE credit_ledger.entries SET crc = 0 WHERE id = %s", [damaged.id])
    ledger = SqlLedger(bare_postgres, service="awards")
    with pytest.raises(LedgerUnavailable, match="credit ledger migrate"):
        ledger.decisions()

    migrate(bare_postgres)

    assert [kept.decision_id for kept in ledger.decisions()] == [check.id]
    assert [str(one.state) for one in ledger.deliveries()] == ["delivered", "waiting"]
    assert [str(duty.state) for duty in ledger.duties()] == ["executed"]
    everybody = SqlLedger(bare_postgres)
    assert everybody.damaged() == [(5, "crc")]
    with pytest.raises(LedgerDamaged, match="第 5 条"):
        everybody.entry(damaged.id)
    ledger.close()
    everybody.close()


def test_views_made_anew_are_the_same(postgres: str) -> None:
    ledger = SqlLedger(postgres, service="awards")
    check = checked("awards")
    ledger.append([check, reported(check), delivered(reported(check).id)])
    before, tables = (
        (ledger.decisions(), ledger.deliveries(), ledger.duties(), ledger.counts(NOW, NOW, NOW)),
        _tables(postgres),
    )
    rebuild(postgres)

    assert (ledger.decisions(), ledger.deliveries(), ledger.duties(), ledger.counts(NOW, NOW, NOW)) == before
    assert _tables(postgres) == tables
    ledger.close()


def test_a_newer_ledger_is_left_alone(postgres: str) -> None:
    _execute(postgres, "UPDATE credit_ledger.version SET version_num = '9999'")
    ledger = SqlLedger(postgres)

    with pytest.raises(LedgerUnavailable, match="更新版本"):
        migrate(postgres)
    with pytest.raises(LedgerUnavailable, match="更新版本"):
        ledger.append([checked()])
    ledger.close()


def test_a_migration_that_fails_leaves_nothing(bare_postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _execute(bare_postgres, "CREATE SCHEMA credit_ledger; CREATE TABLE credit_ledger.texts (mine int)")

    with pytest.raises(LedgerUnavailable, match="SQLSTATE 42P07"):
        migrate(bare_postgres)

    assert _tables(bare_postgres) == {"texts": ["mine"]}


def test_a_user_who_may_only_write(postgres: str, postgres_server: Any) -> None:
    for statement in (
        "DROP ROLE IF EXISTS clerk",
        "CREATE ROLE clerk LOGIN PASSWORD 'clerk'",
    ):
        postgres_server.execute(statement)
    url = postgres.replace(f"credit:{postgres_server.password}", "clerk:clerk")
    ledger = SqlLedger(url)
    with pytest.raises(LedgerUnavailable, match="42501"):
        ledger.append([checked()])

    _execute(
        postgres,
        "GRANT USAGE ON SCHEMA credit_ledger TO clerk; "
        "GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA credit_ledger TO clerk; "
        "GRANT UPDATE ON credit_ledger.duties, credit_ledger.deliveries, credit_ledger.notes TO clerk",
    )
    check = checked()
    ledger.append([check, reported(check)])
    assert len(ledger.claim("w", NOW, lease=60, limit=9)) == 1
    with pytest.raises(LedgerUnavailable, match="42501"):
        migrate(url, schema="another")
    migrate(url)  # it is up to date: nothing to do, and no right needed
    rebuild(postgres)
    ledger.append([checked()])  # it may still do what it might
    ledger.close()


def test_who_was_granted_what_keeps_it(bare_postgres: str, postgres_server: Any) -> None:
    for statement in ('DROP ROLE IF EXISTS "Ο clerk"', 'CREATE ROLE "Ο clerk"'):
        postgres_server.execute(statement)
    migrate(bare_postgres, version=KNOWN[-2])
    _execute(
        bare_postgres,
        'GRANT USAGE ON SCHEMA credit_ledger TO "Ο clerk"; '
        'GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA credit_ledger TO "Ο clerk"; '
        'GRANT UPDATE ON credit_ledger.duties TO "Ο clerk" WITH GRANT OPTION; '
        "GRANT SELECT ON credit_ledger.decisions TO PUBLIC",
    )
    asked = (
        "SELECT table_name, grantee, privilege_type, is_grantable FROM information_schema.role_table_grants "
        "WHERE table_schema = 'credit_ledger' AND grantee IN ('PUBLIC', 'Ο clerk') ORDER BY 1, 2, 3"
    )
    before = _execute(bare_postgres, asked)
    assert ("duties", "Ο clerk", "UPDATE", "YES") in before

    migrate(bare_postgres)
    assert _execute(bare_postgres, asked) == before
    rebuild(bare_postgres)
    assert _execute(bare_postgres, asked) == before


def test_what_runs_while_somebody_migrates_says_so(postgres: str) -> None:
    """Nothing is acknowledged that the new tables would not know of."""
    ledger, check = SqlLedger(postgres), checked()
    ledger.append([check, reported(check)])
    _execute(postgres, "UPDATE credit_ledger.version SET version_num = '9999'")

    for act in (
        lambda: ledger.claim("w", NOW, lease=60, limit=9),
        lambda: ledger.append([reported(check, 2)]),
        lambda: ledger.next_at(NOW),
    ):
        with pytest.raises(LedgerUnavailable, match="更新版本") as caught:
            act()
        assert not caught.value.retryable
    _execute(postgres, "UPDATE credit_ledger.version SET version_num = %s", [HEAD])

    assert [one.claimed_until for one in ledger.deliveries()] == [None]
    assert len(ledger.entries()) == 2
    ledger.append([reported(check, 2)])
    ledger.close()


def test_a_caller_s_transaction_over_a_migration_is_left_alone(postgres: str) -> None:
    engine, ledger = create_engine(postgres), SqlLedger(postgres)
    ledger.append([checked()])
    _execute(postgres, "UPDATE credit_ledger.version SET version_num = '9999'; CREATE TABLE awards (number int)")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO awards VALUES (1)"))
        with pytest.raises(LedgerUnavailable, match="更新版本"):
            ledger.append([checked()], connection=connection)

    assert _execute(postgres, "SELECT count(*) FROM awards") == [(1,)]
    assert _execute(postgres, "SELECT count(*) FROM credit_ledger.entries") == [(1,)]
    engine.dispose()
    ledger.close()


def test_what_an_older_process_could_not_place_is_found_by_rebuild(postgres: str) -> None:
    check = checked()
    _write(postgres, check)
    _write(postgres, reported(check))
    ledger = SqlLedger(postgres)
    assert ledger.deliveries() == []

    rebuild(postgres)

    assert [one.key for one in ledger.deliveries()] == [reported(check).id]
    ledger.close()


@pytest.mark.parametrize("url", ["ledger.db", "sqlite:///ledger.db"])
def test_only_postgresql(url: str) -> None:
    with pytest.raises(InvalidSettings, match="postgresql://"):
        migrate(url)
