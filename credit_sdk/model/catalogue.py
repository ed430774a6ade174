"""The list catalogue (名单目录): the published lists that every deployment knows, as data.

Codes are stable. Keepers and bases are given as far as they were checked; ``verified`` says how far.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

from credit_sdk.model.terms import ListClass, ListKind, Verified


@dataclass(frozen=True, slots=True)
class ListInfo:
    """One published list (名单)."""

    code: str
    name: str
    name_en: str
    kind: ListKind
    list_class: ListClass = ListClass.OFFICIAL
    open_ended: bool = False
    """Whether entries stand until removed, without a term (rule 2.5)."""
    keeper: str | None = None
    """Who keeps the list (认定、公布单位)."""
    basis: str | None = None
    verified: Verified | None = None
    """How well keeper and basis were checked; ``None``: by title only, or not at all."""

    @property
    def meaning(self) -> tuple[str, ListKind, ListClass, bool]:
        """What two declarations of one code have to agree on; a name in English may be left out or worded otherwise."""
        return self.name, self.kind, self.list_class, self.open_ended


KnownLists: TypeAlias = Mapping[str, ListInfo]
"""The lists that may be named: the catalogue's and those of the loaded measure lists."""

_BLACK, _RED, _WATCH = ListKind.BLACK, ListKind.RED, ListKind.WATCH

CATALOGUE: KnownLists = MappingProxyType(
    {
        info.code: info
        for info in (
            ListInfo(
                "court.judgment-defaulter",
                "失信被执行人名单",
                "Judgment defaulters",
                _BLACK,
                open_ended=True,
                keeper="人民法院",
                basis="最高人民法院关于公布失信被执行人名单信息的若干规定（2013年文本）",
                verified=Verified.TEXT,
            ),
            ListInfo(
                "tax.major-violation",
                "重大税收违法失信主体名单",
                "Major tax violations",
                _BLACK,
                keeper="税务机关",
                basis="国家税务总局令第54号",
                verified=Verified.SECONDARY,
            ),
            ListInfo(
                "procurement.serious-violation",
                "政府采购严重违法失信行为记录名单",
                "Serious violations in government procurement",
                _BLACK,
                keeper="财政部门",
                basis="财办库〔2014〕526号; 政府采购法第七十七条",
                verified=Verified.EXCERPT,
            ),
            ListInfo(
                "bidding.serious-violation",
                "公共资源交易领域严重失信主体名单",
                "Serious violations in public resource trading",
                _BLACK,
                basis="发改法规〔2018〕457号",
            ),
            ListInfo(
                "market.serious-violation",
                "市场监督管理严重违法失信名单",
                "Serious violations of market regulation",
                _BLACK,
                keeper="市场监督管理、药品监督管理、知识产权管理部门",
                basis="国家市场监督管理总局令第44号",
                verified=Verified.EXCERPT,
            ),
            ListInfo(
                "market.abnormal-operation",
                "经营异常名录",
                "Abnormal operations",
                _WATCH,
                open_ended=True,
                keeper="市场监督管理部门",
                basis="企业信息公示暂行条例第十七条（2014年文本）",
                verified=Verified.TEXT,
            ),
            ListInfo(
                "labour.wage-arrears",
                "拖欠农民工工资失信联合惩戒对象名单",
                "Arrears of migrant workers' wages",
                _BLACK,
                keeper="人力资源社会保障行政部门",
                basis="保障农民工工资支付条例第四十八条; 人力资源社会保障部令第45号",
                verified=Verified.EXCERPT,
            ),
            ListInfo(
                "safety.serious-violation",
                "安全生产严重失信主体名单",
                "Serious violations of work safety",
                _BLACK,
                keeper="应急管理部门",
                basis="应急管理部令第11号",
                verified=Verified.EXCERPT,
            ),
            ListInfo("finance.serious-violation", "涉金融严重失信人名单", "Serious violations in finance", _BLACK),
            ListInfo(
                "research.serious-misconduct",
                "科研诚信严重失信行为记录名单",
                "Serious research misconduct",
                _BLACK,
                basis="发改财金〔2018〕1600号",
            ),
            ListInfo("meteorology.serious-violation", "气象领域失信名单", "Serious violations in meteorology", _BLACK),
            ListInfo("legal-service.serious-violation", "法律服务领域失信名单", "Violations in legal services", _BLACK),
            ListInfo(
                "tax.a-rated",
                "纳税信用A级纳税人名单",
                "Taxpayers rated A",
                _RED,
                keeper="税务机关",
                verified=Verified.EXCERPT,
            ),
            ListInfo(
                "safety.model",
                "安全生产守信联合激励对象",
                "Models of work safety",
                _RED,
                keeper="应急管理部门",
                basis="安监总办〔2017〕133号",
                verified=Verified.EXCERPT,
            ),
            ListInfo("local.integrity-model", "诚信典型红名单", "Models of integrity", _RED),
            ListInfo("local.watch", "重点关注名单", "Watch list", _WATCH, open_ended=True),
        )
    }
)
"""The sixteen lists of the catalogue, by code."""
