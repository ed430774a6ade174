"""The TOML of a measure list, table by table, as pydantic models. What a table alone can have wrong is found here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StringConstraints,
    Tag,
    model_validator,
)

from credit_sdk.formats._problems import NO_DAY, Fault
from credit_sdk.model.jurisdiction import is_jurisdiction
from credit_sdk.model.measure import LONGEST_TERM, TERM_LENGTHS
from credit_sdk.model.subject import ORGANISATIONS
from credit_sdk.model.terms import (
    Consequence,
    Effect,
    Force,
    ListClass,
    ListKind,
    MeasureListStatus,
    Objection,
    ObjectionEffect,
    Role,
    Severity,
    SubjectType,
    Verified,
)

_DEEPEST_TERM = 10
_LARGEST_INTEGER = 2**53 - 1  # beyond it JSON readers differ
_LONGEST_ID = 200
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: Any) -> Any:
    match = re.fullmatch(r"([0-9]{1,6})([smhd])", value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise Fault('应为大于零的时长, 如 "24h" 或 "400d"', 'must be a duration above zero, such as "24h" or "400d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _max_age(value: Any) -> Any:
    return {code: _duration(age) for code, age in value.items()} if isinstance(value, Mapping) else _duration(value)


def _day(value: Any) -> Any:
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise Fault("应为日期 YYYY-MM-DD", "must be a date, YYYY-MM-DD")
    if isinstance(value, date):
        return value
    try:
        # fromisoformat reads weeks and more
        day = date.fromisoformat(value) if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value) else None
    except ValueError:
        day = None
    if day is None:
        raise Fault(*NO_DAY)
    return day


def _area(value: Any) -> Any:
    if not isinstance(value, str) or not is_jurisdiction(value):
        raise Fault(
            "应为 CN 或 2、4、6 位行政区划代码 (GB/T 2260)", "must be CN or a GB/T 2260 code of 2, 4 or 6 digits"
        )
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _plain(value: Any, depth: int = 0) -> Any:
    """Terms as JSON values. Numbers with a fraction are refused: amounts are decimal strings with a currency."""
    if depth > _DEEPEST_TERM:
        raise Fault("嵌套过深", "nested too deep")
    if isinstance(value, int) and abs(value) > _LARGEST_INTEGER:
        raise Fault("整数过大; 请写成字符串", "the integer is too large; write it as a string")
    if isinstance(value, float):
        raise Fault(
            '不用浮点数; 金额写成十进制字符串并注明币种, 如 "500000.00 CNY"',
            'no floating point; write amounts as decimal strings with a currency, such as "500000.00 CNY"',
        )
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    return value


def _terms(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    terms = _plain(value)
    needs = terms.get("needs", [])
    if not isinstance(needs, list) or not all(isinstance(key, str) for key in needs):
        raise Fault("needs 应为字符串的数组", "needs must be an array of strings")
    for key in TERM_LENGTHS:
        days = terms.get(key)
        if days is not None and (type(days) is not int or not 1 <= days <= LONGEST_TERM):
            raise Fault(
                f"{key} 应为 1 至 {LONGEST_TERM} 的整数", f"{key} must be a whole number from 1 to {LONGEST_TERM}"
            )
    if "reaches" in terms:
        raise Fault("reaches 是措施的键, 不在 terms 中", "reaches is a key of the measure, not of its terms")
    return terms


def is_id(text: str) -> bool:
    """Whether ``text`` may be an id: one line that can be printed, as messages name things by their ids."""
    return text.isprintable() and len(text) <= _LONGEST_ID


def _one_line(value: str) -> str:
    if not is_id(value):
        raise Fault(
            f"应为一行可显示的文字, 不超过 {_LONGEST_ID} 个字符",
            f"must be one line of visible text, at most {_LONGEST_ID} characters",
        )
    return value


def _word_or_table(value: Any) -> str:
    return "[table]" if isinstance(value, Mapping | BaseModel) else "[word]"


_Day = Annotated[date, BeforeValidator(_day)]
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
_Id = Annotated[_Text, AfterValidator(_one_line)]
_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9.-]*$")]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TriggerTable(_Table):
    """``{ list, min_severity }``, ``{ kind }`` or ``{ clean_years }``."""

    lists: Annotated[tuple[_Text, ...], BeforeValidator(_listed), Field(alias="list")] = ()
    min_severity: Severity | None = None
    kind: ListKind | None = None
    clean_years: Annotated[int, Field(strict=True, ge=1, le=100)] | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> TriggerTable:
        if bool(self.lists) + (self.kind is not None) + (self.clean_years is not None) != 1:
            raise Fault("触发条件应恰有 list、kind、clean_years 之一", "a trigger is one of list, kind, clean_years")
        if self.min_severity is not None and not self.lists:
            raise Fault("min_severity 只能与 list 同用", "min_severity goes with list only")
        return self


class BasisTable(_Table):
    """One legal basis."""

    title: _Text
    document: _Text | None = None
    article: _Text | None = None
    verified: Verified | None = None


class MeasureTable(_Table):
    """``[[measures]]``."""

    id: _Id
    name: _Text
    name_en: _Text | None = None
    effect: Literal[Effect.RESTRICT, Effect.PRIORITY]
    consequence: Consequence | None = None
    type: _Name | None = None
    force: Force
    actions: Annotated[list[str], Field(min_length=1)]
    applies_to: Annotated[list[SubjectType], Field(min_length=1)] = sorted(ORGANISATIONS)
    reaches: list[Role] = []
    reached_by: list[Role] = []
    unit: _Text | None = None
    valid_from: _Day | None = None
    valid_until: _Day | None = None
    triggers: Annotated[list[TriggerTable], Field(min_length=1)]
    basis: list[BasisTable] = []
    terms: Annotated[dict[str, Any], BeforeValidator(_terms)] = {}


class ActionTable(_Table):
    """``[actions.NAME]``."""

    title: _Text | None = None
    must_check: StrictBool = False
    on_unavailable: Literal["raise", "allow"] = "raise"


class ListTable(_Table):
    """``[[lists.local]]``."""

    code: _Code
    name: _Text
    name_en: _Text | None = None
    kind: ListKind
    list_class: Annotated[ListClass, Field(alias="class")] = ListClass.OFFICIAL
    open_ended: StrictBool = False


class ListsTable(_Table):
    """``[lists]``."""

    optional: list[str] = []
    local: list[ListTable] = []


class ObjectionTable(_Table):
    """``on_objection`` as a table: all three kinds."""

    recognition: ObjectionEffect
    information: ObjectionEffect
    self_detected: ObjectionEffect

    def by_kind(self) -> dict[Objection, ObjectionEffect]:
        """The effect of each kind of objection."""
        return {kind: getattr(self, kind.value) for kind in Objection}


class PolicyTable(_Table):
    """``[policy]``."""

    on_objection: (
        Annotated[
            Annotated[ObjectionEffect, Tag("[word]")] | Annotated[ObjectionTable, Tag("[table]")],
            Discriminator(_word_or_table),
        ]
        | None
    ) = None
    recommended: Literal["advise", "apply"] = "advise"
    third_party: Literal["advise", "apply"] = "advise"
    match_by_name: StrictBool = False
    max_age: Annotated[timedelta | dict[str, timedelta], BeforeValidator(_max_age)] = timedelta(hours=24)
    unknown_term_years: Annotated[int, Field(strict=True, ge=1, le=100)] = 5


class MeasureListFile(_Table):
    """The whole file."""

    id: _Id
    domain: _Name
    title: _Text | None = None
    version: _Id
    jurisdiction: Annotated[str, BeforeValidator(_area)]
    status: MeasureListStatus
    issued_by: _Text | None = None
    reviewed_on: _Day | None = None
    policy: PolicyTable = PolicyTable()
    lists: ListsTable = ListsTable()
    actions: dict[_Name, ActionTable] = {}
    measures: list[MeasureTable] = []
