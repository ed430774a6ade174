"""The TOML of a measure list, table by table, as pydantic models. What a table alone can have wrong is found here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints, model_validator

from credit_sdk.formats._problems import Fault
from credit_sdk.model.jurisdiction import is_jurisdiction
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

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: Any) -> Any:
    match = re.fullmatch(r"(\d{1,6})([smhd])", value) if isinstance(value, str) else None
    if match is None:
        raise Fault('应为时长, 如 "24h" 或 "400d"', 'must be a duration, such as "24h" or "400d"')
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _max_age(value: Any) -> Any:
    return {code: _duration(age) for code, age in value.items()} if isinstance(value, Mapping) else _duration(value)


def _day(value: Any) -> Any:
    if isinstance(value, datetime) or not isinstance(value, date | str):
        raise Fault("应为日期 YYYY-MM-DD", "must be a date, YYYY-MM-DD")
    try:
        return value if isinstance(value, date) else date.fromisoformat(value)
    except ValueError:
        raise Fault("不是有效日期; 请写成 YYYY-MM-DD", "not a date that exists; write YYYY-MM-DD") from None


def _area(value: Any) -> Any:
    if not isinstance(value, str) or not is_jurisdiction(value):
        raise Fault(
            "应为 CN 或 2、4、6 位行政区划代码 (GB/T 2260)", "must be CN or a GB/T 2260 code of 2, 4 or 6 digits"
        )
    return value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _plain(value: Any) -> Any:
    """Terms as JSON values. Numbers with a fraction are refused: amounts are decimal strings with a currency."""
    if isinstance(value, float):
        raise Fault(
            '不用浮点数; 金额写成十进制字符串并注明币种, 如 "500000.00 CNY"',
            'no floating point; write amounts as decimal strings with a currency, such as "500000.00 CNY"',
        )
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


_Day = Annotated[date, BeforeValidator(_day)]
_Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
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

    id: _Text
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
    terms: Annotated[dict[str, Any], BeforeValidator(_plain)] = {}


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

    on_objection: ObjectionEffect | ObjectionTable | None = None
    recommended: Literal["advise", "apply"] = "advise"
    third_party: Literal["advise", "apply"] = "advise"
    match_by_name: StrictBool = False
    max_age: Annotated[timedelta | dict[str, timedelta], BeforeValidator(_max_age)] = timedelta(hours=24)
    unknown_term_years: Annotated[int, Field(strict=True, ge=1, le=100)] = 5


class MeasureListFile(_Table):
    """The whole file."""

    id: _Text
    domain: _Name
    title: _Text | None = None
    version: _Text
    jurisdiction: Annotated[str, BeforeValidator(_area)]
    status: MeasureListStatus
    issued_by: _Text | None = None
    reviewed_on: _Day | None = None
    policy: PolicyTable = PolicyTable()
    lists: ListsTable = ListsTable()
    actions: dict[_Name, ActionTable] = {}
    measures: list[MeasureTable] = []
