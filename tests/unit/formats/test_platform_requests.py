"""Requests to a platform are read strictly; the fault names its place and never repeats a value."""

from __future__ import annotations

from typing import Any

import pytest

from credit_sdk.errors import InvalidRequest
from credit_sdk.formats.platform_requests import read_outcomes, read_query
from credit_sdk.testing import fictional_code

CODE = fictional_code(1)
OVERRIDE = {"reason": "防汛抢险", "approver": "虚构某甲", "legal_basis": "虚构办法第一条"}
OUTCOME: dict[str, Any] = {
    "decision_id": "0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b",
    "subject": {"code": CODE},
    "domain": "procurement",
    "action": "award",
    "effect": "restrict",
    "at": "2026-11-21T12:05:00+08:00",
}


@pytest.mark.parametrize(
    "subject",
    [
        {"code": CODE},
        {"code": CODE, "name": "虚构一号有限公司", "former_names": ["虚构零号有限公司"]},
        {"organisation_code": "MA0000015"},
        {"registration_number": "990100000000001"},
        {"registration_number": "990100NA000001X"},
        {"name": "虚构一号有限公司"},
        {"code": CODE[:17] + ("0" if CODE[17] != "0" else "1")},  # registries did issue such codes
    ],
)
def test_subjects_come_as_they_were_sent(subject: dict[str, Any]) -> None:
    assert read_query({"subjects": [subject]}) == [subject]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        (None, None),
        ([], None),
        ({}, "subjects"),
        ({"subjects": []}, "subjects"),
        ({"subjects": {}}, "subjects"),
        ({"subjects": [{"code": CODE}], "limit": 1}, "limit"),
        ({"subjects": [{}]}, "subjects[0]"),
        ({"subjects": [{"code": CODE}, {"former_names": ["x"]}]}, "subjects[1]"),
        ({"subjects": [{"name": "x", "cod": CODE}]}, "subjects[0].cod"),
        ({"subjects": [{"code": CODE.lower()}]}, "subjects[0].code"),
        ({"subjects": [{"code": CODE + "\n"}]}, "subjects[0].code"),
        ({"subjects": [{"code": CODE[:17]}]}, "subjects[0].code"),
        ({"subjects": [{"code": None}]}, "subjects[0].code"),
        ({"subjects": [{"code": 9}]}, "subjects[0].code"),
        ({"subjects": [{"organisation_code": "MA000001-5"}]}, "subjects[0].organisation_code"),
        ({"subjects": [{"registration_number": "99010000000000A"}]}, "subjects[0].registration_number"),
        ({"subjects": [{"name": " \u3000"}]}, "subjects[0].name"),
        ({"subjects": [{"name": "名" * 513}]}, "subjects[0].name"),
        ({"subjects": [{"name": "x", "former_names": "y"}]}, "subjects[0].former_names"),
    ],
)
def test_another_form_is_refused_at_its_place(body: Any, key: str | None) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_query(body)
    assert refused.value.key == key
    assert refused.value.zh
    assert refused.value.en
    assert CODE not in refused.value.located("zh") + refused.value.located("en")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"executed": ["procurement.refuse-participation"], "not_executed": {}, "note": None},
        {"executed": [], "not_executed": {"procurement.refuse-participation": "已另案处理"}, "note": "备注"},
        {"at": "2026-11-21t12:05:00.5z"},
        {"at": "2026-12-31T23:59:60Z"},
        {"key": "0193-1", "kind": "release", "case": True},
        {"kind": "override", "override": OVERRIDE},
    ],
)
def test_outcomes_come_as_they_were_sent(changes: dict[str, Any]) -> None:
    outcome = OUTCOME | changes
    assert read_outcomes({"outcomes": [outcome]}) == [outcome]


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"decision_id": "1"}, "decision_id"),
        ({"subject": {}}, "subject"),
        ({"domain": "Procurement"}, "domain"),
        ({"action": ""}, "action"),
        ({"effect": "deny"}, "effect"),
        ({"executed": ["a", "a"]}, "executed"),
        ({"executed": [""]}, "executed[0]"),
        ({"not_executed": {"a": ""}}, "not_executed.a"),
        ({"at": "2026-11-21T12:05:00"}, "at"),
        ({"at": "2026-02-30T12:05:00Z"}, "at"),
        ({"at": 1}, "at"),
        ({"note": "n" * 2001}, "note"),
        ({"more": 1}, "more"),
        ({"key": "with blank"}, "key"),
        ({"kind": "else"}, "kind"),
        ({"case": 1}, "case"),
        ({"kind": "override", "override": OVERRIDE | {"approver": ""}}, "override.approver"),
    ],
)
def test_an_outcome_of_another_form_is_refused(changes: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_outcomes({"outcomes": [OUTCOME | changes]})
    assert refused.value.key == f"outcomes[0].{key}"


@pytest.mark.parametrize(
    "changes", [{"kind": "override"}, {"override": OVERRIDE}, {"kind": "release", "override": OVERRIDE}]
)
def test_an_override_says_why_and_nothing_else_does(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_outcomes({"outcomes": [OUTCOME | changes]})
    assert refused.value.key == "outcomes[0]"


@pytest.mark.parametrize("missing", OUTCOME)
def test_an_outcome_needs_its_keys(missing: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        read_outcomes({"outcomes": [{key: value for key, value in OUTCOME.items() if key != missing}]})
    assert refused.value.key == f"outcomes[0].{missing}"
