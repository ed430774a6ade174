"""From entries to views: which rows an entry brings along, and which it changes. Pure, and never fails.

An entry that means nothing to this version (of another kind, or with a body of another shape) is noted as damaged and
changes no view; it stays in the ledger, and a later version may know better.
"""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from credit_sdk.ledger._entries import VERSION
from credit_sdk.model.moments import stamped
from credit_sdk.model.terms import Standing
from credit_sdk.ports.ledger import EntryKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from credit_sdk.ports.ledger import Entry, Stored

    Body = dict[str, Any]


class Change(NamedTuple):
    """One change to the views."""

    statement: str
    """A name in :data:`~credit_sdk.ledger._statements.INSERTS` or :data:`~credit_sdk.ledger._statements.UPDATES`."""
    parameters: Mapping[str, object]


def project(stored: Stored) -> list[Change]:
    """What the entry changes: inserts first."""
    sequence, entry = stored
    placed = Change("placed", {"sequence": sequence, "kind": entry.kind, "decision_id": entry.decision_id})
    try:
        body = _parsed(entry)
        if body["v"] != VERSION:
            return [placed, _damaged(sequence, "version")]
        return [placed, *_PROJECTIONS[entry.kind](stored, body)]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return [placed, _damaged(sequence, "body")]


_BULK = ',"answers":'


def _parsed(entry: Entry) -> Body:
    # Nine tenths of a decision's entry are what it stood on, at its end, and mean nothing to the views. Within a string
    # the quotes would be escaped; and if the key stood deeper or elsewhere, what is before it would be no object.
    if entry.kind == EntryKind.CHECKED:
        end = entry.body.find(_BULK)
        if end > 0:
            with suppress(ValueError):
                return cast("Body", json.loads(entry.body[:end] + "}"))
    return cast("Body", json.loads(entry.body))


def unreadable(sequence: int, what: str) -> list[Change]:
    """What an entry changes that cannot be read.

    :param what: ``crc`` or ``page``.
    """
    return [_damaged(sequence, what)]


def cursor_note(feed: str) -> str:
    """Name of the note that holds how far a change feed has been followed."""
    return f"cursor:{feed}"


def _damaged(sequence: int, what: str) -> Change:
    return Change("damaged", {"sequence": sequence, "what": what})


def _checked(stored: Stored, body: Body) -> Iterator[Change]:
    sequence, (id, at, _, _, _) = stored
    shared = {"sequence": sequence, "decision_id": id, "domain": body["domain"], "action": body["action"]}
    flags = {name: int(body[name]) for name in ("blocking", "must_check", "degraded", "shadow")}
    words = {"effect": body["effect"], "service": body.get("service"), "question": body["question"]}
    yield Change(
        "decision",
        {"at": at, "mark": _first_mark(body) if body["degraded"] else "", "matter": id, **shared, **flags, **words},
    )
    for mark in body["marks"]:
        yield Change("mark", {"mark": mark, "sequence": sequence})
    for listing, _, standing in body["listings"]:
        if standing == Standing.IN_FORCE:  # one that was only seen decided nothing
            yield Change("used", {"listing": listing, "sequence": sequence})
    if body["shadow"]:
        return  # a guard that only watches asks nobody for anything
    for position, measure in enumerate(body["measures"]):
        yield _duty(measure, {"decided_at": at, "position": position, **shared})
        for listing in measure["listings"]:
            yield Change("behind", {"listing": listing, "decision_id": id, "measure": measure["id"]})
    if "again" in body:
        both = {"decision_id": body["again"]["of"], "fresh": id}
        yield Change("again", both)
        if not body["degraded"]:  # a fallback says nothing of the firm, and takes nothing over
            yield Change("carried", both)
            yield Change("taken_over", both)
            if not body.get("stale"):  # what stands in for the source does not ask for all that the source may
                yield Change("superseded", both)
            for other in body["again"].get("also", ()):
                yield Change("dropped", {"decision_id": other, "fresh": id})


def _duty(measure: Body, shared: Mapping[str, object]) -> Change:
    asked = measure["section"] == "obligations"
    return Change(
        "duty",
        {
            **shared,
            "measure": measure["id"],
            "name": measure["name"],
            "name_en": measure.get("name_en"),
            "penalty": int(measure["penalty"]),
            "force": measure["force"],
            "type": measure["type"],
            "state": "due" if asked else "advised",
            "listings": json.dumps(measure["listings"], ensure_ascii=False),
            "until": measure.get("until"),
            "due_on": measure.get("due_on"),
            "provisional": int(measure.get("provisional") or False),
            "asked": int(asked),
            "pending": int(asked),
            "bearer": shared["decision_id"],
        },
    )


def _undecided(stored: Stored, body: Body) -> Iterator[Change]:
    names = ("domain", "action", "question", "error", "fault")
    row = {name: body.get(name) if name in {"error", "fault"} else body[name] for name in names}
    row |= {
        "sequence": stored.sequence,
        "at": stored.entry.at,
        "must_check": int(body["must_check"] and "again" not in body),
    }
    yield Change("undecided", row | {"mark": _first_mark(body)})


def _first_mark(body: Body) -> str:
    return str(body["marks"][0]) if body["marks"] else ""


def _reported(stored: Stored, body: Body) -> Iterator[Change]:
    sequence, (id, at, _, decision_id, _) = stored
    what = body["what"]
    if body["receiver"] is not None:  # a report on fictional data goes to nobody
        send_from = _moment(body["send_from"])
        yield Change(
            "delivery",
            {
                "key": id,
                "sequence": sequence,
                "decision_id": decision_id,
                "receiver": body["receiver"],
                "domain": body["domain"],
                "action": body["outcome"]["action"],
                "what": what,
                "state": "waiting",
                "reported_at": at,
                "send_from": send_from,
                "send_by": _moment(body["send_by"]) if body.get("send_by") else None,
                "next_at": send_from,
            },
        )
    for measure in body["executed"]:
        this = {"decision_id": decision_id, "measure": measure}
        if what == "release":
            yield Change("released", this)
        elif what == "discharge":
            yield Change("discharged", this)
        else:
            yield Change("executed", this)
    for measure, why in body["not_executed"].items():
        yield Change("declined", {"decision_id": decision_id, "measure": measure, "why": why})


def _delivered(stored: Stored, body: Body) -> Iterator[Change]:
    # By this side's clock: whether a report was late is judged by the same clock as its term.
    for key, receipt, *_ in body["receipts"]:
        yield Change("delivered", {"key": key, "receipt": receipt, "at": stored.entry.at})


def _deferred(_: Stored, body: Body) -> Iterator[Change]:
    shared = {"next_at": _moment(body["next_at"]), "fault": body["fault"], "words": body.get("words")}
    for key in body["keys"]:
        yield Change("deferred", {"key": key, **shared})


def _refused(_: Stored, body: Body) -> Iterator[Change]:
    for key in body["keys"]:
        yield Change("refused", {"key": key, "fault": body["fault"], "words": body.get("words")})


def _requeued(_: Stored, body: Body) -> Iterator[Change]:
    next_at = _moment(body["next_at"])
    for key in body["keys"]:
        yield Change("requeued", {"key": key, "next_at": next_at})


def _discharged(stored: Stored, body: Body) -> Iterator[Change]:
    yield Change("discharged", {"decision_id": stored.entry.decision_id, "measure": body["measure"]})


def _settled(stored: Stored, body: Body) -> Iterator[Change]:
    this = {"decision_id": stored.entry.decision_id, "measure": body["measure"]}
    yield Change("settled", {**this, "due_on": body["due_on"], "provisional": int(body["provisional"])})


def _release_due(stored: Stored, body: Body) -> Iterator[Change]:
    if "told" in body:
        return  # that a hook was told of it changes nothing
    why = ", ".join(sorted(set(body["reasons"].values())))
    yield Change("release_due", {"decision_id": stored.entry.decision_id, "measure": body["measure"], "why": why})


def _release_void(stored: Stored, body: Body) -> Iterator[Change]:
    yield Change("release_void", {"decision_id": stored.entry.decision_id, "measure": body["measure"]})


def _followed(_: Stored, body: Body) -> Iterator[Change]:
    yield Change("note", {"name": cursor_note(body["feed"]), "value": body["cursor"]})


def _changes_nothing(*members: str) -> Callable[[Stored, Body], Iterator[Change]]:
    """Of an entry that changes no view: it has what it must have."""

    def project(_: Stored, body: Body) -> Iterator[Change]:
        for member in members:
            body[member]
        return iter(())

    return project


def _moment(text: str) -> str:
    """A moment as the views compare it, whoever wrote it."""
    return stamped(datetime.fromisoformat(text))


_PROJECTIONS: Mapping[str, Callable[[Stored, Body], Iterator[Change]]] = {
    EntryKind.CHECKED: _checked,
    EntryKind.UNDECIDED: _undecided,
    EntryKind.REPORTED: _reported,
    EntryKind.DELIVERED: _delivered,
    EntryKind.DEFERRED: _deferred,
    EntryKind.REFUSED: _refused,
    EntryKind.REQUEUED: _requeued,
    EntryKind.CONFIRMED: _changes_nothing(),  # what became of its duties, the fresh decision's own entry says
    EntryKind.DISCHARGED: _discharged,
    EntryKind.FOLLOWED: _followed,
    EntryKind.RELEASE_DUE: _release_due,
    EntryKind.RELEASE_VOID: _release_void,
    EntryKind.SETTLED: _settled,
    EntryKind.CLOSED: _changes_nothing("month", "summary"),  # found again by its id
    EntryKind.REPAIRED: _changes_nothing(
        "lost"
    ),  # what could not be saved is seen by the places that are empty before it
}
