"""Checks without an answer, one by one: those that the numbers count as ``undecided``, and whether they were made good since."""

from __future__ import annotations

import json
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.ports.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    from credit_sdk.ports.ledger import LedgerStore, Stored

    Body: TypeAlias = Mapping[str, Any]

_PAGE = 1_000


class Unanswered(NamedTuple):
    """A check that came to no decision. Whom it asked for is not said."""

    at: datetime
    domain: str
    action: str
    must_check: bool
    error: str
    """The error's code."""
    fault: str | None
    """What went wrong with the source, one of :data:`~credit_sdk.errors.FAULTS`."""
    question: str
    """What tells one matter from another; the same of every check of the same firm, for the same."""
    service: str | None
    answered_by: str | None
    """The latest decision on the same that was made since; ``None``: there is still none."""


def unanswered(
    store: LedgerStore,
    *,
    mark: str | None = None,
    domain: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    limit: int = 100,
) -> list[Unanswered]:
    """Checks without an answer, the latest first.

    :param mark: only those that asked for this subject, see :func:`credit_sdk.ledger.marks.marks_of`.
    :raises LedgerUnavailable: the ledger cannot be read.
    """
    last: deque[tuple[Stored, Body]] = deque(maxlen=limit)
    for stored in _entries(store):
        body = json.loads(stored.entry.body)
        if (
            (mark is None or mark in body["marks"])
            and domain in (None, body["domain"])
            and action in (None, body["action"])
            and (since is None or datetime.fromisoformat(stored.entry.at) >= since)
        ):
            last.append((stored, body))
    return [_read(store, stored, body) for stored, body in reversed(last)]


def _entries(store: LedgerStore) -> Iterator[Stored]:
    after = 0
    while entries := store.entries(kinds=[EntryKind.UNDECIDED], after=after, limit=_PAGE):
        yield from entries
        after = entries[-1].sequence


def _read(store: LedgerStore, stored: Stored, body: Body) -> Unanswered:
    return Unanswered(
        at=datetime.fromisoformat(stored.entry.at),
        domain=body["domain"],
        action=body["action"],
        must_check=bool(body["must_check"]),
        error=body["error"],
        fault=body.get("fault"),
        question=body["question"],
        service=body.get("service"),
        answered_by=_answer(store, stored.sequence, body),
    )


def _answer(store: LedgerStore, sequence: int, body: Body) -> str | None:
    before = None
    while body["marks"]:
        decisions = store.decisions(
            mark=body["marks"][0], domain=body["domain"], action=body["action"], before=before, limit=_PAGE
        )
        for one in decisions:
            if one.question == body["question"] and not one.shadow:
                kept = store.entry(one.decision_id)
                return one.decision_id if kept is not None and kept.sequence > sequence else None
        if len(decisions) < _PAGE:
            break
        before = decisions[-1].decision_id
    return None
