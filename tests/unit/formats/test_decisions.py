"""A decision's JSON read again: nothing of it is lost, and it is told as the decision itself was."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from credit_sdk.decision.result import Decision
from credit_sdk.errors import InvalidFile
from credit_sdk.formats import decisions
from tests.unit.decision.worlds import World, decide, worlds
from tests.unit.formats.issuing import CLEAN, RESTRICTED, REWARDED, decided


@given(worlds())
@settings(max_examples=100)
def test_what_is_read_says_the_same(world: World) -> None:
    decision = decide(world)
    if not isinstance(decision, Decision):
        return
    for measure_list in (None, decision.measure_list):
        again = decisions.read(decision.to_dict(), measure_list=measure_list)
        assert again.to_dict() == decision.to_dict()
        assert again.explain()
        assert again.explain("en")


@pytest.mark.parametrize("code", [RESTRICTED, REWARDED, CLEAN])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_with_its_measure_list_it_is_told_alike(code: str, lang: Any) -> None:
    decision = decided(code)
    again = decisions.read(json.loads(decision.to_json()), measure_list=decision.measure_list)
    # What a name was on the list, the decision's JSON does not say.
    names = ("名称（名单所载）", "Name (as listed)")
    told = [line for line in decision.explain(lang).splitlines() if not line.strip().startswith(names)]
    assert again.explain(lang).splitlines() == told


def test_a_consortium_is_read_with_its_members() -> None:
    decision = decided(RESTRICTED, "procurement", "award", (REWARDED, CLEAN))
    again = decisions.read(json.loads(decision.to_json()))
    assert again.to_dict() == decision.to_dict()
    assert [part.decision_id for part in again.parts] == [part.decision_id for part in decision.parts]


def test_another_measure_list_is_not_used() -> None:
    decision, other = decided(), decided(REWARDED, "subsidy", "grant").measure_list
    again = decisions.read(decision.to_dict(), measure_list=other)
    assert again.measure_list.id == decision.measure_list.id
    assert again.to_dict() == decision.to_dict()


@pytest.mark.parametrize("value", [None, [], {}, {"schema": "credit.decision/2"}, {"schema": "credit.decision/1"}])
def test_what_is_no_decision_is_refused(value: Any) -> None:
    with pytest.raises(InvalidFile):
        decisions.read(value)
