"""What tests of duties and releases share: a platform whose lists change, a client that keeps its checks. All fictional (虚构)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk import CreditClient
from credit_sdk.errors import SourceUnavailable
from credit_sdk.formats.records import parse
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.record import CreditRecord
from credit_sdk.ports.changes import Change, ChangePage
from credit_sdk.sources import MemorySource
from credit_sdk.testing import FixedClock, coverage, fictional_code, listing, measure, measure_list

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credit_sdk.decision.result import Decision
    from credit_sdk.model.measure import MeasureList
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports import Answer

LISTS = ("tax.major-violation", "procurement.serious-violation", "local.integrity-model")


def rules(on_unavailable: str = "raise") -> MeasureList:
    """A refusal by either of two lists, and for honest firms papers that may come later."""
    must_check = on_unavailable == "raise"
    return measure_list(
        measure("test.refuse", triggers=[{"list": list(LISTS[:2])}]),
        measure(
            "test.later-papers",
            effect="priority",
            type="accept-incomplete",
            triggers=[{"list": LISTS[2]}],
            terms={"deadline_working_days": 5},
        ),
        actions={"award": {"title": "中标、成交", "must_check": must_check, "on_unavailable": on_unavailable}},
    )


class Platform:
    """A source and its change feed. Entries change by its methods."""

    name = "lists"

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.down = False
        self.feed_down = False
        self.entries: dict[str, dict[str, Any]] = {}
        self.log: list[Change] = []
        self.forgotten = 0
        """How many changes the feed has no more."""
        self.out: set[str] = set()
        """Lists that are not to be had just now, and codes of firms without an answer."""
        self.stale: set[str] = set()
        """Codes of firms for whose records something else stands in."""
        self.age: dict[str, timedelta] = {}
        """Lists whose keeper has not vouched for them for so long."""

    def enter(self, id: str, number: int = 1, list: str = LISTS[0], **changes: Any) -> None:
        """Put a firm on a list."""
        subject = {"code": fictional_code(number), "name": f"虚构{number}号有限公司", "type": "legal_entity"}
        self.entries[id] = listing(list, id=id, subject=subject, **changes)
        self._changed(id, self.entries[id]["status"])

    def set(self, id: str, status: str, **changes: Any) -> None:
        """Change an entry, such as to ``repaired``."""
        self.entries[id] |= {"status": status, **changes}
        self._changed(id, status)

    def drop(self, id: str) -> None:
        """An entry is not shown any more."""
        self._changed(id, None)
        del self.entries[id]

    def _changed(self, id: str, status: str | None) -> None:
        entry = self.entries[id]
        (whose,) = parse([coverage(entry["list"]), entry], CATALOGUE).listings
        self.log.append(Change(len(self.log) + 1, self.clock(), "listing", id, entry["list"], status, whose.subject))

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:
        if self.down:
            raise SourceUnavailable("停机", "down")
        hour = timedelta(hours=1)
        covered = [coverage(one, as_of=self.clock() - self.age.get(one, hour)) for one in LISTS if one not in self.out]
        shown = [one for one in self.entries.values() if one["list"] not in self.out]
        held = MemorySource.of([*covered, *shown], name=self.name, read_at=self.clock())
        return [
            SourceUnavailable("停机", "down")
            if subject.code in self.out
            else replace(answer, stale=subject.code in self.stale)
            if isinstance(answer, CreditRecord)
            else answer
            for subject, answer in zip(subjects, held.fetch(subjects, timeout=timeout), strict=True)
        ]

    def changes(self, cursor: str | None = None, *, limit: int = 1000, timeout: float | None = None) -> ChangePage:
        if self.feed_down:
            raise SourceUnavailable("停机", "down")
        place = self.forgotten if cursor is None else int(cursor)
        if place < self.forgotten:
            return ChangePage(expired=True)
        page = self.log[place : place + limit]
        return ChangePage(tuple(page), str(place + len(page)), place + len(page) < len(self.log))

    def close(self, timeout: float = 0.0) -> None:
        pass


class Office:
    """An office that checks before it acts, and keeps it."""

    def __init__(
        self,
        folder: Path | None = None,
        *,
        store: Any = None,
        on_unavailable: str = "raise",
        measures: MeasureList | None = None,
        **options: Any,
    ) -> None:
        self.clock = FixedClock()
        self.platform = Platform(self.clock)
        assert folder is not None or store is not None
        self.store: Any = SqliteLedger(folder / "ledger.db") if store is None and folder is not None else store
        self.client = CreditClient(
            self.platform,
            measure_lists=[measures or rules(on_unavailable)],
            clock=self.clock,
            ledger=self.store,
            **options,
        )

    @property
    def now(self) -> Any:
        return self.clock()

    def check(self, number: int = 1, **more: Any) -> Decision:
        return self.client.check(fictional_code(number), domain="test", action="award", **more)

    def refuse(self, number: int = 1) -> Decision:
        """Check, and report that the refusal was carried out."""
        decision = self.check(number)
        self.client.report(decision, executed=["test.refuse"])
        return decision

    def close(self) -> None:
        self.client.close()
        self.store.close()
