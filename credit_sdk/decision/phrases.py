"""Parts of a decision as phrases: a day, a period, a legal basis, the terms of a measure. Pure; the words are in ``words``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from credit_sdk.decision import words
from credit_sdk.model import names
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.model.terms import Identity, SubjectType

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date, datetime

    from credit_sdk.decision.result import Decision, Obligation
    from credit_sdk.errors import Lang
    from credit_sdk.model.listing import Listing
    from credit_sdk.model.measure import Basis, Measure, MeasureList
    from credit_sdk.model.subject import Subject

_ARTICLE = re.compile(r"第[一二三四五六七八九十百千零〇\d]+[条章款项]")
_STRUCTURED = frozenset({"note", "needs", "reaches"})


def day(value: date, lang: Lang) -> str:
    """2026年3月1日; in English 2026-03-01."""
    return value.isoformat() if lang == "en" else f"{value.year}年{value.month}月{value.day}日"


def moment(value: datetime, lang: Lang) -> str:
    """To the second, in Asia/Shanghai."""
    local = value.astimezone(SHANGHAI)
    clock = local.strftime("%H:%M:%S")
    return (
        f"{local.date().isoformat()} {clock} +08:00"
        if lang == "en"
        else f"{day(local.date(), lang)} {clock}（北京时间）"
    )


def period(first: date, last: date | None, lang: Lang) -> str:
    """From the first day to the last, both included."""
    if lang == "en":
        return f"from {day(first, lang)}" + (f" to {day(last, lang)}" if last else ", no end given")
    return f"{day(first, lang)}起，" + (f"至{day(last, lang)}止" if last else "未载明截止日期")


def basis(one: Basis, lang: Lang) -> str:
    """Title, document number, article, and how well it was checked."""
    title = one.title if one.title.startswith("《") else f"《{one.title}》"
    checked = words.say(words.VERIFIED, one.verified or "", lang)
    if lang == "en":
        place = "".join(f", {part}" for part in (one.document, one.article) if part)
        return f"{title}{place} [{checked}]"
    article = one.article or ""
    if article and not _ARTICLE.match(article):
        article = f"，条款{article}" if article.startswith(("（", "(")) else f"，条款“{article}”"
    document = f"（{one.document}）" if one.document else ""
    return f"{title}{document}{article}【{checked}】"


def measure_name(measure: Measure, lang: Lang) -> str:
    """The measure's name; in English its English one, where there is one."""
    return (measure.name_en if lang == "en" else None) or measure.name


def measure_tag(measure: Measure, lang: Lang) -> str:
    """Its force and consequence, or type."""
    kind = (
        words.say(words.CONSEQUENCES, measure.consequence, lang)
        if measure.consequence
        else words.say(words.OBLIGATION_TYPES, measure.type, lang)
    )
    parts = [words.say(words.FORCES, measure.force, lang), words.say(words.MEASURE_EFFECTS, measure.effect, lang), kind]
    if measure.consequence and measure.type != measure.consequence:
        parts.append(words.say(words.OBLIGATION_TYPES, measure.type, lang))
    return " · ".join(parts)


def terms(values: Mapping[str, Any], lang: Lang) -> Iterator[tuple[str, str]]:
    """A measure's terms, key by key, as label and text; the note last."""
    needs = values.get("needs", ())
    for key, value in values.items():
        if key not in _STRUCTURED and key not in needs:
            yield _label(key, lang), words.term_value(value, lang)
    if reaches := values.get("reaches"):
        roles = [words.say(words.ROLES, role, lang) for role in reaches]
        yield _label("reaches", lang), words.joined(roles, lang)
    open_ = []
    for key in needs:
        if key in values:
            yield _label(key, lang), words.term_value(values[key], lang)
        else:
            open_.append(words.say(words.TERMS, key, lang))
    if open_:
        yield _label("needs", lang), words.joined(open_, lang)
    if note := values.get("note"):
        yield _label("note", lang), words.term_value(note, lang)


def _label(key: str, lang: Lang) -> str:
    said = words.say(words.TERMS, key, lang)
    return said[0].upper() + said[1:]


def listing_reference(listing: Listing, lang: Lang, measure_list: MeasureList, whose: str = "") -> str:
    """A listing in short: list, id, whose it is (see ``owners``), authority, document."""
    name = words.list_name(listing.list, lang, measure_list.local_lists)
    parts = [listing.authority, *([listing.document] if listing.document else [])]
    if lang == "en":
        return f"{name} [{listing.id}]{whose}: {', '.join(parts)}"
    return f"{name}〔{listing.id}〕{whose}：{'，'.join(parts)}"


def until(obligation: Obligation, lang: Lang) -> str | None:
    """How long the listings behind it last; ``None`` where there are none."""
    if not obligation.listings:
        return None
    if obligation.until is not None:
        return day(obligation.until, lang)
    return "no end given" if lang == "en" else "未载明截止日期"


def subject_name(decision: Decision) -> str | None:
    """The name to show: as asked, else as the surest of the subject's own listings has it; a sole trader's masked (rule 3.8).

    A related subject's listing, or one that only may be the subject's, does not say who the subject is.
    """
    asked = decision.subject
    for part in decision.parts:  # of a consortium, only the subject's own part may say its name
        if part.subject == asked:
            return subject_name(part)
    sure = {Identity.CODE} if asked.code is not None else {Identity.CODE, Identity.NAME}
    seen = () if decision.parts else decision.listings
    own = [one.listing.subject for one in seen if one.role is None and one.identity in sure]
    name = asked.name or next((listed.name for listed in own if listed.name), None)
    if name is None:
        return None
    types = (asked.default_type, *(listed.type for listed in own))
    return names.mask(name) if SubjectType.SOLE_TRADER in types else name


def subject_codes(subject: Subject, lang: Lang) -> Iterator[tuple[str, str]]:
    """The identifiers as asked, whole, each with its name: this is for the case file."""
    labels = (
        ("统一社会信用代码", "Unified social credit code", subject.code),
        ("组织机构代码", "Organisation code", subject.organisation_code),
        ("工商注册号", "Registration number", subject.registration_number),
    )
    for zh, en, value in labels:
        if value:
            yield (en if lang == "en" else zh), value


def objection_policy(measure_list: MeasureList, lang: Lang) -> str | None:
    """What the measure list lets an objection do (rule 2.2)."""
    rule = measure_list.policy.on_objection
    if rule is None:
        return None
    if isinstance(rule, str):
        return words.say(words.OBJECTION_EFFECTS, rule, lang)
    each = [
        f"{words.say(words.OBJECTIONS, kind, lang)}{': ' if lang == 'en' else '：'}"
        f"{words.say(words.OBJECTION_EFFECTS, effect, lang)}"
        for kind, effect in rule.items()
    ]
    return "; ".join(each) if lang == "en" else "；".join(each)
