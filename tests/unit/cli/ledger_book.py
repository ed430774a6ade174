"""A ledger file for the tests of ``credit ledger``: firms that were checked, refused, spared and honoured. All fictional (虚构)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.ledger._entries import entry
from credit_sdk.ledger.feed import follow
from credit_sdk.ledger.releases import find_ended, mark_due
from credit_sdk.ports.ledger import EntryKind
from tests.unit.ledger.matters import LISTS, Office

if TYPE_CHECKING:
    from pathlib import Path

    from credit_sdk.testing import FixedClock

REASON = "法院裁定中止执行"


class Book:
    """The ledger's path, and the decisions in it by what became of them."""

    def __init__(self, folder: Path) -> None:
        self.path = str(folder / "ledger.db")
        office = Office(folder, service="bids")
        self.clock: FixedClock = office.clock
        for number in (1, 2, 5):
            office.platform.enter(f"L-{number}", number=number)
        office.platform.enter("L-3", number=3, list=LISTS[2], kind="red")
        refused = office.check(1, purpose="中标人资格核查")
        self.refused = refused.decision_id
        self.report = office.client.report(refused, executed=["test.refuse"], note="已拒绝").key
        spared = office.check(2)
        self.spared = spared.decision_id
        office.client.report(spared, not_executed={"test.refuse": REASON})
        honoured = office.check(3)
        self.honoured = honoured.decision_id
        office.client.report(honoured, executed=["test.later-papers"])
        self.allowed = office.check(4).decision_id
        self.unreported = office.check(5).decision_id
        office.platform.set("L-1", "repaired")
        follow(office.store, office.platform, office.now)
        mark_due(office.store, find_ended(office.store, office.now), office.now)
        office.close()
        self.count = 5

    def deliver(self, folder: Path) -> None:
        """The first report is delivered, the others are refused."""
        from credit_sdk.ledger.sqlite import SqliteLedger

        store = SqliteLedger(folder / "ledger.db")
        others = [one.key for one in store.deliveries() if one.key != self.report]
        receipts = [[self.report, "R-77", "2026-11-21T12:00:01+08:00", False]]
        refusal = {"receiver": "platform", "keys": others, "fault": "refused", "status": 422, "words": "措施编号不符"}
        store.append(
            [
                entry(EntryKind.DELIVERED, self.clock(), {"receiver": "platform", "receipts": receipts}),
                entry(EntryKind.REFUSED, self.clock(), refusal),
            ]
        )
        store.close()
