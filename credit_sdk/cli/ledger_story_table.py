"""A decision's story on a terminal: what was decided, how its measures stand, what happened in time order."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from credit_sdk.cli import ledger_words as said
from credit_sdk.cli.ledger_tables import EFFECT_COLOURS, duties, fault, minute, on
from credit_sdk.decision import words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import date
    from typing import TypeAlias

    from credit_sdk.cli.ledger_story import Event, Story
    from credit_sdk.cli.session import Session
    from credit_sdk.errors import Lang

    Facts: TypeAlias = Mapping[str, Any]
    Lines: TypeAlias = Iterator[tuple[str, Any]]


def draw(story: Story, session: Session, today: date, target: str | None = None) -> None:
    """Draw it.

    :param today: to say what is overdue.
    :param target: the ledger, if it was named by an option.
    """
    screen, pick, lang = session.screen(), session.pick, session.lang
    decision = story.decision
    effect = words.say(words.EFFECTS, decision["effect"], lang)
    blocks = pick("（不得继续）", " (blocks)") if decision["blocking"] else ""
    subject = decision["subject"]
    names = [str(value) for key, value in subject.items() if value and key != "type"]
    title = pick("核查结论", "Decision") + pick("：", ": ") + effect + blocks
    screen.panel(
        title,
        [
            (" · ".join(names), "bold"),
            (f"{decision['domain']}/{decision['action']} · {_moment(decision['decided_at'])}", ""),
            (f"{pick('编号', 'Id')} {story.decision_id}", ""),
            *(
                [(pick("试运行：只记录，不要求执行", "shadow: kept only, nothing is asked for"), "dim")]
                if story.body["shadow"]
                else []
            ),
        ],
        EFFECT_COLOURS.get(decision["effect"], "cyan"),
    )
    if decision["listings"]:
        screen.heading(pick("所见名单条目", "Listings seen"))
        for listing in decision["listings"]:
            standing = words.say(words.STANDINGS, listing["standing"], lang)
            name = words.list_name(listing["list"], lang)
            screen.bullet(f"{name} [{listing['id']}] · {listing['authority']} · {standing}")
    if story.duties:
        screen.heading(pick("措施", "Measures"))
        duties(story.duties, session, today, empty="")
    screen.heading(pick("经过", "What happened"))
    for event in story.events:
        screen.entry(_headline(event, lang), _moment(event.at))
        if facts := _facts(event, session):
            screen.facts(facts)
    screen.heading(pick("打印与核对", "Print and verify"))
    for what, command in (
        (pick("核查凭证", "the receipt"), f"credit receipt make {story.decision_id} --out receipt.html{on(target)}"),
        (
            pick("按留存数据重新得出结论", "decide again from what was kept"),
            f"credit ledger replay {story.decision_id}{on(target)}",
        ),
    ):
        screen.line(f"  # {what}", "dim")
        screen.line(f"  {command}", "green")
    screen.line()


def _headline(event: Event, lang: Lang) -> str:
    facts = event.facts
    if event.what == "reported":
        return words.say(said.REPORTS, facts["what"], lang)
    headline = words.say(said.EVENTS, event.what, lang)
    if event.what == "checked":
        headline += ("：" if lang == "zh" else ": ") + words.say(words.EFFECTS, facts["effect"], lang)
    return headline


def _facts(event: Event, session: Session) -> list[tuple[str, str]]:
    """What is known of an event, labelled; what is empty is left out."""
    return [(label, str(value)) for label, value in _LINES[event.what](event.facts, session) if value]


def _checked(facts: Facts, session: Session) -> Lines:
    source = facts["source"]
    # The name of the demo source, which is kept as it is called, is half Chinese.
    yield session.pick("来源", "source"), session.pick(source, source.replace("(虚构数据)", "(fictional data)"))
    yield session.pick("服务", "service"), facts["service"]
    yield session.pick("行政区划", "jurisdiction"), facts["jurisdiction"]
    yield session.pick("事由", "purpose"), facts["purpose"]
    yield session.pick("授权", "authorization"), facts["authorization"]


def _reported(facts: Facts, session: Session) -> Lines:
    pick = session.pick
    yield pick("已执行", "executed"), ", ".join(facts["executed"])
    for measure, reason in facts["not_executed"].items():
        yield pick("未执行", "not executed"), f"{measure}: {reason}"
    for key, label in _OVERRIDE.items():
        yield label[session.lang == "en"], (facts["override"] or {}).get(key)
    yield pick("说明", "note"), facts["note"]
    yield pick("典型案例", "case"), pick("是", "yes") if facts["case"] else None
    yield pick("报送", "to"), facts["receiver"] or pick("不报送（虚构数据）", "nobody (fictional data)")


def _delivered(facts: Facts, session: Session) -> Lines:
    yield session.pick("对方回执", "receipt"), f"{facts['receiver']} {facts['receipt'] or ''}".strip()


def _undelivered(facts: Facts, session: Session) -> Lines:
    pick = session.pick
    yield pick("接收方", "receiver"), facts["receiver"]
    yield pick("尝试次数", "attempts"), facts["attempts"]
    yield pick("原因", "fault"), fault(facts["fault"], session.lang) if facts["fault"] else None
    yield pick("对方说明", "it said"), facts["words"]


def _confirmed(facts: Facts, session: Session) -> Lines:
    pick = session.pick
    yield pick("情形", "why"), words.say(said.WHYS, facts["why"], session.lang)
    changed = pick("结论有变化", "it says something else")
    yield pick("结果", "result"), changed if facts["changed"] else pick("结论不变", "it stands")
    yield pick("现行结论", "stands now"), facts["fresh"]


def _discharged(facts: Facts, session: Session) -> Lines:
    yield session.pick("措施", "measure"), facts["measure"]
    yield session.pick("履行证明", "proof"), facts["proof"]


def _settled(facts: Facts, session: Session) -> Lines:
    yield session.pick("措施", "measure"), facts["measure"]
    yield session.pick("期限", "due on"), facts["due_on"]


def _release_due(facts: Facts, session: Session) -> Lines:
    yield session.pick("措施", "measure"), facts["measure"]
    for listing, reason in facts["reasons"].items():
        yield session.pick("名单条目", "listing"), f"{listing} {words.say(said.ENDS, reason, session.lang)}"


def _release_void(facts: Facts, session: Session) -> Lines:
    yield session.pick("措施", "measure"), facts["measure"]
    yield session.pick("现行结论", "stands now"), facts["fresh"]


_LINES: Mapping[str, Callable[[Facts, Session], Lines]] = {
    "checked": _checked,
    "reported": _reported,
    "delivered": _delivered,
    "refused": _undelivered,
    "waiting": _undelivered,
    "confirmed": _confirmed,
    "discharged": _discharged,
    "settled": _settled,
    "release_due": _release_due,
    "release_void": _release_void,
}

_OVERRIDE: Mapping[str, tuple[str, str]] = {
    "reason": ("放行理由", "reason"),
    "approver": ("批准人", "approver"),
    "legal_basis": ("法律依据", "legal basis"),
}


def _moment(text: str) -> str:
    return minute(datetime.fromisoformat(text))
