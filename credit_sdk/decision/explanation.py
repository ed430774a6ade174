"""``Decision.explain``: the account of a decision as text, ready to be pasted into the case file (案卷)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision import words
from credit_sdk.decision.account import Entry, Section, account, is_fictional
from credit_sdk.decision.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credit_sdk.decision.result import Decision
    from credit_sdk.errors import Lang

_NUMERALS = "一二三四五六七八九十"


def explain(decision: Decision, lang: Lang = "zh") -> str:
    """The decision in words; several lines, none ending in white space. The same decision gives the same text.

    Codes are whole, as the case file needs them; a sole trader's name is masked (rule 3.8).

    :param lang: ``zh`` or ``en``. What the lists and measure lists say is in their own language, and of it nothing that
        cannot be seen (see ``visible``).
    :raises InvalidRequest: another language.
    """
    words.check_language(lang)
    return "\n".join(visible(line).rstrip() for line in _lines(decision, lang))


def _lines(decision: Decision, lang: Lang) -> Iterator[str]:
    yield "Credit check" if lang == "en" else "信用核查结论"
    if is_fictional(decision):
        yield (
            f"[{words.notice('fictional_data', lang)}]"
            if lang == "en"
            else f"【{words.notice('fictional_data', lang)}】"
        )
    for place, section in enumerate(account(decision, lang)):
        yield ""
        yield f"{place + 1}. {section.title}" if lang == "en" else f"{_numeral(place)}、{section.title}"
        if section.intro:
            yield f"  {section.intro}"
        yield from _entries(section, lang)


def _entries(section: Section, lang: Lang) -> Iterator[str]:
    numbered = len(section.entries) > 1 and all(entry.heading for entry in section.entries)
    for place, entry in enumerate(section.entries, start=1):
        indent = "  "
        if entry.heading:
            number = "" if not numbered else f"({place}) " if lang == "en" else f"（{place}）"
            yield f"  {number}{entry.heading}{_tag(entry, lang)}"
            indent = "    "
        for label, text in entry.facts:
            colon = ": " if lang == "en" else "："
            yield f"{indent}{label}{colon}{text}" if label else f"{indent}{text}"


def _tag(entry: Entry, lang: Lang) -> str:
    if not entry.tag:
        return ""
    return f" ({entry.tag})" if lang == "en" else f"（{entry.tag}）"


def _numeral(place: int) -> str:
    """From 0: 一 to 十, then 十一 and on."""
    number = place + 1
    return _NUMERALS[number - 1] if number <= 10 else f"十{_NUMERALS[number - 11]}"
