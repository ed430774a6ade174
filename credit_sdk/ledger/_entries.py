"""What is written into the ledger: entries from decisions and reports. What they come to is the projection's business.

Every kept check comes through :func:`checked`, so it puts its text together from pieces that are JSON already.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from credit_sdk.decision.as_text import listing_text
from credit_sdk.decision.fragments import compact_text, flag, made_once, quote, quote_or_null
from credit_sdk.ledger.due import due_on
from credit_sdk.model.moments import stamped
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import Entry, EntryKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from credit_sdk.decision.result import Decision, Obligation
    from credit_sdk.errors import NoDecision
    from credit_sdk.ledger.marks import Marks
    from credit_sdk.ledger.values import Again
    from credit_sdk.model.measure import Measure
    from credit_sdk.ports.ledger import LedgerStore

VERSION = 1
"""Of the bodies' form."""

_AT_ONCE = 500
_STALE = ',"stale":true'

_TERMS_WITH_A_DAY = frozenset({"deadline", "deadline_days", "deadline_working_days"})


def entry(
    kind: EntryKind, at: datetime, body: Mapping[str, Any], *, decision_id: str | None = None, id: str | None = None
) -> Entry:
    """An entry of any kind but ``checked``.

    :param id: default: a new one.
    """
    return Entry(id or uuid7(), stamped(at), kind.value, decision_id, compact_text({"v": VERSION, **body}))


def append_each(store: LedgerStore, entries: Sequence[Entry]) -> None:
    """Write entries that stand each for itself, as the next run finds those again that this one did not come to.

    Not all at once: a database that keeps writers apart by matter has room for so many matters only.

    :raises LedgerUnavailable: the ledger cannot be written; those written before stand.
    """
    for start in range(0, len(entries), _AT_ONCE):
        store.append(entries[start : start + _AT_ONCE])


def question(marks: Marks, domain: str, action: str) -> str:
    """What tells one matter from another: who, and what for. A check made again is the same matter."""
    return sha256("\n".join((domain, action, *sorted(marks))).encode()).hexdigest()[:16]


def checked(
    decision: Decision,
    marks: Marks,
    *,
    request: str,
    answers: str,
    decided_at: str,
    rules: str | None,
    sdk: str,
    service: str | None = None,
    shadow: bool = False,
    again: Again | None = None,
) -> Entry:
    """A decision as it is kept.

    :param request: what was asked, as JSON.
    :param answers: the records and failures that it rests on, as JSON; ``null`` where they are not at hand.
    :param decided_at: the whole moment, as JSON; the decision's own text has it to the second.
    :param rules: digest of the kept text of the measure list and its lists.
    :param sdk: this package's version.
    :param again: which decision's place it takes.
    """
    domain, action = decision.request.domain, decision.request.action
    matter = decision.measure_list.actions.get(action)
    listings = [
        f"[{quote(listing.id)},{quote(listing.list)},{quote(standing)}]"
        for listing, _, standing, _, _ in decision.listings
    ]
    measures = [_measure(one, "obligations", decision) for one in decision.obligations]
    if decision.advice:
        measures += [_measure(one, "advice", decision) for one in decision.advice if one.measure is not None]
    body = (
        f'{{"v":{VERSION},"request":{request},"question":"{question(marks, domain, action)}","marks":[{",".join(map(quote, marks))}]'
        f',"domain":{quote(domain)},"action":{quote(action)},"effect":{quote(decision.effect)}'
        f',"blocking":{flag(decision.blocking)},"must_check":{flag(matter is not None and matter.must_check)}'
        f',"degraded":{flag(decision.degraded is not None)},"shadow":{flag(shadow)},"service":{quote_or_null(service)}'
        f"{'' if again is None else _again_text(again)}{_STALE if decision.source.stale else ''}"
        f',"listings":[{",".join(listings)}],"measures":[{",".join(measures)}]'
        f',"rules":{quote_or_null(rules)},"sdk":{quote(sdk)},"decided_at":{decided_at},"answers":{answers},"decision":{decision.to_json()}}}'
    )
    return Entry(decision.decision_id, stamped(decision.decided_at), "checked", decision.decision_id, body)


def undecided(
    error: NoDecision,
    marks: Marks,
    domain: str,
    action: str,
    at: datetime,
    *,
    must_check: bool,
    service: str | None,
    again: Again | None = None,
) -> Entry:
    """A check without an answer. Of the error its stable words only: a foreign source's message may say anything."""
    return entry(
        EntryKind.UNDECIDED,
        at,
        {
            **({} if again is None else {"again": again._asdict()}),
            "question": question(marks, domain, action),
            "marks": marks,
            "domain": domain,
            "action": action,
            "must_check": must_check,
            "service": service,
            "error": error.code,
            "fault": error.fault,
        },
    )


def key_of(decision_id: str, content: str, *, after: str | None = None) -> str:
    """The key of what is reported: from the content, so that whoever reports it again after a crash reports the same.

    The decision's id goes first: keys without order would make every write of a big ledger touch another page.

    :param after: the report that stands in between, where the same is reported a second time on purpose.
    """
    return id_from(decision_id, f"{content} {after}")


def id_from(prefix: str, content: str) -> str:
    """An entry's id that follows from what it says: whoever finds the same writes the same entry, once."""
    return f"{prefix}-{sha256(content.encode()).hexdigest()[:12]}"


def _again_text(again: Again) -> str:
    also = f',"also":[{",".join(map(quote, again.also))}]' if again.also else ""
    return f',"again":{{"why":{quote(again.why)},"of":{quote(again.of)}{also}}}'


def _measure(obligation: Obligation, section: str, decision: Decision) -> str:
    """One of ``measures``."""
    measure = obligation.measure
    assert measure is not None
    lasting, has_a_day = _lasting(measure)
    day = due_on(obligation.terms, decision.decided_at) if has_a_day else None
    if len(obligation.listings) == 1:  # nearly always; its text is at hand
        _, _, _, ids, until, _ = listing_text(obligation.listings[0])
    else:
        ids = ",".join([quote(id_) for id_ in obligation.because])
        until = "null" if obligation.until is None else quote(obligation.until.isoformat())
    return (
        f'{lasting},"section":"{section}","listings":[{ids}],"until":{until}'
        f',"due_on":{"null" if day is None else quote(day.day.isoformat())}'
        f',"provisional":{flag(day is not None and day.provisional)}}}'
    )


def _lasting_of(measure: Measure) -> tuple[str, bool]:
    """What every decision says of a measure, the object left open; and whether its terms may set a day."""
    said: dict[str, object] = {
        "id": measure.id,
        "name": measure.name,
        "penalty": measure.is_penalty,
        "force": measure.force,
        "type": measure.type,
    }
    if measure.name_en is not None:
        said["name_en"] = measure.name_en
    text = compact_text(said)
    return text[:-1], _may_set_a_day(measure.terms)


_lasting = made_once(_lasting_of, most=16_384)


def _may_set_a_day(terms: Mapping[str, Any]) -> bool:
    """Whether a measure's terms, or what they need from the context, may set a day; most do not."""
    return not (_TERMS_WITH_A_DAY.isdisjoint(terms) and _TERMS_WITH_A_DAY.isdisjoint(terms.get("needs", ())))
