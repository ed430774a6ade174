"""What a decision comes to, in a few words and in a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision import words
from credit_sdk.decision.owners import decided_nothing
from credit_sdk.model.terms import Effect

if TYPE_CHECKING:
    from credit_sdk.decision.result import Decision
    from credit_sdk.errors import Lang


def headline(decision: Decision, lang: Lang) -> str:
    """The effect in a few words; a restriction says whether it blocks (rule 5.6)."""
    effect = words.say(words.EFFECTS, decision.effect, lang)
    zh, en = "", ""
    if decision.blocking:
        zh, en = "不得继续办理", "the action may not go on"
    elif decision.effect is Effect.RESTRICT:
        zh, en = "不是拒绝，可在执行措施后办理", "not a refusal: the action may go on with the measures below"
    elif decision.degraded is not None:
        zh, en = "未经核查，待补查", "not checked, due for re-check"
    if not zh:
        return effect
    return f"{effect}: {en}" if lang == "en" else f"{effect}（{zh}）"


def conclusion(decision: Decision, lang: Lang) -> str:
    """The conclusion in one sentence or two."""
    penalties = sum(1 for o in decision.obligations if o.measure is not None and o.measure.is_penalty)
    incentives = [o for o in (*decision.obligations, *decision.advice) if o.measure and not o.measure.is_penalty]
    mandatory = sum(1 for o in incentives if o.measure and o.measure.is_mandatory)
    zh, en = lang == "zh", lang == "en"
    who = ("该联合体" if zh else "the consortium") if decision.parts else "该主体" if zh else "the subject"
    if decision.degraded is not None and decision.effect is Effect.ALLOW:
        return (
            "Allow, as a fallback: the source could not be asked, so nothing was checked. Check again once it answers."
            if en
            else "允许（降级）：信用信息来源不可用，未经核查，依该办理事项预先设定的方案作出；来源恢复后应当补查。"
        )
    if decision.blocking:
        return (
            f"Restrict: {penalties} penalt{'y' if penalties == 1 else 'ies'} must be carried out against {who}, refusal"
            " among them; the action may not go on."
            if en
            else f"限制：对{who}应当执行 {penalties} 项惩戒措施，其中含拒绝类措施，本事项不得继续办理。"
        )
    if decision.effect is Effect.RESTRICT:
        return (
            f"Restrict: {penalties} penalt{'y' if penalties == 1 else 'ies'} must be carried out against {who}. To"
            " restrict is not to refuse: the action may go on with these measures, and may not be refused on their account."
            if en
            else f"限制：对{who}应当执行 {penalties} 项惩戒措施。限制不等于拒绝：执行这些措施后本事项可以继续办理，不得仅据此拒绝。"
        )
    if decision.effect is Effect.PRIORITY:
        counts = (
            (mandatory, "应当给予 {} 项", "{} to be given"),
            (len(incentives) - mandatory, "可以给予 {} 项", "{} that may be given"),
        )
        given = words.joined([(en_ if en else zh_).format(n) for n, zh_, en_ in counts if n], lang)
        return (
            f"Priority: incentives apply to {who}: {given}. No penalty must be carried out."
            if en
            else f"优先：{who}适用激励措施，{given}；没有应当执行的惩戒措施。"
        )
    usual = "" if besides(decision, lang) else " Proceed as usual." if en else "按一般程序办理。"
    return (
        f"Allow: on the lists consulted, no measure has to be carried out for {who}.{usual}"
        if en
        else f"允许：在已查询的名单范围内，{who}没有应当执行的奖惩措施。{usual}"
    )


def besides(decision: Decision, lang: Lang) -> str:
    """What the conclusion leaves open: how much stands under the other headings. Empty where nothing does."""
    penalties = [o for o in decision.advice if o.measure is not None and o.measure.is_penalty]
    general = [o for o in decision.advice if o.measure is None]
    unchecked = sum(1 for part in decision.parts if part.degraded is not None)
    counts = (
        (unchecked, "{} 个成员未经核查（来源不可用）", "members that could not be checked: {}"),
        (len(penalties), "{} 项推荐性惩戒措施供参考", "penalties to consider: {}"),
        (len(general), "{} 项须人工处理的事项", "matters for a person: {}"),
        (len(decision.suspended), "{} 项惩戒措施因异议暂缓执行", "penalties suspended: {}"),
        (len(decision.withheld), "{} 项激励措施未予适用", "incentives withheld: {}"),
        (len(decision.not_counted), "{} 条名单条目不计入", "listings that do not count: {}"),
        (
            len(decided_nothing(decision)),
            "{} 条生效条目因其名单未查询或数据过期，未据以奖惩",
            "listings in force that neither restrict nor reward, as their lists were not consulted or are stale: {}",
        ),
    )
    said = [(en if lang == "en" else zh).format(count) for count, zh, en in counts if count]
    if not said:
        return ""
    return f"Besides: {', '.join(said)}." if lang == "en" else f"另有 {'、'.join(said)}。"
