"""Due days in years that were not announced when they were counted."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from credit_sdk.ledger import working_days
from credit_sdk.ledger.settling import settle
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.ports.ledger import EntryKind
from tests.unit.ledger.matters import LISTS

if TYPE_CHECKING:
    from tests.unit.ledger.matters import Office

YEAR = next(year for year in range(2026, 2100) if not working_days.is_announced(year))
NEW_YEAR = date(YEAR, 1, 1)


@pytest.fixture
def papers(office: Office) -> Office:
    """An office that waits for papers, for five working days from New Year's Eve of the last year that is announced."""
    office.clock.moment = datetime(YEAR - 1, 12, 31, 12, tzinfo=SHANGHAI)
    office.platform.enter("L-1", list=LISTS[2], kind="red", effective_until=None)
    office.client.report(office.check(), executed=["test.later-papers"])
    return office


def test_a_day_in_an_unannounced_year_is_provisional(papers: Office) -> None:
    (duty,) = papers.store.duties()
    assert duty.provisional
    assert duty.due_on is not None
    assert duty.due_on.year == YEAR
    assert settle(papers.store, papers.now) == [], "still not announced"


def test_it_is_settled_when_the_year_is_announced(papers: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    (before,) = papers.store.duties()
    off = {NEW_YEAR, before.due_on}
    monkeypatch.setattr(working_days, "is_working_day", lambda day: day.weekday() < 5 and day not in off)
    (settled,) = settle(papers.store, papers.now)
    (duty,) = papers.store.duties()
    assert (duty.due_on, duty.provisional) == (settled.due_on, False)
    assert duty.due_on is not None
    assert before.due_on is not None
    assert duty.due_on > before.due_on
    assert settle(papers.store, papers.now) == []
    assert len(papers.store.entries(kinds=(EntryKind.SETTLED,))) == 1


def test_asking_again_settles_too(papers: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(working_days, "is_working_day", lambda day: day.weekday() < 5)
    papers.client.recheck()
    assert not papers.store.duties()[0].provisional
