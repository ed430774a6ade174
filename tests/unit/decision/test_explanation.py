"""What `explain()` tells a clerk, in both languages (rule 6). All firms, authorities and documents are fictional (虚构)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.client import CreditClient
from credit_sdk.decision import words
from credit_sdk.decision.result import Notice
from credit_sdk.errors import InvalidRequest, SourceUnavailable
from credit_sdk.formats.measures import from_dict
from credit_sdk.model import terms
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.subject import Subject
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource

if TYPE_CHECKING:
    from credit_sdk.decision.result import Decision

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)  # noon in Shanghai
CODE, OTHER, SOLE_TRADER = "91990100MA0000A019", "91990100MA0000A02C", "92990100MA0000C01H"
BASIS = {"title": "虚构信用条例", "document": "虚构发〔2026〕1号", "article": "第三条", "verified": "quoted"}
TAX, WATCH, RED, GUILD = "tax.major-violation", "local.watch", "tax.a-rated", "guild.bad"


def measure(id_: str, on: Any, **changes: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "name": f"虚构措施{id_}",
        "name_en": f"Measure {id_}",
        "effect": "restrict",
        "consequence": "limit",
        "force": "mandatory",
        "actions": ["award"],
        "unit": "虚构采购人",
        "triggers": [on if isinstance(on, dict) else {"list": on}],
        "basis": [BASIS],
    } | changes


def incentive(id_: str, on: Any, **changes: Any) -> dict[str, Any]:
    return {
        key: value for key, value in (measure(id_, on, effect="priority") | changes).items() if key != "consequence"
    }


def listing(id_: str = "L-1", list_: str = TAX, **changes: Any) -> dict[str, Any]:
    whole = {
        "type": "listing",
        "id": id_,
        "list": list_,
        "subject": {"code": CODE, "name": "虚构甲有限公司"},
        "status": "active",
        "authority": "虚构市税务局",
        "document": "虚构文〔2026〕7号",
        "effective_from": "2026-01-01",
        "effective_until": "2028-12-31",
        "remedy": "向虚构市税务局申请",
    } | changes
    return {key: value for key, value in whole.items() if value is not None}


def decide(
    *entries: dict[str, Any],
    measures: list[dict[str, Any]] | None = None,
    policy: dict[str, Any] | None = None,
    covered: tuple[str, ...] = (TAX, WATCH, RED, GUILD),
    subject: str | Subject = CODE,
    fictional: bool = False,
    actions: dict[str, Any] | None = None,
    wrap: Any = lambda source: source,
    as_of: datetime = NOW,
    **asked: Any,
) -> Decision:
    measure_list = from_dict(
        {
            "id": "cn.fiction",
            "domain": "fiction",
            "title": "虚构措施清单",
            "version": "7",
            "jurisdiction": "CN",
            "status": "in_force",
            "issued_by": "虚构信用办",
            "policy": {"on_objection": "flag"} | (policy or {}),
            "lists": {
                "optional": [WATCH, RED, GUILD],
                "local": [{"code": GUILD, "name": "虚构协会名单", "kind": "black", "class": "third_party"}],
            },
            "actions": actions or {"award": {"title": "中标"}},
            "measures": measures or [measure("limit", TAX)],
        }
    )
    coverage = [{"type": "coverage", "list": code, "as_of": as_of.isoformat()} for code in covered]
    lists = {**CATALOGUE, **measure_list.local_lists}
    source = MemorySource.of([*coverage, *entries], lists=lists, name="虚构来源", read_at=as_of, fictional=fictional)
    client = CreditClient(wrap(source), domains=DomainRegistry(), measure_lists=[measure_list], clock=lambda: NOW)
    return client.check(subject, domain="fiction", action="award", **asked)


def assert_says(decision: Decision, zh: tuple[str, ...], en: tuple[str, ...] = ()) -> None:
    for lang, expected in (("zh", zh), ("en", en)):
        text = decision.explain(lang)  # type: ignore[arg-type]
        for said in expected:
            assert said in text, f"{said!r} is not in\n{text}"


def test_what_was_asked_stands_there_whole() -> None:
    decision = decide(subject=Subject(CODE, name="虚构甲有限公司"), jurisdiction="44")
    assert_says(
        decision,
        (
            f"统一社会信用代码：{CODE}",
            "名称：虚构甲有限公司",
            "中标（fiction / award）",
            "44",
            "2026年11月21日 12:00:00",
        ),
        (f"credit code: {CODE}", "fiction / award", "2026-11-21 12:00:00 +08:00"),
    )


def test_an_obligation_has_basis_unit_term_and_the_listing_behind_it() -> None:
    assert_says(
        decide(listing()),
        (
            "《虚构信用条例》（虚构发〔2026〕1号）第三条【两个以上独立来源一致引用，未核对原文】",
            "实施单位：虚构采购人",
            "重大税收违法失信主体名单〔L-1〕：虚构市税务局，虚构文〔2026〕7号",
            "2028年12月31日",
            "向虚构市税务局申请",
            "强制性 · 惩戒 · 限制",
        ),
        ("Measure limit (mandatory · penalty · limit)", "Major tax violations [L-1]", "Listings end: 2028-12-31"),
    )


def test_to_restrict_is_not_to_refuse() -> None:
    assert_says(decide(listing()), ("限制不等于拒绝",), ("To restrict is not to refuse",))
    blocking = decide(listing(), measures=[measure("refuse", TAX, consequence="refuse")])
    assert_says(blocking, ("不得继续办理",), ("the action may not go on",))
    assert "不等于拒绝" not in blocking.explain()


def test_allow_says_on_which_lists() -> None:
    assert_says(
        decide(),
        ("允许：在已查询的名单范围内", "重大税收违法失信主体名单", "没有该主体的任何记录"),
        ("Allow: on the lists consulted", "no record of the subject at all"),
    )


def test_priority_says_what_must_and_what_may_be_given() -> None:
    red = listing("R-1", RED)
    decision = decide(red, measures=[incentive("a", RED), incentive("b", RED, force="recommended")])
    assert_says(decision, ("应当给予 1 项、可以给予 1 项",), ("1 to be given, 1 that may be given",))


def test_a_restriction_withholds_incentives_and_says_why() -> None:
    decision = decide(listing(), listing("R-1", RED), measures=[measure("limit", TAX), incentive("a", RED)])
    assert_says(
        decision,
        ("未予适用的激励措施", "限制优先于激励", "红黑名单冲突", "应当告知红名单认定单位"),
        ("Incentives withheld", "overrides incentives", "Tell the red list's authority"),
    )


@pytest.mark.parametrize(
    ("policy", "zh", "en"),
    [
        ("continue", "信息异议；依措施清单，不停止执行", "by the measure list, penalties continue"),
        ("flag", "继续执行并标注", "flagged for human review"),
        ("suspend", "暂缓执行", "suspended"),
    ],
)
def test_an_objection_says_what_follows(policy: str, zh: str, en: str) -> None:
    objected = listing(status="objected", objection="information")
    assert_says(decide(objected, policy={"on_objection": policy}), (zh, "异议处理规则"), (en, "On objection"))


def test_a_policy_by_kind_of_objection_is_told_in_full() -> None:
    policy = {"on_objection": {"recognition": "suspend", "information": "continue", "self_detected": "flag"}}
    assert_says(
        decide(policy=policy),
        ("认定异议：暂缓执行惩戒措施；信息异议：不停止执行；实施单位自行发现疑点：继续执行并标注",),
        ("objection to being listed: penalties are suspended; ",),
    )


@pytest.mark.parametrize(
    ("changes", "zh", "en"),
    [
        ({"effective_until": "2026-11-20"}, "不计入：已过有效期", "does not count: its term has ended"),
        ({"effective_from": "2026-11-22"}, "不计入：尚未生效", "not yet in force"),
        ({"status": "repaired"}, "不计入：已信用修复", "repaired"),
        ({"status": "removed"}, "不计入：已移出名单", "removed from the list"),
        ({"status": "revoked"}, "不计入：认定已撤销", "listed in error"),
        ({"status": "draft"}, "不计入：拟认定", "a draft"),
        ({"status": "publicised"}, "不计入：公示中", "publicised"),
        ({"effective_from": "2015-01-01", "effective_until": None}, "不计入：未载明截止日期", "no end is known"),
    ],
)
def test_a_listing_that_does_not_count_says_why(changes: dict[str, Any], zh: str, en: str) -> None:
    assert_says(decide(listing(**changes)), (zh, "1 条名单条目不计入"), (en, "listings that do not count: 1"))


def test_a_listing_in_force_that_triggers_nothing_is_told() -> None:
    assert_says(decide(listing("W-1", WATCH)), ("生效中，未触发本事项的措施",), ("triggers no measure here",))


def test_a_listing_of_a_list_that_was_not_consulted_is_told() -> None:
    decision = decide(listing("W-1", WATCH), covered=(TAX,))
    assert_says(decision, ("但其名单不在查询范围内",), ("but its list was not consulted",))


def test_a_refusal_stands_without_the_missing_lists_and_says_so() -> None:
    decision = decide(
        listing(),
        measures=[measure("refuse", TAX, consequence="refuse"), measure("limit", "labour.wage-arrears")],
    )
    assert_says(
        decision,
        ("必查而未查询", "labour.wage-arrears", "补查不会改变这一结论"),
        ("Required, not consulted", "could not undo the refusal"),
    )


def test_stale_lists_are_told() -> None:
    measures = [measure("refuse", TAX, consequence="refuse")]
    policy = {"max_age": {"default": "24h", WATCH: "1h"}}
    decision = decide(listing(), measures=measures, policy=policy, as_of=NOW - timedelta(hours=2))
    assert_says(decision, ("数据过期", "重点关注名单（local.watch）"), ("Too old to decide by",))


def test_third_party_listings_are_advice_only_and_say_so() -> None:
    decision = decide(listing("G-1", GUILD), measures=[measure("limit", TAX), measure("guild", GUILD)])
    assert decision.effect == "allow"
    assert_says(decision, ("第三方名单，仅供参考", "虚构协会名单〔G-1〕"), ("a third party's: advice only",))


def test_terms_are_told_and_what_the_caller_must_bring() -> None:
    bonus = incentive(
        "a", RED, terms={"needs": ["bonus_rule", "bonus_points"], "note": "以文件为准", "deadline_days": 5}
    )
    red = listing("R-1", RED)
    assert_says(
        decide(red, measures=[bonus], context={"bonus_points": "3"}),
        ("须由业务系统提供：加分规则", "加分分值：3", "期限（日）：5", "说明：以文件为准"),
        ("To be given by the caller: bonus rule", "Bonus points: 3"),
    )


def test_an_identity_by_name_has_to_be_verified() -> None:
    nameless = listing(subject={"name": "虚构甲有限公司"})
    decision = decide(nameless, subject=Subject(CODE, name="虚构甲有限公司"))
    assert decision.effect == "allow"
    assert_says(
        decision,
        ("核实主体身份", "仅全称一致，未经代码核实", "1 项须人工处理的事项"),
        ("Verify the identity", "same full name only"),
    )
    assert "按一般程序办理" not in decision.explain()


def test_a_sole_traders_name_is_masked() -> None:
    trader = listing(subject={"code": SOLE_TRADER, "name": "虚构巳小吃店", "type": "sole_trader"})
    text = decide(trader, subject=SOLE_TRADER).explain()
    assert "虚**" in text
    assert "虚构巳小吃店" not in text
    assert SOLE_TRADER in text


def test_each_member_of_a_consortium_is_told() -> None:
    decision = decide(listing(subject={"code": OTHER, "name": "虚构乙有限公司"}), members=[OTHER])
    assert_says(
        decision,
        ("该联合体", "共 2 个，上列主体为牵头人", f"{CODE}（允许）", f"虚构乙有限公司 {OTHER}（限制"),
        ("Members of the consortium", f"{CODE} (Allow)"),
    )


def test_a_members_listing_says_which_members() -> None:
    others = listing(subject={"code": OTHER, "name": "虚构乙有限公司"})
    assert_says(
        decide(others, members=[OTHER]),
        (
            "触发条目：重大税收违法失信主体名单〔L-1〕（成员虚构乙有限公司的条目）：",
            "L-1（成员虚构乙有限公司的条目）：向虚构",
        ),
        ("Because of: Major tax violations [L-1] (member 虚构乙有限公司's listing): ",),
    )
    nameless = listing(subject={"code": OTHER})
    assert_says(decide(nameless, members=[OTHER]), (f"（成员{OTHER}的条目）",), (f"(member {OTHER}'s listing)",))


def test_a_related_subjects_listing_says_whose_it_is_and_not_who_the_subject_is() -> None:
    parents = listing(subject={"code": OTHER, "name": "虚构乙总公司", "type": "sole_trader"})
    decision = decide(parents, measures=[measure("limit", TAX, reached_by=["parent"])], related=[("parent", OTHER)])
    assert decision.effect == "restrict"
    assert_says(
        decision,
        ("触发条目：重大税收违法失信主体名单〔L-1〕（总公司的条目）：", "L-1（总公司的条目）：向虚构市税务局申请"),
        ("Because of: Major tax violations [L-1] (the parent's listing): ", "L-1 (the parent's listing): 向虚构"),
    )
    assert "虚构乙总公司" not in decision.explain()
    assert "名称" not in decision.explain().splitlines()[3]
    named = decide(parents, related=[("parent", OTHER)], subject=Subject(CODE, name="虚构甲有限公司"))
    assert "名称：虚构甲有限公司" in named.explain()  # the parent being a sole trader masks nothing here


def test_the_subjects_own_listings_need_no_owner() -> None:
    parents = listing("L-2", subject={"code": OTHER, "name": "虚构乙总公司"})
    text = decide(listing(), parents, related=[("parent", OTHER)]).explain()
    assert "名称（名单所载）：虚构甲有限公司" in text
    assert "〔L-1〕（生效中" in text
    assert "〔L-2〕（总公司的条目）（生效中" in text


def test_a_listing_known_by_name_only_does_not_name_a_subject_asked_by_code() -> None:
    asked = Subject(CODE, name="虚构甲有限公司")
    sole = listing(subject={"name": "虚构甲有限公司", "type": "sole_trader"})
    assert "名称：虚构甲有限公司" in decide(sole, subject=asked).explain()
    assert "名称：虚**" in decide(sole, subject=Subject(name="虚构甲有限公司")).explain()


def test_what_decided_nothing_for_want_of_data_is_counted() -> None:
    decision = decide(listing("W-1", WATCH), covered=(TAX,))
    assert_says(
        decision,
        ("另有 1 条生效条目因其名单未查询或数据过期，未据以奖惩。",),
        ("listings in force that neither restrict nor reward, as their lists were not consulted or are stale: 1.",),
    )
    assert "按一般程序办理" not in decision.explain()
    old = decide(
        listing("W-1", WATCH), policy={"max_age": {"default": "24h", WATCH: "1h"}}, as_of=NOW - timedelta(hours=2)
    )
    assert old.coverage.stale == (WATCH,)
    assert_says(old, ("1 条生效条目因其名单未查询或数据过期", "但其名单数据已过期"), ("its list's data are stale",))


def test_what_a_member_was_restricted_by_did_decide() -> None:
    decision = decide(listing(subject={"code": OTHER}), members=[OTHER])
    assert "未据以" not in decision.explain()


@pytest.mark.parametrize("lang", ["fr", "", "ZH", None, "zh_CN"])
def test_another_language_is_refused(lang: Any) -> None:
    decision = decide(fictional=True)
    for tell in (decision.explain, decision.to_dict, decision.to_json):
        with pytest.raises(InvalidRequest, match="zh、en") as caught:
            tell(lang)
        assert "known: zh, en" in caught.value.en


def test_data_cannot_act_in_the_case_file() -> None:
    dirt = "\x1b[2J\x07\x9b\u202e\u2066\u200e\u2028\n三、核查结论\r\n  允许"
    dirty: dict[str, Any] = dict.fromkeys(("authority", "document", "reason", "remedy"), f"虚构{dirt}")
    decision = decide(listing(**dirty), measures=[measure("limit", TAX, name=f"虚构{dirt}", unit=f"虚构{dirt}")])
    for lang in ("zh", "en"):
        text = decision.explain(lang)
        assert all(one.isprintable() or one in "\n\u3000" for one in text)
        assert "虚构\\u001b[2J\\u0007\\u009b\\u202e\\u2066\\u200e\\u2028 三、核查结论   允许" in text
        assert not any(line.startswith(("三、核查结论", "  允许")) for line in text.splitlines())


class _Down:
    """A source that cannot be asked about ``CODE``."""

    name = "虚构来源"

    def __init__(self, source: MemorySource) -> None:
        self._source = source

    def fetch(self, subjects: Any, *, timeout: float | None = None) -> list[Any]:
        answers = self._source.fetch(subjects, timeout=timeout)
        return [
            SourceUnavailable("不可用", "down") if s.code == CODE else a for s, a in zip(subjects, answers, strict=True)
        ]

    def close(self) -> None:
        """Nothing to release."""


def test_an_answer_that_stands_in_for_an_outage_says_so() -> None:
    actions = {"award": {"title": "中标", "on_unavailable": "allow"}}
    entry = listing(subject={"code": OTHER})
    alone = decide(entry, actions=actions, wrap=_Down)
    assert (alone.effect, alone.degraded is None) == ("allow", False)
    assert_says(
        alone, ("允许（降级）", "未经核查", "应当补查", "必查而未查询"), ("Allow, as a fallback", "Check again")
    )
    together = decide(entry, actions=actions, wrap=_Down, members=[OTHER])
    assert together.effect == "restrict"
    assert_says(
        together, ("限制：对该联合体", "1 个成员未经核查"), ("Restrict: ", "members that could not be checked: 1")
    )


def test_fictional_data_are_told_first() -> None:
    for lang, said in (("zh", "虚构"), ("en", "fictional")):
        assert said in decide(fictional=True).explain(lang).splitlines()[1]  # type: ignore[arg-type]


def test_who_decided_by_what_and_when() -> None:
    decision = decide()
    assert_says(
        decision,
        ("虚构措施清单（cn.fiction 7）", "虚构信用办", decision.measure_list.digest, "虚构来源", decision.decision_id),
        ("cn.fiction 7", "虚构来源"),
    )


def test_an_objection_to_the_listing_and_to_the_measure_has_an_address() -> None:
    assert_says(decide(listing()), ("L-1：向虚构市税务局申请", "向其认定单位提出"), ("L-1: 向虚构市税务局申请",))
    assert_says(decide(), ("向办理本事项的单位提出",), ("go to the unit that handles the matter",))


def test_notices_of_one_code_are_one_sentence() -> None:
    red = listing("R-1", RED)
    text = decide(red, measures=[incentive("a", RED)]).explain()
    (line,) = [line for line in text.splitlines() if "红黑名单交叉比对不完整" in line]
    assert "失信被执行人名单、" in line
    assert "市场监督管理严重违法失信名单" in line


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_same_decision_gives_the_same_text(lang: Any) -> None:
    first, second = (decide(listing(), listing("R-1", RED)) for _ in range(2))
    known = {first.decision_id: "-", second.decision_id: "-"}
    texts = [re.sub("|".join(known), "-", one.explain(lang)) for one in (first, second)]
    assert texts[0] == texts[1]
    assert first.explain(lang) == first.explain(lang)
    assert all(line == line.rstrip() for line in texts[0].splitlines())


# ------------------------------------------------------------------------------------------------------------ words


def test_every_notice_of_the_engine_has_words() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(words.__file__).parent.glob("*.py"))
    codes = set(re.findall(r'Notice\("([a-z_]+)"', source))
    assert codes <= set(words.NOTICES)
    for code in words.NOTICES:
        notice = Notice(code, "L-1", TAX)
        assert notice.text("zh") != notice.text("en")
        assert "{" not in notice.text("zh") + notice.text("en")


@pytest.mark.parametrize(
    ("values", "table"),
    [
        (terms.Effect, words.EFFECTS),
        (terms.SubjectType, words.SUBJECT_TYPES),
        (terms.ListKind, words.KINDS),
        (terms.ListClass, words.CLASSES),
        (terms.Status, words.STATUSES),
        (terms.Standing, words.STANDINGS),
        (terms.Identity, words.IDENTITIES),
        (terms.Force, words.FORCES),
        (terms.Consequence, words.CONSEQUENCES),
        (terms.Severity, words.SEVERITIES),
        (terms.Verified, words.VERIFIED),
        (terms.Objection, words.OBJECTIONS),
        (terms.ObjectionEffect, words.OBJECTION_EFFECTS),
        (terms.MeasureListStatus, words.LIST_STATUSES),
        (terms.Role, words.ROLES),
    ],
)
def test_every_word_of_the_model_is_translated(values: Any, table: Any) -> None:
    assert set(values) <= set(table)
    assert all(all(pair) for pair in table.values())
