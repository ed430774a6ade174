"""What pydantic found wrong, in our words: the key at fault and one sentence in both languages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails


class Problem(NamedTuple):
    """One fault."""

    key: str
    """Path of keys, joined by dots; positions in arrays in brackets."""
    zh: str
    en: str


def first_problem(error: ValidationError) -> Problem:
    """The first fault that pydantic reports. Values are not repeated, as they may be identifiers (rule 9.4)."""
    details = error.errors(include_url=False, include_input=False, include_context=True)[0]
    zh, en = _sentence(details)
    return Problem(dotted(details["loc"]), zh, en)


def dotted(loc: tuple[int | str, ...]) -> str:
    """``("measures", 0, "name")`` as ``measures[0].name``."""
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _sentence(details: ErrorDetails) -> tuple[str, str]:  # noqa: PLR0911 - a table in the shape of a match
    context: dict[str, Any] = details.get("ctx") or {}
    match details["type"]:
        case "missing" | "string_too_short" | "none_required":
            return "缺少该键或为空", "missing or empty"
        case "extra_forbidden":
            return "未知的键; 请检查拼写", "unknown key; check the spelling"
        case "enum" | "literal_error":
            expected = str(context.get("expected", "")).replace("'", "")
            expected_zh = expected.replace(" or ", "、").replace(", ", "、")
            return f"取值不在允许范围内; 可用: {expected_zh}", f"not a known value; known: {expected}"
        case "date_from_datetime_parsing" | "date_parsing" | "date_type" | "date_from_datetime_inexact":
            return "不是有效日期; 请写成 YYYY-MM-DD", "not a date that exists; write YYYY-MM-DD"
        case "datetime_parsing" | "datetime_type" | "datetime_from_date_parsing" | "datetime_object_invalid":
            return (
                "不是有效时间; 请写成 2026-11-21T12:00:00+08:00",
                "not a moment that exists; write 2026-11-21T12:00:00+08:00",
            )
        case "timezone_aware":
            return "时间缺少时区; 例如 +08:00", "the time needs an offset; such as +08:00"
        case "string_type":
            return "应为字符串", "must be a string"
        case "value_error":
            said = context.get("error")
            if isinstance(said, Fault):
                return said.zh, said.en
        case _:
            pass
    return f"无效: {details['msg']}", f"invalid: {details['msg']}"


class Fault(ValueError):
    """Raised by a validator of ours, with the sentence in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en
