"""Floor 5, the ledger (核查台账): what was checked, what was done, what is still to be reported."""

from __future__ import annotations

from credit_sdk.ledger.awaited import Awaited
from credit_sdk.ledger.schedule import Backoff, FeedbackRule, feedback_rules

__all__ = ["Awaited", "Backoff", "FeedbackRule", "feedback_rules"]
