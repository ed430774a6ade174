"""What has to hold when a run is over and the rest is delivered."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from benchmarks.faults import stores
from benchmarks.faults.places import rows
from benchmarks.faults.worker import open_source
from credit_sdk.errors import CreditError
from credit_sdk.ledger._sqlite_file import rebuild_views, transaction
from credit_sdk.ledger.dispatcher import Dispatcher
from credit_sdk.ports.clock import system_clock
from credit_sdk.ports.ledger import DeliveryState, EntryKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    from benchmarks.faults.places import Kind
    from benchmarks.faults.stage import Log
    from credit_sdk.ports.ledger import LedgerStore, Stored

_LATER = timedelta(hours=1)
_ALL = 10_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the kill table."""

    text: str
    kills: int
    acknowledged: int
    lost: int
    duplicates: int
    """At the receiver."""
    repeats: int
    """Sent again, as nobody knew whether they had arrived."""


@dataclass
class Verdict:
    """What a run came to."""

    rows: list[Row] = field(default_factory=list)
    reports: int = 0
    """In the ledger, acknowledged or not."""
    faults: list[str] = field(default_factory=list)
    """What does not hold."""


def deliver_the_rest(kind: Kind, address: str, url: str) -> None:
    """A last dispatcher: by its clock all leases have ended, and everything put off is due."""
    store, source = stores.plain(kind, address), open_source(url)
    dispatcher = Dispatcher(store, {"platform": source})
    try:
        while dispatcher.run_once(system_clock() + _LATER).claimed:
            pass
    finally:
        dispatcher.close(1)
        store.close()
        source.close()


def judge(kind: Kind, address: str, platform: Path, log: Log) -> Verdict:
    """Compare what was acknowledged, what the ledger says and what the platform has."""
    verdict = Verdict(faults=list(log.strange))
    store = stores.plain(kind, address)
    try:
        reported = {stored.entry.id: stored.entry.decision_id for stored in _entries(store, EntryKind.REPORTED)}
        delivered = {one.key for one in store.deliveries(state=DeliveryState.DELIVERED, limit=_ALL)}
        found = {one.decision_id for one in store.decisions(limit=_ALL)}
        checked = {stored.entry.id for stored in _entries(store, EntryKind.CHECKED)}
    except CreditError as error:
        verdict.faults.append(f"the ledger cannot be read: {error.located('en')}")
        return verdict
    finally:
        store.close()
    at_platform = Counter(_outcomes(platform))
    lost = [key for key in log.acknowledged if not (key in reported and key in delivered and at_platform[key])]
    twice = [key for key, count in at_platform.items() if count > 1]
    verdict.reports = len(reported)
    verdict.rows = _rows(kind, log, lost, twice)
    faults: dict[str, Collection[str | None]] = {
        "acknowledged reports lost": lost,
        "outcomes twice at the platform": twice,
        "decisions reported twice": [one for one, count in Counter(reported.values()).items() if count > 1],
        "outcomes at the platform that the ledger does not know": at_platform.keys() - reported.keys(),
        "reports that did not get to the platform": reported.keys() - at_platform.keys(),
        "reports on decisions that are not kept": set(reported.values()) - checked,
        "kept decisions that are not found": checked ^ found,
    }
    verdict.faults += [f"{len(found)} {what}" for what, found in faults.items() if found]
    verdict.faults += _soundness(address) if kind == "sqlite" else _awards(address, set(reported.values()))
    return verdict


def _rows(kind: Kind, log: Log, lost: list[str], twice: list[str]) -> list[Row]:
    acknowledged = Counter(log.acknowledged.values())
    lost_by_row = Counter(log.acknowledged[key] for key in lost)
    twice_by_row = Counter(log.sent[key][0] for key in twice if key in log.sent)
    repeats = Counter(row for sent in log.sent.values() for row in sent[:-1])
    return [
        Row(row, log.kills[row], acknowledged[row], lost_by_row[row], twice_by_row[row], repeats[row])
        for row in rows(kind)
    ]


def _entries(store: LedgerStore, kind: EntryKind) -> Iterator[Stored]:
    after = 0
    while page := store.entries(after=after, kinds=[kind], limit=5000):
        yield from page
        after = page[-1].sequence


def _outcomes(platform: Path) -> list[str]:
    """The keys of what the platform has stored; a decision's outcome under two keys counts as twice the first."""
    with closing(sqlite3.connect(platform)) as database:
        if database.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise RuntimeError("the platform's database is damaged")
        found = database.execute("SELECT own, body FROM outcomes ORDER BY place").fetchall()
    first: dict[str, str] = {}
    return [first.setdefault(json.loads(body)["decision_id"], own) for own, body in found]


def _soundness(address: str) -> list[str]:
    """The file is whole, and its views made anew from the entries are what they were."""
    before = _views(address)
    with closing(sqlite3.connect(address, isolation_level=None)) as database:
        said = [line for (line,) in database.execute("PRAGMA integrity_check")]
        damaged = database.execute("SELECT count(*) FROM damaged").fetchone()[0]
        with transaction(database):
            rebuild_views(database)
    faults = [f"integrity_check: {line}" for line in said if line != "ok"]
    if damaged:
        faults.append(f"{damaged} entries are damaged")
    if _views(address) != before:
        faults.append("the views are not what follows from the entries")
    return faults


def _views(address: str) -> list[object]:
    with closing(stores.plain("sqlite", address)) as store:
        return [list(store.deliveries(limit=_ALL)), list(store.duties(limit=_ALL)), list(store.decisions(limit=_ALL))]


def _awards(address: str, reported: set[str | None]) -> list[str]:
    """Each award of the caller's has its report: they were committed together."""
    from sqlalchemy import create_engine, text

    engine = create_engine(address)
    with engine.connect() as connection:
        awards = {id_ for (id_,) in connection.execute(text("SELECT decision_id FROM awards"))}
    engine.dispose()
    return [f"{len(awards - reported)} awards without a report"] if awards - reported else []
