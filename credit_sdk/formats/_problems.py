"""What pydantic found wrong, in our words: the key at fault and one sentence in both languages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from pydantic import ValidationError

from credit_sdk.errors import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pydantic_core import ErrorDetails


_Input = TypeVar("_Input")
_Output = TypeVar("_Output")


class Problem(NamedTuple):
    """One fault."""

    loc: tuple[int | str, ...]
    """Path of keys, and positions in arrays."""
    zh: str
    en: str

    @property
    def key(self) -> str:
        """The path as :func:`dotted` writes it."""
        return dotted(self.loc)


def first_problem(error: ValidationError) -> Problem:
    """The first fault that pydantic reports. Values are not repeated, as they may be identifiers (rule 9.4)."""
    details = error.errors(include_url=False, include_input=False, include_context=True)[0]
    zh, en = _sentence(details)
    # pydantic's own marks, as for the key of a table or the member of a union, are no part of the path.
    loc = tuple(part for part in details["loc"] if isinstance(part, int) or not part.startswith("["))
    return Problem(loc, zh, en)


def tried(validate: Callable[[_Input], _Output], given: _Input) -> _Output | Problem:
    """What ``validate`` makes of ``given``, or what is wrong with it.

    A value, so that our own error is not raised while pydantic's is handled: that one shows what was given, and would go
    along as the context (rule 9.4).
    """
    try:
        return validate(given)
    except ValidationError as error:
        return first_problem(error)


def dotted(loc: tuple[int | str, ...]) -> str:
    """``("measures", 0, "name")`` as ``measures[0].name``."""
    path = ""
    for part in loc:
        shown = part if isinstance(part, int) else quoted(part)[1:-1] if part.isprintable() else quoted(part)
        path += f"[{part}]" if isinstance(part, int) else f".{shown}" if path else str(shown)
    return path


_ENUM_MEMBER = re.compile(r"<\w+\.\w+: ('?\w+'?)>")

NO_DAY = ("不是有效日期; 请写成 YYYY-MM-DD", "not a date that exists; write YYYY-MM-DD")
NO_MOMENT = (
    "不是有效时间; 请写成 2026-11-21T12:00:00+08:00",
    "not a moment that exists; write 2026-11-21T12:00:00+08:00",
)
NO_OFFSET = ("时间缺少时区; 例如 +08:00", "the time needs an offset; such as +08:00")

_SENTENCES = {
    **dict.fromkeys(("missing", "string_too_short", "none_required"), ("缺少该键或为空", "missing or empty")),
    **dict.fromkeys(
        ("date_from_datetime_parsing", "date_parsing", "date_type", "date_from_datetime_inexact"),
        NO_DAY,
    ),
    **dict.fromkeys(
        ("list_type", "tuple_type"),
        ("应为数组", "must be an array"),
    ),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type", "dataclass_type", "typed_dict_type"),
        ("应为对象 (TOML 中为表)", "must be an object (in TOML: a table)"),
    ),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), ("应为整数", "must be an integer")),
    **dict.fromkeys(("bool_type", "bool_parsing"), ("应为 true 或 false", "must be true or false")),
    "extra_forbidden": ("未知的键; 请检查拼写", "unknown key; check the spelling"),
    "string_type": ("应为字符串", "must be a string"),
    "too_short": ("至少需要一项", "needs at least one item"),
    "string_pattern_mismatch": (
        "应以小写字母开头, 只含小写字母、数字和连字符",
        "must begin with a lower-case letter and hold lower-case letters, digits and hyphens only",
    ),
    "json_invalid": ("不是有效的 JSON: 转义有误或嵌套过深", "not valid JSON: a wrong escape, or nested too deep"),
}


def _sentence(details: ErrorDetails) -> tuple[str, str]:
    context: dict[str, Any] = details.get("ctx") or {}
    match details["type"]:
        case "enum" | "literal_error":
            expected = _ENUM_MEMBER.sub(r"\1", str(context.get("expected", ""))).replace("'", "")
            expected_zh = expected.replace(" or ", "、").replace(", ", "、")
            return f"取值不在允许范围内; 可用: {expected_zh}", f"not a known value; known: {expected}"
        case "greater_than_equal" | "less_than_equal":
            bound = context.get("ge", context.get("le"))
            least = "ge" in context
            return (
                f"应{'不小于' if least else '不大于'} {bound}",
                f"must be at {'least' if least else 'most'} {bound}",
            )
        case "value_error":
            said = context.get("error")
            if isinstance(said, Fault):
                return said.zh, said.en
        case type_ if type_ in _SENTENCES:
            return _SENTENCES[type_]
        case _:
            pass
    return f"无效: {details['msg']}", f"invalid: {details['msg']}"


class Fault(ValueError):
    """Raised by a validator of ours, with the sentence in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
