"""The standard platform contract from the platform's side: what it is asked and told, as ``platform.openapi.json`` has it.

Requests are read strictly: an unknown key is a misspelt one, and a misspelt ``name`` would find fewer entries than there
are. The client's side is :mod:`credit_sdk.formats.platform`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, NotRequired

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, TypeAdapter
from typing_extensions import TypedDict

from credit_sdk.errors import InvalidRequest
from credit_sdk.formats._problems import NO_MOMENT, NO_OFFSET, Fault, Problem, tried

_CONFIG = ConfigDict(strict=True, extra="forbid")
_RFC_3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?"
)
_BLANK = re.compile(r"[\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]*")
_LONGEST_NAME, _LONGEST_ID, _LONGEST_NOTE = 512, 200, 2000


def _form(pattern: str, zh: str, en: str) -> Any:
    """A string of one form; the fault never repeats it (rule 9.4)."""
    compiled = re.compile(pattern)

    def check(text: str) -> str:
        if not compiled.fullmatch(text):
            raise Fault(zh, en)
        return text

    return AfterValidator(check)


def _length(least: int, most: int, *, blank: bool = True) -> Any:
    """A string of so many characters.

    :param blank: whether it may be blank; what that is, the contract's pattern says, which is ECMAScript's.
    """

    def check(text: str | None) -> str | None:
        if text is not None and not least <= len(text) <= most:
            raise Fault(f"应为 {least} 至 {most} 个字符", f"must have {least} to {most} characters")
        if text is not None and not blank and _BLANK.fullmatch(text):
            raise Fault("不能全是空白", "must not be blank")
        return text

    return AfterValidator(check)


def _moment(value: Any) -> Any:
    """RFC 3339 with an offset; a leap second is the next second, as no clock here has one."""
    if not isinstance(value, str) or not (found := _RFC_3339.fullmatch(value)):
        raise Fault(*NO_MOMENT)
    if found[2] is None:
        raise Fault(*NO_OFFSET)
    text = value.upper()
    try:
        datetime.fromisoformat(text[:17] + "59" + text[19:] if text[17:19] == "60" else text)
    except ValueError:
        raise Fault(*NO_MOMENT) from None
    return value


def _someone(subject: dict[str, Any]) -> dict[str, Any]:
    if not subject.keys() & {"code", "organisation_code", "registration_number", "name"}:
        raise Fault("缺少代码或名称", "neither a code nor a name is given")
    return subject


def _each_once(items: list[str]) -> list[str]:
    if len(set(items)) != len(items):
        raise Fault("有重复项", "holds an item twice")
    return items


_Name = Annotated[str, _length(1, _LONGEST_NAME, blank=False)]
_Id = Annotated[str, _length(1, _LONGEST_ID)]
_Reason = Annotated[str, _length(1, _LONGEST_NOTE)]
_Word = Annotated[
    str,
    _form(
        r"[a-z][a-z0-9-]{0,63}",
        "应以小写字母开头, 只含小写字母、数字和连字符",
        "must begin with a lower-case letter and hold lower-case letters, digits and hyphens only",
    ),
]


class _Subject(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    code: NotRequired[
        Annotated[
            str,
            _form(
                r"[0-9A-HJ-NPQRTUWXY]{18}",
                "应为 18 位统一社会信用代码, 大写, 不含空格和连字符",
                "must be a unified social credit code: 18 characters, upper case, without white space and hyphens",
            ),
        ]
    ]
    organisation_code: NotRequired[
        Annotated[
            str,
            _form(
                r"[0-9A-Z]{8}[0-9X]",
                "应为 9 位组织机构代码, 大写, 不含空格和连字符",
                "must be an organisation code: 9 characters, upper case, without white space and hyphens",
            ),
        ]
    ]
    registration_number: NotRequired[
        Annotated[
            str,
            _form(
                r"[0-9]{15}|[0-9]{6}NA[0-9]{6}X",
                "应为 15 位工商注册号, 不含空格和连字符",
                "must be a registration number: 15 characters, without white space and hyphens",
            ),
        ]
    ]
    name: NotRequired[_Name]
    former_names: NotRequired[Annotated[list[_Name], Field(max_length=100)]]


_AskedSubject = Annotated[_Subject, AfterValidator(_someone)]


class _Query(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    subjects: Annotated[list[_AskedSubject], Field(min_length=1)]


class _Override(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    reason: _Reason
    approver: _Reason
    legal_basis: _Reason


class _Outcome(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    decision_id: Annotated[
        str,
        _form(
            r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
            "应为小写的 UUID",
            "must be a UUID in lower case",
        ),
    ]
    subject: _AskedSubject
    domain: _Word
    action: _Word
    effect: Literal["allow", "priority", "restrict"]
    executed: NotRequired[Annotated[list[_Id], AfterValidator(_each_once)]]
    not_executed: NotRequired[dict[_Id, _Reason]]
    at: Annotated[str, BeforeValidator(_moment)]
    note: NotRequired[Annotated[str | None, _length(0, _LONGEST_NOTE)]]
    key: NotRequired[
        Annotated[
            str, _form(r"[!-~]{1,255}", "应为 1 至 255 个可见 ASCII 字符", "must be 1 to 255 visible ASCII characters")
        ]
    ]
    kind: NotRequired[Literal["outcome", "override", "release", "discharge"]]
    case: NotRequired[bool]
    override: NotRequired[_Override]


def _reasoned(outcome: dict[str, Any]) -> dict[str, Any]:
    if (outcome.get("kind") == "override") != ("override" in outcome):
        raise Fault(
            "kind 为 override 时, 且仅在此时, 给出 override", "give override if kind is override, and only then"
        )
    return outcome


class _Outcomes(TypedDict):
    __pydantic_config__ = _CONFIG  # type: ignore[misc]
    outcomes: Annotated[list[Annotated[_Outcome, AfterValidator(_reasoned)]], Field(min_length=1)]


_QUERY: TypeAdapter[Any] = TypeAdapter(_Query)
_OUTCOMES: TypeAdapter[Any] = TypeAdapter(_Outcomes)


def read_query(body: Any) -> list[dict[str, Any]]:
    """The subjects of a query.

    :param body: the decoded JSON of the request.
    :return: the subjects as they were sent.
    :raises InvalidRequest: the body is not as the contract has it; ``key`` is the place. More subjects
        than a call may hold are for the caller to refuse, before they are looked at one by one.
    """
    return _read(_QUERY, body, "subjects")


def read_outcomes(body: Any) -> list[dict[str, Any]]:
    """The outcomes of a report.

    :param body: the decoded JSON of the request.
    :return: the outcomes as they were sent.
    :raises InvalidRequest: as for :func:`read_query`.
    """
    return _read(_OUTCOMES, body, "outcomes")


def _read(adapter: TypeAdapter[Any], body: Any, key: str) -> list[dict[str, Any]]:
    values = tried(adapter.validate_python, body)
    if isinstance(values, Problem):
        raise InvalidRequest(values.zh, values.en, key=values.key or None)
    entries: list[dict[str, Any]] = values[key]
    return entries
