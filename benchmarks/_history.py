"""A ledger with a long history, written as quickly as may be: real entries as patterns, other firms, other moments."""

from __future__ import annotations

import json
import tempfile
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks._workload import ACTION, DOMAIN, NOW, firm, measure_list, records
from credit_sdk.client import CreditClient
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.model.moments import stamped
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import Entry, EntryKind
from credit_sdk.sources import MemorySource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credit_sdk.ports.ledger import LedgerStore

DOMAINS = ("procurement", "subsidy", "approval", "bidding")
SINCE = NOW - timedelta(days=365)
_LISTINGS = 5_000
_AT_ONCE = 1_000


class _Pattern(NamedTuple):
    """A decision's entry in two: what changes from one to the next, and what it stood on."""

    head: dict[str, Any]
    tail: str

    def body(self, **changes: Any) -> str:
        return json.dumps({**self.head, **changes}, ensure_ascii=False, separators=(",", ":"))[:-1] + self.tail


def write(store: LedgerStore, entries: int) -> str:
    """Write so many entries: of ten checks one restricts and has a report, which is delivered. The last decision's id."""
    waiting: list[Entry] = []
    written, last = 0, ""
    for group in _groups(*_patterns(), entries):
        waiting += group
        last = group[0].id
        if len(waiting) >= _AT_ONCE or written + len(waiting) >= entries:
            store.append(waiting)
            written += len(waiting)
            waiting = []
        if written >= entries:
            break
    return last


def _groups(allowed: _Pattern, restricted: _Pattern, report: dict[str, Any], entries: int) -> Iterator[list[Entry]]:
    chance, number = Random(1), 0  # noqa: S311 - the same history every time
    while True:
        at = stamped(SINCE + timedelta(days=365 * number * 12 / (entries * 10)))
        id, domain = uuid7(), DOMAINS[number % len(DOMAINS)]
        changes = {
            "question": f"{chance.getrandbits(64):016x}",
            "marks": [f"code:{firm(number)}", f"org:{firm(number)[8:17]}"],
            "domain": domain,
            "must_check": True,
        }
        if number % 10:
            yield [Entry(id, at, EntryKind.CHECKED, id, allowed.body(**changes))]
        else:
            listing = [[f"B-{number % _LISTINGS}", "tax.major-violation", "in_force"]]
            key = f"{id}-{number:012x}"
            body = {**report, "domain": domain, "send_from": at}
            receipts = {"v": 1, "receiver": "platform", "receipts": [[key, f"R-{number}", at, False]]}
            yield [
                Entry(id, at, EntryKind.CHECKED, id, restricted.body(**changes, listings=listing)),
                Entry(key, at, EntryKind.REPORTED, id, json.dumps(body, ensure_ascii=False)),
                Entry(uuid7(), at, EntryKind.DELIVERED, None, json.dumps(receipts)),
            ]
        number += 1


def _patterns() -> tuple[_Pattern, _Pattern, dict[str, Any]]:
    """An allowed check, a restricted one, and its report, as a client writes them."""
    source = MemorySource.of(records(1_000), read_at=NOW)
    with tempfile.TemporaryDirectory() as folder, SqliteLedger(Path(folder, "ledger.db")) as store:
        with CreditClient(source, measure_lists=[measure_list()], ledger=store) as credit:
            credit.check(firm(900_000), domain=DOMAIN, action=ACTION)
            decision = credit.check(firm(0), domain=DOMAIN, action=ACTION)
            first, *rest = [one.id for one in decision.obligations]
            credit.report(decision, executed=[first], not_executed=dict.fromkeys(rest, "虚构理由"))
        allowed, restricted, report = (one.entry.body for one in store.entries())
    return _cut(allowed), _cut(restricted), json.loads(report)


def _cut(body: str) -> _Pattern:
    end = body.index(',"answers":')
    return _Pattern(json.loads(body[:end] + "}"), body[end:])
