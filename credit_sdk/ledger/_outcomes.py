"""A report in the ledger as the outcome that is sent."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING

from credit_sdk.model.terms import Effect
from credit_sdk.ports.platform import Outcome

if TYPE_CHECKING:
    from credit_sdk.ports.ledger import Delivery


def outcome_of(delivery: Delivery) -> Outcome | None:
    """The outcome, under the report's key; ``None``: it is not what one is, and no receiver could take it."""
    try:
        told = json.loads(delivery.outcome)
        return Outcome(
            told["decision_id"],
            told["subject"],
            told["domain"],
            told["action"],
            Effect(told["effect"]),
            datetime.fromisoformat(told["at"]),
            tuple(told.get("executed", ())),
            told.get("not_executed") or {},
            told.get("note"),
            delivery.key,
            told.get("kind", "outcome"),
            told.get("case", False),
            told.get("override"),
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
