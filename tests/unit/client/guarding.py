"""What the tests of guards share: rules, firms, a ledger that takes no reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credit_sdk import Override
from credit_sdk.errors import (
    LedgerUnavailable,
)
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.sources import MemorySource
from credit_sdk.testing import (
    MOMENT,
    coverage,
    fictional_code,
    listing,
    measure,
    measure_list,
)
from tests.unit.client.conftest import Told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from credit_sdk import Subject
    from credit_sdk.ports.ledger import Entry
    from tests.unit.client.conftest import Called, Way

LISTED, CLEAN = fictional_code(1), fictional_code(2)
REFUSE = measure_list(
    actions={"award": {"title": "中标、成交"}, "pay": {"title": "付款"}},
    measures=[
        measure("test.refuse", actions=["award"], consequence="refuse"),
        measure("test.limit", name="限制", actions=["award", "pay"], consequence="limit"),
        measure("test.watch", name="加强监管", actions=["award", "pay"], consequence="scrutinise"),
    ],
)
OVERRIDE = Override("抢险救灾", "虚构市政府值班领导", "政府采购法第八十五条")


def memory(*lines: dict[str, Any]) -> MemorySource:
    return MemorySource.of(lines or [coverage(), listing()], read_at=MOMENT)


def guarding(way: Way, tmp_path: Path, source: Any = None, **options: Any) -> Called:
    return way.client(source or memory(), REFUSE, **{"ledger": tmp_path / "credit.db", **options})


class Boom(Exception):
    """What a body raises."""


def boom(_: Any) -> None:
    raise Boom(LISTED)


class Failing(SqliteLedger):
    """A ledger that takes checks, and no reports."""

    def append(self, entries: Sequence[Entry], *, connection: Any = None) -> Any:
        if any(entry.kind == "reported" for entry in entries):
            raise LedgerUnavailable("台账写不了: 磁盘已满", "the ledger cannot be written: the disk is full")
        return super().append(entries, connection=connection)


def outcome(client: Called) -> Any:
    """What is sent of the one report."""
    [report] = client.reports
    return report["outcome"]


def standing(way: Way, tmp_path: Path, *records: Sequence[dict[str, Any]], **options: Any) -> tuple[Called, Told]:
    """A client over a source that answers with one set of records after another, the last for ever."""
    queue = [memory(*lines) for lines in records]

    def answer(subjects: Sequence[Subject]) -> Any:
        return (queue.pop(0) if len(queue) > 1 else queue[0]).fetch(subjects)

    source = Told(answer)
    return guarding(way, tmp_path, source, **options), source


NOW_LISTED, NOW_CLEAN = (coverage(), listing(subject=CLEAN)), (coverage(),)
