"""The field's words as closed sets. Each value is the word used in files and JSON; the Chinese term stands beside it."""

from __future__ import annotations

from enum import StrEnum


class Effect(StrEnum):
    """What a decision comes to (核查结论)."""

    ALLOW = "allow"
    """允许: no measure applies (rule 5.7)."""
    PRIORITY = "priority"
    """优先: an incentive applies (rule 5.2)."""
    RESTRICT = "restrict"
    """限制: a penalty applies; not a refusal by itself, read ``blocking`` (rules 5.1, 5.6)."""


class ListKind(StrEnum):
    """Kind of a published list (名单类别)."""

    RED = "red"
    """守信激励名单."""
    BLACK = "black"
    """严重失信主体名单."""
    WATCH = "watch"
    """重点关注名单."""


class ListClass(StrEnum):
    """Who keeps a list (名单来源类别)."""

    OFFICIAL = "official"
    """国家机关 or a body authorised by law."""
    THIRD_PARTY = "third_party"
    """行业协会、评级机构等: advice only, unless the policy says otherwise (rule 2.8)."""


class SubjectType(StrEnum):
    """Type of a subject (信用主体类型)."""

    LEGAL_ENTITY = "legal_entity"
    """法人."""
    OTHER_ORGANISATION = "other_organisation"
    """其他组织 (非法人组织)."""
    SOLE_TRADER = "sole_trader"
    """个体工商户."""
    NATURAL_PERSON = "natural_person"
    """自然人: refused by default (rule 9.2)."""


class Status(StrEnum):
    """Status of a listing (名单条目状态) or, without the last three of a listing's course, of a violation."""

    DRAFT = "draft"
    """拟认定."""
    PUBLICISED = "publicised"
    """公示中, not yet recognised."""
    ACTIVE = "active"
    """有效."""
    OBJECTED = "objected"
    """异议处理中."""
    REPAIRED = "repaired"
    """已信用修复."""
    REMOVED = "removed"
    """已移出."""
    REVOKED = "revoked"
    """已撤销, listed in error."""


class Objection(StrEnum):
    """Kind of an objection (异议类型)."""

    RECOGNITION = "recognition"
    """认定异议: to being listed."""
    INFORMATION = "information"
    """信息异议: to the information."""
    SELF_DETECTED = "self_detected"
    """实施单位自行发现疑点."""


class Severity(StrEnum):
    """Severity (失信严重程度), from the lightest to the gravest (rule 2.7)."""

    MINOR = "minor"
    """轻微."""
    GENERAL = "general"
    """一般."""
    SERIOUS = "serious"
    """较重."""
    SEVERE = "severe"
    """严重."""

    @property
    def rank(self) -> int:
        """1 (minor) to 4 (severe)."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity, start=1)}


class Standing(StrEnum):
    """Whether a listing counts at a moment, or why not (rules 2.1 to 2.5)."""

    IN_FORCE = "in_force"
    """生效中."""
    EXPIRED = "expired"
    """已过期."""
    NOT_YET = "not_yet"
    """尚未生效."""
    REPAIRED = "repaired"
    """已信用修复."""
    REMOVED = "removed"
    """已移出."""
    REVOKED = "revoked"
    """已撤销."""
    DRAFT = "draft"
    """拟认定."""
    PUBLICISED = "publicised"
    """公示中."""
    TERM_UNKNOWN = "term_unknown"
    """期限不明: no end is known and the policy's years have run out."""


class Identity(StrEnum):
    """How surely a listing is the subject's (主体匹配, rule 3.2)."""

    CODE = "code"
    """代码一致."""
    NAME = "name"
    """全称一致, borne by exactly one subject, uncontradicted."""
    CANDIDATE = "candidate"
    """疑似: a former name, or several subjects bear it."""


class Force(StrEnum):
    """Force of a measure (措施效力)."""

    MANDATORY = "mandatory"
    """强制性: must be carried out."""
    RECOMMENDED = "recommended"
    """推荐性: may be carried out."""


class Consequence(StrEnum):
    """What a penalty comes to (惩戒方式, rule 5.6)."""

    REFUSE = "refuse"
    """拒绝: the action may not go on."""
    LIMIT = "limit"
    """限制."""
    SCRUTINISE = "scrutinise"
    """从严审核、重点监管."""
    WITHDRAW = "withdraw"
    """撤销荣誉、取消资格."""


class Role(StrEnum):
    """Role of a related subject towards the subject (关联主体角色, rule 4.5)."""

    LEGAL_REPRESENTATIVE = "legal_representative"
    """法定代表人."""
    PRINCIPAL = "principal"
    """主要负责人."""
    MANAGER_IN_CHARGE = "manager_in_charge"
    """分管负责人."""
    SENIOR_MANAGER = "senior_manager"
    """高级管理人员."""
    DIRECTLY_RESPONSIBLE = "directly_responsible"
    """直接责任人员."""
    REGISTERED_PRACTITIONER = "registered_practitioner"
    """注册执业人员."""
    OPERATOR = "operator"
    """经营者 (of a sole trader)."""
    PARENT = "parent"
    """总公司 (of a branch)."""


class Verified(StrEnum):
    """How well a legal basis was checked against its text (依据核实程度)."""

    TEXT = "text"
    """the instrument's own wording was read."""
    EXCERPT = "excerpt"
    """an excerpt, a reprint or an official notice was read."""
    QUOTED = "quoted"
    """two independent sources quote the same clause in the same sense."""
    SECONDARY = "secondary"
    """seen only in news, a commentary or a summary."""


class MeasureListStatus(StrEnum):
    """Status of a measure list (措施清单状态); only one in force decides."""

    IN_FORCE = "in_force"
    """现行."""
    DRAFT = "draft"
    """征求意见稿."""
    REPEALED = "repealed"
    """已废止."""
    MODEL = "model"
    """示范文本."""


class ObjectionEffect(StrEnum):
    """What follows from an objection (异议处理期间措施效力, rule 2.2)."""

    SUSPEND = "suspend"
    """暂不执行."""
    CONTINUE = "continue"
    """不停止执行."""
    FLAG = "flag"
    """执行并标注, with advice ``human_review``."""
