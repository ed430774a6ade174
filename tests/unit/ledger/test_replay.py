"""A decision made again from what was kept: the same bytes, or what differs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import ANY

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from credit_sdk.decision import words
from credit_sdk.decision.answering import answer
from credit_sdk.decision.compiled import CompiledList
from credit_sdk.decision.planning import Plan, Stamp, plan
from credit_sdk.errors import (
    BadRecord,
    InvalidMeasureList,
    InvalidRequest,
    LedgerDamaged,
    NoDecision,
    SourceUnavailable,
    UnknownDecision,
)
from credit_sdk.formats import kept, measures, records
from credit_sdk.ledger._keeping import Keeping
from credit_sdk.ledger.replay import Difference, Replay, replay
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.record import CoverageTable, CreditRecord
from credit_sdk.model.request import CheckRequest
from credit_sdk.model.subject import Subject
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import Entry, EntryKind, Stored
from credit_sdk.testing import MOMENT, coverage, fictional_code, listing, measure, measure_list
from tests.unit.decision.worlds import OTHER, PARENT, PARENT_NAME, World, prepared, worlds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.decision.answering import Fetched
    from credit_sdk.decision.result import Decision

CODE, SECOND = fictional_code(1), fictional_code(2)


class Drawer:
    """As much of a store as a replay reads."""

    name = "虚构台账"

    def __init__(self) -> None:
        self.entries: dict[str, Stored] = {}
        self.texts: dict[str, str] = {}

    def keep(self, digest: str, text: str) -> None:
        self.texts[digest] = text

    def text(self, digest: str) -> str | None:
        return self.texts.get(digest)

    def entry(self, id: str) -> Stored | None:
        return self.entries.get(id)

    def put(self, entry: Entry) -> None:
        self.entries[entry.id] = Stored(len(self.entries) + 1, entry)

    def change(self, id: str, **changes: Any) -> None:
        entry = self.entries[id].entry
        self.put(entry._replace(body=json.dumps(json.loads(entry.body) | changes, ensure_ascii=False)))


def kept_check(
    plan_: Plan, answers: Sequence[Fetched], *, now: Any = MOMENT, source: str = "asked"
) -> tuple[Drawer, Decision]:
    """A check, kept as the desk keeps it. What the caller handles is not looked at: what stops him is kept too."""
    drawer = Drawer()
    decision = answer(plan_, answers, source, as_of=plan_.request.as_of or now, stamp=lambda: Stamp(uuid7(), now, None))
    drawer.put(Keeping(drawer, None).entry(decision, plan_, answers))  # type: ignore[arg-type]
    return drawer, decision


def replayed(drawer: Drawer, decision: Decision) -> Replay:
    return replay(drawer, decision.decision_id)  # type: ignore[arg-type]


def comes_out_the_same(plan_: Plan, answers: Sequence[Fetched], **options: Any) -> Decision:
    drawer, decision = kept_check(plan_, answers, **options)
    result = replayed(drawer, decision)
    assert result.differences == ()
    assert result.same
    assert result.error is None
    assert result.sdk_then == result.sdk_now
    return decision


# ------------------------------------------------------------------------------------------------------- any world

some = settings(max_examples=80)
SECOND_MEMBER = Subject(OTHER, name="虚构乙有限公司")
shapes = st.fixed_dictionaries(
    {},
    optional={
        "members": st.just((SECOND_MEMBER,)),
        "related": st.just((("parent", Subject(PARENT, name=PARENT_NAME)),)),
        "handles": st.sampled_from([frozenset(), frozenset({"limit", "scrutinise"}), frozenset({"refuse", "bonus"})]),
    },
)
outages = st.sets(st.sampled_from([0, 1, 2]), max_size=1)


@some
@given(worlds(), shapes, outages)
def test_any_world(world: World, shape: dict[str, Any], out: set[int]) -> None:
    made, answers = prepared(replace(world, **shape))
    for place in out & set(range(len(answers))):
        answers[place] = SourceUnavailable("断", "down", fault="timeout")
    try:
        decision = comes_out_the_same(made, answers, now=world.as_of)
    except NoDecision as error:
        event(error.code)  # nothing was decided, so nothing is replayed
    else:
        event(decision.effect)


# ----------------------------------------------------------------------------------------------------- one by one

FALLBACK = measure_list(actions={"award": {"on_unavailable": "allow"}})
OUT = SourceUnavailable("断", "down", fault="timeout", status=503)


def ready(request: CheckRequest | None = None, rules: Any = None, **asked: Any) -> Plan:
    rules = rules or measure_list()
    compiled = CompiledList(rules, {**CATALOGUE, **rules.local_lists})
    return plan(request or CheckRequest(**{"subject": CODE, "domain": "test", "action": "award", **asked}), compiled)


def record(*lines: dict[str, Any], as_of: Any = MOMENT - timedelta(hours=1), **fields: Any) -> CreditRecord:
    read = records.parse([coverage(as_of=as_of), *lines], CATALOGUE)
    whole: dict[str, Any] = {"source": "台", "read_at": MOMENT, "found": True} | fields
    return CreditRecord(coverage=CoverageTable(read.coverage), listings=tuple(read.listings), **whole)


LISTED = record(listing(subject=CODE))


def test_a_fallback() -> None:
    decision = comes_out_the_same(ready(rules=FALLBACK), [OUT], source="the one that was asked")
    assert decision.degraded is not None
    assert decision.source.name == "the one that was asked"


def test_a_fallback_of_a_class_of_its_own() -> None:
    class Busy(SourceUnavailable):
        pass

    decision = comes_out_the_same(ready(rules=FALLBACK), [Busy("忙", "busy")])
    assert decision.degraded is not None
    assert decision.degraded.reason == "busy"


def test_a_consortium_of_which_one_is_a_fallback() -> None:
    decision = comes_out_the_same(ready(rules=FALLBACK, members=[SECOND]), [record(), OUT], source="asked")
    assert [part.degraded is not None for part in decision.parts] == [False, True]
    assert decision.source.name == "台; asked"


def test_a_consortium_with_a_member_nobody_knows() -> None:
    """Its ids are kept only of those who were decided on."""
    third = fictional_code(3)
    decision = comes_out_the_same(
        ready(members=[SECOND, third]), [BadRecord("坏", "bad"), record(listing(subject=SECOND)), record()]
    )
    assert decision.blocking
    assert len(decision.parts) == 2
    assert len({decision.decision_id, *(part.decision_id for part in decision.parts)}) == 3


def test_related_subjects() -> None:
    rules = measure_list(measure(reached_by=["parent"]))
    related = [("parent", SECOND)]
    decision = comes_out_the_same(ready(rules=rules, related=related), [record(), record(listing(subject=SECOND))])
    assert decision.blocking


def test_what_the_caller_does_not_handle() -> None:
    decision = comes_out_the_same(ready(handles=["limit"]), [LISTED])
    assert decision.blocking


def test_what_the_matter_gives() -> None:
    rules = measure_list(measure(terms={"needs": ["points"], "z": 1, "a": 2}))
    decision = comes_out_the_same(ready(rules=rules, context={"points": {"甲": "1.5"}, "other": [1]}), [LISTED])
    assert decision.to_dict()["obligations"][0]["properties"]["terms"]["points"] == {"甲": "1.5"}


def test_the_past() -> None:
    comes_out_the_same(ready(as_of=MOMENT - timedelta(days=100, microseconds=7)), [LISTED])


@pytest.mark.parametrize("late", [0, 1])
def test_to_the_microsecond(late: int) -> None:
    """The list is stale a microsecond later; a decision's JSON says seconds only."""
    rules = measure_list(policy={"on_objection": "flag", "max_age": "24h"}, lists={"optional": ["tax.major-violation"]})
    now = MOMENT + timedelta(hours=23, microseconds=late)
    decision = comes_out_the_same(ready(rules=rules), [record()], now=now)
    assert bool(decision.coverage.stale) is bool(late)


def test_a_measure_list_from_a_file() -> None:
    text = """id = "cn.test"\ndomain = "test"\nversion = "1"\njurisdiction = "CN"\nstatus = "in_force"
policy = { on_objection = "flag" }\nactions = { award = {} }\n[[measures]]\nid = "m"\nname = "措施"\neffect = "restrict"
force = "mandatory"\nconsequence = "refuse"\nactions = ["award"]\nunit = "虚构单位"
triggers = [{ list = "tax.major-violation" }]\nbasis = [{ title = "虚构依据" }]\nterms = { z = 1, a = 2020-01-01 }\n"""
    for content in (text.encode(), b"\xef\xbb\xbf" + text.encode()):
        assert comes_out_the_same(ready(rules=measures.loads(content)), [LISTED]).blocking


# -------------------------------------------------------------------------------------------------- what differs


def test_what_differs_is_named() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    said = decision.to_dict()
    said["obligations"][0]["properties"]["until"] = "2030-01-01"
    said["listings"].append({"id": "L-9"})
    del said["withheld"]
    said["blocking"] = 1  # not the same as true
    drawer.change(decision.decision_id, decision=said, sdk="0.0.1")
    result = replayed(drawer, decision)
    assert not result.same
    assert set(result.differences) == {
        Difference("obligations[test.refuse].properties.until", '"2030-01-01"', '"2028-02-29"'),
        Difference("listings[L-9]", '{"id": "L-9"}', None),
        Difference("withheld", None, "[]"),
        Difference("blocking", "1", "true"),
    }
    assert (result.sdk_then, result.sdk_now != "0.0.1") == ("0.0.1", True)
    assert result.to_dict()["differences"][0].keys() == {"path", "kept", "now"}
    assert "L-9" not in repr(result.differences[0]._replace(path="x"))


def test_another_order_is_a_difference() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    said = dict(reversed(decision.to_dict().items()))
    drawer.change(decision.decision_id, decision=said)
    result = replayed(drawer, decision)
    (difference,) = result.differences
    assert not result.same
    assert (difference.path, difference.now) == ("", decision.to_json()[:42])


def test_a_change_of_the_sdk_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    drawer, decision = kept_check(ready(), [replace(LISTED, fictional=True)])
    assert replayed(drawer, decision).same
    changed = {**words.NOTICES, "fictional_data": ("另一句话", "another sentence")}
    monkeypatch.setattr(words, "NOTICES", changed)
    from credit_sdk.decision import as_text

    as_text._general_notice.cache_clear()
    try:
        (difference,) = replayed(drawer, decision).differences
    finally:
        as_text._general_notice.cache_clear()
    assert (difference.path, difference.now) == ("notices[0].text", '"另一句话"')


def test_a_decision_that_is_none_any_more() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, answers=json.loads(kept.answers_text([BadRecord("坏", "bad")])))
    result = replayed(drawer, decision)
    assert not result.same
    assert isinstance(result.error, BadRecord)
    assert result.differences == (Difference("effect", '"restrict"', None),)
    assert result.to_dict()["error"] == "bad_record"


def test_a_subject_that_is_not_taken_any_more() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, request={"subject": "1", "domain": "test", "action": "award"})
    result = replayed(drawer, decision)
    assert result.to_dict()["error"] == "invalid_subject"


# --------------------------------------------------------------------------------------------- what cannot be told


def test_a_decision_that_is_not_there() -> None:
    drawer = Drawer()
    drawer.put(Entry("R-1", "", EntryKind.REPORTED.value, "D-1", "{}"))
    for id_ in ("D-1", "R-1"):
        with pytest.raises(UnknownDecision, match="虚构台账"):
            replay(drawer, id_)  # type: ignore[arg-type]


def test_a_decision_of_another_client() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.put(Keeping(drawer, None).entry(decision))  # type: ignore[arg-type]
    with pytest.raises(InvalidRequest, match="另一客户端"):
        replayed(drawer, decision)


def test_rules_that_are_gone() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.texts.clear()
    with pytest.raises(LedgerDamaged, match="措施清单"):
        replayed(drawer, decision)


def test_a_newer_entry() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, v=2)
    with pytest.raises(LedgerDamaged, match="升级"):
        replayed(drawer, decision)


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"effect": "allow"}, Difference("entry.effect", '"allow"', '"restrict"')),
        ({"blocking": False}, Difference("entry.blocking", "false", "true")),
        ({"blocking": 1}, Difference("entry.blocking", "1", "true")),
        ({"must_check": True}, Difference("entry.must_check", "true", "false")),
        ({"measures": []}, Difference("entry.measures[test.refuse]", None, ANY)),
        ({"listings": []}, Difference("entry.listings[L-1]", None, ANY)),
        (
            {"listings": [["L-1", "tax.major-violation", "expired"]]},
            Difference("entry.listings[L-1].standing", '"expired"', '"in_force"'),
        ),
    ],
    ids=str,
)
def test_what_the_entry_says_beside_the_decision_is_compared_too(
    changes: dict[str, Any], difference: Difference
) -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, **changes)
    result = replayed(drawer, decision)
    assert not result.same
    assert result.differences == (difference,)


def test_what_a_measure_says_in_the_entry_is_compared_too() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    (one,) = json.loads(drawer.entries[decision.decision_id].entry.body)["measures"]
    drawer.change(decision.decision_id, measures=[one | {"until": "2027-01-01", "force": "recommended"}])
    assert {difference.path for difference in replayed(drawer, decision).differences} == {
        "entry.measures[test.refuse].until",
        "entry.measures[test.refuse].force",
    }


def test_a_day_that_waits_for_the_calendar_is_no_difference() -> None:
    rules = measure_list(measure(terms={"deadline_working_days": 10}))
    far = MOMENT.replace(year=2040)
    drawer, decision = kept_check(ready(rules=rules, as_of=MOMENT), [LISTED], now=far)
    (one,) = json.loads(drawer.entries[decision.decision_id].entry.body)["measures"]
    assert one["provisional"]
    drawer.change(decision.decision_id, measures=[one | {"due_on": "2040-12-31"}])
    assert replayed(drawer, decision).same
    drawer.change(decision.decision_id, measures=[one | {"due_on": "2040-12-31", "provisional": False}])
    assert not replayed(drawer, decision).same


def test_another_decisions_id_is_a_difference() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, decision=decision.to_dict() | {"decision_id": "D-2"})
    assert replayed(drawer, decision).differences == (
        Difference("decision_id", '"D-2"', json.dumps(decision.decision_id)),
    )


@pytest.mark.parametrize(
    "changes",
    [{"parts": None}, {"parts": ["x"]}, {"parts": 5}, {"source": None}, {"source": "x"}, {"source": {}}],
    ids=str,
)
def test_a_decision_in_pieces_is_damage(changes: dict[str, Any]) -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, decision=decision.to_dict() | changes)
    with pytest.raises(LedgerDamaged):
        replayed(drawer, decision)


@pytest.mark.parametrize(
    "changes",
    [{"listings": None}, {"listings": ["x"]}, {"measures": [1]}, {"rules": 3}, {"decided_at": 5}, {"answers": 7}],
    ids=str,
)
def test_an_entry_in_pieces_is_damage(changes: dict[str, Any]) -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, **changes)
    with pytest.raises(LedgerDamaged):
        replayed(drawer, decision)


@pytest.mark.parametrize(
    "changes", [{"decision": "x"}, {"decision": 5}, {"decision": None}, {"decision": {}}, {"sdk": None}], ids=str
)
def test_an_entry_that_is_not_as_it_was_written(changes: dict[str, Any]) -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, **changes)
    with pytest.raises(LedgerDamaged):
        replayed(drawer, decision)


def test_answers_that_do_not_fit_the_request() -> None:
    drawer, decision = kept_check(ready(), [LISTED])
    drawer.change(decision.decision_id, answers=[])
    with pytest.raises(LedgerDamaged):
        replayed(drawer, decision)


def test_a_measure_list_without_its_text() -> None:
    drawer, decision = kept_check(ready(rules=replace(measure_list(), text=None)), [LISTED])
    with pytest.raises(InvalidMeasureList, match="原文"):
        replayed(drawer, decision)
