"""A decision on a terminal: the conclusion in a panel, then what led to it, the most important first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision import phrases, words
from credit_sdk.decision.account import account, coverage, is_fictional, matter, members
from credit_sdk.decision.conclusion import besides, conclusion, headline
from credit_sdk.decision.labels import LABELS, label, title

if TYPE_CHECKING:
    from credit_sdk.cli.screen import Screen
    from credit_sdk.cli.session import Session
    from credit_sdk.decision.account import Section
    from credit_sdk.decision.result import Decision
    from credit_sdk.errors import Lang

_COLOURS = {
    "members": "cyan",
    "obligations": "red",
    "advice": "yellow",
    "suspended": "magenta",
    "withheld": "magenta",
    "listings": "cyan",
    "conflicts": "red",
    "coverage": "cyan",
    "notices": "yellow",
    "source": "cyan",
    "remedies": "cyan",
}
"""The sections under the panel, and the colour of each."""


def draw(decision: Decision, session: Session) -> None:
    """Draw ``decision`` on stdout."""
    screen, lang = session.screen(), session.lang
    if is_fictional(decision):
        screen.note(words.notice("fictional_data", lang), "yellow")
    screen.panel(headline(decision, lang), list(_panel(decision, lang)), _colour(decision))
    for section in account(decision, lang):
        if section.key in _COLOURS and not (section.key == "notices" and _is_banner_only(decision)):
            _section(screen, section, decision, lang)
    screen.line()
    if screen.is_terminal:  # the panel may have scrolled out of sight
        screen.line(
            f"{title('conclusion', lang)}{session.pick('：', ': ')}{headline(decision, lang)}",
            f"bold {_colour(decision)}",
        )


def _colour(decision: Decision) -> str:
    if decision.blocking:
        return "red"
    if decision.degraded is not None or decision.effect == "restrict":
        return "yellow"
    return "green"


def _panel(decision: Decision, lang: Lang) -> list[tuple[str, str]]:
    name = phrases.subject_name(decision)
    lines = [(name, "bold")] if name else []
    for said, value in phrases.subject_codes(decision.subject, lang):
        lines.append((f"{said} {value}", ""))
    if consortium := members(decision, lang):
        lines.append((f"{label('members', lang)} {consortium}", ""))
    lines.append((f"{matter(decision, lang)} · {phrases.moment(decision.as_of, lang)}", ""))
    lines.append(("", ""))
    lines.append((conclusion(decision, lang), ""))
    if more := besides(decision, lang):
        lines.append((more, "dim"))
    return lines


def _is_banner_only(decision: Decision) -> bool:
    return all(notice.code == "fictional_data" for notice in decision.notices)


def _section(screen: Screen, section: Section, decision: Decision, lang: Lang) -> None:
    colour = _COLOURS[section.key]
    if section.key == "obligations" and decision.effect != "restrict":
        colour = "green"
    screen.heading(section.title, colour)
    if section.intro:
        screen.paragraph(section.intro, indent=2)
    banner = words.NOTICES["fictional_data"]
    for entry in coverage(decision, lang, brief=True) if section.key == "coverage" else section.entries:
        if section.key == "notices" and entry.heading in banner:
            continue  # it stands on top already
        if section.key == "listings":
            # One line for the eye; the labels stand in the case file (explain) and the JSON.
            screen.entry(entry.heading, entry.tag, colour=colour)
            screen.paragraph(" · ".join(text for _, text in entry.facts), indent=4, style="dim")
        elif section.key in _SENTENCES:
            screen.bullet(entry.heading)
        elif section.key == "source":
            screen.facts([fact for fact in entry.facts if fact[0] not in _LEFT_OUT], indent=2)
        else:
            screen.entry(entry.heading, entry.tag, colour=colour)
            screen.facts(entry.facts)


_SENTENCES = frozenset({"conflicts", "notices", "remedies"})
"""Sections whose entries are sentences."""

_LEFT_OUT = frozenset(pair[side] for key in ("digest", "decided_at") for pair in (LABELS[key],) for side in (0, 1))
"""Facts that only a program or an archive needs."""
