"""Recalling a decision to sign it: as it was kept, whatever would be decided today."""

from __future__ import annotations

import json
from typing import Any

import pytest

from credit_sdk.decision.result import Decision
from credit_sdk.errors import LedgerDamaged, UnknownDecision
from credit_sdk.ledger.recall import Recalled, recall
from tests.unit.ledger.test_replay import LISTED, Drawer, kept_check, ready


def recalled(drawer: Drawer, decision: Decision) -> Recalled:
    return recall(drawer, decision.decision_id)  # type: ignore[arg-type]


def test_what_comes_out_the_same_is_recalled_whole() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    again, measure_list, *_ = recalled(drawer, decision)
    assert isinstance(again, Decision)
    assert again.to_json() == decision.to_json()
    assert again.explain() == decision.explain()  # the name as listed included, which the JSON does not say
    assert measure_list is not None
    assert measure_list.digest == decision.measure_list.digest


def test_what_would_be_decided_otherwise_is_recalled_as_it_was() -> None:
    """The code that decides has changed since: the receipt is of what was said then."""
    drawer, decision = kept_check(ready(), [LISTED])
    said = decision.to_dict() | {"effect": "allow", "blocking": False}
    drawer.change(decision.decision_id, decision=said)
    again, measure_list, *_ = recalled(drawer, decision)
    assert again == json.loads(json.dumps(said))
    assert measure_list is not None


@pytest.mark.parametrize("changes", [{"answers": None}, {"rules": None}, {"answers": [{}]}, {"request": {}}])
def test_a_decision_without_what_it_stood_on_is_recalled_as_it_was(changes: dict[str, Any]) -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, **changes)
    assert recalled(drawer, decision).decision == json.loads(decision.to_json())


def test_rules_that_are_gone_or_damaged_are_done_without() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.texts = dict.fromkeys(drawer.texts, "{}")
    assert recalled(drawer, decision)[:2] == (json.loads(decision.to_json()), None)
    drawer.texts.clear()
    assert recalled(drawer, decision)[:2] == (json.loads(decision.to_json()), None)


def test_what_was_kept_beside_it_comes_along() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, decision=decision.to_dict() | {"effect": "allow"})
    again = recalled(drawer, decision)
    assert (again.request, again.answers) == (decision.request, [LISTED])
    several: tuple[dict[str, Any], ...] = ({"answers": None}, {"answers": 7}, {"request": {}})
    for changes in several:
        drawer.change(decision.decision_id, **changes)
        again = recalled(drawer, decision)
        assert None in (again.request, again.answers)


def test_a_decision_under_another_ones_id_is_damage() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, decision=decision.to_dict() | {"decision_id": "D-2"})
    with pytest.raises(LedgerDamaged):
        recalled(drawer, decision)


def test_what_is_not_there_or_damaged_is_said_so() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, decision="{")
    with pytest.raises(LedgerDamaged, match="credit ledger repair"):
        recalled(drawer, decision)
    with pytest.raises(UnknownDecision):
        recall(drawer, "01990000-0000-7000-8000-000000000000")  # type: ignore[arg-type]
