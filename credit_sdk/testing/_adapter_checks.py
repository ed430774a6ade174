"""What is expected of an adapter's measure lists, check by check. Each gives its faults in words; none needs pytest."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from credit_sdk.decision.compiled import CompiledList
from credit_sdk.model.terms import SubjectType, Verified

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.measure import Measure, MeasureList

_SURENESS = (Verified.SECONDARY, Verified.QUOTED, Verified.EXCERPT, Verified.TEXT)  # from the least


def ids(measure_lists: Sequence[MeasureList]) -> Iterator[str]:
    """Ids are unique: measure lists' in the adapter, measures' in their list."""
    for id_, count in Counter(one.id for one in measure_lists).items():
        if count > 1:
            yield f"{count} measure lists have the id {id_}"
    for measure_list in measure_lists:
        for id_, count in Counter(one.id for one in measure_list.measures).items():
            if count > 1:
                yield f"{measure_list.id}: {count} measures have the id {id_}"


def compiles(measure_list: MeasureList, lists: KnownLists) -> Iterator[str]:
    """The engine can use it: every list it names is known, for every action and type of subject."""
    try:
        compiled = CompiledList(measure_list, lists)
        for action in measure_list.actions:
            for type_ in SubjectType:
                compiled.table(action, type_)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the fault looked for
        yield f"{measure_list.id}: does not compile: {type(error).__name__}: {error}"
        return
    for code in sorted({*compiled.required, *measure_list.optional_lists} - set(lists)):
        yield f"{measure_list.id}: names the list {code}, which is neither of the catalogue nor declared"


def actions(measure_list: MeasureList) -> Iterator[str]:
    """Every action has a measure: one without would be allowed whatever is listed."""
    used = {action for measure in measure_list.measures for action in measure.actions}
    for action in sorted(set(measure_list.actions) - used):
        yield f"{measure_list.id}: action {action} has no measure; give it one or take it out"


def grounds(measure_list: MeasureList) -> Iterator[str]:
    """Every restricting measure has a legal basis and an executing unit (rule 9.1)."""
    for measure in measure_list.measures:
        if measure.is_penalty and not measure.basis:
            yield f"{_at(measure_list, measure)}: a penalty without a legal basis"
        if measure.is_penalty and not (measure.unit or "").strip():
            yield f"{_at(measure_list, measure)}: a penalty without an executing unit"


def verified(measure_list: MeasureList, at_least: Verified) -> Iterator[str]:
    """Every mandatory penalty has a basis that was checked well enough, or is recommended."""
    enough = _SURENESS[_SURENESS.index(at_least) :]
    for measure in measure_list.measures:
        if measure.is_penalty and measure.is_mandatory and not any(b.verified in enough for b in measure.basis):
            best = next((v for v in reversed(_SURENESS) if any(b.verified is v for b in measure.basis)), None)
            yield (
                f"{_at(measure_list, measure)}: a mandatory penalty whose basis is verified {best or 'not at all'};"
                f' check it to at least "{at_least}", or make it force = "recommended"'
            )


def wording(measure_list: MeasureList) -> Iterator[str]:
    """Everything that a person reads is there, in Chinese, and the measures' names in English too."""
    whole: dict[str, str | None] = {
        "title": None if measure_list.title == measure_list.id else measure_list.title,
        "version": measure_list.version,
        "issued_by": measure_list.issued_by,
        "reviewed_on": measure_list.reviewed_on.isoformat() if measure_list.reviewed_on else None,
    }
    for name, action in measure_list.actions.items():
        whole[f"actions.{name}.title"] = None if action.title == name else action.title
    for code, local in measure_list.local_lists.items():
        whole[f"lists.local[{code}].name"] = local.name
    for measure in measure_list.measures:
        whole[f"measures[{measure.id}].name"] = measure.name
        whole[f"measures[{measure.id}].name_en"] = measure.name_en
        for place, basis in enumerate(measure.basis):
            whole[f"measures[{measure.id}].basis[{place}].title"] = basis.title
    for key, text in whole.items():
        if text is None or not text.strip():
            yield f"{measure_list.id}: {key} is missing or empty"


def organisations_only(measure_list: MeasureList) -> Iterator[str]:
    """No measure applies to natural persons (rule 9.2)."""
    for measure in measure_list.measures:
        if SubjectType.NATURAL_PERSON in measure.applies_to:
            yield f"{_at(measure_list, measure)}: applies to natural persons, who are not checked (rule 9.2)"


# Rule 9.3, as words in a measure's id, type and names. Deliberately narrow: 促进消费 is a subsidy's purpose, 学校 a bidder.
_FORBIDDEN = {
    "travel": re.compile(
        r"(限制|禁止|不得|不准).{0,8}(乘坐|乘机|出行|旅游)|飞机|高铁|动车|软卧|列车|\b(travel|flights?|planes?|trains?)\b",
        re.IGNORECASE,
    ),
    "exit": re.compile(
        r"(限制|禁止|阻止|不准|不得).{0,4}(出境|出国|离境)|\b(exit ban|leav(e|ing) the country)\b", re.IGNORECASE
    ),
    "consumption": re.compile(
        r"高消费|(限制|禁止|不得).{0,6}(消费|购买不动产|购房|购车)|\bconsumption\b", re.IGNORECASE
    ),
    "schooling": re.compile(
        r"子女|(限制|禁止|不得|拒绝|取消).{0,8}(入学|就学|就读|升学|报考|学籍)|\b(school(s|ing)?|enrolment|child(ren)?)\b",
        re.IGNORECASE,
    ),
    "score": re.compile(
        r"(个人|公民).{0,4}(评分|打分|积分|排名)|\b(personal|social|citizen) (credit )?(score|rank)", re.IGNORECASE
    ),
}


def rights(measure_list: MeasureList) -> Iterator[str]:
    """No measure on travel, consumption, exit or schooling, and no scores of people (rule 9.3)."""
    for measure in measure_list.measures:
        words = " ".join((re.sub(r"[._-]", " ", f"{measure.id} {measure.type}"), measure.name, measure.name_en or ""))
        for subject, pattern in _FORBIDDEN.items():
            if found := pattern.search(words):
                yield f"{_at(measure_list, measure)}: {found[0]!r}: no measure on {subject} (rule 9.3)"


def _at(measure_list: MeasureList, measure: Measure) -> str:
    return f"{measure_list.id}: measures[{measure.id}]"
