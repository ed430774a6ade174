"""Reports that are tried again at once: dead letters, and those that rest."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from credit_sdk.errors import InvalidRequest
from credit_sdk.ledger._rounds import Rounds, Settings
from credit_sdk.ledger.dead import dead_letters, hasten, requeue
from credit_sdk.ledger.schedule import Backoff
from credit_sdk.ledger.sqlite import SqliteLedger
from tests.unit.ledger.delivering import NOW, Receiver, dice, failure, report

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from credit_sdk.ports.sender import OutcomeSender


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger(tmp_path / "ledger.db") as ledger:
        yield ledger


def round_of(store: SqliteLedger, sender: OutcomeSender) -> int:
    """One round of a fresh process; how many were delivered."""
    settings = Settings(Backoff((3_600,)), 100, 60, 20, dice=dice())
    return Rounds(store, {"platform": sender}, settings).run(lambda: NOW, lambda: 60.0).delivered


def test_what_rests_is_hastened_and_what_waits_for_its_month_is_not(store: SqliteLedger) -> None:
    keys = report(store, 2)
    (monthly,) = report(store, send_from=NOW + timedelta(days=10))
    (elsewhere,) = report(store, receiver="archive")
    assert round_of(store, Receiver(lambda _: failure(503))) == 0
    well = Receiver()
    assert round_of(store, well) == 0, "it rests"
    assert hasten(store, NOW, ["platform"]) == keys
    assert hasten(store, NOW, ["platform"]) == []
    assert round_of(store, well) == 2
    assert sorted(well.taken) == sorted(keys)
    assert hasten(store, NOW) == []
    assert requeue(store, NOW, [monthly]) == [monthly], "named, it is sent before its month is over"
    assert round_of(store, well) == 1
    assert [one.key for one in store.deliveries(receivers=["archive"])] == [elsewhere]


def test_what_a_process_that_is_gone_had_claimed_is_hastened(store: SqliteLedger) -> None:
    keys = report(store, 2)
    store.claim("gone", NOW, lease=60, limit=1)
    assert round_of(store, Receiver()) == 1
    assert len(hasten(store, NOW)) == 1
    assert round_of(store, Receiver()) == 1
    assert len(keys) == 2


def test_what_is_delivered_or_unknown_is_not_queued(store: SqliteLedger) -> None:
    refused, delivered = report(store, 2)
    round_of(store, Receiver(lambda some: failure(422) if some[0].key == refused or len(some) > 1 else None))
    assert [one.key for one in dead_letters(store)] == [refused]
    for stranger in (delivered, "nothing"):
        with pytest.raises(InvalidRequest, match="1") as caught:
            requeue(store, NOW, [refused, stranger])
        assert caught.value.key == "KEY"
    assert [one.key for one in dead_letters(store)] == [refused]
    assert requeue(store, NOW) == [refused]
    assert dead_letters(store) == []
