"""A decision's JSON as text: what ``json.dumps(decision.to_dict(lang), ensure_ascii=False)`` gives, in a quarter of its time.

``to_dict`` in :mod:`credit_sdk.decision.result` says what the form is. Here it stands a second time only because every kept
check writes it; a test over all kinds of decisions holds the two together, byte for byte. The many named tuples are unpacked:
read by name, their fields took a sixth of the time.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from credit_sdk.decision.fragments import MOST_LISTINGS, flag, json_text, made_once, quote, quote_or_null
from credit_sdk.model.moments import written
from credit_sdk.model.terms import Standing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime

    from credit_sdk.decision.coverage import CoverageReport
    from credit_sdk.decision.result import Conflict, Decision, Notice, Obligation, SeenListing
    from credit_sdk.errors import Lang
    from credit_sdk.model.listing import Listing
    from credit_sdk.model.measure import Measure, MeasureList
    from credit_sdk.model.subject import Subject

T = TypeVar("T")

SCHEMA = "credit.decision/1"
"""Name and version of the form."""

_IN_FORCE = Standing.IN_FORCE


def decision_text(decision: Decision, lang: Lang) -> str:
    """``decision`` as JSON text, on one line."""
    (
        decision_id, decided_at, request, subject, as_of, effect, blocking, measure_list, coverage, source,
        obligations, advice, suspended, withheld, listings, conflicts, notices, degraded, parts, _,
    ) = decision  # fmt: skip
    source_name, read_at, found, stale, _ = source
    decided = written(decided_at)
    not_counted = [one for one in listings if one.standing is not _IN_FORCE]
    return (
        f'{{"schema": "{SCHEMA}", "decision_id": {quote(decision_id)}, "decided_at": "{decided}"'
        f', "effect": {quote(effect)}, "blocking": {flag(blocking)}, "subject": {_subject(subject)}'
        f', "domain": {quote(request.domain)}, "action": {quote(request.action)}'
        f', "jurisdiction": {quote_or_null(request.jurisdiction)}, "as_of": "{decided if as_of is decided_at else written(as_of)}"'
        f', "obligations": {_each(_obligation, obligations)}, "advice": {_each(_obligation, advice)}'
        f', "suspended": {_each(_obligation, suspended)}, "withheld": {_each(_obligation, withheld)}'
        f', "listings": {_each(_seen, listings)}, "not_counted": {_each(_not_counted, not_counted)}'
        f', "conflicts": {_each(_conflict, conflicts)}, "coverage": {_coverage(coverage)}'
        f', "notices": {_each(lambda one: _notice(one, lang), notices)}, "measure_list": {_measure_list(measure_list)}'
        f', "source": {{"name": {quote(source_name)}, "read_at": {"null" if read_at is None else _read_at(read_at)}'
        f', "found": {flag(found)}, "stale": {flag(stale)}}}'
        f', "degraded": {"null" if degraded is None else json_text(degraded.to_dict())}'
        f', "parts": {_each(lambda part: decision_text(part, lang), parts)}}}'
    )


def _each(write: Callable[[T], str], several: Sequence[T]) -> str:
    return f"[{', '.join(map(write, several))}]" if several else "[]"


def _subject(subject: Subject) -> str:
    code, name, type_ = subject.code, subject.name, subject.type  # most have a code alone
    text = (
        f'{{"code": {"null" if code is None else quote(code)}, "name": {"null" if name is None else quote(name)}'
        f', "type": {"null" if type_ is None else quote(type_)}'
    )
    if subject.organisation_code is not None:
        text += f', "organisation_code": {quote(subject.organisation_code)}'
    if subject.registration_number is not None:
        text += f', "registration_number": {quote(subject.registration_number)}'
    return text + "}"


class _Pieces(NamedTuple):
    """An obligation's text but for what lies between: the listings' ids, the terms, the end and the remedy."""

    head: str
    middle: str
    terms: str
    tail: str
    needs: bool
    """Whether the terms depend on the matter's context."""


def _pieces_of(measure: Measure) -> _Pieces:
    terms = dict(measure.terms)
    if measure.reaches:
        terms["reaches"] = [role.value for role in measure.reaches]
    return _Pieces(
        f'{{"id": {quote(measure.id)}, "type": {quote(measure.type)}, "measure": {quote(measure.id)}'
        f', "name": {quote(measure.name)}, "force": {quote(measure.force)}, "because": [',
        f'], "basis": {json_text([basis.to_dict() for basis in measure.basis])}'
        f', "properties": {{"consequence": {quote_or_null(measure.consequence)}, "terms": ',
        json_text(terms),
        f', "unit": {quote_or_null(measure.unit)}, "until": ',
        bool(terms.get("needs")),
    )


_pieces = made_once(_pieces_of, most=16_384)


def _obligation(obligation: Obligation) -> str:
    measure, listings, reason, context, _ = obligation
    if measure is None:
        return json_text(obligation.to_dict())
    head, middle, terms, tail, needs = _pieces(measure)
    if needs and context is not None:
        terms = json_text(obligation.terms)
    if len(listings) == 1:
        _, _, _, because, until, remedy = listing_text(listings[0])
    else:
        because = ", ".join([listing_text(one).id for one in listings])
        until, remedy = _day(obligation.until), quote_or_null(obligation.remedy)
    why = "" if reason is None else f', "reason": {quote(reason)}'
    return f'{head}{because}{middle}{terms}{tail}{until}, "remedy": {remedy}}}{why}}}'


class ListingPieces(NamedTuple):
    """A seen listing's text but for what lies between: class, standing and identity. And what an obligation says of it."""

    head: str
    middle: str
    tail: str
    id: str
    until: str
    remedy: str


def _listing_pieces(listing: Listing) -> ListingPieces:
    id_, until = quote(listing.id), _day(listing.effective_until)
    return ListingPieces(
        f'{{"id": {id_}, "list": {quote(listing.list)}, "kind": {quote(listing.kind)}, "class": ',
        f', "status": {quote(listing.status)}, "standing": ',
        f', "authority": {quote(listing.authority)}, "document": {quote_or_null(listing.document)}'
        f', "reason": {quote_or_null(listing.reason)}, "severity": {quote_or_null(listing.severity)}'
        f', "effective_from": {_day(listing.effective_from)}, "effective_until": {until}'
        f', "remedy": {quote_or_null(listing.remedy)}}}',
        id_,
        until,
        quote_or_null(listing.remedy or None),
    )


listing_text = made_once(_listing_pieces, most=MOST_LISTINGS)
"""What is written of a listing, in pieces."""


def _seen(seen: SeenListing) -> str:
    listing, list_class, standing, identity, _ = seen
    head, middle, tail, _, _, _ = listing_text(listing)
    return f'{head}{quote(list_class)}{middle}{quote(standing)}, "identity": {quote(identity)}{tail}'


def _not_counted(seen: SeenListing) -> str:
    return f'{{"listing": {quote(seen.listing.id)}, "reason": {quote(seen.standing)}}}'


def _conflict(conflict: Conflict) -> str:
    return f'{{"red": {quote(conflict.red)}, "black": {quote(conflict.black)}}}'


def _coverage_of(report: CoverageReport) -> str:
    return json_text(report.to_dict())


_coverage = made_once(_coverage_of, most=64)


def _notice(notice: Notice, lang: Lang) -> str:
    return _general_notice(notice, lang) if notice.listing is None else json_text(notice.to_dict(lang))


@lru_cache(maxsize=1024)
def _general_notice(notice: Notice, lang: Lang) -> str:
    """A notice about a list, or about nothing in particular: there are as many as lists."""
    return json_text(notice.to_dict(lang))


def _measure_list_of(one: MeasureList) -> str:
    return f'{{"id": {quote(one.id)}, "version": {quote(one.version)}, "digest": {quote(one.digest)}}}'


_measure_list = made_once(_measure_list_of, most=256)


def _day(day: date | None) -> str:
    return "null" if day is None else f'"{day.isoformat()}"'


def _moment_of(moment: datetime) -> str:
    return f'"{written(moment)}"'


_read_at = made_once(_moment_of, most=64)  # a source at hand gives one moment out with many records
