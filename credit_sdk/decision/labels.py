"""The titles and labels under which a decision is told, in Chinese and English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.decision import words

if TYPE_CHECKING:
    from credit_sdk.errors import Lang

_TITLES: dict[str, words.Pair] = {
    "asked": ("核查事项", "What was asked"),
    "conclusion": ("核查结论", "Conclusion"),
    "members": ("联合体成员", "Members of the consortium"),
    "obligations": ("应当执行的措施", "What must be done"),
    "advice": ("建议", "Advice"),
    "suspended": ("异议处理期间暂缓执行的措施", "Suspended while an objection is looked into"),
    "withheld": ("未予适用的激励措施", "Incentives withheld"),
    "listings": ("名单条目", "Listings seen"),
    "conflicts": ("红黑名单冲突", "Red and black listings at once"),
    "coverage": ("查询范围", "Lists consulted"),
    "notices": ("提示", "Notices"),
    "source": ("依据与来源", "Measure list and source"),
    "remedies": ("异议与救济", "How to object"),
}
"""The sections, in their order."""

LABELS: dict[str, words.Pair] = {
    "name": ("名称", "Name"),
    "listed_name": ("名称（名单所载）", "Name (as listed)"),
    "type": ("主体类型", "Type"),
    "matter": ("办理事项", "Matter"),
    "area": ("行政区划", "Area"),
    "as_of": ("核查时点", "As of"),
    "members": ("联合体成员", "Members"),
    "related": ("关联主体", "Related"),
    "basis": ("实施依据", "Legal basis"),
    "unit": ("实施单位", "Executing unit"),
    "because": ("触发条目", "Because of"),
    "until": ("条目截止", "Listings end"),
    "why": ("原因", "Why"),
    "authority": ("认定单位", "Authority"),
    "document": ("认定文书", "Document"),
    "cause": ("认定事由", "Reason"),
    "severity": ("严重程度", "Severity"),
    "term": ("期间", "Term"),
    "identity": ("主体匹配", "Identity"),
    "objection": ("异议", "Objection"),
    "remedy": ("救济途径", "Remedy"),
    "list": ("措施清单", "Measure list"),
    "issued_by": ("制定单位", "Issued by"),
    "digest": ("文件摘要", "Digest"),
    "policy": ("异议处理规则", "On objection"),
    "source": ("信用信息来源", "Source"),
    "answered_by": ("{} 所答名单", "Answered by {}"),
    "read_at": ("数据读取时间", "Read at"),
    "found": ("来源中的记录", "Known to the source"),
    "decision_id": ("结论编号", "Decision"),
    "decided_at": ("作出时间", "Decided at"),
    "as_of_list": ("数据截至", "Vouched for up to"),
    "missing": ("必查而未查询", "Required, not consulted"),
    "stale": ("数据过期，不据以奖惩", "Too old to decide by"),
}
"""The labels of facts."""


def label(key: str, lang: Lang) -> str:
    """The label of a fact."""
    return words.say(LABELS, key, lang)


def title(section: str, lang: Lang) -> str:
    """The title of a section."""
    return words.say(_TITLES, section, lang)
