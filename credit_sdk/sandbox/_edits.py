"""What an objection, a repair, a removal or a revocation makes of an entry: one table, pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, TypeAlias

from credit_sdk.errors import InvalidRequest
from credit_sdk.model.terms import Objection, Status

Edit: TypeAlias = Callable[[dict[str, Any], Mapping[str, Any], date], dict[str, Any]]
"""From an entry, what was given with the call, and today's day to the entry as it is from then on."""


def _object(entry: dict[str, Any], given: Mapping[str, Any], _: date) -> dict[str, Any]:
    changed = _stands(entry) | {"status": Status.OBJECTED.value}
    kind = given.get("objection")
    if kind is None:
        return changed
    known = [one.value for one in Objection]
    if kind not in known or entry["type"] != "listing":
        raise InvalidRequest(
            f"只有名单条目有异议种类; 可用: {'、'.join(known)}",
            f"only listings have kinds of objection; known: {', '.join(known)}",
            key="objection",
        )
    return changed | {"objection": kind}


def _ended(status: Status) -> Edit:
    def end(entry: dict[str, Any], given: Mapping[str, Any], today: date) -> dict[str, Any]:
        return _stands(entry) | {"status": status.value, "ended_on": given.get("ended_on", today.isoformat())}

    return end


def _became(status: Status) -> Edit:
    return lambda entry, _given, _today: _stands(entry) | {"status": status.value}


def _stands(entry: dict[str, Any]) -> dict[str, Any]:
    """The entry without what an earlier objection or end left in it."""
    return {key: value for key, value in entry.items() if key not in {"objection", "ended_on"}}


EDITS: Mapping[str, tuple[Edit, frozenset[str], frozenset[str]]] = {
    "publicise": (_became(Status.PUBLICISED), frozenset(), frozenset({"listing"})),
    "object": (_object, frozenset({"objection"}), frozenset({"listing", "violation"})),
    "repair": (_ended(Status.REPAIRED), frozenset({"ended_on"}), frozenset({"listing", "violation"})),
    "remove": (_ended(Status.REMOVED), frozenset({"ended_on"}), frozenset({"listing"})),
    "revoke": (_became(Status.REVOKED), frozenset(), frozenset({"listing", "violation"})),
    "restore": (_became(Status.ACTIVE), frozenset(), frozenset({"listing", "violation"})),
}
"""By the last part of the path: what it does, which keys may come with it, and to which entries it can be done.

公示、异议、修复、移出、撤销、恢复."""
