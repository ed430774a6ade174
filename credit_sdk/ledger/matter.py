"""What a report is about: a decision as far as reporting needs it, from memory or from the ledger."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from credit_sdk.decision.fragments import quote
from credit_sdk.errors import InvalidReport, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from credit_sdk.decision.result import Decision
    from credit_sdk.ports.ledger import Stored

_IDENTIFIERS = ("code", "organisation_code", "registration_number", "name")


@dataclass(slots=True, eq=False)
class Matter:
    """A decision, as far as reporting needs it. Not changed once made."""

    decision_id: str
    domain: str
    action: str
    effect: str
    subject: str
    """Its identifiers as they were asked for, as a JSON object; of a consortium, the lead's (牵头人)."""
    measures: Mapping[str, str]
    """What was carried out or not may be reported of these, the obligations and the measures advised; with their force."""
    fictional: bool
    """Whether the decision rests on made-up data."""
    with_terms: frozenset[str] = frozenset()
    """Those of the measures that have terms; of a decision at hand it is not looked for."""

    def __repr__(self) -> str:
        return f"<Matter {self.domain}/{self.action} {self.decision_id}>"  # the subject is a firm (rule 9.4)

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """A decision at hand."""
        subject = decision.subject
        return cls(
            decision.decision_id,
            decision.request.domain,
            decision.request.action,
            decision.effect,
            _object(
                [f'"{key}":{quote(value)}' for key in _IDENTIFIERS if (value := getattr(subject, key)) is not None]
            ),
            {
                measure.id: measure.force
                for one in (*decision.advice, *decision.obligations)
                if (measure := one.measure) is not None
            },
            "fictional_data" in [notice.code for notice in decision.notices],
        )

    @classmethod
    def read(cls, stored: Stored) -> Self:
        """A decision from its entry."""
        body = json.loads(stored.entry.body)
        decision: dict[str, Any] = body["decision"]
        subject = decision["subject"]
        return cls(
            stored.entry.id,
            body["domain"],
            body["action"],
            body["effect"],
            _object([f'"{key}":{quote(value)}' for key in _IDENTIFIERS if (value := subject.get(key)) is not None]),
            {one["id"]: one["force"] for one in body["measures"]},
            "fictional_data" in [notice["code"] for notice in decision["notices"]],
            frozenset(
                one["id"]
                for one in (*decision["obligations"], *decision["advice"])
                if set(one["properties"]["terms"]) - {"reaches", "needs"}
            ),
        )

    def check(self, measure: str, key: str = "measures") -> None:
        """Make sure that it is one of the measures.

        :param key: what the error calls the place.
        :raises InvalidReport: the decision names no such measure; says which it names.
        """
        given: Any = measure
        if not isinstance(given, str) or given not in self.measures:
            known = ", ".join(self.measures)
            raise InvalidReport(
                f"该结论没有措施 {quoted(measure)}; " + (f"它的措施: {known}" if known else "它没有任何措施"),
                f"the decision has no measure {quoted(measure)}; " + (f"it has: {known}" if known else "it has none"),
                key=key,
            )


def _object(members: list[str]) -> str:
    return f"{{{','.join(members)}}}"
