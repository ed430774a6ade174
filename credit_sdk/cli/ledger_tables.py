"""Ledger answers on a terminal: decisions, measures, reports, what came of asking again."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from credit_sdk.cli import ledger_words as said
from credit_sdk.cli.ledger_json import is_overdue, told_of
from credit_sdk.decision import words
from credit_sdk.errors import FAULTS
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.ports.ledger import DeliveryState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from credit_sdk.cli.screen import Screen
    from credit_sdk.cli.session import Session
    from credit_sdk.errors import Lang
    from credit_sdk.ledger.recheck import Rechecked
    from credit_sdk.ledger.unanswered import Unanswered
    from credit_sdk.ports.ledger import Delivery, Duty, KeptDecision

EFFECT_COLOURS: Mapping[str, str] = {"allow": "green", "priority": "cyan", "restrict": "red"}


def decisions(
    found: Sequence[KeptDecision], session: Session, *, empty: str, states: Mapping[str, str] | None = None
) -> None:
    """A line for each decision.

    :param empty: what stands there if there is none.
    :param states: what was done, by decision; one more line for each.
    """
    screen, lang = session.screen(), session.lang
    for one in found:
        effect = words.say(words.EFFECTS, one.effect.value, lang)
        screen.spans(
            (f"{minute(one.at)}  ", "dim"),
            (f"{effect}", f"bold {EFFECT_COLOURS.get(one.effect.value, '')}".strip()),
            (f"{_flags(one, session)}  ", "yellow"),
            (f"{one.domain}/{one.action}  ", ""),
            (one.decision_id, "cyan"),
        )
        if states is not None and one.decision_id in states:
            screen.paragraph(states[one.decision_id], indent=4, style="dim")
    if not found:
        screen.paragraph(empty)


def unanswered(found: Sequence[Unanswered], session: Session, *, empty: str) -> None:
    """An entry for each check without an answer."""
    screen, pick = session.screen(), session.pick
    for one in found:
        made_good = one.answered_by is not None
        state = pick("已补上", "has one since") if made_good else pick("仍无结论", "still none")
        screen.entry(f"{minute(one.at)}  {one.domain}/{one.action}", state, colour="green" if made_good else "yellow")
        facts = [(pick("原因", "why"), one.error + (f" · {fault(one.fault, session.lang)}" if one.fault else ""))]
        if one.must_check:
            facts.append((pick("应查必查", "must be checked"), pick("是", "yes")))
        if one.service:
            facts.append((pick("服务", "service"), one.service))
        facts.append((pick("问题编号", "question"), one.question))
        if one.answered_by is not None:
            facts.append((pick("后来的结论", "decision"), one.answered_by))
        screen.facts(facts)
    if not found:
        screen.paragraph(empty)


def _flags(one: KeptDecision, session: Session) -> str:
    pick = session.pick
    flags = (
        (one.blocking, pick("不得继续", "blocks")),
        (one.degraded, pick("降级", "fallback")),
        (one.shadow, pick("试运行", "shadow")),
    )
    shown = pick("、", ", ").join(word for on, word in flags if on)
    return pick(f"（{shown}）", f" ({shown})") if shown else ""


def duties(found: Sequence[Duty], session: Session, today: date, *, empty: str) -> None:
    """An entry for each measure."""
    screen = session.screen()
    for one in found:
        state = words.say(said.STATES, one.state.value, session.lang)
        late = is_overdue(one, today)
        colour = "red" if late else said.COLOURS.get(one.state.value, "")
        tag = f"{state} · {session.pick('已逾期', 'overdue')}" if late else state
        screen.entry(measure_name(one, session.lang), tag, colour=colour, tag_style=colour or "dim")
        screen.facts(_duty_facts(one, session))
    if not found:
        screen.paragraph(empty)


def _duty_facts(one: Duty, session: Session) -> list[tuple[str, str]]:
    pick = session.pick
    facts = [
        (pick("措施", "measure"), f"{one.measure} · {words.say(words.FORCES, one.force.value, session.lang)}"),
        (pick("结论", "decision"), f"{one.decision_id} · {one.domain}/{one.action} · {minute(one.decided_at)}"),
    ]
    if one.listings:
        until = pick("至 ", "until ") + one.until.isoformat() if one.until is not None else pick("无期限", "open")
        facts.append((pick("名单条目", "listings"), f"{', '.join(one.listings)} · {until}"))
    if one.due_on is not None:
        guess = pick("（暂定：该年放假安排尚未公布）", " (provisional: that year's days off are not announced yet)")
        facts.append((pick("期限", "due on"), one.due_on.isoformat() + (guess if one.provisional else "")))
    if one.reason:
        facts.append((pick("原因", "reason"), reasons(one.reason, session.lang)))
    return facts


def measure_name(one: Duty, lang: Lang) -> str:
    """What a measure is called: its English name where there is one."""
    return (one.name_en if lang == "en" else None) or one.name


def reasons(text: str, lang: Lang) -> str:
    """Reasons for a release in words; what a person wrote stays as it is."""
    parts = []
    for part in text.split(", "):
        listing, colon, reason = part.rpartition(": ")
        known = said.ENDS.get(reason)
        parts.append(part if known is None else f"{listing}{colon}{known[lang == 'en']}")
    return ("；" if lang == "zh" else "; ").join(parts) if len(parts) > 1 else parts[0]


def deliveries(found: Sequence[Delivery], session: Session, now: datetime, *, empty: str) -> None:
    """An entry for each report, with what its receiver said."""
    screen, pick = session.screen(), session.pick
    for one in found:
        state = words.say(said.DELIVERIES, one.state.value, session.lang)
        screen.entry(one.key, f"{one.receiver} · {state}", colour="red" if one.state.value == "refused" else "yellow")
        kind, action = told_of(one)
        facts = [
            (pick("内容", "what"), words.say(said.REPORTS, kind, session.lang)),
            (pick("结论", "decision"), f"{one.decision_id} · {one.domain}/{action}"),
            (pick("反馈于", "reported"), minute(one.reported_at)),
            (pick("期限", "term"), pick("无", "none") if one.send_by is None else minute(one.send_by)),
            (pick("尝试", "attempts"), str(one.attempts)),
        ]
        if one.state is DeliveryState.WAITING:
            facts.append((pick("下次", "next"), _next(one, session, now)))
        if one.fault:
            facts.append((pick("原因", "fault"), fault(one.fault, session.lang)))
        if one.words:
            facts.append((pick("对方说明", "it said"), one.words))
        screen.facts(facts)
    if not found:
        screen.paragraph(empty)


def _next(one: Delivery, session: Session, now: datetime) -> str:
    if one.claimed_until is None or one.claimed_until <= now:
        return minute(one.next_at)
    until = f"{one.claimed_until.astimezone(SHANGHAI):%H:%M:%S}"
    return session.pick(f"正在送出（至 {until}）", f"being sent (until {until})")


def rechecked(result: Rechecked, session: Session, today: date) -> None:
    """What became different, and what is due for release by it."""
    screen, pick, lang = session.screen(), session.pick, session.lang
    screen.line(
        pick(
            f"复核 {result.asked} 件：变化 {len(result)} 件，新增待解除 {len(result.due)} 项，无结论 {result.unanswered} 件",
            f"Asked again: {result.asked}; changed: {len(result)}; due for release: {len(result.due)};"
            f" no answer: {result.unanswered}",
        ),
        "bold",
    )
    for code, count in sorted(result.errors.items()):
        screen.bullet(f"{code} ×{count}", mark="✗")
    for one in result:
        before = words.say(words.EFFECTS, one.old.effect.value, lang)
        after = words.say(words.EFFECTS, one.new.effect.value, lang)
        screen.entry(f"{before} → {after}", one.decision_id, colour=EFFECT_COLOURS.get(one.new.effect.value, ""))
        differs = pick("、", ", ").join(words.say(said.CHANGED, part, lang) for part in one.changed)
        screen.facts([(pick("变化", "changed"), differs), (pick("新结论", "new decision"), one.new.decision_id)])
    if result.due:
        screen.heading(pick("待解除", "Due for release"), "red")
        duties(result.due, session, today, empty="")


def fault(word: str, lang: Lang) -> str:
    """Why a report was not delivered: in words where they are known, and the word itself."""
    known = FAULTS.get(word)
    return word if known is None else f"{known[lang == 'en']} [{word}]"


def minute(moment: datetime) -> str:
    """A moment, as a person reads it."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


def on(target: str | None) -> str:
    """What a command that is shown has to repeat: the ledger, where it was named by an option. An address may have a password."""
    if target is None:
        return ""
    return f" --ledger {'postgresql://…' if '://' in target else shlex.quote(target)}"


def done(text: str, screen: Screen, facts: Sequence[tuple[str, str]] = ()) -> None:
    """What a command did."""
    screen.line(f"✓ {text}", "bold green")
    if facts:
        screen.facts(facts, indent=2)
