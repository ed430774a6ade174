"""From a plan and what was fetched for it to the decision on all that were asked about.

Both clients answer a check through here, and so does the ledger when it decides again from what it kept: the same answers,
the same moment, the same code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from credit_sdk.decision import engine
from credit_sdk.decision.consortium import combine_members
from credit_sdk.errors import NoDecision, SourceUnavailable
from credit_sdk.model.record import CreditRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from credit_sdk.decision.planning import Plan, Stamp
    from credit_sdk.decision.result import Decision

Fetched: TypeAlias = "CreditRecord | NoDecision"
"""A subject's record, or why there is none."""


def answer(
    plan: Plan, fetched: Sequence[Fetched], source: str, *, as_of: datetime, stamp: Callable[[], Stamp]
) -> Decision:
    """Decide from what was fetched. Whether the caller can carry it out (rule 5.5) is not looked at here.

    :param fetched: one for each of ``plan.wanted``.
    :param source: name of the source that was asked.
    :param as_of: the moment to decide for.
    :param stamp: gives each decision its stamp; a consortium's members have their own.
    :raises NoDecision: there is no answer.
    """
    if len(plan.subjects) == 1:
        return _one(plan, 0, fetched, as_of, stamp(), source)
    parts: list[Decision | NoDecision] = []
    for place in range(len(plan.subjects)):
        try:
            parts.append(_one(plan, place, fetched, as_of, stamp(), source))
        except NoDecision as error:
            parts.append(error)
    return combine_members(plan, parts, as_of, stamp())


def _one(plan: Plan, place: int, fetched: Sequence[Fetched], as_of: datetime, stamp: Stamp, source: str) -> Decision:
    subject, record = plan.subjects[place], fetched[place]
    related = []
    unknown: NoDecision | None = None
    if plan.related and place == 0:  # who is related is so to the subject, not to the consortium's other members
        for (role, other), one in zip(plan.related, fetched[len(plan.subjects) :], strict=True):
            if isinstance(one, CreditRecord):
                related.append((role, other, one))
            elif unknown is None:
                unknown = one
    if isinstance(record, CreditRecord):
        if unknown is None:
            return engine.conclude(plan, subject, record, as_of, stamp, related)
        # Without a related subject's record there is no answer, unless what is known blocks: no further data can undo
        # that, and no fallback may stand in for it (rules 7.2, 8.3).
        decision = engine.conclude(plan, subject, record, as_of, stamp, related)
        if decision.blocking:
            return decision
        record = unknown
    if isinstance(record, SourceUnavailable):
        return engine.without_source(plan, subject, record, as_of, stamp, source)
    raise record
