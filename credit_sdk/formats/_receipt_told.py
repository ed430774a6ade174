"""What a receipt says to a person, as data in it: signed with the rest, so that the page needs no words of a later version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from credit_sdk.decision import words
from credit_sdk.decision.account import account, is_fictional
from credit_sdk.decision.conclusion import besides, conclusion, headline
from credit_sdk.decision.visible import visible
from credit_sdk.model import names
from credit_sdk.model.identifiers import organisation_code, registration_number, uscc
from credit_sdk.model.subject import Subject
from credit_sdk.model.terms import Effect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credit_sdk.decision.account import Entry
    from credit_sdk.decision.result import Decision
    from credit_sdk.errors import Lang
    from credit_sdk.model.subject import ListedSubject

_CODE = re.compile(r"(?<![0-9A-Za-z])[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}(?![0-9A-Za-z])")
"""What looks like a unified social credit code, wherever it stands."""


def tell(decision: Decision, lang: Lang) -> dict[str, Any]:
    """The decision told section by section, as :func:`credit_sdk.decision.account.account` has it; nothing in it acts."""
    fictional = words.notice("fictional_data", lang) if is_fictional(decision) else None
    sections = [
        {
            "key": section.key,
            "title": section.title,
            "intro": visible(section.intro),
            "entries": [_entry(entry) for entry in section.entries if entry.heading != fictional],  # that stands on top
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


def _entry(entry: Entry) -> dict[str, Any]:
    facts = [[visible(label), visible(text)] for label, text in entry.facts]
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


def masks(decision: Decision) -> dict[str, str]:
    """What to show in place of each code and name of the subjects, the longest first; for :func:`masked`."""
    found: dict[str, str] = {}
    for subject in _subjects(decision):
        for value, mask in (
            (subject.code, uscc.mask),
            (subject.organisation_code, organisation_code.mask),
            (subject.registration_number, registration_number.mask),
        ):
            if value:
                found[value] = mask(value)
        for name in (subject.name, *subject.former_names):
            if name and len(name.strip()) > 1:
                found[name.strip()] = found[visible(name.strip())] = names.mask(name)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))


def _subjects(decision: Decision) -> Iterator[Subject | ListedSubject]:
    yield decision.subject
    yield from (seen.listing.subject for seen in decision.listings)
    request = decision.request
    for other in (*request.members, *(subject for _, subject in request.related)):
        yield other if isinstance(other, Subject) else Subject(other, issued=True)
    for part in decision.parts:
        yield from _subjects(part)


def masked(value: Any, replaced: dict[str, str]) -> Any:
    """``value`` with every identifier replaced, in whatever text it stands; whatever looks like a code too."""
    if isinstance(value, str):
        for whole, mask in replaced.items():
            value = value.replace(whole, mask)
        return _CODE.sub(lambda found: uscc.mask(found[0]), value)
    if isinstance(value, dict):
        return {key: masked(one, replaced) for key, one in value.items()}
    if isinstance(value, list):
        return [masked(one, replaced) for one in value]
    return value
