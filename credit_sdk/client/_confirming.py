"""Whether a decision may still be acted upon: what both clients think of it (复核确认)."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.decision.result import restricted
from credit_sdk.errors import InvalidRequest
from credit_sdk.model.terms import Consequence, Effect

if TYPE_CHECKING:
    from credit_sdk.decision.result import Decision
    from credit_sdk.errors import Restricted
    from credit_sdk.ledger.desk import Ledger
    from credit_sdk.model.request import CheckRequest
    from credit_sdk.ports.ledger import LedgerStore

VALIDITY = timedelta(minutes=15)
"""How old a decision may be that is acted upon without being checked anew."""
FEED_TIMEOUT = 5.0
"""Seconds for the change feed; where it takes longer, checking anew is as quick."""
_CLOCKS_APART = timedelta(minutes=1)
_MOST_CONFIRMED = 100_000


def check_validity(validity: timedelta) -> timedelta:
    """``validity``, if it is one.

    :raises InvalidRequest: it is not.
    """
    given: Any = validity
    if not isinstance(given, timedelta) or given < timedelta(0):
        raise InvalidRequest(
            "validity 应为不小于零的 timedelta", "validity must be a timedelta of zero or more", key="validity"
        )
    return validity


def check_decision(decision: Any) -> None:
    """Make sure that it is a decision to act upon: an id is not enough to ask again.

    :raises InvalidRequest: it is none, or is only a part of one.
    """
    from credit_sdk.decision.result import Decision

    if not isinstance(decision, Decision):
        raise InvalidRequest(
            "confirm 只接受 check 给出的结论 (Decision) 本身, 不接受编号",
            "confirm takes the Decision itself, as check gave it, and no id",
            key="decision",
        )
    if decision.is_part:
        raise InvalidRequest(
            "这是联合体成员的结论; 请确认联合体的结论 (parts 所在的那一个)",
            "this is the decision on a consortium's member; confirm the consortium's, in whose parts it stands",
            key="decision",
        )


def why_old(decision: Decision, now: datetime, validity: timedelta) -> str | None:
    """Why a decision must be checked anew whatever the change feed says; ``None``: it need not.

    A decision from the future was made by a clock that has been put back since: its age cannot be told.
    """
    if decision.degraded is not None or decision.source.stale:
        return "unknown"  # what it rests on was not the source's word of that moment
    age = now - decision.decided_at
    if decision.request.as_of is not None or not -_CLOCKS_APART <= age <= validity:
        return "old"
    return None


def request_for_now(decision: Decision) -> CheckRequest:
    """What was asked, for the present moment."""
    return replace(decision.request, as_of=None)


def feed_moved(ledger: Ledger, feed: Any, decision: Decision, now: datetime) -> str:
    """``valid``, ``feed`` or ``unknown``, by what the change feed says since the decision.

    :param feed: one that may block; ``None``: there is none, and nothing to say that the decision still stands.
    """
    if feed is None:
        return "unknown"
    from credit_sdk.ledger.feed import moved_since
    from credit_sdk.ledger.marks import marks_of_request

    asked = asked_last(ledger.store, decision)
    moved = moved_since(
        ledger.store,
        feed,
        marks_of_request(decision.request),
        asked.read_at,
        now,
        FEED_TIMEOUT,
        decision_id=asked.decision_id,
    )
    return "unknown" if moved is None else "feed" if moved else "valid"


class Asked(NamedTuple):
    """A check that a decision rests on."""

    decision_id: str
    read_at: datetime
    """When its data were read."""


def asked_last(store: LedgerStore, decision: Decision) -> Asked:
    """When it was last asked for what a decision says: as it was made, or confirmed since by one that says the same."""
    from credit_sdk.ports.ledger import EntryKind

    asked = Asked(decision.decision_id, decision.source.read_at or decision.decided_at)
    confirmed = store.entries(decision_id=decision.decision_id, kinds=(EntryKind.CONFIRMED,), limit=_MOST_CONFIRMED)
    for stored in reversed(confirmed):
        said = json.loads(stored.entry.body)
        if said["fresh"] == decision.decision_id:
            continue
        fresh = None if said["changed"] else store.entry(said["fresh"])
        if fresh is not None:
            source = json.loads(fresh.entry.body)["decision"]["source"]
            if source["read_at"] is not None and not source["stale"]:
                return Asked(said["fresh"], datetime.fromisoformat(source["read_at"]))
        break
    return asked


def covered(error: Restricted, overridden: Decision | None) -> Decision:
    """The decision that a check made anew was stopped by, where an override in force may cover it.

    :param overridden: see :func:`standing`.
    :raises Restricted: ``error``: there is no override, or it is no refusal that one could lift.
    """
    decision: Decision = error.decision
    if overridden is None or not decision.blocking:
        raise error
    return decision


def standing(decision: Decision, fresh: Decision, overridden: Decision | None) -> Decision:
    """The decision to go by: the fresh one, unless an outage would lift a restriction by it.

    A fallback (rule 8.3) knows nothing of the firm, and what stands in for the source (rule 8.2) may know less than it.

    :param overridden: the decision that an override in force was given for. It covers what that decision refused for, and
        nothing that came since.
    :raises Restricted: it blocks.
    """
    in_an_outage = fresh.degraded is not None or fresh.source.stale
    stands = decision if in_an_outage and decision.effect is Effect.RESTRICT else fresh
    for one in (fresh, stands):
        if one.blocking and (overridden is None or not _covers(overridden, one)):
            raise restricted(one)
    return stands


def _covers(overridden: Decision, fresh: Decision) -> bool:
    """Whether a decision refuses by no measure and no listing that the one overridden did not."""
    known, refusing = _refusals(overridden), _refusals(fresh)
    listings = {id_ for one in known.values() for id_ in one}
    return bool(refusing) and all(id_ in known and listings.issuperset(one) for id_, one in refusing.items())


def _refusals(decision: Decision) -> dict[str, tuple[str, ...]]:
    """The refusing measures of a decision, and the listings behind each."""
    return {one.id: tuple(one.because) for one in decision.obligations if one.consequence is Consequence.REFUSE}
