"""A receipt made from a decision's kept JSON, with what was kept beside it, says what the decision's own receipt says."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from credit_sdk.decision.answering import answer
from credit_sdk.decision.planning import Stamp
from credit_sdk.errors import InvalidRequest, NoDecision, SourceUnavailable
from credit_sdk.formats import kept
from credit_sdk.model.subject import Subject
from credit_sdk.testing import MOMENT, listing, measure, measure_list
from tests.unit.decision.worlds import CODE, NAME, OTHER, PARENT, PARENT_NAME, World, prepared, worlds
from tests.unit.formats.issuing import issue
from tests.unit.ledger.test_replay import ready, record

if TYPE_CHECKING:
    from credit_sdk.decision.result import Decision

SECOND = Subject(OTHER, name="虚构乙有限公司")
shapes = st.fixed_dictionaries(
    {},
    optional={
        "members": st.just((SECOND,)) | st.just((SECOND, Subject("91990100MA0000A04J"))),
        "related": st.just((("parent", Subject(PARENT, name=PARENT_NAME)),))
        | st.just((("operator", PARENT), ("parent", Subject(OTHER)))),
    },
)


def made(world: World, out: set[int]) -> tuple[Decision, dict[str, Any]]:
    """A decision, and what a ledger keeps beside it, read again."""
    plan, answers = prepared(world)
    for place in out & set(range(len(answers))):
        answers[place] = SourceUnavailable("断", "down", fault="timeout")
    for place, one in enumerate(answers):
        if not isinstance(one, NoDecision) and place % 2:
            answers[place] = replace(one, origins=dict.fromkeys(one.coverage, "虚构来源"))
    decision = answer(plan, answers, "asked", as_of=world.as_of, stamp=lambda: Stamp("D", world.as_of))
    return decision, {
        "measure_list": decision.measure_list,
        "request": kept.read_request(json.loads(kept.request_text(decision.request))),
        "answers": kept.read_answers(json.loads(kept.answers_text(answers))),
    }


def shown(decision: Any, **more: Any) -> Any:
    return json.loads(issue(decision, **more).json())["told"]


@settings(max_examples=60)
@given(worlds(), shapes, st.sets(st.sampled_from([0, 1, 2]), max_size=1))
def test_it_says_the_same(world: World, shape: dict[str, Any], out: set[int]) -> None:
    try:
        decision, beside = made(replace(world, **shape), out)
    except NoDecision:
        assume(False)
    value = json.loads(decision.to_json())
    for masked in (False, True):
        assert shown(value, masked=masked, **beside) == shown(decision, masked=masked)


def branch() -> tuple[Decision, dict[str, Any]]:
    """A firm restricted for its parent's listing."""
    rules = measure_list(measure(reached_by=["parent"]))
    plan = ready(rules=rules, subject=CODE, related=[("parent", Subject(PARENT))])
    answers = [record(), record(listing(subject={"code": PARENT, "name": PARENT_NAME}))]
    decision = answer(plan, answers, "asked", as_of=MOMENT, stamp=lambda: Stamp("D", MOMENT))
    return decision, {"measure_list": decision.measure_list, "request": plan.request, "answers": answers}


def test_a_related_subjects_listing_is_shown_as_its_own() -> None:
    decision, beside = branch()
    text = issue(json.loads(decision.to_json()), **beside).html()
    assert "总公司的条目" in text
    assert f"总公司：{PARENT_NAME} {PARENT}" in text
    hidden = issue(json.loads(decision.to_json()), masked=True, **beside)
    for one in (hidden.html(), hidden.html("en"), hidden.json().decode()):
        assert PARENT not in one
        assert PARENT_NAME not in one


def test_without_the_records_nothing_is_claimed_and_nothing_masked() -> None:
    decision, beside = branch()
    value = json.loads(decision.to_json())
    for known in ({}, {"request": beside["request"]}, {**beside, "answers": [*beside["answers"], *beside["answers"]]}):
        assert "分不清以下条目" in issue(value, **known).html()
        assert "cannot be told" in issue(value, **known).html("en")
        with pytest.raises(InvalidRequest, match="不能遮蔽") as caught:
            issue(value, masked=True, **known)
        assert caught.value.key == "masked"
    assert f"总公司：{PARENT}" in issue(value, request=beside["request"]).html()
    # Whoever asked about one firm alone knows whose its listings are.
    alone = replace(beside["request"], related=())
    assert "分不清以下条目" not in issue(value, request=alone).html()


def test_records_that_it_was_not_made_from_are_not_used() -> None:
    decision, beside = branch()
    value = json.loads(decision.to_json())
    value["listings"][0]["authority"] = "另一单位"
    assert "分不清以下条目" in issue(value, **beside).html()
    with pytest.raises(InvalidRequest):
        issue(value, masked=True, **beside)


def test_who_was_checked_along_is_told() -> None:
    decision, _ = branch()
    for lang, said in (("zh", f"总公司：{PARENT_NAME} {PARENT}"), ("en", f"parent: {PARENT_NAME} {PARENT}")):
        (asked,) = [one for one in shown(decision)[lang]["sections"] if one["key"] == "asked"]
        assert said in [text for _, text in asked["entries"][0]["facts"]]
    assert NAME not in json.dumps(shown(decision), ensure_ascii=False)
