"""Whose listings a decision rests on: the subject's own, a related subject's (rule 4.5), a consortium member's (rule 5.8).

A parent's listing may restrict its branch, and a member's the whole consortium; whoever reads the decision must not take it
for the subject's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision import phrases, words
from credit_sdk.model.terms import Standing

if TYPE_CHECKING:
    from credit_sdk.decision.result import Decision, SeenListing
    from credit_sdk.errors import Lang

_S = "'s"


def whose(decision: Decision, lang: Lang) -> dict[str, str]:
    """By listing id, a group in brackets that says whose it is: （总公司的条目）, " (the parent's listing)".

    Left out are the subject's own listings, where there is only one subject. A listing may be several subjects' by name.
    """
    owners: dict[str, dict[str, None]] = {}
    members = _members(decision, lang)
    for part in decision.parts or (decision,):
        member = members[id(part)] if decision.parts else None
        for seen in part.listings:
            owners.setdefault(seen.id, {})[_owner(seen, member, lang)] = None
    own = _the_subject(lang)
    return {id_: _bracketed(list(said), lang) for id_, said in owners.items() if list(said) != [own]}


def role_in_brackets(seen: SeenListing, lang: Lang) -> str:
    """The same for one listing, without a decision at hand; empty for the subject's own."""
    return "" if seen.role is None else _bracketed([_owner(seen, None, lang)], lang)


def decided_nothing(decision: Decision) -> dict[str, str]:
    """By id, the listings in force that could decide nothing by themselves, ``missing`` or ``stale``: their list's data.

    A consortium's members, and related subjects, each have coverage of their own; what stands behind a measure did decide.
    """
    found: dict[str, str] = {}
    for part in decision.parts or (decision,):
        told = (*part.obligations, *part.advice, *part.suspended)
        behind = {id_ for one in told if one.measure is not None for id_ in one.because}
        for seen in part.listings:
            if seen.standing is not Standing.IN_FORCE or seen.id in behind:
                continue
            if seen.listing.list not in part.coverage.consulted:
                found[seen.id] = "missing"
            elif seen.listing.list in part.coverage.stale:
                found[seen.id] = "stale"
    return found


def _owner(seen: SeenListing, member: str | None, lang: Lang) -> str:
    if seen.role is None:
        return member or _the_subject(lang)
    role = words.say(words.ROLES, str(seen.role), lang)
    if lang == "en":
        return f"{member}'s {role}" if member else f"the {role}"
    return f"{member}的{role}" if member else role


def _members(decision: Decision, lang: Lang) -> dict[int, str]:
    """What to call each member: its name, unless it has none or another is shown by the same; then its code."""
    names = [phrases.subject_name(part) for part in decision.parts]
    called = {}
    for part, name in zip(decision.parts, names, strict=True):
        code = next((value for _, value in phrases.subject_codes(part.subject, lang)), None)
        shown = name if name and (code is None or names.count(name) == 1) else code
        called[id(part)] = f"member {shown}" if lang == "en" else f"成员{shown}"
    return called


def _the_subject(lang: Lang) -> str:
    return "the subject" if lang == "en" else "该主体"


def _bracketed(owners: list[str], lang: Lang) -> str:
    if lang == "en":
        return f" ({' and '.join(owner + _S for owner in owners)} listing)"
    return f"（{words.joined(owners, lang)}的条目）"
