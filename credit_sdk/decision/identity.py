"""Section 3 of the decision rules: who matched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.model import names
from credit_sdk.model.terms import Identity, SubjectType

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from credit_sdk.model.subject import ListedSubject, Subject


def same_by_code(asked: Subject, listed: ListedSubject) -> bool | None:
    """Whether a code says that both are the same: yes, no, or ``None`` where no code can say (rules 3.2, 3.3)."""
    if asked.code is not None and listed.code is not None:
        return asked.code == listed.code  # only a USCC contradicts a USCC
    asked_organisation = asked.organisation_code if asked.code is None else asked.code[8:17]
    listed_organisation = listed.organisation_code if listed.code is None else listed.code[8:17]
    if asked_organisation is not None and asked_organisation == listed_organisation:
        return True
    if asked.registration_number is not None and asked.registration_number == listed.registration_number:
        return True
    return None


def identify(asked: Subject, entries: Sequence[ListedSubject]) -> list[Identity | None]:
    """How surely each entry is the subject's; ``None``: it is another subject's (rules 3.2 to 3.5)."""
    by_code = [same_by_code(asked, listed) for listed in entries]
    if asked.name_key is None:
        return [Identity.CODE if same else None for same in by_code]

    name_keys = [names.normalise(listed.name) if listed.name else None for listed in entries]
    homonyms = [index for index, key in enumerate(name_keys) if key == asked.name_key]
    full_name = Identity.NAME if _bearers([entries[i] for i in homonyms], [by_code[i] for i in homonyms]) == 1 else None
    former = {names.normalise(name) for name in asked.former_names}

    identities: list[Identity | None] = []
    for listed, same, key in zip(entries, by_code, name_keys, strict=True):
        if same is not None:
            identities.append(Identity.CODE if same else None)
        elif key == asked.name_key:
            identities.append(full_name or Identity.CANDIDATE)
        elif key in former or asked.name_key in {names.normalise(name) for name in listed.former_names}:
            identities.append(Identity.CANDIDATE)
        else:
            identities.append(None)
    return identities


def _bearers(homonyms: Sequence[ListedSubject], by_code: Sequence[bool | None]) -> int:
    """How many subjects bear the name, by distinct code (rule 3.4)."""
    asked_is_coded = any(by_code)
    uscc = {listed.code for listed, same in zip(homonyms, by_code, strict=True) if listed.code and not same}
    organisations = {
        listed.organisation_code
        for listed, same in zip(homonyms, by_code, strict=True)
        if listed.organisation_code and not listed.code and not same
    } - {code[8:17] for code in uscc}
    # Old registration numbers are told apart too: two of them are two firms, and a firm must not answer for another.
    registrations = {
        listed.registration_number
        for listed, same in zip(homonyms, by_code, strict=True)
        if listed.registration_number and not listed.code and not listed.organisation_code and not same
    }
    uncoded = any(not (s.code or s.organisation_code or s.registration_number) for s in homonyms)
    # The request's own code and the entries without a code are one together; any other code is another subject.
    return len(uscc) + len(organisations) + len(registrations) + (1 if asked_is_coded or uncoded else 0)


def subject_type(asked: Subject, own: Sequence[ListedSubject]) -> tuple[SubjectType, bool]:
    """The subject's type, and whether the record overrules the one asked for (rule 3.8).

    :param own: whom the entries name that are the subject's, the surest first.
    """
    for listed in own:
        if listed.type is not None:
            break
    else:
        return asked.default_type, False  # so nearly always
    recorded = [listed.type for listed in own if listed.type is not None]
    if asked.type is None:
        return recorded[0], False
    if asked.type in recorded:
        return asked.type, any(type_ is not asked.type for type_ in recorded)
    return recorded[0], True


def established_on(asked: Subject, own: Sequence[ListedSubject]) -> date | None:
    """The latest day of establishment that anyone gives; ``None`` if nobody does."""
    days = [listed.established_on for listed in own if listed.established_on is not None]
    if asked.established_on is not None:
        days.append(asked.established_on)
    return max(days, default=None)
