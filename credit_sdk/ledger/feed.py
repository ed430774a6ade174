"""Following the change feed (变更流) on behalf of the decisions kept here.

Each page is written down as one ``followed`` entry: where to go on, and those of its changes that may concern a decision in
the ledger. Of the others nothing is kept. So every process that shares the ledger goes on where any of them stopped, and what
moved for a subject can be told later.

A change may concern a decision that shares an identifier with it, that used its listing, or that was asked for by identifiers
which the change leaves out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import BadRecord, NoDecision
from credit_sdk.ledger._entries import entry
from credit_sdk.ledger._projection import cursor_note
from credit_sdk.ledger.marks import marks_of
from credit_sdk.model.moments import stamped
from credit_sdk.ports.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from credit_sdk.ports.changes import Change, ChangeFeed, ChangePage
    from credit_sdk.ports.ledger import LedgerStore

_MOST_UNWRITTEN = 100
"""So many changes that concern nobody are read again rather than a cursor written down for them."""

_BEHIND = timedelta(hours=1)
"""How old a change may be by the feed's clock that is news all the same: its clock may be wrong, and a source behind its feed. To
ask once more than needed costs a question; not to ask may cost an award."""

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Followed:
    """What was read of the feed."""

    changes: int = 0
    """How many changes were read."""
    concerning: int = 0
    """Those of them that may concern a decision kept here."""
    missed: bool = False
    """Whether changes were missed (the cursor had expired, or numbers are missing): everything open must be asked again."""


def follow(store: LedgerStore, feed: ChangeFeed, now: datetime, timeout: float | None = None) -> Followed:
    """Read the feed to its end, from where any process that shares the ledger stopped.

    :param timeout: seconds in all; what was read by then is kept.
    :raises NoDecision: the feed cannot be read; the next one goes on where this one stopped.
    :raises LedgerUnavailable: the ledger cannot be read or written.
    """
    name = feed_name(feed)
    cursor = store.note(cursor_note(name)) or None
    ends = None if timeout is None else monotonic() + timeout
    count = concerning = unwritten = 0
    missed, last = False, None
    while True:
        page = feed.changes(cursor, limit=_PAGE, timeout=None if ends is None else max(ends - monotonic(), 0.001))
        gap = page.expired or _gap(last, page)
        kept = [_kept(change) for change in page.changes if _concerns_some(store, change)]
        count, concerning, missed = count + len(page.changes), concerning + len(kept), missed or gap
        unwritten += len(page.changes)
        if kept or gap or unwritten >= _MOST_UNWRITTEN:
            body = {"feed": name, "cursor": page.cursor or "", "missed": gap, "changes": kept}
            store.append([entry(EntryKind.FOLLOWED, now, body)])
            unwritten = 0
        last = page.changes[-1].sequence if page.changes else None if page.expired else last
        if not (page.more or page.expired):
            return Followed(count, concerning, missed)
        if page.cursor == cursor:
            raise BadRecord(
                "变更流的游标不再前进; 请联系其维护方",
                "the change feed's cursor leads nowhere; ask its keeper",
                fault="schema",
            )
        cursor = page.cursor


def moved_since(
    store: LedgerStore,
    feed: ChangeFeed,
    marks: Collection[str],
    since: datetime,
    now: datetime,
    timeout: float | None = None,
    *,
    decision_id: str | None = None,
) -> bool | None:
    """Whether something changed for a subject since a moment, as far as the feed knows.

    A change that happened long before does not count because it is read only now.

    :param marks: the subject's, see :mod:`credit_sdk.ledger.marks`.
    :param since: when it was last asked for: the moment as of which its data were read.
    :param decision_id: the decision made then: only what was read after it was kept is looked at.
    :returns: ``None``: it cannot be told: the feed cannot be read, changes were missed, or the feed was read by others between
        the reading of the data and the keeping of the decision.
    :raises LedgerUnavailable: the ledger cannot be read or written.
    """
    try:
        if follow(store, feed, now, timeout).missed:
            return None
    except NoDecision:
        return None
    stored = store.entry(decision_id) if decision_id is not None else None
    place = 0 if stored is None else stored.sequence
    wanted, earliest = set(marks), news_from(since)
    for body in read_since(store, place):
        if body.get("missed"):
            return None
        for change in body["changes"]:
            if datetime.fromisoformat(change["at"]) >= earliest and _may_concern(change["marks"], wanted):
                return True
    return None if _was_read_between(store, since, place) else False


def news_from(since: datetime) -> datetime:
    """From which moment on, by the feed's clock, a change is news.

    :param since: when the data were read, by ours.
    """
    return since - _BEHIND


def _was_read_between(store: LedgerStore, since: datetime, place: int) -> bool:
    """Whether the feed was followed after a decision's data were read, and before it was kept.

    What was read of it then is not known for this decision's subject: it may have concerned nobody yet.
    """
    last = store.entries(before=place, kinds=(EntryKind.FOLLOWED,), limit=1, latest=True)
    return any(datetime.fromisoformat(one.entry.at) > since for one in last)


def read_since(store: LedgerStore, after: int = 0) -> Iterator[dict[str, Any]]:
    """The bodies of the ``followed`` entries after a place in the ledger."""
    return (body for _, body in read_followed(store, after))


def read_followed(store: LedgerStore, after: int = 0) -> Iterator[tuple[int, dict[str, Any]]]:
    """As :func:`read_since`, each with its place."""
    while entries := store.entries(after=after, kinds=(EntryKind.FOLLOWED,), limit=_PAGE):
        for stored in entries:
            yield stored.sequence, json.loads(stored.entry.body)
        after = entries[-1].sequence


def feed_name(feed: object) -> str:
    """What the ledger calls a feed: its source's name."""
    return str(getattr(feed, "name", "feed"))


def _gap(last: int | None, page: ChangePage) -> bool:
    """Whether numbers are missing before or in the page."""
    expected = None if last is None else last + 1
    for change in page.changes:
        if expected is not None and change.sequence != expected:
            return True
        expected = change.sequence + 1
    return False


def _kept(change: Change) -> dict[str, Any]:
    return {
        "sequence": change.sequence,
        "at": stamped(change.at),
        "kind": change.kind,
        "id": change.id,
        "list": change.list,
        "status": change.status,
        "marks": _marks(change),
    }


def _marks(change: Change) -> list[str]:
    """None: it may concern anyone."""
    return [] if change.subject is None or change.kind == "list" else list(marks_of(change.subject))


def _concerns_some(store: LedgerStore, change: Change) -> bool:
    """Whether it may concern a decision in the ledger."""
    marks = _marks(change)
    if not _kinds(marks) >= {"org", "name"}:
        return True  # there may be decisions that share no kind of identifier with it
    if change.kind == "listing" and store.decisions(listing=change.id, limit=1):
        return True
    return any(store.decisions(mark=mark, limit=1) for mark in marks)


def _may_concern(marks: Sequence[str], wanted: set[str]) -> bool:
    """Whether a change with these marks may be about the subject with those."""
    if not wanted.isdisjoint(marks):
        return True
    return _kinds(marks).isdisjoint(_kinds(wanted))  # nothing in common to compare


def _kinds(marks: Collection[str]) -> set[str]:
    """``org`` for codes of both kinds, ``reg``, ``name``."""
    kinds = {mark.partition(":")[0] for mark in marks}
    return kinds - {"code"} | ({"org"} if "code" in kinds else set())
