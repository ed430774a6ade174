"""Fictional records to try the software on (演示数据), dated relative to the day they are made.

The firms do not exist: no registry issues codes of the area 990100, and every decision carries ``fictional_data``.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from credit_sdk.formats.records import parse
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.listing import VIOLATIONS
from credit_sdk.model.moments import shanghai_day, written, years_after
from credit_sdk.ports.clock import system_clock
from credit_sdk.sources.memory import MemorySource

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from credit_sdk.ports.clock import Clock

_REMEDY = "对列入决定有异议的，可向认定单位提出异议，或依法申请行政复议、提起行政诉讼（演示文本）"


class _Entry(NamedTuple):
    """One listing of the demonstration; days count from today."""

    code: str | None
    name: str
    list: str
    status: str
    start: int
    end: int | None
    authority: str
    severity: str | None = None
    more: dict[str, Any] = {}  # noqa: RUF012 - never changed


FIRMS = {
    "91990100MA0000A019": "虚构甲建筑工程有限公司",
    "91990100MA0000A02C": "虚构乙信息技术有限公司",
    "91990100MA0000A03F": "虚构丙园林绿化有限公司",
    "91990100MA0000A04J": "虚构丁劳务服务有限公司",
    "91990100MA0000A05M": "虚构戊贸易有限公司",
    "91990100MA0000A06Q": "虚构己科技有限公司",
    "91990100MA0000A07U": "虚构庚机电安装有限公司",
    "91990100MA0000A08Y": "虚构辛物流有限公司",
    "91990100MA0000A092": "虚构壬食品有限公司",
    "91990100MA0000B01Y": "虚构癸环保设备有限公司",
    "91990100MA0000B022": "虚构子矿业有限公司",
    "91990100MA0000B035": "虚构丑化工有限公司",
    "91990100MA0000B048": "虚构寅印务有限公司",
    "91990100MA0000B05B": "虚构卯装饰工程有限公司",
    "91990100MA0000B06E": "虚构辰电子有限公司",
    "92990100MA0000C01H": "虚构巳小吃店",
}
"""The demonstration's firms, by code; the first is restricted, the second on no list."""

_TAX, _COURT, _WAGES = "tax.major-violation", "court.judgment-defaulter", "labour.wage-arrears"
_SAFETY, _MARKET, _PROCUREMENT = "safety.serious-violation", "market.serious-violation", "procurement.serious-violation"
_TAX_OFFICE, _COURT_OFFICE, _LABOUR_OFFICE = "虚构市税务局", "虚构市中级人民法院", "虚构市人力资源和社会保障局"
_SAFETY_OFFICE, _MARKET_OFFICE, _FINANCE_OFFICE = "虚构市应急管理局", "虚构市市场监督管理局", "虚构市财政局"

_ENTRIES = (
    # Effects: restrict and blocking, priority, conflict of red and black, restrict without blocking.
    _Entry("91990100MA0000A019", "", _TAX, "active", -265, 830, _TAX_OFFICE, "severe"),
    _Entry("91990100MA0000A03F", "", "tax.a-rated", "active", -200, 165, _TAX_OFFICE),
    _Entry("91990100MA0000A03F", "", "local.integrity-model", "active", -90, 640, "虚构市信用办"),
    _Entry("91990100MA0000A04J", "", _WAGES, "active", -30, 1065, _LABOUR_OFFICE, "serious"),
    _Entry("91990100MA0000A05M", "", "tax.a-rated", "active", -200, 165, _TAX_OFFICE),
    _Entry("91990100MA0000A05M", "", _COURT, "active", -12, None, _COURT_OFFICE, "severe"),
    _Entry("92990100MA0000C01H", "", "market.abnormal-operation", "active", -40, None, _MARKET_OFFICE),
    # An objection under way, and an entry without a code.
    _Entry("91990100MA0000A06Q", "", _TAX, "objected", -60, 1035, _TAX_OFFICE, "severe", {"objection": "recognition"}),
    _Entry(None, FIRMS["91990100MA0000B06E"], "local.watch", "active", -20, None, "虚构市信用办"),
    # Every reason why a listing does not count.
    _Entry("91990100MA0000A07U", "", _WAGES, "active", -1300, -205, _LABOUR_OFFICE, "serious"),
    _Entry("91990100MA0000A08Y", "", _PROCUREMENT, "active", 10, 740, _FINANCE_OFFICE, "severe"),
    _Entry("91990100MA0000A092", "", _MARKET, "repaired", -500, 595, _MARKET_OFFICE, "severe", {"ended_on": -45}),
    _Entry("91990100MA0000B01Y", "", _SAFETY, "removed", -700, 395, _SAFETY_OFFICE, "severe", {"ended_on": -100}),
    _Entry("91990100MA0000B022", "", _SAFETY, "revoked", -400, 695, _SAFETY_OFFICE, "severe"),
    _Entry("91990100MA0000B035", "", _TAX, "draft", -2, 1093, _TAX_OFFICE, "severe"),
    _Entry("91990100MA0000B048", "", _WAGES, "publicised", -5, 1090, _LABOUR_OFFICE, "serious"),
    _Entry("91990100MA0000B05B", "", _PROCUREMENT, "active", -2200, None, _FINANCE_OFFICE, "severe"),
)


def demo_records(now: datetime) -> list[dict[str, Any]]:
    """The demonstration as record objects, as they would stand in a JSON Lines file."""
    today = shanghai_day(now)
    return [*_coverage(now, today), *_listings(today), _violation(today)]


def _coverage(now: datetime, today: date) -> Iterator[dict[str, Any]]:
    history = years_after(today, -10).isoformat()
    for code in (*CATALOGUE, VIOLATIONS):
        yield {"type": "coverage", "list": code, "as_of": written(now), "history_from": history}


def _listings(today: date) -> Iterator[dict[str, Any]]:
    for number, entry in enumerate(_ENTRIES, start=1):
        start = today + timedelta(days=entry.start)
        listing: dict[str, Any] = {
            "type": "listing",
            "id": f"DEMO-{number:02d}",
            "list": entry.list,
            "kind": CATALOGUE[entry.list].kind,
            "subject": {"code": entry.code, "name": FIRMS.get(entry.code or "", entry.name), "type": _type(entry.code)},
            "status": entry.status,
            "severity": entry.severity,
            "authority": entry.authority,
            "document": f"虚构文〔{start.year}〕{number}号",
            "reason": "演示用虚构事由",
            "effective_from": start.isoformat(),
            "remedy": _REMEDY,
        }
        if entry.end is not None:
            listing["effective_until"] = (today + timedelta(days=entry.end)).isoformat()
        for key, value in entry.more.items():
            listing[key] = value if isinstance(value, str) else (today + timedelta(days=value)).isoformat()
        yield listing


def _violation(today: date) -> dict[str, Any]:
    return {
        "type": "violation",
        "id": "DEMO-V1",
        "subject": {"code": "91990100MA0000B06E", "name": FIRMS["91990100MA0000B06E"]},
        "authority": _MARKET_OFFICE,
        "document": "虚构市监罚〔演示〕1号",
        "decided_on": (today - timedelta(days=300)).isoformat(),
        "severity": "general",
        "reason": "演示用虚构事由",
    }


def _type(code: str | None) -> str | None:
    return None if code is None else "sole_trader" if code.startswith("92") else "legal_entity"


class DemoSource(MemorySource):
    """Fictional lists; every decision from them says so. The data are a day old at most, as they are made anew."""

    def __init__(self, *, clock: Clock = system_clock) -> None:
        """Make the data.

        :param clock: gives today; the data are dated relative to it.
        """
        now = clock()
        super().__init__(
            parse(demo_records(now), CATALOGUE), name="demo (虚构数据)", read_at=now, known=FIRMS, fictional=True
        )
