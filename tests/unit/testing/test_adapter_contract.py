"""The adapter contract finds what is wrong with an adapter, and says what it is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.model.measure import Basis
from credit_sdk.model.terms import Verified
from credit_sdk.testing import _adapter_checks as checks
from credit_sdk.testing import coverage, fictional_code, listing, measure, measure_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from credit_sdk.model.measure import MeasureList

pytest_plugins = ["pytester"]

HOOK = """
from credit_sdk.plugins import Domain, hookimpl

@hookimpl
def {hook}():
    return Domain.from_package(__name__, name="fictional", title="虚构领域")
"""

TESTS = """
from pathlib import Path

import fictional_adapter
from credit_sdk.testing import AdapterContract

class TestFictional(AdapterContract):
    module = fictional_adapter
    golden = Path(__file__).with_name("golden.json")
    entry_point = {entry_point}
"""

GOOD = """
id = "cn.fictional"
domain = "fictional"
title = "虚构领域信用奖惩措施清单"
version = "1"
jurisdiction = "CN"
status = "in_force"
issued_by = "虚构信用主管部门"
reviewed_on = 2026-11-21

[policy]
on_objection = "flag"

[actions.award]
title = "中标、成交"

[[measures]]
id = "fictional.refuse"
name = "拒绝参与"
name_en = "Refuse"
effect = "restrict"
consequence = "refuse"
force = "mandatory"
actions = ["award"]
unit = "虚构采购人"
triggers = [{ list = "tax.major-violation" }]
basis = [{ title = "虚构信用条例", article = "一", verified = "text" }]
"""

CASE: dict[str, Any] = {
    "id": "refused",
    "why": "虚构信用条例第一条",
    "records": [coverage(), listing()],
    "request": {"subject": {"code": fictional_code(1)}, "action": "award"},
    "as_of": "2026-11-21T12:00:00+08:00",
    "expect": {"effect": "restrict", "blocking": True, "obligations": [{"id": "fictional.refuse", "because": ["L-1"]}]},
}


@pytest.fixture
def run(pytester: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Test an adapter by the contract, in this process: a new one for each would take seconds."""

    def make(
        toml: str = GOOD, *, hook: str = "credit_sdk_domain", cases: Any = None, entry_point: bool = False
    ) -> pytest.RunResult:
        package = pytester.mkpydir("fictional_adapter")
        package.joinpath("__init__.py").write_text(HOOK.format(hook=hook), encoding="utf-8")
        package.joinpath("measures.toml").write_text(toml, encoding="utf-8")
        golden = json.dumps({"cases": [CASE]} if cases is None else cases, ensure_ascii=False)
        pytester.path.joinpath("golden.json").write_text(golden, encoding="utf-8")
        pytester.makepyfile(test_fictional=TESTS.format(entry_point=entry_point))
        return pytester.runpytest_inprocess("-p", "no:cacheprovider", "-rf")

    return make


def failures(result: pytest.RunResult) -> list[str]:
    return [line.split("::")[-1].split(" - ")[0] for line in result.outlines if line.startswith("FAILED")]


def test_a_sound_adapter_passes(run: Callable[..., pytest.RunResult]) -> None:
    run().assert_outcomes(passed=12)


def test_a_case_that_must_have_no_decision(run: Callable[..., pytest.RunResult]) -> None:
    case = CASE | {"records": [coverage("tax.a-rated")]}
    expected = {"error": "incomplete_coverage", "missing": ["tax.major-violation"]}
    assert failures(run(cases={"cases": [case | {"expect": expected}]})) == []


@pytest.mark.parametrize(
    ("options", "failed", "said"),
    [
        pytest.param(
            {"hook": "credit_sdk_domian"},
            "test_the_hook_gives_a_domain",
            "*there is no hook credit_sdk_domian*",
            id="misspelt hook",
        ),
        pytest.param(
            {"toml": GOOD.replace("unit", "unti")},
            "test_the_hook_gives_a_domain",
            "*fictional_adapter/measures.toml:*unti*",
            id="misspelt key",
        ),
        pytest.param(
            {"entry_point": True},
            "test_the_entry_point_is_declared",
            "*project.entry-points.credit_sdk*",
            id="no entry point",
        ),
        pytest.param(
            {"toml": GOOD.replace('"text"', '"secondary"')},
            "test_mandatory_penalties_are_verified[cn.fictional]",
            "*fictional.refuse*verified secondary*recommended*",
            id="basis not verified",
        ),
        pytest.param(
            {"toml": GOOD.replace("[[measures]]", "[actions.grant]\n[[measures]]", 1)},
            "test_every_action_has_a_measure[cn.fictional]",
            "*action grant has no measure*",
            id="idle action",
        ),
        pytest.param(
            {"toml": GOOD.replace('name = "拒绝参与"', 'name = "限制乘坐飞机"')},
            "test_the_rights_of_persons[cn.fictional]",
            "*rule 9.3*",
            id="forbidden measure",
        ),
        pytest.param({"cases": {"cases": []}}, "test_there_are_golden_cases", "*holds no case*", id="no golden case"),
        pytest.param({"cases": []}, "test_there_are_golden_cases", "*not a JSON object*", id="no golden file"),
        pytest.param(
            {"cases": {"cases": [CASE | {"expect": {"effect": "allow"}}]}},
            "test_golden[refused]",
            '*effect: expected "allow", got "restrict"*',
            id="another effect",
        ),
        pytest.param(
            {"cases": {"cases": [CASE | {"records": []}]}},
            "test_golden[refused]",
            "*expected a decision, got incomplete_coverage*",
            id="no decision",
        ),
        pytest.param(
            {"cases": {"cases": [CASE | {"expect": {"error": "stale_data"}}]}},
            "test_golden[refused]",
            "*error: missing, expected*stale_data*",
            id="a decision where none may be",
        ),
        pytest.param(
            {"cases": {"cases": [CASE | {"request": CASE["request"] | {"acton": "award"}}]}},
            "test_golden[refused]",
            "*unknown key acton*",
            id="misspelt request",
        ),
    ],
)
def test_a_fault_is_found_and_named(
    run: Callable[..., pytest.RunResult], options: dict[str, Any], failed: str, said: str
) -> None:
    result = run(**options)
    assert failed in failures(result)
    result.stdout.fnmatch_lines([said])


# ------------------------------------------------------------------------------------------------- check by check


def faults(check: Iterator[str]) -> str:
    return "\n".join(check)


@pytest.mark.parametrize(
    ("levels", "at_least", "sound"),
    [
        ([Verified.TEXT], Verified.QUOTED, True),
        ([Verified.EXCERPT], Verified.QUOTED, True),
        ([Verified.QUOTED], Verified.QUOTED, True),
        ([Verified.SECONDARY], Verified.QUOTED, False),
        ([None], Verified.QUOTED, False),
        ([Verified.SECONDARY, Verified.TEXT], Verified.QUOTED, True),
        ([Verified.QUOTED], Verified.TEXT, False),
        ([Verified.SECONDARY], Verified.SECONDARY, True),
    ],
)
def test_how_well_a_basis_is_verified(levels: list[Verified | None], at_least: Verified, *, sound: bool) -> None:
    basis = [Basis("虚构信用条例", verified=level).to_dict() for level in levels]
    made = measure_list(measure(basis=[{k: v for k, v in one.items() if v} for one in basis]))
    assert (faults(checks.verified(made, at_least)) == "") is sound
    recommended = measure_list(measure(force="recommended", basis=[{"title": "虚构信用条例"}]))
    assert faults(checks.verified(recommended, at_least)) == ""


@pytest.mark.parametrize(
    ("made", "missing"),
    [
        pytest.param(measure_list(), "", id="complete"),
        pytest.param(measure_list(title=None), "title", id="title"),
        pytest.param(measure_list(issued_by=None), "issued_by", id="issuer"),
        pytest.param(measure_list(reviewed_on=None), "reviewed_on", id="review"),
        pytest.param(measure_list(actions={"award": {}}), "actions.award.title", id="action"),
        pytest.param(measure_list(measure(name_en=None)), "measures[test.refuse].name_en", id="English name"),
    ],
)
def test_the_wording(made: MeasureList, missing: str) -> None:
    assert missing in faults(checks.wording(made))
    assert bool(faults(checks.wording(made))) is bool(missing)


def test_natural_persons() -> None:
    made = measure_list(measure(applies_to=["legal_entity", "natural_person"]))
    assert "natural persons" in faults(checks.organisations_only(made))


@pytest.mark.parametrize(
    ("name", "name_en", "sound"),
    [
        ("限制乘坐高铁", "Limit", False),
        ("阻止出境", "Limit", False),
        ("限制高消费", "Limit", False),
        ("限制子女就读高收费学校", "Limit", False),
        ("个人信用评分扣减", "Limit", False),
        ("从严审核", "No air travel", False),
        ("从严审核", "Exit ban", False),
        ("促进消费补贴从严审核", "Scrutinise", True),
        ("学校食堂采购拒绝参与", "Refuse participation in tenders of public bodies", True),
        ("按招标文件评分标准加分", "Bonus points", True),
    ],
)
def test_the_rights_of_persons(name: str, name_en: str, *, sound: bool) -> None:
    assert (faults(checks.rights(measure_list(measure(name=name, name_en=name_en)))) == "") is sound
