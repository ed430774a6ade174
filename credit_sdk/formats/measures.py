"""Measure lists as TOML: read, checked, turned into the nouns of :mod:`credit_sdk.model.measure`."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections import Counter
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import InvalidMeasureList, quoted
from credit_sdk.formats._measure_schema import (
    ActionTable,
    ListTable,
    MeasureListFile,
    MeasureTable,
    PolicyTable,
    is_id,
)
from credit_sdk.formats._problems import Problem, dotted, tried
from credit_sdk.formats._toml_lines import line_of
from credit_sdk.model.catalogue import CATALOGUE, ListInfo
from credit_sdk.model.listing import VIOLATIONS
from credit_sdk.model.measure import (
    Action,
    Basis,
    CleanYearsTrigger,
    KindTrigger,
    ListTrigger,
    Measure,
    MeasureList,
    Policy,
    Trigger,
)
from credit_sdk.model.terms import Effect, ObjectionEffect

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike


def load(path: str | PathLike[str]) -> MeasureList:
    """Read a measure list from a TOML file.

    :raises InvalidMeasureList: it cannot be read or used; the error names file, measure and key.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise InvalidMeasureList(
            f"文件读不了: {error.strerror}", f"the file cannot be read: {error.strerror}", file=str(path)
        ) from error
    return loads(content, file=str(path))


def loads(content: bytes | str, *, file: str | None = None) -> MeasureList:
    """Read a measure list from TOML text.

    :param file: what to call it in errors.
    :raises InvalidMeasureList: it cannot be used.
    """
    try:
        raw = content.encode() if isinstance(content, str) else content
    except UnicodeEncodeError as error:
        raise InvalidMeasureList(
            f"含有不成对的代理字符 (第 {error.start + 1} 个字符); 请核对来源的编码",
            f"half a surrogate pair (character {error.start + 1}); check the encoding it came from",
            file=file,
            line=error.object.count("\n", 0, error.start) + 1,
        ) from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidMeasureList(
            f"不是 UTF-8 (第 {error.start + 1} 字节); 请转换编码",
            f"not UTF-8 (byte {error.start + 1}); convert it",
            file=file,
            line=raw.count(b"\n", 0, error.start) + 1,
        ) from None
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+), column \d+\)\Z", str(error))
        said = str(error).rpartition(" (at ")[0]
        raise InvalidMeasureList(
            f"不是有效的 TOML: {said}; 请改正该行",
            f"not valid TOML: {said}; correct the line",
            file=file,
            line=int(place[1]) if place else text.rstrip().count("\n") + 1,  # else it is "at end of document"
        ) from None
    except (ValueError, RecursionError):
        raise InvalidMeasureList(
            "不是可用的 TOML: 数字过长或嵌套过深",
            "not usable TOML: a number is too long, or the nesting too deep",
            file=file,
        ) from None
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    return _build(
        values, file, digest, raw.decode(), text
    )  # kept as it is, with its byte order mark, as the digest is of that


def from_dict(values: Mapping[str, Any], *, file: str | None = None) -> MeasureList:
    """The same from decoded values; dates may be strings. The digest is that of their JSON, keys sorted.

    :raises InvalidMeasureList: it cannot be used.
    """
    try:
        canonical = json.dumps(values, ensure_ascii=False, sort_keys=True, default=str).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidMeasureList(
            f"不能写成 JSON ({type(error).__name__}); 请给出与 TOML 解码后相同的值",
            f"cannot be written as JSON ({type(error).__name__}); give values as decoded from TOML",
            file=file,
        ) from None
    # The keys' order is no part of what the list says, hence not of the digest; but decisions show terms in their order.
    text = json.dumps(values, ensure_ascii=False, default=_plainly)
    return _build(dict(values), file, f"sha256:{hashlib.sha256(canonical).hexdigest()}", text)


def loads_again(text: str, digest: str, *, file: str | None = None) -> MeasureList:
    """Read a measure list from the text that it keeps (:attr:`MeasureList.text`).

    :param digest: the list's own.
    :raises InvalidMeasureList: this version cannot read it any more.
    """
    if not text.startswith("{"):  # which no TOML does
        return replace(loads(text, file=file), digest=digest)
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidMeasureList("不是 JSON", "not JSON", file=file) from None
    return replace(from_dict(values, file=file), digest=digest)


def _plainly(value: object) -> str:
    return value.isoformat() if isinstance(value, date | time) else str(value)


class _Unusable(Exception):
    """A fault in the list, before its place in the file is known."""

    def __init__(self, loc: tuple[int | str, ...], zh: str, en: str) -> None:
        super().__init__(en)
        self.loc, self.zh, self.en = loc, zh, en


def _build(values: dict[str, Any], file: str | None, digest: str, text: str, toml: str | None = None) -> MeasureList:
    try:
        return _measure_list(_parsed(values), digest, file, text)
    except _Unusable as fault:
        raise InvalidMeasureList(
            fault.zh,
            fault.en,
            file=file,
            line=None if toml is None else line_of(toml, fault.loc),
            key=_named(fault.loc, values),
        ) from None


def _named(loc: tuple[int | str, ...], values: Mapping[str, Any]) -> str:
    """``measures[3].basis`` with the measure's id in place of its number."""
    if len(loc) > 1 and loc[0] == "measures" and isinstance(loc[1], int):
        try:
            id_ = values["measures"][loc[1]]["id"]
        except (KeyError, IndexError, TypeError):
            id_ = None
        if isinstance(id_, str) and is_id(id_):
            return dotted((f"measures[{id_}]", *loc[2:]))
    return dotted(loc)


def _parsed(values: dict[str, Any]) -> MeasureListFile:
    parsed = tried(MeasureListFile.model_validate, values)
    if isinstance(parsed, Problem):
        raise _Unusable(parsed.loc, parsed.zh, parsed.en)
    return parsed


def _measure_list(parsed: MeasureListFile, digest: str, file: str | None, text: str) -> MeasureList:
    local = {}
    for place, table in enumerate(parsed.lists.local):
        if table.code in CATALOGUE or table.code == VIOLATIONS or table.code in local:
            raise _Unusable(
                ("lists", "local", place, "code"),
                f"名单代码 {table.code} 已被占用",
                f"list code {table.code} is taken",
            )
        local[table.code] = _list_info(table)
    known = {*CATALOGUE, *local}
    for place, code in enumerate(parsed.lists.optional):
        _known_list(code, known, ("lists", "optional", place))
    actions = {name: _action(name, table) for name, table in parsed.actions.items()}

    measures = []
    for place, measure in enumerate(parsed.measures):
        for problem in _problems(measure, known, actions):
            raise _Unusable(("measures", place, *problem.loc), problem.zh, problem.en)
        measures.append(_measure(measure))
    twice = [id_ for id_, count in Counter(measure.id for measure in measures).items() if count > 1]
    if twice:
        last = max(place for place, measure in enumerate(measures) if measure.id == twice[0])
        raise _Unusable(("measures", last, "id"), f"措施编号 {twice[0]} 重复", f"two measures have the id {twice[0]}")
    if parsed.policy.on_objection is None and any(measure.is_penalty for measure in measures):
        raise _Unusable(
            ("policy", "on_objection"),
            "有惩戒措施的清单必须写明异议处理期间的效力: suspend、continue 或 flag (各地规定不同, 没有全国默认值)",
            "a list with a penalty must say what an objection does: suspend, continue or flag (there is no national"
            " default)",
        )
    return MeasureList(
        id=parsed.id,
        domain=parsed.domain,
        title=parsed.title or parsed.id,
        version=parsed.version,
        jurisdiction=parsed.jurisdiction,
        status=parsed.status,
        issued_by=parsed.issued_by,
        reviewed_on=parsed.reviewed_on,
        policy=_policy(parsed.policy, known),
        actions=actions,
        measures=tuple(measures),
        digest=digest,
        local_lists=local,
        optional_lists=frozenset(parsed.lists.optional),
        file=file,
        text=text,
    )


def _list_info(table: ListTable) -> ListInfo:
    return ListInfo(
        table.code, table.name, table.name_en or table.name, table.kind, table.list_class, open_ended=table.open_ended
    )


def _action(name: str, table: ActionTable) -> Action:
    if table.must_check and table.on_unavailable == "allow":
        raise _Unusable(
            ("actions", name, "on_unavailable"),
            "应查必查的事项 (must_check = true) 不得在来源不可用时放行",
            "an action that must be checked (must_check = true) cannot be allowed when the source is unavailable",
        )
    return Action(name, table.title or name, table.must_check, table.on_unavailable == "allow")


def _policy(table: PolicyTable, known: set[str]) -> Policy:
    by_list: dict[str, timedelta] = {}
    default: timedelta | None
    if isinstance(table.max_age, timedelta):
        default = table.max_age
    else:
        by_list = dict(table.max_age)
        default = by_list.pop("default", None)
        for code in by_list:
            _known_list(code, known | {VIOLATIONS}, ("policy", "max_age", code))
    on_objection = table.on_objection
    return Policy(
        on_objection=on_objection if isinstance(on_objection, ObjectionEffect | None) else on_objection.by_kind(),
        apply_recommended=table.recommended == "apply",
        apply_third_party=table.third_party == "apply",
        match_by_name=table.match_by_name,
        max_age=default,
        max_age_by_list=by_list,
        unknown_term_years=table.unknown_term_years,
    )


def _known_list(code: str, known: set[str], loc: tuple[int | str, ...]) -> None:
    if code not in known:
        raise _Unusable(
            loc,
            f"未知名单 {quoted(code)}; 请使用名单目录中的代码, 或在 [[lists.local]] 中声明",
            f"unknown list {quoted(code)}; use a code of the catalogue or declare it under [[lists.local]]",
        )


def _problems(measure: MeasureTable, known: set[str], actions: Mapping[str, Action]) -> Iterator[_Unusable]:
    """What a measure alone can have wrong beyond its types; the first one stops the file from loading."""
    penalty = measure.effect is Effect.RESTRICT
    if penalty and not measure.basis:
        yield _Unusable(("basis",), "惩戒措施必须有实施依据", "a restricting measure needs a legal basis")
    if penalty and measure.unit is None:
        yield _Unusable(("unit",), "惩戒措施必须有实施单位", "a restricting measure needs an executing unit")
    if penalty and measure.consequence is None:
        yield _Unusable(
            ("consequence",),
            "惩戒措施必须写明 consequence: refuse、limit、scrutinise 或 withdraw",
            "a restricting measure needs a consequence: refuse, limit, scrutinise or withdraw",
        )
    if not penalty and measure.consequence is not None:
        yield _Unusable(("consequence",), "激励措施没有 consequence", "an incentive has no consequence")
    for place, name in enumerate(measure.actions):
        if name not in actions:
            declared = ", ".join(actions) or "-"
            yield _Unusable(
                ("actions", place),
                f"办理事项 {quoted(name)} 未在 [actions] 中声明; 已声明: {declared}",
                f"action {quoted(name)} is not declared under [actions]; declared: {declared}",
            )
    for place, trigger in enumerate(measure.triggers):
        for code in trigger.lists:
            if code not in known:
                yield _Unusable(
                    ("triggers", place, "list"),
                    f"未知名单 {quoted(code)}; 请使用名单目录中的代码, 或在 [[lists.local]] 中声明",
                    f"unknown list {quoted(code)}; use a code of the catalogue or declare it under [[lists.local]]",
                )
        if penalty and trigger.clean_years is not None:
            yield _Unusable(
                ("triggers", place, "clean_years"),
                "惩戒措施不能由无不良记录触发: 没有名单条目就没有限制",
                "a clean record cannot trigger a penalty: no restriction without a listing",
            )
    if measure.valid_from and measure.valid_until and measure.valid_until < measure.valid_from:
        yield _Unusable(("valid_until",), "有效期结束早于开始", "the validity ends before it starts")


def _measure(table: MeasureTable) -> Measure:
    return Measure(
        id=table.id,
        name=table.name,
        effect=table.effect,
        force=table.force,
        type=table.type or (table.consequence.value if table.consequence else "favour"),
        actions=tuple(table.actions),
        triggers=tuple(_triggers(table)),
        name_en=table.name_en,
        consequence=table.consequence,
        applies_to=frozenset(table.applies_to),
        reaches=tuple(table.reaches),
        reached_by=tuple(table.reached_by),
        unit=table.unit,
        valid_from=table.valid_from,
        valid_until=table.valid_until,
        basis=tuple(Basis(b.title, b.document, b.article, b.verified) for b in table.basis),
        terms=table.terms,
    )


def _triggers(table: MeasureTable) -> Iterator[Trigger]:
    for trigger in table.triggers:
        if trigger.kind is not None:
            yield KindTrigger(trigger.kind)
        elif trigger.clean_years is not None:
            yield CleanYearsTrigger(trigger.clean_years)
        else:
            yield ListTrigger(trigger.lists, trigger.min_severity)
