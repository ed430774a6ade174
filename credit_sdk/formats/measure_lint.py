"""What a measure list that loads can still be wrong about: a table of small rules.

A list that cannot be used at all does not load (``measures``); what stands here lets it load and is worth a second look.
Every rule is a function of the list and the day, and finds nothing or says what, where, and the way out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from credit_sdk.model.catalogue import CATALOGUE, ListInfo
from credit_sdk.model.measure import CleanYearsTrigger, KindTrigger, ListTrigger
from credit_sdk.model.moments import years_after
from credit_sdk.model.terms import Consequence, ListClass, ListKind, SubjectType, Verified

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from credit_sdk.errors import Lang
    from credit_sdk.model.measure import Measure, MeasureList

GOOD_ENOUGH = frozenset({Verified.TEXT, Verified.EXCERPT, Verified.QUOTED})
"""How well a basis must have been checked for a mandatory penalty to rest on it."""

KNOWN_TYPES = frozenset(
    {*Consequence, "favour", "accept-incomplete", "fast-track", "bonus", "fewer-inspections", "prefer"}
)
"""The obligation types of interfaces section 3."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth a second look."""

    rule: str
    """Stable name of the rule."""
    file: str | None
    measure: str | None
    """Id of the measure; ``None`` where it is about the whole list."""
    key: str
    zh: str
    en: str

    def message(self, lang: Lang = "zh") -> str:
        """The sentence in ``lang``."""
        return self.en if lang == "en" else self.zh

    def to_dict(self, lang: Lang = "zh") -> dict[str, str | None]:
        """``rule``, ``file``, ``measure``, ``key``, ``message``."""
        return {
            "rule": self.rule,
            "file": self.file,
            "measure": self.measure,
            "key": self.key,
            "message": self.message(lang),
        }


class _Said(NamedTuple):
    """What a rule says; the rest of a finding is known to its caller."""

    key: str
    zh: str
    en: str


_MeasureRule = Callable[["Measure", "MeasureList", "date"], Iterator[_Said]]
_ListRule = Callable[["MeasureList", "date"], Iterator[_Said]]


def lint(measure_list: MeasureList, today: date) -> tuple[Finding, ...]:
    """Everything found, in the order of the rules, measure by measure.

    :param today: the Asia/Shanghai day against which validity and review are held.
    """
    found = [
        Finding(name, measure_list.file, None, said.key, said.zh, said.en)
        for name, rule in LIST_RULES.items()
        for said in rule(measure_list, today)
    ]
    found += [
        Finding(name, measure_list.file, measure.id, said.key, said.zh, said.en)
        for measure in measure_list.measures
        for name, measure_rule in MEASURE_RULES.items()
        for said in measure_rule(measure, measure_list, today)
    ]
    return tuple(found)


def known_lists(measure_list: MeasureList) -> Mapping[str, ListInfo]:
    """The lists that the measure list may name: the catalogue's and its own."""
    return {**CATALOGUE, **measure_list.local_lists}


def _rests_on_nothing(measure: Measure) -> bool:
    return not any(basis.verified in GOOD_ENOUGH for basis in measure.basis)


# ------------------------------------------------------------------------------------------------- about one measure


def _weak_basis(measure: Measure, measure_list: MeasureList, _: date) -> Iterator[_Said]:
    if not measure.is_penalty or not _rests_on_nothing(measure):
        return
    if measure.is_mandatory:
        yield _Said(
            "basis",
            "强制性惩戒措施的依据至少应核实到 quoted；请核对原文后注明 verified，否则改为推荐性",
            "a mandatory penalty needs a basis verified as quoted at least; check the text and say so, or make it"
            " recommended",
        )
    elif measure_list.policy.apply_recommended:
        yield _Said(
            "basis",
            'policy.recommended = "apply" 使本措施具有约束力，而其依据未核实到 quoted；请核对原文',
            'policy.recommended = "apply" makes this penalty binding, while its basis is not verified as quoted; check it',
        )


def _unverified_basis(measure: Measure, _: MeasureList, __: date) -> Iterator[_Said]:
    for place, basis in enumerate(measure.basis):
        if basis.verified is None:
            yield _Said(
                f"basis[{place}].verified",
                "没有注明依据核实到什么程度；请写 text、excerpt、quoted 或 secondary",
                "does not say how well the basis was checked; write text, excerpt, quoted or secondary",
            )


def _missing_basis(measure: Measure, _: MeasureList, __: date) -> Iterator[_Said]:
    if not measure.basis:
        yield _Said(
            "basis", "激励措施没有依据；请补充文件名称和条款", "the incentive has no basis; name the instrument"
        )


def _refusal(measure: Measure, measure_list: MeasureList, _: date) -> Iterator[_Said]:
    if measure.consequence is not Consequence.REFUSE or measure_list.domain != "approval":
        return
    if not any(basis.verified is Verified.TEXT for basis in measure.basis):
        yield _Said(
            "consequence",
            "不予许可须有核对过原文的依据 （verified = text）；限制激励不等于不予许可",
            "refusing a licence needs a basis verified as text; a refused incentive is not a refused licence",
        )


def _unknown_type(measure: Measure, _: MeasureList, __: date) -> Iterator[_Said]:
    if measure.type not in KNOWN_TYPES:
        yield _Said(
            "type",
            f"{measure.type} 不是通用的义务类型，业务系统须专门支持；通用类型：{'、'.join(sorted(KNOWN_TYPES))}",
            f"{measure.type} is no common obligation type, so callers need special support; common ones:"
            f" {', '.join(sorted(KNOWN_TYPES))}",
        )


def _english_name(measure: Measure, _: MeasureList, __: date) -> Iterator[_Said]:
    if measure.name_en is None:
        yield _Said(
            "name_en", "没有英文名称；英文说明将显示中文", "no English name; explanations in English show the Chinese"
        )


def _natural_persons(measure: Measure, _: MeasureList, __: date) -> Iterator[_Said]:
    if SubjectType.NATURAL_PERSON in measure.applies_to:
        yield _Said(
            "applies_to",
            "含自然人，而本软件不核查自然人；请删去 natural_person",
            "names natural persons, who are not checked; take natural_person out",
        )


def _validity(measure: Measure, _: MeasureList, today: date) -> Iterator[_Said]:
    if measure.valid_until is not None and measure.valid_until < today:
        yield _Said(
            "valid_until",
            f"已于 {measure.valid_until} 失效，不再适用；确认后删去或更新",
            f"ended on {measure.valid_until} and no longer applies; take it out or bring it up to date",
        )
    elif measure.valid_from is not None and measure.valid_from > today:
        yield _Said(
            "valid_from",
            f"自 {measure.valid_from} 起才适用",
            f"applies from {measure.valid_from} on only",
        )


def _wrong_side(measure: Measure, measure_list: MeasureList, _: date) -> Iterator[_Said]:
    known = known_lists(measure_list)
    wrong = ListKind.RED if measure.is_penalty else ListKind.BLACK
    for place, trigger in enumerate(measure.triggers):
        if isinstance(trigger, KindTrigger):
            kinds = {trigger.kind}
        elif isinstance(trigger, ListTrigger):
            kinds = {known[code].kind for code in trigger.lists if code in known}
        else:
            continue
        if wrong in kinds:
            yield _Said(
                f"triggers[{place}]",
                "红名单触发惩戒措施；请核对触发条件" if measure.is_penalty else "黑名单触发激励措施；请核对触发条件",
                "a red list triggers a penalty; check the trigger"
                if measure.is_penalty
                else "a black list triggers an incentive; check the trigger",
            )


def _moot_severity(measure: Measure, _: MeasureList, __: date) -> Iterator[_Said]:
    anyway = {
        code for t in measure.triggers if isinstance(t, ListTrigger) and t.min_severity is None for code in t.lists
    }
    for place, trigger in enumerate(measure.triggers):
        if isinstance(trigger, ListTrigger) and trigger.min_severity is not None:
            moot = sorted(anyway.intersection(trigger.lists))
            if moot:
                yield _Said(
                    f"triggers[{place}].min_severity",
                    f"不起作用: 另一触发条件不论程度都适用于 {'、'.join(moot)}",
                    f"has no effect: another trigger takes {', '.join(moot)} whatever the severity",
                )


def _named(measure: Measure) -> Iterator[str]:
    for trigger in measure.triggers:
        if isinstance(trigger, ListTrigger):
            yield from trigger.lists


MEASURE_RULES: Mapping[str, _MeasureRule] = {
    "weak-basis": _weak_basis,
    "unverified-basis": _unverified_basis,
    "missing-basis": _missing_basis,
    "refusal-without-text": _refusal,
    "unknown-type": _unknown_type,
    "no-english-name": _english_name,
    "natural-persons": _natural_persons,
    "validity": _validity,
    "wrong-side": _wrong_side,
    "moot-severity": _moot_severity,
}
"""The rules about one measure, by name."""


# --------------------------------------------------------------------------------------------- about the whole list


def _issuer(measure_list: MeasureList, _: date) -> Iterator[_Said]:
    if measure_list.issued_by is None:
        yield _Said("issued_by", "没有注明制定单位", "does not say who issued it")


def _review(measure_list: MeasureList, today: date) -> Iterator[_Said]:
    reviewed = measure_list.reviewed_on
    if reviewed is None:
        yield _Said("reviewed_on", "没有注明最近核对日期", "does not say when it was last reviewed")
    elif reviewed > today:
        yield _Said("reviewed_on", f"最近核对日期 {reviewed} 在今天之后", f"the last review, {reviewed}, lies ahead")
    elif reviewed < years_after(today, -1):
        yield _Said(
            "reviewed_on",
            f"最近核对于 {reviewed}，已逾一年；请按现行有效的依据重新核对",
            f"last reviewed on {reviewed}, more than a year ago; review it against what is in force",
        )


def _unused_policy(measure_list: MeasureList, _: date) -> Iterator[_Said]:
    policy = measure_list.policy
    penalties = [measure for measure in measure_list.measures if measure.is_penalty]
    known = known_lists(measure_list)
    triggering = _triggering(measure_list)
    if policy.on_objection is not None and not penalties:
        yield _Said("policy.on_objection", "没有惩戒措施，此项不起作用", "has no effect: there is no penalty")
    if policy.apply_recommended and all(measure.is_mandatory for measure in penalties):
        yield _Said(
            "policy.recommended", "没有推荐性惩戒措施，此项不起作用", "has no effect: no penalty is recommended"
        )
    if policy.apply_third_party and all(known[c].list_class is not ListClass.THIRD_PARTY for c in triggering):
        yield _Said(
            "policy.third_party",
            "没有措施由第三方名单触发，此项不起作用",
            "has no effect: no third-party list triggers",
        )
    clean = any(isinstance(t, CleanYearsTrigger) for m in measure_list.measures for t in m.triggers)
    for code in policy.max_age_by_list:
        if code not in triggering and code in known and not clean:
            yield _Said(f'policy.max_age."{code}"', "没有措施由该名单触发", "no measure is triggered by this list")


def _unused_lists(measure_list: MeasureList, _: date) -> Iterator[_Said]:
    triggering = _triggering(measure_list)
    for code in sorted(measure_list.optional_lists - triggering):
        yield _Said(
            "lists.optional",
            f"{code} 不触发任何措施，本来就不是必查",
            f"{code} triggers nothing, so it is not required anyway",
        )
    for code in sorted(measure_list.local_lists.keys() - triggering):
        yield _Said("lists.local", f"{code} 不触发任何措施", f"{code} triggers nothing")


def _idle_actions(measure_list: MeasureList, _: date) -> Iterator[_Said]:
    used = {action for measure in measure_list.measures for action in measure.actions}
    for name in measure_list.actions:
        if name not in used:
            yield _Said(
                f"actions.{name}",
                "没有措施用于该办理事项，核查结论总是 allow",
                "no measure concerns this action: every check says allow",
            )


def _kind_requires(measure_list: MeasureList, _: date) -> Iterator[_Said]:
    """Rule 7.1: a ``kind`` trigger makes every list of the kind required, and one that is missing leaves no answer."""
    named = {code for measure in measure_list.measures for code in _named(measure)} | measure_list.optional_lists
    by_kind: dict[ListKind, list[str]] = {}
    for measure in measure_list.measures:
        for trigger in measure.triggers:
            if isinstance(trigger, KindTrigger):
                by_kind.setdefault(trigger.kind, []).append(measure.id)
    for kind, measures in by_kind.items():
        required = sorted(
            code
            for code, info in known_lists(measure_list).items()
            if info.kind is kind and info.list_class is not ListClass.THIRD_PARTY and code not in named
        )
        if required:
            yield _Said(
                "lists.optional",
                f'kind = "{kind}" ({"、".join(dict.fromkeys(measures))}) 使别处未提到的 {len(required)} 份名单成为必查:'
                f" {'、'.join(required)}；缺一即无结论，不必查的请列入 lists.optional",
                f'kind = "{kind}" ({", ".join(dict.fromkeys(measures))}) makes {len(required)} lists required that'
                f" nothing else names: {', '.join(required)}; without one there is no decision, so declare under"
                " lists.optional those that need not be consulted",
            )


def _triggering(measure_list: MeasureList) -> set[str]:
    known = known_lists(measure_list)
    kinds = {t.kind for m in measure_list.measures for t in m.triggers if isinstance(t, KindTrigger)}
    named = {code for measure in measure_list.measures for code in _named(measure)}
    return named | {code for code, info in known.items() if info.kind in kinds}


LIST_RULES: Mapping[str, _ListRule] = {
    "no-issuer": _issuer,
    "review-due": _review,
    "unused-policy": _unused_policy,
    "unused-list": _unused_lists,
    "idle-action": _idle_actions,
    "kind-requires": _kind_requires,
}
"""The rules about the whole list, by name."""
