"""What a ledger answers, as JSON values."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from credit_sdk.model.moments import written

if TYPE_CHECKING:
    from datetime import date, datetime

    from credit_sdk.ledger.recheck import Recheck, Rechecked
    from credit_sdk.ledger.unanswered import Unanswered
    from credit_sdk.ports.ledger import Delivery, Duty, KeptDecision


def decision(one: KeptDecision) -> dict[str, Any]:
    """A decision in short."""
    return {
        "decision_id": one.decision_id,
        "at": written(one.at),
        "domain": one.domain,
        "action": one.action,
        "effect": one.effect.value,
        "blocking": one.blocking,
        "must_check": one.must_check,
        "degraded": one.degraded,
        "shadow": one.shadow,
        "service": one.service,
    }


def unanswered(one: Unanswered) -> dict[str, Any]:
    """A check without an answer."""
    return one._asdict() | {"at": written(one.at)}


def duty(one: Duty, today: date | None = None) -> dict[str, Any]:
    """A measure and what became of it.

    :param today: to say whether it is overdue.
    """
    whole = {
        "decision_id": one.decision_id,
        "measure": one.measure,
        "name": one.name,
        "name_en": one.name_en,
        "penalty": one.penalty,
        "force": one.force.value,
        "type": one.type,
        "state": one.state.value,
        "domain": one.domain,
        "action": one.action,
        "decided_at": written(one.decided_at),
        "listings": list(one.listings),
        "until": _day(one.until),
        "due_on": _day(one.due_on),
        "provisional": one.provisional,
        "reason": one.reason,
    }
    return whole if today is None else whole | {"overdue": is_overdue(one, today)}


def delivery(one: Delivery, now: datetime) -> dict[str, Any]:
    """A report on its way; without what is sent, which names the firm.

    :param now: to say whether somebody is sending it.
    """
    kind, action = told_of(one)
    sending = one.claimed_until is not None and one.claimed_until > now and one.state.value == "waiting"
    return {
        "key": one.key,
        "decision_id": one.decision_id,
        "receiver": one.receiver,
        "domain": one.domain,
        "action": action,
        "kind": kind,
        "state": one.state.value,
        "reported_at": written(one.reported_at),
        "send_from": written(one.send_from),
        "send_by": _moment(one.send_by),
        "next_at": written(one.next_at),
        "sending_until": _moment(one.claimed_until) if sending else None,
        "attempts": one.attempts,
        "fault": one.fault,
        "words": one.words,
        "receipt": one.receipt,
        "delivered_at": _moment(one.delivered_at),
    }


def told_of(one: Delivery) -> tuple[str, str]:
    """What kind of report it is, and of which action."""
    outcome = json.loads(one.outcome)
    return outcome.get("kind", "outcome"), outcome["action"]


def recheck(one: Recheck) -> dict[str, Any]:
    """A decision that would be another one today."""
    return {
        "decision_id": one.decision_id,
        "changed": list(one.changed),
        "old": {"effect": one.old.effect.value, "blocking": one.old.blocking},
        "new": {
            "decision_id": one.new.decision_id,
            "effect": one.new.effect.value,
            "blocking": one.new.blocking,
            "obligations": [obligation.id for obligation in one.new.obligations],
        },
    }


def rechecked(result: Rechecked) -> dict[str, Any]:
    """What came of asking again."""
    return {
        "asked": result.asked,
        "unanswered": result.unanswered,
        "errors": dict(sorted(result.errors.items())),
        "changed": [recheck(one) for one in result],
        "releases": [duty(one) for one in result.due],
    }


def is_overdue(one: Duty, today: date) -> bool:
    """Whether it, or what it leaves open, should have been done by now: a penalty that was carried out leaves nothing open."""
    open_ = one.state.value == "due" or (one.state.value == "executed" and not one.penalty)
    return open_ and one.due_on is not None and one.due_on < today


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else written(moment)
