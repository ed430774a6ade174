"""Moments on the command line, as RFC 3339 writes them (interfaces section 2), and what to say of anything else."""

from __future__ import annotations

import re
from datetime import MAXYEAR, MINYEAR, date, datetime

from credit_sdk.errors import InvalidRequest
from credit_sdk.model.moments import midnight

_WRITTEN = re.compile(
    r"([0-9]{4})-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_CLOCK = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}"

_EXAMPLE = "2026-11-21T12:00:00+08:00"

_MISTAKES = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "只有日期，缺少时刻和时区", "a day only, without a time and an offset"),
    (re.compile(r"[0-9]{4}-?W[0-9].*"), "不接受按周写的日期", "a week date is not read"),
    (re.compile(r"[0-9]{8}.*"), "日期应带连字符", "the date needs its hyphens"),
    (re.compile(_CLOCK + r":[0-9]{2},[0-9].*"), "秒的小数应以点号分隔", "a fraction of a second takes a full stop"),
    (re.compile(_CLOCK + r"(?:[Zz]|[+-].*)?"), "缺少秒", "the seconds are missing"),
    (re.compile(_CLOCK + r":[0-9]{2}(?:\.[0-9]+)?"), "缺少时区", "the offset is missing"),
    (
        re.compile(_CLOCK + r":[0-9]{2}(?:\.[0-9]+)?[+-].*"),
        "时区应写成 +08:00 这样的时和分，或 Z",
        "the offset takes hours and minutes, as in +08:00, or Z",
    ),
)
"""What people write instead, the first that fits."""


def moment(text: str, key: str = "--as-of") -> datetime:
    """The moment that ``text`` names.

    :param key: the option that it was given with.
    :raises InvalidRequest: not RFC 3339 with an offset, no such moment, or at an end of the calendar.
    """
    written = _WRITTEN.fullmatch(text)
    if written is None:
        zh, en = next(
            ((zh, en) for mistake, zh, en in _MISTAKES if mistake.fullmatch(text)),
            ("不是 RFC 3339 格式的时间", "not a moment as RFC 3339 writes it"),
        )
        raise _refused(zh, en, key)
    year = int(written[1])
    if (
        not MINYEAR < year < MAXYEAR
    ):  # within a day of the calendar's ends no time zone can be changed and no age counted
        raise _refused(
            f"年份超出日历范围，须在 {MINYEAR + 1:04} 至 {MAXYEAR - 1} 年之间",
            f"the year is outside the calendar's range, {MINYEAR + 1:04} to {MAXYEAR - 1}",
            key,
        )
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        raise _refused("没有这样的时间", "there is no such moment", key) from None


def since(text: str, key: str = "--since") -> datetime:
    """A moment, or the beginning of a day in Asia/Shanghai.

    :raises InvalidRequest: neither.
    """
    try:
        day = date.fromisoformat(text)
    except ValueError:
        if _WRITTEN.fullmatch(text) or any(mistake.fullmatch(text) for mistake, _, _ in _MISTAKES):
            return moment(text, key)
        raise InvalidRequest(
            f"不是日期或时刻；请写成 2026-11-21 或 {_EXAMPLE}",
            f"neither a day nor a moment; write 2026-11-21 or {_EXAMPLE}",
            key=key,
        ) from None
    return midnight(day)


def _refused(zh: str, en: str, key: str) -> InvalidRequest:
    return InvalidRequest(f"{zh}；请写成 {_EXAMPLE}", f"{en}; write {_EXAMPLE}", key=key)
