"""A decision's whole story, as the ledger has it: asked, decided, done, delivered, confirmed, discharged, released."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.cli import ledger_json
from credit_sdk.ledger.checks import kept_check
from credit_sdk.model.moments import stamped
from credit_sdk.ports.ledger import DeliveryState, EntryKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from credit_sdk.ports.ledger import Delivery, Duty, LedgerStore, Stored

_ALL = 100_000
"""Of one decision: never so many."""


class Event(NamedTuple):
    """Something that happened."""

    at: str
    """RFC 3339."""
    what: str
    """``checked``, ``reported``, ``delivered``, ``refused``, ``waiting``, ``confirmed``, ``discharged``, ``settled``, ``release_due``,
    ``release_void``."""
    facts: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {"at": self.at, "event": self.what, **self.facts}


@dataclass(frozen=True, slots=True)
class Story:
    """One decision's."""

    decision: Mapping[str, Any]
    """As it was given (``credit.decision/1``)."""
    body: Mapping[str, Any]
    """Its entry."""
    events: Sequence[Event]
    """In time order."""
    duties: Sequence[Duty]
    """How its measures stand now."""

    @property
    def decision_id(self) -> str:
        """The decision's id."""
        return str(self.decision["decision_id"])

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "decision_id": self.decision_id,
            "shadow": self.body["shadow"],
            "service": self.body["service"],
            "sdk": self.body["sdk"],
            "request": self.body["request"],
            "decision": dict(self.decision),
            "measures": [ledger_json.duty(one) for one in self.duties],
            "events": [one.to_dict() for one in self.events],
        }


def tell(store: LedgerStore, decision_id: str) -> Story:
    """The story of a decision.

    :raises UnknownDecision: the ledger has none with this id.
    """
    body = json.loads(kept_check(store, decision_id, key="ID").entry.body)
    events = [event for one in _entries(store, decision_id) for event in _event(one)]
    events += [event for one in store.deliveries(decision_id=decision_id, limit=_ALL) for event in _delivery(one)]
    events.sort(key=lambda event: event.at)  # stable: what was written first stays first
    return Story(body["decision"], body, events, store.duties(decision_id=decision_id, limit=_ALL))


def _entries(store: LedgerStore, decision_id: str) -> Iterator[Stored]:
    after = 0
    while entries := store.entries(decision_id=decision_id, after=after):
        yield from entries
        after = entries[-1].sequence


def _event(stored: Stored) -> Iterator[Event]:
    entry = stored.entry
    body = json.loads(entry.body)
    facts = _FACTS.get(entry.kind)
    if facts is not None and "told" not in body:  # that a hook was told is no news of the decision
        yield Event(entry.at, entry.kind, facts(body, entry.id))


def _checked(body: Mapping[str, Any], _: str) -> dict[str, Any]:
    names = ("effect", "blocking", "degraded", "shadow", "service")
    asked = {name: body["request"].get(name) for name in ("jurisdiction", "purpose", "authorization")}
    return {name: body[name] for name in names} | asked | {"source": body["decision"]["source"]["name"]}


def _reported(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    outcome = body["outcome"]
    return {
        "what": body["what"],
        "key": key,
        "receiver": body["receiver"],
        "executed": body["executed"],
        "not_executed": body["not_executed"],
        "note": outcome.get("note"),
        "case": outcome.get("case", False),
        "override": outcome.get("override"),
        "send_by": body["send_by"],
    }


def _confirmed(body: Mapping[str, Any], _: str) -> dict[str, Any]:
    return {name: body[name] for name in ("why", "changed", "fresh")}


def _discharged(body: Mapping[str, Any], _: str) -> dict[str, Any]:
    return {"measure": body["measure"], "proof": body["proof"]}


def _settled(body: Mapping[str, Any], _: str) -> dict[str, Any]:
    return {"measure": body["measure"], "due_on": body["due_on"]}


def _release_due(body: Mapping[str, Any], _: str) -> dict[str, Any]:
    return {"measure": body["measure"], "reasons": body["reasons"]}


def _release_void(body: Mapping[str, Any], _: str) -> dict[str, Any]:
    return {"measure": body["measure"], "fresh": body["fresh"]}


_FACTS: Mapping[str, Callable[[Mapping[str, Any], str], dict[str, Any]]] = {
    EntryKind.CHECKED: _checked,
    EntryKind.REPORTED: _reported,
    EntryKind.CONFIRMED: _confirmed,
    EntryKind.DISCHARGED: _discharged,
    EntryKind.SETTLED: _settled,
    EntryKind.RELEASE_DUE: _release_due,
    EntryKind.RELEASE_VOID: _release_void,
}


def _delivery(one: Delivery) -> Iterator[Event]:
    """Where a report got to. Refused and waiting ones stand at the moment they were reported or are tried next."""
    if one.state is DeliveryState.DELIVERED and one.delivered_at is not None:
        facts = {"key": one.key, "receiver": one.receiver, "receipt": one.receipt, "attempts": one.attempts}
        yield Event(stamped(one.delivered_at), "delivered", facts)
        return
    facts = {"key": one.key, "receiver": one.receiver, "attempts": one.attempts, "fault": one.fault, "words": one.words}
    if one.state is DeliveryState.REFUSED:
        yield Event(stamped(one.reported_at), "refused", facts)
    else:
        yield Event(stamped(one.next_at), "waiting", facts)
