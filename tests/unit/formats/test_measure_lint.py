"""Every lint rule finds what it is for, and nothing in a list that is right."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from credit_sdk.formats.measure_lint import LIST_RULES, MEASURE_RULES, Finding, lint
from credit_sdk.formats.measures import from_dict

TODAY = date(2026, 11, 21)
TAX, RED = "tax.major-violation", "tax.a-rated"


def penalty(**changes: Any) -> dict[str, Any]:
    return {
        "id": "p",
        "name": "惩戒",
        "name_en": "Penalty",
        "effect": "restrict",
        "consequence": "limit",
        "force": "mandatory",
        "actions": ["award"],
        "unit": "虚构采购人",
        "triggers": [{"list": TAX}],
        "basis": [{"title": "虚构信用条例", "article": "第一条", "verified": "text"}],
    } | changes


def incentive(**changes: Any) -> dict[str, Any]:
    whole = penalty(id="i", effect="priority", triggers=[{"list": RED}]) | changes
    return {key: value for key, value in whole.items() if key != "consequence"}


def findings(*measures: dict[str, Any], today: date = TODAY, **changes: Any) -> list[Finding]:
    whole = {
        "id": "cn.fiction",
        "domain": "fiction",
        "version": "1",
        "jurisdiction": "CN",
        "status": "in_force",
        "issued_by": "虚构信用办",
        "reviewed_on": "2026-01-01",
        "policy": {"on_objection": "flag"},
        "actions": {"award": {}},
        "measures": list(measures or (penalty(),)),
    } | changes
    return list(lint(from_dict({k: v for k, v in whole.items() if v is not None}, file="f.toml"), today))


def basis(verified: str | None) -> list[dict[str, str]]:
    return [{"title": "虚构信用条例"} | ({"verified": verified} if verified else {})]


def test_a_list_that_is_right_has_no_findings() -> None:
    assert findings(penalty(), incentive()) == []


ALL_RED_OPTIONAL = {"optional": [RED, "safety.model", "local.integrity-model"]}

CASES: list[tuple[str, list[dict[str, Any]], dict[str, Any], str | None, str]] = [
    ("weak-basis", [penalty(basis=basis("secondary"))], {}, "p", "basis"),
    ("weak-basis", [penalty(basis=basis(None))], {}, "p", "basis"),
    (
        "weak-basis",
        [penalty(basis=basis("secondary"), force="recommended")],
        {"policy": {"on_objection": "flag", "recommended": "apply"}},
        "p",
        "basis",
    ),
    ("unverified-basis", [penalty(basis=[*basis("text"), *basis(None)])], {}, "p", "basis[1].verified"),
    ("missing-basis", [penalty(), incentive(basis=[])], {}, "i", "basis"),
    (
        "refusal-without-text",
        [penalty(consequence="refuse", basis=basis("quoted"))],
        {"domain": "approval"},
        "p",
        "consequence",
    ),
    ("unknown-type", [penalty(type="tar-and-feather")], {}, "p", "type"),
    ("no-english-name", [penalty(name_en=None)], {}, "p", "name_en"),
    ("natural-persons", [penalty(applies_to=["legal_entity", "natural_person"])], {}, "p", "applies_to"),
    ("validity", [penalty(valid_until="2026-11-20")], {}, "p", "valid_until"),
    ("validity", [penalty(valid_from="2026-11-22")], {}, "p", "valid_from"),
    ("wrong-side", [penalty(triggers=[{"list": TAX}, {"list": RED}])], {}, "p", "triggers[1]"),
    ("wrong-side", [penalty(), incentive(triggers=[{"list": TAX}])], {}, "i", "triggers[0]"),
    ("wrong-side", [penalty(triggers=[{"kind": "red"}])], {"lists": ALL_RED_OPTIONAL}, "p", "triggers[0]"),
    (
        "moot-severity",
        [penalty(triggers=[{"list": TAX}, {"list": TAX, "min_severity": "severe"}])],
        {},
        "p",
        "triggers[1].min_severity",
    ),
    ("no-issuer", [], {"issued_by": None}, None, "issued_by"),
    ("review-due", [], {"reviewed_on": None}, None, "reviewed_on"),
    ("review-due", [], {"reviewed_on": "2025-11-20"}, None, "reviewed_on"),
    ("review-due", [], {"reviewed_on": "2026-11-22"}, None, "reviewed_on"),
    ("unused-policy", [incentive()], {}, None, "policy.on_objection"),
    ("unused-policy", [], {"policy": {"on_objection": "flag", "recommended": "apply"}}, None, "policy.recommended"),
    ("unused-policy", [], {"policy": {"on_objection": "flag", "third_party": "apply"}}, None, "policy.third_party"),
    (
        "unused-policy",
        [],
        {"policy": {"on_objection": "flag", "max_age": {RED: "400d"}}},
        None,
        f'policy.max_age."{RED}"',
    ),
    ("unused-list", [], {"lists": {"optional": [RED]}}, None, "lists.optional"),
    (
        "unused-list",
        [],
        {"lists": {"local": [{"code": "x.y", "name": "虚构名单", "kind": "red"}]}},
        None,
        "lists.local",
    ),
    ("idle-action", [], {"actions": {"award": {}, "qualify": {}}}, None, "actions.qualify"),
    ("kind-requires", [penalty(triggers=[{"kind": "black"}])], {}, None, "lists.optional"),
]


@pytest.mark.parametrize(
    ("rule", "measures", "changes", "measure", "key"),
    CASES,
    ids=[f"{case[0]}-{case[4]}-{n}" for n, case in enumerate(CASES)],
)
def test_a_rule_finds_its_fault_and_no_other_rule_does(
    rule: str, measures: list[dict[str, Any]], changes: dict[str, Any], measure: str | None, key: str
) -> None:
    found = findings(*measures, **changes)

    assert (rule, measure, key) in {(one.rule, one.measure, one.key) for one in found}
    assert {one.rule for one in found} <= {rule, "unverified-basis"}
    for one in found:
        assert one.file == "f.toml"
        assert one.message("zh") != one.message("en")
        assert set(one.to_dict()) == {"rule", "file", "measure", "key", "message"}


def test_every_rule_has_a_case() -> None:
    assert {case[0] for case in CASES} == {*LIST_RULES, *MEASURE_RULES}


def test_a_kind_is_told_once_with_the_lists_it_requires() -> None:
    named = penalty(id="named")
    (found,) = findings(named, *(penalty(id=id_, triggers=[{"kind": "black"}]) for id_ in "ab"))
    assert "(a、b)" in found.zh
    assert "court.judgment-defaulter" in found.zh
    assert TAX not in found.zh  # named by a trigger already


def test_a_kind_whose_lists_are_optional_or_named_is_fine() -> None:
    assert findings(penalty(), incentive(triggers=[{"kind": "red"}]), lists=ALL_RED_OPTIONAL) == []


def test_a_review_a_year_ago_to_the_day_is_still_fresh() -> None:
    assert findings(reviewed_on="2025-11-21") == []
