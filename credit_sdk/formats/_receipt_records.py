"""A kept decision's JSON, told as the decision itself was: with the request and the records that a ledger kept beside it.

The JSON alone does not say whose a listing is, or what its subject is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from credit_sdk.decision import consortium
from credit_sdk.decision.identity import identify
from credit_sdk.model.record import CreditRecord
from credit_sdk.model.subject import Subject
from credit_sdk.model.terms import Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credit_sdk.decision.answering import Fetched
    from credit_sdk.decision.result import Decision, SeenListing
    from credit_sdk.model.listing import Listing
    from credit_sdk.model.request import CheckRequest
    from credit_sdk.model.subject import ListedSubject
    from credit_sdk.model.terms import Identity


class _Found(NamedTuple):
    """A listing of a record, and whose it is."""

    listing: Listing
    identity: Identity
    role: Role | None


def completed(decision: Decision, request: CheckRequest, answers: Sequence[Fetched]) -> Decision:
    """``decision`` with what its JSON left out.

    :param decision: as :func:`credit_sdk.formats.decisions.read` has it.
    :param answers: one for each subject of the request, the related ones last.
    :raises LookupError: they are not what it was made from.
    :raises ValueError: there are more, or fewer.
    """
    subjects = asked(request)
    related = [(Role(role), subject_of(other)) for role, other in request.related]
    records = list(zip((*subjects, *(other for _, other in related)), answers, strict=True))
    own, others = records[: len(subjects)], records[len(subjects) :]
    holders = [(role, *record) for (role, _), record in zip(related, others, strict=True)]

    def one(part: Decision) -> Decision:
        place = next(place for place, subject in enumerate(subjects) if subject.to_dict() == part.subject.to_dict())
        subject, record = own[place]
        pool = list(_listings(None, subject, record))
        for holder in holders if place == 0 else ():  # as a check has it: related to the first alone
            pool += _listings(*holder)
        source = part.source
        if isinstance(record, CreditRecord) and source.read_at is not None:
            source = source._replace(origins=record.origins)
        return part._replace(
            request=request,
            subject=subject,
            source=source,
            listings=tuple(_taken(pool, seen) for seen in part.listings),
        )

    try:
        if not decision.parts:
            return one(decision)
        parts = tuple(one(part) for part in decision.parts)
    except StopIteration:
        raise LookupError from None
    seen = {listing.id: listing for part in parts for listing in part.listings}
    return decision._replace(
        request=request,
        subject=subjects[0],
        parts=parts,
        listings=tuple(seen[listing.id] for listing in decision.listings),
        source=decision.source._replace(origins=consortium.origins(parts, decision.coverage)),
    )


def asked(request: CheckRequest) -> tuple[Subject, ...]:
    """Who was asked about, as a check has it.

    :raises InvalidSubject: this version does not take one of them any more.
    """
    return tuple(dict.fromkeys(map(subject_of, (request.subject, *request.members))))


def subject_of(one: str | Subject) -> Subject:
    """A code alone, or a subject."""
    return one if isinstance(one, Subject) else Subject(one)


def named_in(answers: Sequence[Fetched]) -> Iterator[ListedSubject]:
    """Everybody whom the answers name."""
    for answer in answers:
        if isinstance(answer, CreditRecord):
            yield from (listing.subject for listing in answer.listings)
            yield from (violation.subject for violation in answer.violations)


def _listings(role: Role | None, subject: Subject, record: Fetched) -> Iterator[_Found]:
    """The record's listings that are, or may be, the subject's, by id."""
    if not isinstance(record, CreditRecord):
        return
    listings = sorted(record.listings, key=lambda listing: listing.id)
    entries = [listing.subject for listing in listings] + [violation.subject for violation in record.violations]
    for listing, identity in zip(listings, identify(subject, entries), strict=False):  # the violations are left over
        if identity is not None:
            yield _Found(listing, identity, role)


def _taken(pool: list[_Found], told: SeenListing) -> SeenListing:
    """The listing that the JSON tells of, out of what there is: the subject's own comes before a related subject's."""
    said = told.to_dict()
    for place, (listing, identity, role) in enumerate(pool):
        seen = told._replace(listing=listing, identity=identity, role=role)
        if seen.to_dict() == said:
            del pool[place]
            return seen
    raise LookupError
