"""Closing a month: once, when it is over, with what was sent and what is late."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import InvalidRequest, LedgerUnavailable
from credit_sdk.ledger import numbers
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger.closing import close_month
from credit_sdk.ledger.schedule import FeedbackRule
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.ports.ledger import EntryKind
from tests.unit.ledger.matters import Office

if TYPE_CHECKING:
    from pathlib import Path

NOVEMBER = numbers.month("2026-11")
DECEMBER = datetime(2026, 12, 2, 9, tzinfo=SHANGHAI)


def closed(office: Office) -> int:
    return len(office.store.entries(kinds=(EntryKind.CLOSED,)))


def test_a_month_that_is_not_over_is_not_closed(office: Office) -> None:
    with pytest.raises(InvalidRequest) as caught:
        close_month(office.store, NOVEMBER, office.now)
    assert "--so-far" in caught.value.message("en")
    assert closed(office) == 0


def test_so_far_only_looks(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    seen = close_month(office.store, NOVEMBER, office.now, so_far=True)
    assert (seen.closed_at, seen.total.executed, seen.waiting) == (None, 1, 1)
    assert closed(office) == 0


def test_it_is_closed_once_and_stays_as_it_was(office: Office) -> None:
    office.platform.enter("L-1")
    office.refuse()
    first = close_month(office.store, NOVEMBER, DECEMBER)
    assert not first.repeated
    assert first.closed_at == "2026-12-02T09:00:00.000+08:00"
    office.platform.enter("L-2", number=2)
    office.refuse(2)
    second = close_month(office.store, NOVEMBER, DECEMBER + timedelta(days=1))
    assert second.repeated
    assert (second.summary, second.closed_at) == (first.summary, first.closed_at)
    assert close_month(office.store, NOVEMBER, DECEMBER, so_far=True).repeated
    assert closed(office) == 1


def test_what_was_sent_what_waits_and_what_is_late(tmp_path: Path) -> None:
    rules = {"test": FeedbackRule("platform", period="monthly", by_day=1)}
    office = Office(tmp_path, feedback=rules)
    for number in (1, 2, 3):
        office.platform.enter(f"L-{number}", number=number)
        office.refuse(number)
    first, second, _ = office.store.deliveries()
    office.store.append(
        [
            entry(EntryKind.DELIVERED, DECEMBER, {"receiver": "platform", "receipts": [[first.key, "R-1", "", False]]}),
            entry(EntryKind.REFUSED, DECEMBER, {"receiver": "platform", "keys": [second.key], "fault": "refused", "status": 422, "words": "…"}),
        ]
    )  # fmt: skip
    found = close_month(office.store, NOVEMBER, DECEMBER)
    assert (found.sent, found.waiting, found.refused, found.late) == ({"platform": 1}, 1, 1, 3)
    assert found.has_findings
    whole = json.loads(json.dumps(found.to_dict()))
    assert (whole["month"], whole["late"], whole["total"]["executed"]) == ("2026-11", 3, 3)
    office.close()


def test_a_month_in_which_nothing_happened(office: Office) -> None:
    found = close_month(office.store, numbers.month("2026-01"), office.now)
    assert (found.summary, found.sent, found.has_findings) == ((), {}, False)


def test_what_the_ledger_lacks_is_said_and_stays_said(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(office.store, "damage", lambda: {"crc": 2, "page": 1, "gone": 4})
        first = close_month(office.store, NOVEMBER, DECEMBER)
    assert (first.losses.damaged, first.losses.missing) == (3, 4)
    again = close_month(office.store, NOVEMBER, DECEMBER).to_dict()
    assert (again["incomplete"], again["damaged_entries"], again["missing_entries"]) == (True, 3, 4)
    whole = close_month(office.store, numbers.month("2026-10"), DECEMBER).to_dict()
    assert (whole["incomplete"], whole["damaged_entries"], whole["service"]) == (False, 0, None)


def test_a_closing_that_is_not_there_is_no_closing(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office.store, "entry", lambda _: None)
    with pytest.raises(LedgerUnavailable, match="读不回来"):
        close_month(office.store, NOVEMBER, DECEMBER)
