"""Retention: years by domain; nothing before its term, and nothing that is still open."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import InvalidSettings
from credit_sdk.ledger.retention import Expired, RetentionRules, ends, expired, retention_rules
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.testing.ledger import checked, delivered, measure, reported

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MADE = datetime(2026, 11, 21, 9, tzinfo=SHANGHAI)
_END = datetime(2041, 12, 1, tzinfo=SHANGHAI)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        yield ledger


def test_procurement_files_are_kept_fifteen_years(store: SqliteLedger) -> None:
    store.append([checked(at=_MADE), checked(at=_MADE), checked(domain="subsidy", at=_MADE)])
    rules = RetentionRules(otherwise=5)
    assert expired(store, _END - timedelta(seconds=1), rules) == [Expired("subsidy", "2026-11", 1, 0)]
    assert expired(store, _END, rules) == [Expired("procurement", "2026-11", 2, 0), Expired("subsidy", "2026-11", 1, 0)]
    assert expired(store, _END) == expired(store, _END, rules)


def test_a_term_begins_with_the_last_entry(store: SqliteLedger) -> None:
    decision = checked(at=_MADE)
    store.append([decision, reported(decision, at=_MADE + timedelta(days=40), receiver=None)])
    assert expired(store, _END) == []
    assert [one.month for one in expired(store, datetime(2042, 1, 1, tzinfo=SHANGHAI))] == ["2026-12"]


def test_what_is_open_stays(store: SqliteLedger) -> None:
    due, waiting, done = checked(measure(), at=_MADE), checked(at=_MADE), checked(at=_MADE)
    reports = [reported(waiting, at=_MADE), reported(done, at=_MADE)]
    store.append([due, waiting, done, *reports, delivered(reports[1].id, at=_MADE)])
    assert expired(store, _END) == [Expired("procurement", "2026-11", 1, 2)]


def test_a_leap_day_and_the_end_of_a_year() -> None:
    assert ends(datetime(2028, 2, 29, tzinfo=SHANGHAI), 1) == datetime(2029, 3, 1, tzinfo=SHANGHAI)
    assert ends(datetime(2026, 12, 31, 23, 59, tzinfo=SHANGHAI), 15) == datetime(2042, 1, 1, tzinfo=SHANGHAI)


def test_who_leaves_procurement_out_keeps_it_as_long_as_the_law_says(store: SqliteLedger) -> None:
    rules = RetentionRules(years={"subsidy": 10}, otherwise=5)
    assert (rules.term("procurement"), rules.term("subsidy"), rules.term("approval")) == (15, 10, 5)
    assert RetentionRules(years={"procurement": 30}).term("procurement") == 30
    store.append([checked(at=_MADE)])
    assert expired(store, _END - timedelta(seconds=1), rules) == []


def test_the_law_is_named_where_it_is_the_law() -> None:
    for rules, named in (({"procurement": 14}, True), ({"subsidy": 0}, False)):
        with pytest.raises(InvalidSettings) as caught:
            RetentionRules(years=rules)
        assert ("42" in caught.value.en, "四十二" in caught.value.zh) == (named, named)


def test_rules_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "retention.toml"
    file.write_text("otherwise = 5\n\n[years]\nsubsidy = 10\n", encoding="utf-8")
    assert retention_rules(file) == RetentionRules(years={"subsidy": 10}, otherwise=5)
    file.write_text("[years]\nprocurement = 14\n", encoding="utf-8")
    with pytest.raises(InvalidSettings) as caught:
        retention_rules(file)
    assert (caught.value.file, caught.value.line, caught.value.key) == (str(file), 2, "years.procurement")


@pytest.mark.parametrize("rules", [{"procurement": 14}, {"subsidy": 0}, {"subsidy": 1.5}, {"subsidy": True}])
def test_terms_below_the_laws_are_refused(rules: dict[str, int]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        RetentionRules(years=rules)
    assert caught.value.key == f"retention.{next(iter(rules))}"
