"""A decision told section by section (rule 6): what every reader is shown, whether as text or on a screen.

:func:`account` says what is said and in which order; how it is laid out is the reader's: ``explanation`` writes the case
file, the command line draws a table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from credit_sdk.decision import phrases, words
from credit_sdk.decision.conclusion import besides, conclusion, headline
from credit_sdk.decision.labels import label, title
from credit_sdk.decision.owners import decided_nothing, whose
from credit_sdk.decision.standing import effect_of_objection
from credit_sdk.model.subject import Subject
from credit_sdk.model.terms import ListClass, ListKind, Standing, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from credit_sdk.decision.result import Decision, Obligation, SeenListing
    from credit_sdk.errors import Lang

Fact = tuple[str, str]
"""A label and what stands under it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing in a section: a heading, a short tag beside it, and the facts about it."""

    heading: str
    tag: str = ""
    facts: tuple[Fact, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its key (for layout), its title, an introduction, its entries."""

    key: str
    title: str
    entries: tuple[Entry, ...] = ()
    intro: str = ""


def account(decision: Decision, lang: Lang) -> tuple[Section, ...]:
    """The decision's sections in their order; those that have nothing to say are left out."""
    owners, idle = whose(decision, lang), decided_nothing(decision)
    made = (
        ("asked", "", (_asked(decision, lang),)),
        ("conclusion", _sentences(lang, conclusion(decision, lang), besides(decision, lang)), ()),
        ("members", "", tuple(_member(part, lang) for part in decision.parts)),
        ("obligations", "", tuple(_obligation(o, decision, owners, lang) for o in decision.obligations)),
        ("advice", "", tuple(_obligation(o, decision, owners, lang) for o in decision.advice)),
        ("suspended", "", tuple(_obligation(o, decision, owners, lang) for o in decision.suspended)),
        ("withheld", "", tuple(_obligation(o, decision, owners, lang) for o in decision.withheld)),
        ("listings", "", tuple(_listing(seen, decision, owners, idle, lang) for seen in decision.listings)),
        ("conflicts", "", tuple(_conflicts(decision, owners, lang))),
        ("coverage", _coverage_intro(decision, lang), tuple(coverage(decision, lang))),
        ("notices", "", tuple(Entry(text) for text in notices(decision, lang))),
        ("source", "", (Entry("", facts=tuple(_source(decision, lang))),)),
        ("remedies", _remedy_intro(decision, lang), tuple(_remedies(decision, owners, lang))),
    )
    return tuple(Section(key, title(key, lang), entries, intro) for key, intro, entries in made if entries or intro)


def notices(decision: Decision, lang: Lang) -> tuple[str, ...]:
    """The notices in words, those of one code in one sentence."""
    owners = whose(decision, lang)
    by_code: dict[str, tuple[dict[str, None], dict[str, None]]] = {}
    for notice in decision.notices:
        lists, listings = by_code.setdefault(notice.code, ({}, {}))
        if notice.list is not None:
            lists[notice.list] = None
        if notice.listing is not None:
            listings[notice.listing + owners.get(notice.listing, "")] = None
    local = decision.measure_list.local_lists
    return tuple(
        words.notices(code, lang, tuple(lists), tuple(listings), local) for code, (lists, listings) in by_code.items()
    )


def members(decision: Decision, lang: Lang) -> str | None:
    """How many members the consortium has; ``None`` where there is none."""
    if not decision.parts:
        return None
    asked = (m if isinstance(m, Subject) else Subject(m) for m in decision.request.members)
    count = len({decision.subject, *asked})
    return f"{count}, the subject leading" if lang == "en" else f"共 {count} 个，上列主体为牵头人"


def is_fictional(decision: Decision) -> bool:
    """Whether the data are made up for demonstration."""
    return any(notice.code == "fictional_data" for notice in decision.notices)


def matter(decision: Decision, lang: Lang) -> str:
    """Domain and action, the action by its title in Chinese."""
    action = decision.measure_list.actions.get(decision.action)
    if lang == "en" or action is None or action.title == action.name:
        return f"{decision.domain} / {decision.action}"
    return f"{action.title}（{decision.domain} / {decision.action}）"


def _sentences(lang: Lang, *sentences: str) -> str:
    return (" " if lang == "en" else "").join(sentence for sentence in sentences if sentence)


def _asked(decision: Decision, lang: Lang) -> Entry:
    subject = decision.subject
    name = phrases.subject_name(decision)
    facts: list[Fact] = [(label("name" if subject.name else "listed_name", lang), name)] if name else []
    facts += phrases.subject_codes(subject, lang)
    if consortium := members(decision, lang):
        facts.append((label("members", lang), consortium))
    if subject.type is not None:
        facts.append((label("type", lang), words.say(words.SUBJECT_TYPES, subject.type, lang)))
    facts.append((label("matter", lang), matter(decision, lang)))
    if decision.jurisdiction is not None:
        facts.append((label("area", lang), decision.jurisdiction))
    related = [words.say(words.ROLES, str(role), lang) for role, _ in decision.request.related]
    if related:
        facts.append((label("related", lang), words.joined(related, lang)))
    facts.append((label("as_of", lang), phrases.moment(decision.as_of, lang)))
    return Entry("", facts=tuple(facts))


def _member(part: Decision, lang: Lang) -> Entry:
    name = phrases.subject_name(part)
    codes = [value for _, value in phrases.subject_codes(part.subject, lang)]
    measures = [phrases.measure_name(o.measure, lang) for o in part.obligations if o.measure]
    facts = [(title("obligations", lang), words.joined(measures, lang))] if measures else []
    return Entry(" ".join([*([name] if name else []), *codes]), headline(part, lang), tuple(facts))


def _obligation(obligation: Obligation, decision: Decision, owners: Mapping[str, str], lang: Lang) -> Entry:
    measure = obligation.measure
    local = decision.measure_list
    because = [phrases.listing_reference(x, lang, local, owners.get(x.id, "")) for x in obligation.listings]
    if measure is None:
        advice = str(obligation.advice)
        heading = words.say(words.ADVICE, advice, lang)
        identities = {seen.id: seen.identity for seen in decision.listings} if advice == "verify_identity" else {}
        facts = [("", words.say(words.ADVICE_TEXT, advice, lang))]
        for listing, text in zip(obligation.listings, because, strict=True):
            identity = identities.get(listing.id)
            said = f" ({words.say(words.IDENTITIES, identity, lang)})" if identity else ""
            facts.append(
                (label("because", lang), text + (said if lang == "en" else said.replace(" (", "（").replace(")", "）")))
            )
        return Entry(heading, facts=tuple(facts))

    facts = []
    if obligation.reason is not None:
        facts.append((label("why", lang), words.say(words.REASONS, obligation.reason, lang)))
    if _is_third_party(obligation, decision):
        facts.append(
            (
                label("why", lang),
                "the listings are a third party's: advice only" if lang == "en" else "触发条目来自第三方名单，仅供参考",
            )
        )
    facts += [(label("basis", lang), phrases.basis(one, lang)) for one in measure.basis]
    if measure.unit:
        facts.append((label("unit", lang), measure.unit))
    facts += [(label("because", lang), text) for text in because]
    until = phrases.until(obligation, lang)
    if until is not None:
        facts.append((label("until", lang), until))
    facts += phrases.terms(obligation.terms, lang)
    return Entry(phrases.measure_name(measure, lang), phrases.measure_tag(measure, lang), tuple(facts))


def _is_third_party(obligation: Obligation, decision: Decision) -> bool:
    classes = {seen.id: seen.list_class for seen in decision.listings}
    return (
        bool(obligation.listings)
        and not decision.measure_list.policy.apply_third_party
        and all(classes.get(listing.id) is ListClass.THIRD_PARTY for listing in obligation.listings)
    )


def _listing(
    seen: SeenListing, decision: Decision, owners: Mapping[str, str], idle: Mapping[str, str], lang: Lang
) -> Entry:
    listing = seen.listing
    name = words.list_name(listing.list, lang, decision.measure_list.local_lists)
    id_ = f" [{listing.id}]" if lang == "en" else f"〔{listing.id}〕"
    heading = name + id_ + owners.get(seen.id, "")
    facts = [
        (label("authority", lang), listing.authority),
        *([(label("document", lang), listing.document)] if listing.document else []),
        *([(label("cause", lang), listing.reason)] if listing.reason else []),
        *([(label("severity", lang), words.say(words.SEVERITIES, listing.severity, lang))] if listing.severity else []),
        (label("term", lang), phrases.period(listing.effective_from, listing.effective_until, lang)),
        (label("identity", lang), words.say(words.IDENTITIES, seen.identity, lang)),
    ]
    objection = _objection(seen, decision, lang)
    if objection is not None:
        facts.append((label("objection", lang), objection))
    return Entry(heading, _standing(seen, decision, idle.get(seen.id), lang), tuple(facts))


def _standing(seen: SeenListing, decision: Decision, idle: str | None, lang: Lang) -> str:
    """Whether a listing counts, or why not; ``idle``: what its list's data lack."""
    word = words.say(words.STANDINGS, seen.standing, lang)
    if seen.standing is not Standing.IN_FORCE:
        return f"does not count: {word}" if lang == "en" else f"不计入：{word}"
    if idle == "missing":
        return f"{word}, but its list was not consulted" if lang == "en" else f"{word}，但其名单不在查询范围内"
    if idle == "stale":
        return f"{word}, but its list's data are stale" if lang == "en" else f"{word}，但其名单数据已过期"
    told = (*decision.obligations, *decision.advice, *decision.suspended, *decision.withheld)
    if all(seen.id not in one.because for one in told):
        return f"{word}, triggers no measure here" if lang == "en" else f"{word}，未触发本事项的措施"
    return word


def _objection(seen: SeenListing, decision: Decision, lang: Lang) -> str | None:
    listing = seen.listing
    if listing.status is not Status.OBJECTED:
        return None
    said = (
        words.say(words.OBJECTIONS, listing.objection, lang)
        if listing.objection
        else words.say(words.STATUSES, listing.status, lang)
    )
    policy = decision.measure_list.policy
    if seen.standing is not Standing.IN_FORCE or listing.kind is ListKind.RED or policy.on_objection is None:
        return said
    effect, _ = effect_of_objection(listing, policy)
    done = words.say(words.OBJECTION_EFFECTS, effect, lang)
    return f"{said}; by the measure list, {done}" if lang == "en" else f"{said}；依措施清单，{done}"


def _conflicts(decision: Decision, owners: Mapping[str, str], lang: Lang) -> Iterator[Entry]:
    by_id = {seen.id: seen.listing for seen in decision.listings}
    for conflict in decision.conflicts:
        red, black = by_id[conflict.red], by_id[conflict.black]
        sides = [phrases.listing_reference(x, lang, decision.measure_list, owners.get(x.id, "")) for x in (red, black)]
        if lang == "en":
            yield Entry(f"On {sides[0]}; at once on {sides[1]}. Tell the red list's authority, {red.authority}.")
        else:
            yield Entry(f"列入{sides[0]}；同时列入{sides[1]}。应当告知红名单认定单位{red.authority}。")


def _coverage_intro(decision: Decision, lang: Lang) -> str:
    report = decision.coverage
    if not report.missing and not report.stale:
        return ""
    if not decision.blocking:
        return ""
    return (
        "More data could not undo the refusal, so the decision stands without them."
        if lang == "en"
        else "必查名单未查全；已有条目足以得出不得继续的结论，补查不会改变这一结论。"
    )


def coverage(decision: Decision, lang: Lang, *, brief: bool = False) -> Iterator[Entry]:
    """The lists consulted, by the moment up to which they are vouched for; what is missing or stale.

    :param brief: name only those that are required, and count the others.
    """
    report = decision.coverage
    local = decision.measure_list.local_lists
    by_moment: dict[datetime, list[str]] = {}
    for code, as_of in report.consulted.items():
        by_moment.setdefault(as_of, []).append(code)
    for as_of in sorted(by_moment):
        codes = by_moment[as_of]
        named = [code for code in codes if code in report.required] if brief else codes
        said = [words.list_name(code, lang, local) for code in named]
        if others := len(codes) - len(named):
            other = "others" if named else "lists that are not required"
            said.append(f"{others} {other}" if lang == "en" else f"非必查名单 {others} 份")
        yield Entry(
            f"{label('as_of_list', lang)} {phrases.moment(as_of, lang)}", facts=(("", words.joined(said, lang)),)
        )
    for key, faulty in (("missing", report.missing), ("stale", report.stale)):
        if faulty:
            names = [words.named_list(code, lang, local) for code in faulty]
            yield Entry(label(key, lang), facts=(("", words.joined(names, lang)),))


def _source(decision: Decision, lang: Lang) -> Iterator[Fact]:
    measure_list, source = decision.measure_list, decision.source
    en = lang == "en"
    version = f"{measure_list.id} {measure_list.version}"
    yield label("list", lang), f"{measure_list.title} ({version})" if en else f"{measure_list.title}（{version}）"
    if measure_list.issued_by:
        yield label("issued_by", lang), measure_list.issued_by
    yield label("digest", lang), measure_list.digest
    policy = phrases.objection_policy(measure_list, lang)
    if policy is not None:
        yield label("policy", lang), policy
    stale = (
        "; a source is down, a record kept from before or another source stands in"
        if en
        else "；有来源不可用，由此前保存的记录或其他来源代答"
    )
    if source.origins is None:
        yield label("source", lang), source.name + (stale if source.stale else "")
    else:
        yield from _origins(source.origins, decision, lang, stale if source.stale else "")
    if source.read_at is not None:
        yield label("read_at", lang), phrases.moment(source.read_at, lang)
    if source.found is not None:
        yield label("found", lang), _found(source.found, lang)
    yield label("decided_at", lang), phrases.moment(decision.decided_at, lang)
    yield label("decision_id", lang), decision.decision_id


def _origins(origins: Mapping[str, str], decision: Decision, lang: Lang, stale: str) -> Iterator[Fact]:
    """Who answered for which list, one source after the other."""
    local = decision.measure_list.local_lists
    by_origin: dict[str, list[str]] = {}
    for code in sorted(origins):
        by_origin.setdefault(origins[code], []).append(words.list_name(code, lang, local))
    yield label("source", lang), words.joined(list(by_origin), lang) + stale
    for origin, lists in by_origin.items():
        yield label("answered_by", lang).format(origin), words.joined(lists, lang)


def _found(found: bool, lang: Lang) -> str:
    if found:
        return "yes" if lang == "en" else "有该主体的记录"
    return (
        "no: it has no record of the subject at all; check the code and name"
        if lang == "en"
        else "没有该主体的任何记录（不在名单上与来源不认识该主体是两回事，请核对代码和名称）"
    )


def _remedy_intro(decision: Decision, lang: Lang) -> str:
    if decision.listings:
        return (
            "Objections to a listing go to its authority; once it is repaired, removed or revoked, ask for a new check."
            " Objections to a measure go to its executing unit."
            if lang == "en"
            else "对名单条目有异议的，向其认定单位提出；条目修复、移出或者撤销后，可以要求重新核查。"
            "对措施有异议的，向其实施单位提出。"
        )
    return (
        "Objections to this conclusion go to the unit that handles the matter."
        if lang == "en"
        else "对本结论有异议的，向办理本事项的单位提出。"
    )


def _remedies(decision: Decision, owners: Mapping[str, str], lang: Lang) -> Iterator[Entry]:
    by_remedy: dict[str, list[str]] = {}
    for seen in _concerning(decision.listings):
        if seen.listing.remedy:
            by_remedy.setdefault(seen.listing.remedy, []).append(seen.id + owners.get(seen.id, ""))
    for remedy, ids in by_remedy.items():
        listings = words.joined(ids, lang)
        yield Entry(f"{listings}: {remedy}" if lang == "en" else f"{listings}：{remedy}")


def _concerning(listings: Iterable[SeenListing]) -> Iterator[SeenListing]:
    """Those to which somebody may want to object."""
    return (seen for seen in listings if seen.listing.kind is not ListKind.RED)
