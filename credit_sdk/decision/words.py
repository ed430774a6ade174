"""The words that a person reads, in Chinese and English: tables, and the few functions that look things up in them.

Every table maps a value of the model to ``(Chinese, English)``. Nothing here decides anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from credit_sdk.errors import InvalidRequest, quoted
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.listing import VIOLATIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from credit_sdk.errors import Lang
    from credit_sdk.model.catalogue import KnownLists

Pair: TypeAlias = tuple[str, str]
"""A word or sentence in Chinese and in English."""

EFFECTS: Mapping[str, Pair] = {
    "allow": ("允许", "Allow"),
    "priority": ("优先", "Priority"),
    "restrict": ("限制", "Restrict"),
}

MEASURE_EFFECTS: Mapping[str, Pair] = {"restrict": ("惩戒", "penalty"), "priority": ("激励", "incentive")}

SUBJECT_TYPES: Mapping[str, Pair] = {
    "legal_entity": ("法人", "legal entity"),
    "other_organisation": ("其他组织", "other organisation"),
    "sole_trader": ("个体工商户", "sole trader"),
    "natural_person": ("自然人", "natural person"),
}

KINDS: Mapping[str, Pair] = {
    "red": ("守信激励名单（红名单）", "red list"),
    "black": ("严重失信主体名单（黑名单）", "black list"),
    "watch": ("重点关注名单", "watch list"),
}

CLASSES: Mapping[str, Pair] = {
    "official": ("国家机关或法律授权的组织", "official"),
    "third_party": ("行业协会、评级机构等第三方", "third party"),
}

STATUSES: Mapping[str, Pair] = {
    "draft": ("拟认定", "draft"),
    "publicised": ("公示中", "publicised, not yet recognised"),
    "active": ("有效", "active"),
    "objected": ("异议处理中", "objected to"),
    "repaired": ("已信用修复", "repaired"),
    "removed": ("已移出", "removed"),
    "revoked": ("已撤销", "revoked"),
}

STANDINGS: Mapping[str, Pair] = {
    "in_force": ("生效中", "in force"),
    "expired": ("已过有效期", "its term has ended"),
    "not_yet": ("尚未生效", "not yet in force"),
    "repaired": ("已信用修复", "repaired"),
    "removed": ("已移出名单", "removed from the list"),
    "revoked": ("认定已撤销", "revoked: listed in error"),
    "draft": ("拟认定，尚未认定", "a draft, not recognised"),
    "publicised": ("公示中，尚未认定", "publicised, not yet recognised"),
    "term_unknown": (
        "未载明截止日期，且已超过措施清单规定的年限",
        "no end is known and the measure list's years have run out",
    ),
}
"""Whether a listing counts, or why not (rule 2.3)."""

IDENTITIES: Mapping[str, Pair] = {
    "code": ("代码一致", "same code"),
    "name": ("仅全称一致，未经代码核实", "same full name only, not verified by a code"),
    "candidate": ("疑似，名称曾用或多个主体同名", "candidate only: a former name, or several bear the name"),
}
"""How surely a listing is the subject's (rule 3.2)."""

FORCES: Mapping[str, Pair] = {"mandatory": ("强制性", "mandatory"), "recommended": ("推荐性", "recommended")}

CONSEQUENCES: Mapping[str, Pair] = {
    "refuse": ("拒绝", "refuse"),
    "limit": ("限制", "limit"),
    "scrutinise": ("从严审核、重点监管", "scrutinise"),
    "withdraw": ("撤销荣誉、取消资格", "withdraw"),
}

OBLIGATION_TYPES: Mapping[str, Pair] = {
    **CONSEQUENCES,
    "favour": ("优待", "favour"),
    "accept-incomplete": ("容缺受理", "accept with papers missing"),
    "fast-track": ("绿色通道", "fast track"),
    "bonus": ("信用加分", "bonus"),
    "fewer-inspections": ("减少检查频次", "fewer inspections"),
    "prefer": ("同等条件下优先", "prefer"),
}
"""The obligation types that are known (interfaces section 3); a measure list may use others."""

SEVERITIES: Mapping[str, Pair] = {
    "minor": ("轻微", "minor"),
    "general": ("一般", "general"),
    "serious": ("较重", "serious"),
    "severe": ("严重", "severe"),
}

VERIFIED: Mapping[str, Pair] = {
    "text": ("已核对原文", "checked against its text"),
    "excerpt": ("已核对摘录或转载", "checked against an excerpt or reprint"),
    "quoted": ("两个以上独立来源一致引用，未核对原文", "quoted alike by independent sources, text not read"),
    "secondary": ("仅见于二手来源，未核对", "reported only, not checked"),
    "": ("未核对", "not checked"),
}
"""How well a basis was checked; the empty word stands for "not said"."""

OBJECTIONS: Mapping[str, Pair] = {
    "recognition": ("认定异议", "objection to being listed"),
    "information": ("信息异议", "objection to the information"),
    "self_detected": ("实施单位自行发现疑点", "doubt found by the executing unit"),
}

OBJECTION_EFFECTS: Mapping[str, Pair] = {
    "suspend": ("暂缓执行惩戒措施", "penalties are suspended"),
    "continue": ("不停止执行", "penalties continue"),
    "flag": ("继续执行并标注，提请人工复核", "penalties continue, flagged for human review"),
}
"""What a measure list lets an objection do (rule 2.2)."""

LIST_STATUSES: Mapping[str, Pair] = {
    "in_force": ("现行", "in force"),
    "draft": ("征求意见稿", "draft"),
    "repealed": ("已废止", "repealed"),
    "model": ("示范文本", "model"),
}

ROLES: Mapping[str, Pair] = {
    "legal_representative": ("法定代表人", "legal representative"),
    "principal": ("主要负责人", "principal"),
    "manager_in_charge": ("分管负责人", "manager in charge"),
    "senior_manager": ("高级管理人员", "senior manager"),
    "directly_responsible": ("直接责任人员", "directly responsible person"),
    "registered_practitioner": ("注册执业人员", "registered practitioner"),
    "operator": ("经营者", "operator"),
    "parent": ("总公司", "parent"),
}

REASONS: Mapping[str, Pair] = {
    "objected": ("名单条目异议处理中，暂缓执行", "the listing is objected to"),
    "restricted": ("本次核查适用惩戒措施，限制优先于激励", "a penalty applies, and it overrides incentives"),
    "black_listed": (
        "红黑名单交叉比对：主体有生效中的黑名单条目",
        "cross-comparison: the subject has a black listing in force",
    ),
    "identity_unverified": (
        "有不良记录仅按名称匹配，核实身份前不予激励",
        "an adverse entry matched by name only; no incentive until it is verified",
    ),
    "unhandled": ("业务系统未声明能够执行该类措施", "the caller has not declared that it can carry this out"),
    "not_every_member": ("并非联合体全体成员都适用", "it does not apply to every member of the consortium"),
}
"""Why something is suspended or withheld."""

ADVICE: Mapping[str, Pair] = {
    "verify_identity": ("核实主体身份", "Verify the identity"),
    "human_review": ("人工复核", "Human review"),
    "ask_authority": ("向认定单位核实期限", "Ask the authority"),
}

ADVICE_TEXT: Mapping[str, Pair] = {
    "verify_identity": (
        "所列条目未经代码核实，不能据此奖惩；请核实是否为同一主体，取得代码后重新核查。",
        (
            "These listings are not confirmed by a code and neither restrict nor reward; find out whether they are the"
            " subject's and check again with a code."
        ),
    ),
    "human_review": (
        "所列条目处于异议处理中，措施继续执行；请人工复核后办理。",
        "These listings are objected to while their measures continue; have a person review the matter.",
    ),
    "ask_authority": (
        "所列条目未载明截止日期，已不计入；请向认定单位核实是否仍然有效。",
        "These listings have no known end and no longer count; ask their authority whether they still stand.",
    ),
}

TERMS: Mapping[str, Pair] = {
    "deadline_days": ("期限（日）", "deadline in days"),
    "deadline_working_days": ("期限（工作日）", "deadline in working days"),
    "frequency": ("频次", "frequency"),
    "channels": ("查询渠道", "channels"),
    "retention_years": ("材料保存年限", "years to keep the papers"),
    "statutory_items": ("法定材料", "papers required by law"),
    "note": ("说明", "note"),
    "reaches": ("落实到人", "reaches"),
    "needs": ("须由业务系统提供", "to be given by the caller"),
    "missing_items": ("所缺材料", "missing papers"),
    "commitment": ("书面承诺", "written commitment"),
    "deadline": ("补正期限", "deadline"),
    "bonus_rule": ("加分规则", "bonus rule"),
    "bonus_points": ("加分分值", "bonus points"),
    "tender_clause": ("招标文件条款", "clause of the tender file"),
}
"""Keys of a measure's terms that are known, and context keys that adapters need; others are shown as written."""

_TERM_VALUES: Mapping[str, Pair] = {"excluded": ("除外", "excluded")}

NOTICES: Mapping[str, Pair] = {
    "age_unknown": (
        "未知主体的成立日期，连续无不良信用记录的年限可能包含其成立之前；请核实成立日期。",
        "The day of establishment is unknown, so the clean years may reach back before it; find it out.",
    ),
    "check_digit_failed": (
        "统一社会信用代码第 18 位校验不符，已按登记机关实际核发的代码核查；请核对证照。",
        (
            "The code's 18th character fails its check; it was checked as a code that the registry did issue. Compare it"
            " with the licence."
        ),
    ),
    "cross_check_partial": (
        "红黑名单交叉比对不完整，未查询：{lists}。给予激励前请补查。",
        "Cross-comparison is partial; not consulted: {lists}. Consult them before granting an incentive.",
    ),
    "data_newer": (
        "数据晚于核查时点，其后的修复、移出可能掩盖当时有效的条目：{lists}。",
        "The data are newer than the moment asked about; later repairs and removals may hide what held then: {lists}.",
    ),
    "fictional_data": (
        "演示数据：主体和名单条目均为虚构，本结论不得作为办理依据。",
        "Demonstration data: subjects and listings are fictional; nothing may be decided on them.",
    ),
    "history_unknown": (
        "没有完整且未过期的历史数据，不能认定连续无不良信用记录：{lists}。",
        "There is no complete and fresh history, so clean years cannot be established: {lists}.",
    ),
    "member_undecided": (
        "联合体有成员未能得出结论；另一成员的结论是不得继续，足以决定整体。",
        "A member of the consortium has no decision; another member is blocked, which decides for all.",
    ),
    "violation_unverified": (
        "不良信用记录 {listings} 仅与名称相符，身份未经核实；核实之前，须以无不良信用记录为条件的激励不予适用或应当慎用。",
        "The violations {listings} match by name only; verify whose they are before an incentive for clean years is given.",
    ),
    "name_needed": (
        "名单含有不能按代码比对的条目，而核查未给出名称；请补充全称后重新核查：{lists}。",
        (
            "These lists hold entries that no code can compare, and no name was given; check again with the full name:"
            " {lists}."
        ),
    ),
    "objection_kind_unknown": (
        "条目处于异议处理中但未注明异议类型，暂不据此执行惩戒措施；请向认定单位核实：{listings}（{lists}）。",
        (
            "Objected to, but the kind of objection is not given, so the listing is suspended; ask its authority:"
            " {listings} ({lists})."
        ),
    ),
    "parent_not_checked": (
        "该主体是分支机构，未同时核查其总公司；如需核查，请以角色 parent 给出总公司。",
        "The subject is a branch and its parent was not checked; to check it, give it with the role parent.",
    ),
    "severity_unknown": (
        "条目未载明失信严重程度，不触发对程度有要求的措施：{listings}（{lists}）。",
        "The severity is not given, so measures that ask for one are not triggered: {listings} ({lists}).",
    ),
    "sources_differ": (
        "各来源对以下名单的记载不一致，已以优先来源为准；请向认定单位核实：{lists}。",
        (
            "The sources do not say the same of these lists; the one that answers for each list prevailed. Ask the"
            " authority: {lists}."
        ),
    ),
    "term_unknown": (
        "条目未载明截止日期，仅在措施清单规定的年限内计入；请向认定单位核实：{listings}（{lists}）。",
        (
            "No end is given; the listing counts for the measure list's years only. Ask its authority: {listings}"
            " ({lists})."
        ),
    ),
    "type_differs": (
        "请求的主体类型与信用记录不一致，以信用记录为准。",
        "The type of subject asked for differs from the record's; the record's was used.",
    ),
}
"""The notices of section 6; ``{lists}`` and ``{listings}`` are filled where one is about some."""


_FEW = 3


def check_language(lang: object) -> None:
    """Refuse a language in which nothing is told.

    :raises InvalidRequest: neither ``zh`` nor ``en``.
    """
    if lang not in ("zh", "en"):
        raise InvalidRequest(
            f"没有语言 {quoted(lang)}；可用：zh、en", f"no language {quoted(lang)}; known: zh, en", key="lang"
        )


def say(table: Mapping[str, Pair], key: str, lang: Lang) -> str:
    """The word for ``key``, or ``key`` itself where the table does not know it."""
    pair = table.get(key)
    return key if pair is None else pair[lang == "en"]


def list_name(code: str, lang: Lang, local: KnownLists | None = None) -> str:
    """A list's name; its code where neither the catalogue nor ``local`` knows it."""
    if code == VIOLATIONS:
        return "不良信用记录" if lang == "zh" else "adverse records outside lists"
    info = CATALOGUE.get(code) or (local or {}).get(code)
    if info is None:
        return code
    return info.name_en if lang == "en" else info.name


def named_list(code: str, lang: Lang, local: KnownLists | None = None) -> str:
    """A list's name with its code in brackets."""
    name = list_name(code, lang, local)
    if name == code:
        return code
    return f"{name} ({code})" if lang == "en" else f"{name}（{code}）"


def joined(items: Sequence[str], lang: Lang) -> str:
    """An enumeration: 顿号 in Chinese, commas in English."""
    return (", " if lang == "en" else "、").join(items)


def term_value(value: object, lang: Lang) -> str:
    """A term's value as text."""
    if isinstance(value, bool):
        return ("是" if value else "否") if lang == "zh" else ("yes" if value else "no")
    if isinstance(value, (list, tuple)):
        return joined([term_value(item, lang) for item in value], lang)
    if isinstance(value, dict):
        return "; ".join(f"{key}: {term_value(item, lang)}" for key, item in value.items())
    return say(_TERM_VALUES, str(value), lang)


def notice(
    code: str, lang: Lang, *, list_code: str | None = None, listing: str | None = None, local: KnownLists | None = None
) -> str:
    """A notice as a sentence.

    :param list_code: the list concerned; shown by name and code.
    :param listing: id of the listing concerned.
    :param local: further lists whose names are known.
    """
    return notices(code, lang, [list_code] if list_code else [], [listing] if listing else [], local)


def notices(
    code: str, lang: Lang, lists: Sequence[str], listings: Sequence[str], local: KnownLists | None = None
) -> str:
    """Several notices of one code as one sentence; more than a few lists are told by name only.

    :raises InvalidRequest: a language in which nothing is told.
    """
    check_language(lang)
    name = named_list if len(lists) <= _FEW else list_name
    return say(NOTICES, code, lang).format(
        lists=joined([name(one, lang, local) for one in lists], lang), listings=joined(listings, lang)
    )
