"""What a receipt says to a person, as data in it: signed with the rest, so that the page needs no words of a later version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credit_sdk.decision import phrases, words
from credit_sdk.decision.account import account, is_fictional, members
from credit_sdk.decision.conclusion import besides, conclusion, headline
from credit_sdk.decision.labels import label
from credit_sdk.decision.visible import visible
from credit_sdk.model import names
from credit_sdk.model.subject import Subject
from credit_sdk.model.terms import Effect, SubjectType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from credit_sdk.decision.account import Entry
    from credit_sdk.decision.result import Decision, SeenListing
    from credit_sdk.errors import Lang
    from credit_sdk.model.subject import ListedSubject
_WHOSE: words.Pair = (
    "签发时没有当时的信用记录，分不清以下条目是该主体的，还是与其一并核查的关联主体的。",
    "Issued without the records of the time: whether a listing is the subject's, or a related subject's, cannot be told.",
)


def tell(decision: Decision, lang: Lang, *, whose_known: bool = True) -> dict[str, Any]:
    """The decision told section by section, as :func:`credit_sdk.decision.account.account` has it; nothing in it acts.

    :param whose_known: whether it is known whose each listing is; if not, that is said.
    """
    along = _along(decision, lang)
    fictional = words.notice("fictional_data", lang) if is_fictional(decision) else None
    sections = [
        {
            "key": section.key,
            "title": section.title,
            "intro": visible(section.intro)
            or ("" if whose_known or section.key != "listings" else _WHOSE[lang == "en"]),
            "entries": [
                _entry(entry, along if section.key == "asked" else {})
                for entry in section.entries
                if entry.heading != fictional  # that stands on top
            ],
        }
        for section in account(decision, lang)
        if section.key != "conclusion"  # as does this
    ]
    return {
        "headline": headline(decision, lang),
        "conclusion": visible(conclusion(decision, lang)),
        "besides": visible(besides(decision, lang)),
        "tone": _tone(decision),
        "fictional": fictional,
        "sections": [section for section in sections if section["entries"] or section["intro"]],
    }


def _entry(entry: Entry, along: Mapping[str, list[str]]) -> dict[str, Any]:
    facts = [[visible(said), visible(one)] for said, text in entry.facts for one in along.get(said) or (text,)]
    return {"heading": visible(entry.heading), "tag": visible(entry.tag), "facts": facts}


def _tone(decision: Decision) -> str:
    """The colour of the result: ``stop``, ``limit``, ``unchecked``, ``favour`` or ``go``."""
    if decision.blocking:
        return "stop"
    if decision.effect is Effect.RESTRICT:
        return "limit"
    if decision.degraded is not None:
        return "unchecked"
    return "favour" if decision.effect is Effect.PRIORITY else "go"


def subjects_of(decision: Decision) -> Iterator[Subject | ListedSubject]:
    """Everybody whom the decision names, or was asked with."""
    yield decision.subject
    yield from (seen.listing.subject for seen in decision.listings)
    request = decision.request
    for other in (*request.members, *(subject for _, subject in request.related)):
        yield other if isinstance(other, Subject) else Subject(other, issued=True)
    for part in decision.parts:
        yield from subjects_of(part)


def _along(decision: Decision, lang: Lang) -> dict[str, list[str]]:
    """Who was checked along, by the label under which the account says only how many, or in which roles."""
    known = {listed.code: listed for seen in _seen(decision) if (listed := seen.listing.subject).code}

    def called(one: str | Subject) -> str:
        subject = one if isinstance(one, Subject) else Subject(one, issued=True)
        listed = known.get(subject.code) if subject.code else None
        name = subject.name or (listed.name if listed else None)
        if name and SubjectType.SOLE_TRADER in (subject.default_type, listed.type if listed else None):
            name = names.mask(name)  # rule 3.8
        return " ".join([*([name] if name else []), *(code for _, code in phrases.subject_codes(subject, lang))])

    request = decision.request
    roles = [(words.say(words.ROLES, str(role), lang), called(other)) for role, other in request.related]
    how_many = members(decision, lang)
    return {
        label("related", lang): [f"{role}: {who}" if lang == "en" else f"{role}：{who}" for role, who in roles],
        label("members", lang): [how_many, *dict.fromkeys(map(called, request.members))] if how_many else [],
    }


def _seen(decision: Decision) -> Iterator[SeenListing]:
    for part in decision.parts or (decision,):
        yield from part.listings
