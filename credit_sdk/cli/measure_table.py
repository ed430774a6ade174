"""Measure lists on a terminal: what each measure does, on what basis, and how well that was checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.cli.measure_json import duration, required
from credit_sdk.decision import phrases, words
from credit_sdk.model.measure import CleanYearsTrigger, KindTrigger, ListTrigger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credit_sdk.cli.screen import Screen
    from credit_sdk.cli.session import Session
    from credit_sdk.errors import Lang
    from credit_sdk.model.measure import Measure, MeasureList, Trigger


def draw(found: Sequence[MeasureList], session: Session) -> None:
    """Draw each list, one under the other."""
    screen = session.screen()
    for number, measure_list in enumerate(found):
        if number:
            screen.line()
        _draw(measure_list, screen, session.lang)
    screen.line()


def _draw(measure_list: MeasureList, screen: Screen, lang: Lang) -> None:
    en = lang == "en"
    decides = measure_list.status == "in_force"
    status = words.say(words.LIST_STATUSES, measure_list.status, lang)
    if not decides:
        status += "; decides nothing" if en else "，只供查阅和比对，不据以决定"
    screen.panel(
        measure_list.title,
        [
            (f"{measure_list.id} {measure_list.version} · {measure_list.jurisdiction} · {status}", "bold"),
            *([(measure_list.issued_by, "")] if measure_list.issued_by else []),
            *(
                [(("Reviewed on " if en else "最近核对 ") + phrases.day(measure_list.reviewed_on, lang), "")]
                if measure_list.reviewed_on
                else []
            ),
            (measure_list.digest, "dim"),
        ],
        "cyan" if decides else "yellow",
    )
    _policy(measure_list, screen, lang)
    _actions(measure_list, screen, lang)
    for penalty, title, colour in (
        (True, "Penalties" if en else "惩戒措施", "red"),
        (False, "Incentives" if en else "激励措施", "green"),
    ):
        chosen = [measure for measure in measure_list.measures if measure.is_penalty is penalty]
        if chosen:
            screen.heading(f"{title} ({len(chosen)})" if en else f"{title}（{len(chosen)} 项）", colour)
        for measure in chosen:
            screen.entry(phrases.measure_name(measure, lang), phrases.measure_tag(measure, lang), colour=colour)
            screen.facts(_facts(measure, measure_list, lang))


def _policy(measure_list: MeasureList, screen: Screen, lang: Lang) -> None:
    en, policy = lang == "en", measure_list.policy
    local = measure_list.local_lists
    ages = [duration(policy.max_age)] if policy.max_age is not None else ["24h"]
    ages += [f"{words.list_name(c, lang, local)} {duration(age)}" for c, age in policy.max_age_by_list.items()]
    advise, apply = ("advice only", "counts in full") if en else ("仅供参考", "照常适用")
    none = "none" if en else "无"
    screen.heading("Policy" if en else "规则")
    screen.facts(
        [
            ("On objection" if en else "异议处理期间", phrases.objection_policy(measure_list, lang) or none),
            ("Recommended penalties" if en else "推荐性惩戒", apply if policy.apply_recommended else advise),
            ("Third-party lists" if en else "第三方名单", apply if policy.apply_third_party else advise),
            (
                "Match by name alone" if en else "仅凭名称匹配",
                ("may restrict and reward" if en else "可以奖惩")
                if policy.match_by_name
                else ("advice to verify only" if en else "不据以奖惩，提示核实"),
            ),
            ("Data no older than" if en else "数据时效", words.joined(ages, lang)),
            (
                "Term unknown" if en else "期限不明",
                f"counts for {policy.unknown_term_years} years" if en else f"计入 {policy.unknown_term_years} 年",
            ),
            ("Required lists" if en else "必查名单", _names(required(measure_list), measure_list, lang) or none),
            (
                "Optional lists" if en else "非必查名单",
                _names(sorted(measure_list.optional_lists), measure_list, lang) or none,
            ),
        ],
        indent=2,
    )


def _actions(measure_list: MeasureList, screen: Screen, lang: Lang) -> None:
    en = lang == "en"
    screen.heading("Actions" if en else "办理事项")
    for action in measure_list.actions.values():
        marks = []
        if action.must_check:
            marks.append("must be checked" if en else "应查必查")
        if action.allow_when_unavailable:
            marks.append("allowed when the source is down" if en else "来源不可用时暂准")
        screen.entry(f"{action.name}  {action.title}", " · ".join(marks))


def _facts(measure: Measure, measure_list: MeasureList, lang: Lang) -> Iterator[tuple[str, str]]:
    en = lang == "en"
    yield ("Id" if en else "编号"), measure.id
    for basis in measure.basis:
        yield ("Legal basis" if en else "实施依据"), phrases.basis(basis, lang)
    if not measure.basis:
        yield ("Legal basis" if en else "实施依据"), ("none given" if en else "未注明")
    if measure.unit:
        yield ("Executing unit" if en else "实施单位"), measure.unit
    yield ("Actions" if en else "办理事项"), words.joined(list(measure.actions), lang)
    types = [words.say(words.SUBJECT_TYPES, one, lang) for one in sorted(measure.applies_to)]
    yield ("Applies to" if en else "适用主体"), words.joined(types, lang)
    for trigger in measure.triggers:
        yield ("Triggered by" if en else "触发条件"), _trigger(trigger, measure_list, lang)
    if measure.reached_by:
        roles = [words.say(words.ROLES, role, lang) for role in measure.reached_by]
        yield ("Reached by" if en else "受其条目牵连"), words.joined(roles, lang)
    if measure.valid_from or measure.valid_until:
        first = phrases.day(measure.valid_from, lang) if measure.valid_from else "…"
        last = phrases.day(measure.valid_until, lang) if measure.valid_until else "…"
        yield ("Valid" if en else "有效期"), f"{first} – {last}"
    reaches = {"reaches": list(measure.reaches)} if measure.reaches else {}
    yield from phrases.terms({**measure.terms, **reaches}, lang)


def _trigger(trigger: Trigger, measure_list: MeasureList, lang: Lang) -> str:
    en = lang == "en"
    match trigger:
        case ListTrigger(lists, min_severity):
            said = _names(lists, measure_list, lang)
            if min_severity is not None:
                word = words.say(words.SEVERITIES, min_severity, lang)
                said += f"; {word} or graver" if en else f"；严重程度为{word}及以上"
            return said
        case KindTrigger(kind):
            return ("any " if en else "任一") + words.say(words.KINDS, kind, lang)
        case CleanYearsTrigger(years):
            return f"a clean record for {years} years" if en else f"连续 {years} 年无不良信用记录"


def _names(codes: Sequence[str], measure_list: MeasureList, lang: Lang) -> str:
    return words.joined([words.named_list(code, lang, measure_list.local_lists) for code in codes], lang)
