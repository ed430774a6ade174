"""The numbers that supervision asks for (应查必查、奖惩到位): a month's or any period's, as a table, CSV or JSON."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import fields
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.errors import InvalidRequest
from credit_sdk.ledger.losses import NOTHING_LOST
from credit_sdk.model.moments import SHANGHAI, midnight, month_after, shanghai_day
from credit_sdk.ports.ledger import Counts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.errors import Lang
    from credit_sdk.ledger.losses import Losses
    from credit_sdk.ports.ledger import LedgerStore

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")

NUMBERS: Mapping[str, tuple[str, str]] = {
    "checks_due": ("应查", "checks due"),
    "checks_done": ("已查", "checks done"),
    "checks": ("结论", "decisions"),
    "undecided": ("未得结论", "no answer"),
    "restricted": ("限制", "restrict"),
    "blocked": ("不得继续", "blocked"),
    "priority": ("优先", "priority"),
    "overridden": ("紧急放行", "overridden"),
    "shadow": ("试运行", "shadow"),
    "measures_due": ("应执行措施", "measures due"),
    "executed": ("已执行", "executed"),
    "declined": ("未执行", "declined"),
    "overdue_obligations": ("逾期未履行", "overdue obligations"),
    "overdue_releases": ("应解除未解除", "releases due"),
    "reports": ("反馈", "reports"),
    "late_reports": ("迟报", "late reports"),
    "refused_reports": ("被拒反馈", "refused reports"),
}
"""The numbers of :class:`~credit_sdk.ports.ledger.Counts`, in their order, as they are called."""

_COLUMNS = ("month", "domain", "action", *NUMBERS, "reasons", "incomplete")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Period(NamedTuple):
    """From ``since`` on, before ``until``."""

    since: datetime
    until: datetime
    month: str | None = None
    """The month that it is, such as ``2026-11``."""


def month(text: str, *, key: str = "--month") -> Period:
    """A month in Asia/Shanghai.

    :param text: such as ``2026-11``.
    :raises InvalidRequest: it is not written so.
    """
    written = _MONTH.fullmatch(text)
    if written is None or not 1900 < int(written[1]) < 9999:
        raise InvalidRequest("月份应写成 2026-11 的形式", "write the month as in 2026-11", key=key)
    first = date(int(written[1]), int(written[2]), 1)
    return Period(midnight(first), midnight(month_after(first)), text)


def month_of(moment: datetime) -> Period:
    """The month in which ``moment`` lies."""
    return month(f"{shanghai_day(moment):%Y-%m}")


def numbers(store: LedgerStore, period: Period, now: datetime) -> tuple[Counts, ...]:
    """The numbers by domain and action, in their order."""
    return tuple(sorted(store.counts(period.since, period.until, now), key=lambda one: (one.domain, one.action)))


def total(counts: Sequence[Counts]) -> Counts:
    """All of them together; ``domain`` and ``action`` are ``*``."""
    reasons: Counter[str] = Counter()
    for one in counts:
        reasons.update(one.reasons)
    sums = {name: sum(getattr(one, name) for one in counts) for name in NUMBERS}
    return Counts("*", "*", reasons=dict(reasons), **sums)


def to_dict(counts: Counts) -> dict[str, Any]:
    """As JSON values, the fields by their names; reasons with the most frequent first."""
    whole = {one.name: getattr(counts, one.name) for one in fields(Counts)}
    return whole | {"reasons": dict(_ranked(counts.reasons))}


def from_dict(values: Mapping[str, Any]) -> Counts:
    """What :func:`to_dict` gave. Numbers that a later version added are left out."""
    known = {one.name for one in fields(Counts)}
    return Counts(**{name: value for name, value in values.items() if name in known})


def report(counts: Sequence[Counts], period: Period, now: datetime, losses: Losses = NOTHING_LOST) -> dict[str, Any]:
    """The whole report as JSON values.

    :param losses: entries that the numbers lack, whatever their month.
    """
    return {
        "month": period.month,
        "since": period.since.isoformat(timespec="seconds"),
        "until": period.until.isoformat(timespec="seconds"),
        "as_of": now.astimezone(SHANGHAI).isoformat(timespec="seconds"),
        "over": period.until <= now,
        "incomplete": bool(losses),
        "damaged_entries": losses.damaged,
        "missing_entries": losses.missing,
        "rows": [to_dict(one) for one in counts],
        "total": to_dict(total(counts)),
    }


def csv_text(counts: Sequence[Counts], period: Period, lang: Lang = "zh", losses: Losses = NOTHING_LOST) -> str:
    """The report as CSV (RFC 4180): a line of headings, a line for each domain and action, and their sum.

    :param losses: how many entries the numbers lack, whatever their month: the last column, the same in every line.
    """
    heads = {
        "month": ("月份", "month"),
        "incomplete": ("台账缺条数", "entries lacking"),
        "domain": ("领域", "domain"),
        "action": ("办理事项", "action"),
        "reasons": ("未执行原因", "reasons"),
        **NUMBERS,
    }
    written = io.StringIO()
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow([heads[name][lang == "en"] for name in _COLUMNS])
    month_ = period.month or f"{period.since:%Y-%m-%d}/{period.until:%Y-%m-%d}"
    everything = total(counts)
    for one in (*counts, everything):
        whose = ("合计", "total")[lang == "en"] if one is everything else one.domain
        sums = [getattr(one, name) for name in NUMBERS]
        action = "" if one is everything else _harmless(one.action)
        lines.writerow([month_, _harmless(whose), action, *sums, _reasons(one), sum(losses)])
    return written.getvalue()


def _reasons(counts: Counts) -> str:
    return _harmless("；".join(f"{reason} ×{count}" for reason, count in _ranked(counts.reasons)))


def _ranked(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(reasons.items(), key=lambda one: (-one[1], one[0]))


def _harmless(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: reasons are typed by people."""
    return f"'{text}" if text.startswith(_FORMULA) else text
