"""Duties, releases, numbers and the command line on PostgreSQL."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from credit_sdk.cli.main import main
from credit_sdk.ledger import numbers
from credit_sdk.ledger.closing import close_month
from credit_sdk.ledger.feed import follow
from credit_sdk.ledger.releases import due, find_ended, mark_due
from credit_sdk.ledger.sql import SqlLedger
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.ports.ledger import EntryKind
from tests.integration.ledger.written import with_reports
from tests.unit.ledger.matters import LISTS, Office

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def office(postgres: str) -> Iterator[Office]:
    made = Office(store=SqlLedger(postgres))
    yield made
    made.close()


def test_the_loop(office: Office) -> None:
    office.platform.enter("L-1")
    office.platform.enter("L-2", number=2)
    office.platform.enter("L-3", number=3, list=LISTS[2], kind="red")
    refused = office.refuse(1)
    office.refuse(2)
    office.client.report(office.check(3), executed=["test.later-papers"])
    office.platform.set("L-1", "repaired")
    follow(office.store, office.platform, office.now)
    assert len(mark_due(office.store, find_ended(office.store, office.now), office.now)) == 1
    office.platform.set("L-2", "revoked")
    found = office.client.recheck()
    assert (len(found), found.unanswered) == (2, 0)
    assert sorted(str(one.reason) for one in due(office.store)) == ["repaired", "revoked"]
    office.client.release(refused.decision_id)
    assert len(due(office.store)) == 1
    (counts,) = numbers.numbers(office.store, numbers.month("2026-11"), office.now)
    assert (counts.executed, counts.overdue_releases) == (3, 1)
    december = datetime(2026, 12, 3, tzinfo=SHANGHAI)
    first = close_month(office.store, numbers.month("2026-11"), december)
    assert close_month(office.store, numbers.month("2026-11"), december).summary == first.summary
    assert json.dumps(first.to_dict())


def test_each_service_closes_its_own_months(postgres: str) -> None:
    """And whoever sees everybody's sees which; what he closes himself is everybody's."""
    november, december = numbers.month("2026-11"), datetime(2026, 12, 3, tzinfo=SHANGHAI)
    stores = [SqlLedger(postgres, service=service) for service in ("awards", "grants", None)]
    with_reports(stores[0], 2, "awards")
    with_reports(stores[1], 1, "grants")
    closed = [close_month(store, november, december) for store in stores]
    assert [(one.service, one.waiting, one.repeated) for one in closed] == [
        ("awards", 2, False),
        ("grants", 1, False),
        (None, 3, False),
    ]
    again = [close_month(store, november, december + timedelta(days=1)) for store in stores]
    assert [one.repeated for one in again] == [True, True, True]
    assert [(one.service, one.waiting, one.closed_at) for one in again] == [
        (one.service, one.waiting, closed[0].closed_at) for one in closed
    ]
    seen = [json.loads(one.entry.body)["service"] for one in stores[2].entries(kinds=[EntryKind.CLOSED])]
    assert seen == ["awards", "grants", None]
    for store in stores:
        store.close()


def test_the_command_line(
    office: Office, postgres: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office.platform.enter("L-1")
    decision = office.refuse(1)
    monkeypatch.setenv("CREDIT_LEDGER", postgres)
    for command in ("migrate", "list", "stats", "obligations", "releases", "dead", "retention"):
        assert main(("ledger", command)) == 0, command
    capsys.readouterr()
    assert main(("ledger", "show", decision.decision_id)) == 0
    assert json.loads(capsys.readouterr().out)["decision"]["effect"] == "restrict"


def test_a_database_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(("ledger", "list", "--ledger", "postgresql://somebody:secret@127.0.0.1:1/nothing")) == 4
    said = capsys.readouterr().err
    assert json.loads(said)["error"] == "ledger_unavailable"
    assert "secret" not in said
