"""The limit: what one would write by hand for one measure list, without errors, plugins, coverage or explanations.

An index by (list code, type of subject, action), the listing's and the measure's dates checked, and a slotted result of
12 fields filled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from credit_sdk.model.measure import ListTrigger
from credit_sdk.model.terms import Effect, Status, SubjectType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from credit_sdk.model.listing import Listing
    from credit_sdk.model.measure import Measure, MeasureList


@dataclass(slots=True)
class Result:
    """Twelve fields, not frozen: the cheapest plain object."""

    subject: str
    domain: str
    action: str
    as_of: Any
    effect: Effect
    blocking: bool
    obligations: list[tuple[Measure, str]]
    advice: list[tuple[Measure, str]]
    withheld: list[tuple[Measure, str]]
    listings: Sequence[Listing]
    measure_list: str
    source: str


class ByHand:
    """A measure list as an index, and the decision from it."""

    def __init__(self, measure_list: MeasureList) -> None:
        self._id = measure_list.id
        self._domain = measure_list.domain
        self._index: dict[tuple[str, SubjectType, str], list[tuple[date | None, date | None, bool, bool, Measure]]] = {}
        for measure in measure_list.measures:
            entry = (measure.valid_from, measure.valid_until, measure.is_penalty, measure.is_mandatory, measure)
            for trigger in measure.triggers:
                for code in trigger.lists if isinstance(trigger, ListTrigger) else ():
                    for type_ in measure.applies_to:
                        for action in measure.actions:
                            self._index.setdefault((code, type_, action), []).append(entry)

    def decide(self, subject: str, action: str, listings: Sequence[Listing], today: date) -> Result:
        index = self._index
        type_ = SubjectType.SOLE_TRADER if subject.startswith("92") else SubjectType.LEGAL_ENTITY
        obligations: list[tuple[Measure, str]] = []
        advice: list[tuple[Measure, str]] = []
        incentives: list[tuple[Measure, str]] = []
        blocking = False
        for listing in listings:
            end = listing.effective_until
            if listing.status is Status.ACTIVE and listing.effective_from <= today and (end is None or today <= end):
                for start, until, penalty, mandatory, measure in index.get((listing.list, type_, action), ()):
                    if (start is None or start <= today) and (until is None or today <= until):
                        if not penalty:
                            incentives.append((measure, listing.id))
                        elif mandatory:
                            obligations.append((measure, listing.id))
                            blocking = blocking or measure.consequence == "refuse"
                        else:
                            advice.append((measure, listing.id))
        if obligations:
            effect, withheld = Effect.RESTRICT, incentives
        elif incentives:
            effect, withheld = Effect.PRIORITY, []
            obligations = incentives
        else:
            effect, withheld = Effect.ALLOW, []
        return Result(
            subject,
            self._domain,
            action,
            today,
            effect,
            blocking,
            obligations,
            advice,
            withheld,
            listings,
            self._id,
            "memory",
        )
