"""Credit records as JSON Lines: one object a line, ``type`` says what it is.

A file is read whole or not at all: a line that cannot be used is an error which names file, line and key; no line is
skipped in silence (rule 2.4).
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NotRequired, TypeVar

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from credit_sdk.errors import BadRecord, InvalidRecords, InvalidSubject, quoted
from credit_sdk.formats._problems import NO_MOMENT, NO_OFFSET, Problem, tried
from credit_sdk.model import names
from credit_sdk.model.identifiers import organisation_code, registration_number, uscc
from credit_sdk.model.jurisdiction import is_jurisdiction
from credit_sdk.model.listing import VIOLATIONS, Listing, Violation
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.model.record import Coverage
from credit_sdk.model.subject import ORGANISATIONS, ListedSubject
from credit_sdk.model.terms import ListKind, Objection, Severity, Status, SubjectType

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from os import PathLike

    from credit_sdk.model.catalogue import KnownLists

MAX_LINE = 1 << 20
"""Longest line that is read, in bytes; the longest real entry is a few thousand."""

_Text = Annotated[str, StringConstraints(min_length=1)]
_CONFIG = ConfigDict(strict=True, str_strip_whitespace=True, extra="allow")


class _SubjectLine(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    code: NotRequired[_Text]
    organisation_code: NotRequired[_Text]
    registration_number: NotRequired[_Text]
    name: NotRequired[_Text]
    type: NotRequired[SubjectType]
    former_names: NotRequired[list[_Text]]
    established_on: NotRequired[date]


class _CoverageLine(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    type: Literal["coverage"]
    list: _Text
    as_of: _Text  # read by _moment
    history_from: NotRequired[date]


class _ListingLine(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    type: Literal["listing"]
    id: _Text
    list: _Text
    kind: NotRequired[ListKind]
    subject: _SubjectLine
    status: Status
    authority: _Text
    effective_from: date
    effective_until: NotRequired[date]
    document: NotRequired[_Text]
    reason: NotRequired[_Text]
    severity: NotRequired[Severity]
    objection: NotRequired[Objection]
    ended_on: NotRequired[date]
    jurisdiction: NotRequired[_Text]
    remedy: NotRequired[_Text]


class _ViolationLine(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    type: Literal["violation"]
    id: _Text
    subject: _SubjectLine
    status: NotRequired[Literal["active", "objected", "repaired", "revoked"]]
    authority: _Text
    decided_on: date
    document: NotRequired[_Text]
    reason: NotRequired[_Text]
    severity: NotRequired[Severity]
    ended_on: NotRequired[date]


_TYPES = ("coverage", "listing", "violation")
_LINE: TypeAdapter[Any] = TypeAdapter(
    Annotated[_ListingLine | _ViolationLine | _CoverageLine, Field(discriminator="type")]
)
_SUBJECT: TypeAdapter[Any] = TypeAdapter(_SubjectLine)
_SUBJECT_KEYS = frozenset(_SubjectLine.__annotations__)
_LISTING_KEYS = frozenset(_ListingLine.__annotations__)
_VIOLATION_KEYS = frozenset(_ViolationLine.__annotations__)
_KEYS = {
    "coverage": frozenset(_CoverageLine.__annotations__),
    "listing": _LISTING_KEYS,
    "violation": _VIOLATION_KEYS,
}
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,9})?)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)


@dataclass(slots=True)
class Records:
    """What one or several files hold."""

    coverage: dict[str, Coverage] = field(default_factory=dict)
    listings: list[Listing] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)


class _Unusable(Exception):
    """A line that cannot be used, before its place is known."""

    def __init__(self, key: str | None, zh: str, en: str) -> None:
        super().__init__(en)
        self.key, self.zh, self.en = key, zh, en


def read(paths: Iterable[str | PathLike[str]], lists: KnownLists) -> Records:
    """Read files of records.

    :param paths: JSON Lines files, UTF-8.
    :param lists: the lists that may be named.
    :raises InvalidRecords: a file cannot be read, or a line of it cannot be used; nothing is skipped.
    """
    assembly = _Assembly(lists)
    for path in paths:
        name = str(path)
        empty = True
        for number, line in enumerate(_lines(name), start=1):
            if not line or line.isspace():
                continue
            empty = False
            try:
                assembly.add(line, name, number)
            except _Unusable as fault:
                raise InvalidRecords(fault.zh, fault.en, file=name, line=number, key=fault.key) from None
        if empty:
            raise InvalidRecords(
                "文件为空; 至少需要一行 coverage 说明查询范围",
                "the file is empty; at least one coverage line must say for which list it speaks",
                file=name,
            )
    return assembly.records


def parse(objects: Iterable[Mapping[str, Any]], lists: KnownLists) -> Records:
    """The same from objects already decoded, as fetched from a platform or written in a test.

    :raises BadRecord: one of them cannot be used; ``line`` is its place, from 1.
    """
    assembly = _Assembly(lists)
    for place, one in enumerate(objects, start=1):
        try:
            if (values := _at_once(one)) is not None:
                assembly.take(values, "", place)
            else:
                assembly.add(_encode(one), "", place)
        except _Unusable as fault:
            raise BadRecord(fault.zh, fault.en, line=place, key=fault.key) from None
    return assembly.records


def parse_subject(one: Mapping[str, Any]) -> ListedSubject:
    """The same for a subject alone, as an entry names it.

    :raises BadRecord: it cannot be used.
    """
    values = tried(_SUBJECT.validate_json, json.dumps(_without_blanks(dict(one), _SUBJECT_KEYS)))
    if isinstance(values, Problem):
        raise BadRecord(values.zh, values.en, key=f"subject.{values.key}")
    try:
        return _listed(values)
    except _Unusable as fault:
        raise BadRecord(fault.zh, fault.en, key=fault.key) from None


def _at_once(one: Any) -> dict[str, Any] | None:
    """A decoded object that is in order as it stands; ``None`` where a second look is needed, by way of its JSON.

    Values of Python's are judged more leniently than JSON's: numbers pass for days. Hence the look at the days' own text.
    """
    try:
        values: dict[str, Any] = _LINE.validate_python(one, strict=False)
        subject = one.get("subject", _NOTHING)
    except (ValidationError, AttributeError, RecursionError):
        return None
    if values.keys() - _KEYS[values["type"]]:
        return None  # unknown keys are kept, and have to be JSON
    days = [one[key] for key in _DAYS if key in one]
    if "established_on" in subject:
        days.append(subject["established_on"])
    return values if all(type(day) is str and len(day) == 10 and day[4] == "-" == day[7] for day in days) else None


_DAYS = ("effective_from", "effective_until", "ended_on", "decided_on", "history_from")
_NOTHING: dict[str, Any] = {}


def _encode(one: Any) -> bytes:
    try:
        return json.dumps(dict(one), ensure_ascii=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _Unusable(
            None,
            f"不能写成 JSON ({type(error).__name__}); 请给出与 JSON Lines 文件各行相同的对象, 日期写成字符串",
            f"cannot be written as JSON ({type(error).__name__}); give objects as they stand in a JSON Lines file, dates"
            " as strings",
        ) from None


def _lines(path: str) -> Iterator[bytes]:
    try:
        with Path(path).open("rb") as file:
            first = True
            while line := file.readline(MAX_LINE + 1):
                if len(line) > MAX_LINE:
                    yield _TOO_LONG
                    return
                yield line.removeprefix(b"\xef\xbb\xbf") if first else line
                first = False
    except OSError as error:
        raise InvalidRecords(
            f"文件读不了: {error.strerror}", f"the file cannot be read: {error.strerror}", file=path
        ) from error


_TOO_LONG = b"\0"  # stands for a line beyond MAX_LINE; no JSON begins so

_T = TypeVar("_T", Listing, Violation)


class _Assembly:
    """Puts lines together and keeps what can only be seen across them: whose list it is, and which ids are taken."""

    def __init__(self, lists: KnownLists) -> None:
        self.records = Records()
        self._lists = lists
        self._spoken_for: dict[str, tuple[str, int]] = {}
        self._listings: dict[str, Listing] = {}
        self._violations: dict[str, Violation] = {}
        self._words: dict[str | None, str | None] = {}

    def add(self, line: bytes, file: str, number: int) -> None:
        try:
            values = _LINE.validate_json(line)
        except ValidationError:
            values = None
        if values is None:
            values = _examine(line)  # not within `except`, see `tried`
        # A key given twice would let a later "repaired" undo an earlier "active". Counting keys is cheap, and a count
        # that does not fit (a key within a text, unusual spacing) only costs a second look.
        elif line.count(b'":') != len(values) + len(values.get("subject", ())):
            _decode(line)
        self.take(values, file, number)

    def take(self, values: dict[str, Any], file: str, number: int) -> None:
        """Take in a line that has been validated."""
        match values["type"]:
            case "listing":
                self._once(self._listing(values), self._listings, self.records.listings)
            case "violation":
                self._once(self._violation(values), self._violations, self.records.violations)
            case _:
                self._coverage(values, file, number)

    def _coverage(self, values: dict[str, Any], file: str, number: int) -> None:
        code = values["list"]
        if code != VIOLATIONS:
            self._known(code)
        if code in self._spoken_for:
            other, at = self._spoken_for[code]
            place = f"{other}:{at}" if other else str(at)
            raise _Unusable(
                "list",
                f"名单 {code} 已由 {place} 说明查询范围; 一份名单只能来自一处, 否则已修复的条目会继续存在",
                f"list {code} is already spoken for by {place}; a list has one origin, or repaired entries would live on",
            )
        self._spoken_for[code] = file, number
        self.records.coverage[code] = Coverage(_moment(values["as_of"]), values.get("history_from"))

    def _listing(self, values: dict[str, Any]) -> Listing:
        info = self._known(values["list"])
        kind = values.get("kind", info.kind)
        if kind is not info.kind:
            raise _Unusable(
                "kind",
                f"类别 {kind} 与名单 {info.code} 的类别 {info.kind} 不符",
                f"kind {kind} is not that of list {info.code}, {info.kind}",
            )
        status, start, end = values["status"], values["effective_from"], values.get("effective_until")
        if end is not None and end < start:
            raise _Unusable("effective_until", "结束日期早于开始日期", "the end lies before the start")
        if "objection" in values and status is not Status.OBJECTED:
            raise _Unusable(
                "objection", "只有 status 为 objected 时才能有 objection", "only a listing with status objected has one"
            )
        area = values.get("jurisdiction")
        if area is not None and not is_jurisdiction(area):
            raise _Unusable(
                "jurisdiction",
                "应为 CN 或 2、4、6 位行政区划代码 (GB/T 2260)",
                "must be CN or a GB/T 2260 code of 2, 4 or 6 digits",
            )
        return Listing(
            values["id"],
            info.code,
            kind,
            _listed(values["subject"]),
            status,
            self._shared(values["authority"]),
            start,
            end,
            values.get("document"),
            values.get("reason"),
            values.get("severity"),
            values.get("objection"),
            values.get("ended_on"),
            area,
            self._shared(values.get("remedy")),
            _extra(values, _LISTING_KEYS),
        )

    def _violation(self, values: dict[str, Any]) -> Violation:
        return Violation(
            values["id"],
            _listed(values["subject"]),
            Status(values.get("status", "active")),
            self._shared(values["authority"]),
            values["decided_on"],
            values.get("document"),
            values.get("reason"),
            values.get("severity"),
            values.get("ended_on"),
            _extra(values, _VIOLATION_KEYS),
        )

    def _known(self, code: str) -> Any:
        info = self._lists.get(code)
        if info is None:
            raise _Unusable(
                "list",
                f"未知名单 {quoted(code)}; 已知名单见 credit lists info, 地方名单由措施清单的 lists.local 声明",
                f"unknown list {quoted(code)}; see credit lists info for the known ones; measure lists declare local ones under"
                " lists.local",
            )
        return info

    def _shared(self, text: Any) -> Any:
        # A million entries name a few hundred authorities and remedies: each text is kept once.
        return self._words.setdefault(text, text)

    def _once(self, entry: _T, taken: dict[str, _T], entries: list[_T]) -> None:
        known = taken.setdefault(entry.id, entry)
        if known is entry:
            entries.append(entry)
        elif known != entry:
            raise _Unusable(
                "id",
                f"编号 {quoted(entry.id)} 已用于另一条内容不同的记录; 编号须唯一",
                f"id {quoted(entry.id)} is taken by another entry of different content; ids are unique",
            )


def _listed(values: dict[str, Any]) -> ListedSubject:
    code, organisation, registration = map(values.get, ("code", "organisation_code", "registration_number"))
    type_ = values.get("type")
    key = "subject.code"
    try:
        # A code that fails its check digit loads: registries did issue such codes (rule 3.1). One of another length or
        # alphabet does not: no request could ever meet it, and the entry would be dropped in silence.
        if code is not None:
            code = uscc.validate(code, issued=True, organisation=type_ in ORGANISATIONS)
        if organisation is not None:
            key = "subject.organisation_code"
            organisation = organisation_code.validate(organisation, issued=True)
        if registration is not None:
            key = "subject.registration_number"
            registration = registration_number.validate(registration)
    except InvalidSubject as error:
        raise _Unusable(key, error.zh, error.en) from None
    name = values.get("name")
    former = values.get("former_names", ())
    for one in former if name is None else (name, *former):
        # Nearly every name begins with a Chinese character; any other may be one of which nothing can be seen.
        if not "\u4e00" <= one[0] <= "\u9fff":
            _visible(one)
    if code is None and organisation is None and registration is None and name is None:
        raise _Unusable("subject", "缺少代码或名称", "neither a code nor a name is given")
    return ListedSubject(
        code,
        organisation,
        registration,
        name,
        type_,
        tuple(former),
        values.get("established_on"),
    )


def _extra(values: dict[str, Any], known: frozenset[str]) -> dict[str, Any] | None:
    subject = values["subject"]
    if values.keys() <= known and subject.keys() <= _SUBJECT_KEYS:
        return None
    extra = {key: value for key, value in values.items() if key not in known}
    if more := {key: value for key, value in subject.items() if key not in _SUBJECT_KEYS}:
        extra["subject"] = more
    return extra


def _examine(line: bytes) -> dict[str, Any]:
    """Read a line that is not in order as it stands: blanks count as missing, or there is a fault to name."""
    values = _decode(line)
    type_ = values.get("type")
    if type_ not in _TYPES:
        if "type" not in values:
            raise _Unusable(
                "type", "缺少 type; 可用: coverage、listing、violation", "no type; known: coverage, listing, violation"
            )
        shown = quoted(type_)
        raise _Unusable(
            "type",
            f"未知的 type {shown}; 可用: coverage、listing、violation",
            f"unknown type {shown}; known: coverage, listing, violation",
        )
    validated = tried(_LINE.validate_json, json.dumps(_without_blanks(values, _KEYS[type_])))
    if isinstance(validated, Problem):
        raise _Unusable(validated.key.removeprefix(f"{type_}.") or None, validated.zh, validated.en)
    whole: dict[str, Any] = validated
    return whole


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _Unusable(quoted(twice).strip('"'), "同一键出现两次; 请只保留一个", "the key stands twice; keep one")
    return values


def _decode(line: bytes) -> dict[str, Any]:
    if line is _TOO_LONG:
        raise _Unusable(
            None,
            f"该行超过 {MAX_LINE} 字节; 请确认每行一个对象",
            f"the line is longer than {MAX_LINE} bytes; check that there is one object a line",
        )
    try:
        values = json.loads(line.decode("utf-8"), object_pairs_hook=_each_key_once)
    except UnicodeDecodeError as error:
        raise _Unusable(
            None,
            f"不是 UTF-8 (第 {error.start + 1} 字节); 请转换编码",
            f"not UTF-8 (byte {error.start + 1}); convert it",
        ) from None
    except json.JSONDecodeError as error:
        raise _Unusable(
            None,
            f"不是 JSON (第 {error.colno} 列); 每行应为一个 JSON 对象",
            f"not JSON (column {error.colno}); each line must be a JSON object",
        ) from None
    except (ValueError, RecursionError):  # a number of thousands of digits; brackets in brackets by the hundred
        raise _Unusable(None, "数字过长或嵌套过深", "a number is too long, or the nesting too deep") from None
    if not isinstance(values, dict):
        raise _Unusable(None, "每行应为一个 JSON 对象", "each line must be a JSON object")
    return values


def _without_blanks(values: dict[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Without the known keys whose value is null or blank: blank counts as missing (rule 2.4). Unknown keys are kept."""
    kept = {key: value for key, value in values.items() if key not in known or not _is_blank(value)}
    if isinstance(subject := kept.get("subject"), dict):
        kept["subject"] = _without_blanks(subject, _SUBJECT_KEYS)
    return kept


def _is_blank(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _moment(text: str) -> datetime:
    """RFC 3339 with an offset (interfaces section 2)."""
    if not _RFC_3339.fullmatch(text):
        raise _Unusable("as_of", *NO_MOMENT)
    try:
        moment = datetime.fromisoformat(text.upper())
        moment.astimezone(SHANGHAI)
    except (ValueError, OverflowError):  # the latter in the first or last hours of the calendar
        raise _Unusable("as_of", *NO_MOMENT) from None
    if moment.tzinfo is None:
        raise _Unusable("as_of", *NO_OFFSET)
    return moment


def _visible(name: str) -> None:
    try:
        names.normalise(name)
    except InvalidSubject as error:
        raise _Unusable("subject.name", error.zh, error.en) from None
