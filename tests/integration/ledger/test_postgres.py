"""The ledger in PostgreSQL: what the contract does not say, as only several workers and services see it."""

from __future__ import annotations

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import InvalidSettings, LedgerUnavailable
from credit_sdk.ledger import _scoped
from credit_sdk.ledger._projection import cursor_note
from credit_sdk.ledger._statements import INSERTS, UPDATES
from credit_sdk.ledger.sql import SqlLedger
from credit_sdk.ports.ledger import DeliveryState, DutyState
from tests.integration.ledger.written import LATER, MARK, NOW, checked, delivered, followed, reported, with_reports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def open_ledger(postgres: str) -> Iterator[Callable[..., SqlLedger]]:
    """Makes ledgers on the test's database."""
    made: list[SqlLedger] = []

    def opened(service: str | None = None, **options: Any) -> SqlLedger:
        made.append(SqlLedger(postgres, service=service, **options))
        return made[-1]

    yield opened
    for ledger in made:
        ledger.close()


def test_a_check_and_its_report_are_found(open_ledger: Callable[..., SqlLedger]) -> None:
    ledger, check = open_ledger(), checked()
    report = reported(check, why="x\0y")

    ledger.append([check])
    ledger.append([report, report])

    assert [stored.entry for stored in ledger.entries(decision_id=check.id)] == [check, report]
    assert [kept.decision_id for kept in ledger.decisions(mark=MARK, listing="B1")] == [check.id]
    assert [(duty.state, duty.reason) for duty in ledger.duties(decision_id=check.id)] == [
        (DutyState.DECLINED, "x\ufffdy")
    ]
    (counts,) = ledger.counts(NOW - timedelta(days=1), NOW + timedelta(days=1), NOW)
    assert (counts.checks_due, counts.checks_done, counts.declined, counts.reports) == (1, 1, 1, 1)


def test_two_workers_never_have_the_same_report(open_ledger: Callable[..., SqlLedger]) -> None:
    keys = with_reports(open_ledger(), 1000)

    def work(worker: str) -> list[str]:
        ledger, taken = open_ledger(), []
        while claimed := ledger.claim(worker, LATER, lease=60, limit=50):
            taken += [one.key for one in claimed]
            ledger.append([delivered(*(one.key for one in claimed))])
        return taken

    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(work, ["one", "two"])

    assert sorted(first + second) == sorted(keys)
    assert first, second
    assert open_ledger().deliveries(state=DeliveryState.WAITING) == []


def test_a_worker_does_not_wait_for_another_that_is_claiming(
    open_ledger: Callable[..., SqlLedger], postgres: str
) -> None:
    import psycopg

    ledger = open_ledger(timeout=2)
    first, second = with_reports(ledger, 2)
    with psycopg.connect(postgres.replace("+psycopg", "")) as other:
        other.execute("SELECT key FROM credit_ledger.deliveries WHERE key = %s FOR UPDATE", [first])

        claimed = ledger.claim("w", LATER, lease=60, limit=10)

    assert [one.key for one in claimed] == [second]


def test_a_worker_that_is_gone_loses_its_claims_with_the_lease(open_ledger: Callable[..., SqlLedger]) -> None:
    ledger, later = open_ledger(), NOW + timedelta(seconds=61)
    keys = with_reports(ledger, 3)
    gone = open_ledger()
    assert [one.key for one in gone.claim("gone", NOW + timedelta(seconds=1), lease=60, limit=9)] == keys
    gone.close()

    assert ledger.claim("other", later - timedelta(seconds=1), lease=60, limit=9) == []
    assert [one.key for one in ledger.claim("other", later, lease=60, limit=9)] == keys


def test_each_service_sees_and_delivers_its_own(open_ledger: Callable[..., SqlLedger]) -> None:
    awards, grants, everybody = open_ledger("awards"), open_ledger("grants"), open_ledger()
    (theirs,), (ours,) = with_reports(grants, 1, "grants"), with_reports(awards, 1, "awards")
    now = LATER
    awards.append([followed("17")])

    assert [kept.service for kept in awards.decisions()] == ["awards"]
    assert [kept.service for kept in everybody.decisions()] == ["awards", "grants"]
    assert awards.entry(theirs) is None
    assert everybody.entry(theirs) is not None
    assert len(awards.entries()) == 3
    assert len(awards.duties()) == len(awards.open_decisions()) == 1
    assert [count.checks for count in awards.counts(NOW, now, now)] == [1]
    assert [count.checks for count in everybody.counts(NOW, now, now)] == [2]
    assert [store.note(cursor_note("platform")) for store in (awards, grants, everybody)] == ["17", None, None]
    assert [one.key for one in awards.claim("a", now, lease=60, limit=9)] == [ours]
    assert [one.key for one in everybody.claim("e", now, lease=60, limit=9)] == [theirs]
    assert grants.next_at(now) == now + timedelta(seconds=60)


def test_only_some_receivers(open_ledger: Callable[..., SqlLedger]) -> None:
    ledger, now = open_ledger(), LATER
    keys = with_reports(ledger, 3)

    assert ledger.claim("w", now, lease=60, limit=9, receivers=[]) == []
    assert [one.key for one in ledger.claim("w", now, lease=60, limit=9, receivers=["r0", "r2"])] == keys[::2]
    ledger.unclaim("w")
    assert [one.key for one in ledger.claim("w", now, lease=60, limit=1)] == keys[:1]


def test_every_statement_names_the_schema_and_the_service() -> None:
    for statement in {**INSERTS, **UPDATES}.values():
        spoken = _scoped.change(statement, "somewhere")
        table = statement.split()[1 if statement.startswith("UPDATE") else 2]
        assert f'"somewhere".{table} ' in spoken
        assert (":kept_by" in spoken) == (statement.startswith("INSERT") and table in _scoped.OWNED)


def test_a_schema_of_another_name(bare_postgres: str) -> None:
    ledger = SqlLedger.create(bare_postgres, schema='Award "1"')
    check = checked()
    ledger.append([check, reported(check)])

    assert len(ledger.claim("w", LATER, lease=60, limit=9)) == 1
    ledger.close()


def test_texts_are_kept_once(open_ledger: Callable[..., SqlLedger]) -> None:
    ledger = open_ledger()
    ledger.keep("d", "文本")
    ledger.keep("d", "文本")

    assert ledger.text("d") == "文本"
    assert ledger.text("e") is None


def test_a_closed_ledger_says_so(open_ledger: Callable[..., SqlLedger]) -> None:
    ledger = open_ledger()
    assert ledger.next_at(NOW) is None
    ledger.close()
    ledger.close()

    with pytest.raises(LedgerUnavailable, match="已关闭"):
        ledger.append([checked()])


def test_nothing_heavy_is_loaded_before_one_is_opened() -> None:
    code = "import sys, credit_sdk.ledger.sql; print(sorted({'alembic', 'psycopg', 'sqlalchemy'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    with pytest.raises(InvalidSettings) as caught:
        SqlLedger("postgresql://u@h/d")
    assert 'pip install "credit-sdk[sql]"' in caught.value.message("en")


def test_without_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)

    with pytest.raises(InvalidSettings, match="credit-sdk"):
        SqlLedger("postgresql://u@h/d")


def test_an_error_travels_between_processes(postgres: str) -> None:
    ledger = SqlLedger(postgres, schema="elsewhere")
    with pytest.raises(LedgerUnavailable, match="credit ledger migrate") as caught:
        ledger.next_at(datetime.now().astimezone())
    ledger.close()

    again = pickle.loads(pickle.dumps(caught.value))  # noqa: S301 - our own
    assert (again.retryable, str(again)) == (False, str(caught.value))
