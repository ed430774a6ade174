"""The list catalogue (名单目录) as ``credit lists info`` shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credit_sdk.decision import words
from credit_sdk.model.terms import ListKind

if TYPE_CHECKING:
    from credit_sdk.cli.session import Session
    from credit_sdk.errors import Lang
    from credit_sdk.model.catalogue import KnownLists, ListInfo

_COLOURS = {ListKind.BLACK: "red", ListKind.RED: "green", ListKind.WATCH: "yellow"}


def to_dicts(lists: KnownLists) -> list[dict[str, Any]]:
    """Every known list as JSON values, in the catalogue's order."""
    return [
        {
            "code": info.code,
            "name": info.name,
            "name_en": info.name_en,
            "kind": info.kind,
            "class": info.list_class,
            "open_ended": info.open_ended,
            "keeper": info.keeper,
            "basis": info.basis,
            "verified": info.verified,
        }
        for info in lists.values()
    ]


def draw_catalogue(lists: KnownLists, session: Session) -> None:
    """Draw them by kind."""
    screen, lang = session.screen(), session.lang
    for kind, colour in _COLOURS.items():
        chosen = [info for info in lists.values() if info.kind is kind]
        if not chosen:
            continue
        screen.heading(f"{words.say(words.KINDS, kind, lang)} · {len(chosen)}", colour)
        for info in chosen:
            screen.entry(info.name_en if lang == "en" else info.name, info.code, colour=colour, tag_style="cyan")
            if details := _details(info, lang):
                screen.paragraph(details, indent=4, style="dim")
    screen.line()


def _details(info: ListInfo, lang: Lang) -> str:
    parts = []
    if info.list_class != "official":
        parts.append(words.say(words.CLASSES, info.list_class, lang))
    if info.open_ended:
        parts.append("until removed, without a term" if lang == "en" else "移出前一直有效，无固定期限")
    if info.keeper:
        parts.append(info.keeper)
    if info.basis:
        checked = words.say(words.VERIFIED, info.verified or "", lang)
        parts.append(f"{info.basis} [{checked}]" if lang == "en" else f"{info.basis}【{checked}】")
    return " · ".join(parts)
