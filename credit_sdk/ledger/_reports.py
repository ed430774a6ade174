"""A report (执行反馈): checked against its decision, then written down as it will be sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from credit_sdk.decision.fragments import compact_text, flag, quote, quote_or_null
from credit_sdk.errors import InvalidReport
from credit_sdk.ledger import _entries
from credit_sdk.ledger._texts import check_text, is_blank
from credit_sdk.ledger.values import Receipt
from credit_sdk.model.moments import stamped
from credit_sdk.model.terms import Force
from credit_sdk.ports.ledger import Entry

if TYPE_CHECKING:
    from credit_sdk.ledger.matter import Matter
    from credit_sdk.ledger.schedule import Window
    from credit_sdk.ledger.values import Override
    from credit_sdk.ports.ledger import Stored
    from credit_sdk.ports.platform import OutcomeKind

_KINDS = {"outcome": "done", "override": "done", "release": "released", "discharge": "discharged"}
NOT_STATED = "未说明"
"""Stands for the reason that a recommended measure needs not have."""


@dataclass(slots=True, eq=False)
class Report:
    """What was done, and after which decision. Not changed once made."""

    matter: Matter
    what: OutcomeKind
    executed: tuple[str, ...]
    not_executed: Mapping[str, str]
    note: str | None
    case: bool
    override: str
    """As JSON; ``null``: there is none."""

    def __repr__(self) -> str:
        return f"<Report {self.what} on {self.matter.decision_id}>"  # it may name firms and persons (rule 9.4)

    @classmethod
    def checked(
        cls,
        matter: Matter,
        *,
        what: OutcomeKind,
        executed: Collection[str] = (),
        not_executed: Mapping[str, str] | None = None,
        note: str | None = None,
        case: bool = False,
        override: Override | None = None,
    ) -> Self:
        """A report that fits its decision.

        :raises InvalidReport: it does not.
        """
        if type(executed) is not tuple and (isinstance(executed, str) or not isinstance(executed, Collection)):
            raise InvalidReport("应为措施编号的列表", "must be a list of measure ids", key="executed")
        if not_executed and not isinstance(not_executed, Mapping):
            raise InvalidReport("应为措施编号到理由的映射", "must map measure ids to reasons", key="not_executed")
        for id_ in executed:
            matter.check(id_, "executed")
        reasons: dict[str, str] = {}
        if not_executed:
            reasons = {id_: reason_for(matter, id_, reason) for id_, reason in not_executed.items()}
        if reasons and (both := [id_ for id_ in executed if id_ in reasons]):
            raise InvalidReport(
                f"措施 {', '.join(both)} 不能既已执行又未执行",
                f"a measure cannot be both executed and not: {', '.join(both)}",
                key="not_executed",
            )
        if note is not None:
            check_text(note, "note")
        given: Any = case
        if given is not True and given is not False:
            raise InvalidReport("应为 True 或 False", "must be True or False", key="case")
        said = "null" if override is None else compact_text(override.to_dict())
        return cls(matter, what, tuple(dict.fromkeys(executed)), reasons, note, case, said)

    def key(self, *, after: str | None = None) -> str:
        """The idempotency key: the same for the same report, whoever makes it and how often."""
        declined = compact_text(dict(sorted(self.not_executed.items()))) if self.not_executed else "{}"
        content = (
            f"{self.what} {flag(self.case)} [{','.join(map(quote, sorted(self.executed)))}] {declined}"
            f" {quote_or_null(self.note)} {self.override}"
        )
        return _entries.key_of(self.matter.decision_id, content, after=after)

    def concerns_the_same(self, stored: Stored) -> bool:
        """Whether a report in the ledger says the same kind of thing, so that the later of the two holds."""
        return _KINDS[json.loads(stored.entry.body)["what"]] == _KINDS[self.what]

    def is_that_of(self, stored: Stored) -> bool:
        """Whether a report in the ledger says the very same."""
        body = json.loads(stored.entry.body)
        said = (body["what"], set(body["executed"]), body["not_executed"], body["outcome"]["note"])
        return said == (self.what, set(self.executed), dict(self.not_executed), self.note)

    def entry(self, key: str, now: datetime, receiver: str | None, window: Window) -> Entry:
        """The report as it is written down: what will be sent, to whom and when."""
        matter, at = self.matter, stamped(now)
        # Put together from pieces, as every guarded action comes through here.
        executed = f"[{','.join(map(quote, self.executed))}]"
        not_executed = compact_text(self.not_executed) if self.not_executed else "{}"
        outcome = (
            f'{{"decision_id":{quote(matter.decision_id)},"subject":{matter.subject}'
            f',"domain":{quote(matter.domain)},"action":{quote(matter.action)},"effect":{quote(matter.effect)},"at":"{at}"'
            f',"executed":{executed},"not_executed":{not_executed},"note":{quote_or_null(self.note)},"key":{quote(key)}'
            f',"kind":{quote(self.what)},"case":{flag(self.case)},"override":{self.override}}}'
        )
        body = (
            f'{{"v":{_entries.VERSION},"what":{quote(self.what)},"receiver":{quote_or_null(receiver)}'
            f',"domain":{quote(matter.domain)},"executed":{executed},"not_executed":{not_executed}'
            f',"send_from":"{at if window.send_from is now else stamped(window.send_from)}"'
            f',"send_by":{"null" if window.send_by is None else quote(stamped(window.send_by))},"outcome":{outcome}}}'
        )
        return Entry(key, at, "reported", matter.decision_id, body)


def receipt_of(stored: Stored) -> Receipt:
    """The receipt of a report that stands in the ledger."""
    body = json.loads(stored.entry.body)
    send_by = body["send_by"]
    return Receipt(
        stored.entry.id,
        str(stored.entry.decision_id),
        body["receiver"],
        datetime.fromisoformat(body["send_from"]),
        None if send_by is None else datetime.fromisoformat(send_by),
    )


def reason_for(matter: Matter, id: str, reason: Any) -> str:
    """Why a measure was not carried out, as it is reported.

    :raises InvalidReport: there is no such measure, or a mandatory one has no reason.
    """
    matter.check(id, "not_executed")
    if reason is None or (isinstance(reason, str) and is_blank(reason)):
        if matter.measures[id] == Force.MANDATORY:
            raise InvalidReport(
                f"强制性措施 {id} 未执行, 须写明理由",
                f"{id} is mandatory: say why it was not executed",
                key="not_executed",
            )
        return NOT_STATED
    return check_text(reason, "not_executed")
