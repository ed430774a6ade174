"""The same rules as 40 compiled CEL expressions (common-expression-language, in Rust): the nearest general engine."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import cel

from benchmarks._by_hand import Result
from credit_sdk.model.measure import ListTrigger
from credit_sdk.model.terms import Effect

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from credit_sdk.model.listing import Listing
    from credit_sdk.model.measure import Measure, MeasureList


class Cel:
    """A measure list as CEL programs. One execution a measure decides over all listings; dates are day numbers."""

    def __init__(self, measure_list: MeasureList) -> None:
        self._id = measure_list.id
        self._domain = measure_list.domain
        self._programs = [(cel.compile(_expression(measure)), measure) for measure in measure_list.measures]

    def decide(self, subject: str, action: str, listings: Sequence[Listing], today: date) -> Result:
        # One context for all programs: the conversion to CEL's own values is paid once a decision.
        context = cel.Context(
            {
                "type": "sole_trader" if subject.startswith("92") else "legal_entity",
                "action": action,
                "today": today.toordinal(),
                "listings": [
                    {
                        "list": listing.list,
                        "status": listing.status.value,
                        "start": listing.effective_from.toordinal(),
                        "end": _FOREVER if listing.effective_until is None else listing.effective_until.toordinal(),
                    }
                    for listing in listings
                ],
            }
        )
        obligations: list[tuple[Measure, str]] = []
        advice: list[tuple[Measure, str]] = []
        incentives: list[tuple[Measure, str]] = []
        for program, measure in self._programs:
            if program.execute(context):
                if not measure.is_penalty:
                    incentives.append((measure, ""))
                else:
                    (obligations if measure.is_mandatory else advice).append((measure, ""))
        effect = Effect.RESTRICT if obligations else Effect.PRIORITY if incentives else Effect.ALLOW
        blocking = any(measure.consequence == "refuse" for measure, _ in obligations)
        return Result(
            subject,
            self._domain,
            action,
            today,
            effect,
            blocking,
            obligations or incentives,
            advice,
            incentives if obligations else [],
            listings,
            self._id,
            "memory",
        )


_FOREVER = 9_999_999


def _expression(measure: Measure) -> str:
    lists = [code for trigger in measure.triggers if isinstance(trigger, ListTrigger) for code in trigger.lists]
    # The cheapest tests first, as && stops at the first that fails.
    parts = [f"action in {_words(measure.actions)}", f"type in {_words(sorted(measure.applies_to))}"]
    if measure.valid_from is not None:
        parts.append(f"{measure.valid_from.toordinal()} <= today")
    if measure.valid_until is not None:
        parts.append(f"today <= {measure.valid_until.toordinal()}")
    parts.append(
        f"listings.exists(x, x.list in {_words(lists)} && x.status == 'active' && x.start <= today && today <= x.end)"
    )
    return " && ".join(parts)


def _words(words: Any) -> str:
    return json.dumps(list(words))
