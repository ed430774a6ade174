"""What is written of a decision, and by what marks it is found again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from credit_sdk import CreditClient, Subject
from credit_sdk.errors import InvalidRequest, SourceUnavailable
from credit_sdk.ledger._entries import append_each, entry, key_of, question, undecided
from credit_sdk.ledger._keeping import Keeping
from credit_sdk.ledger.marks import marks_of, marks_of_all, marks_of_request
from credit_sdk.ledger.sqlite import SqliteLedger
from credit_sdk.model.request import CheckRequest
from credit_sdk.model.subject import ListedSubject
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.sources import MemorySource
from credit_sdk.testing import MOMENT, FixedClock, coverage, fictional_code, listing, measure, measure_list

if TYPE_CHECKING:
    from pathlib import Path

LISTED, OTHER = fictional_code(1), fictional_code(2)
RULES = measure_list(
    actions={"award": {"title": "中标、成交", "must_check": True}},
    measures=[
        measure("test.refuse", consequence="refuse"),
        measure("test.papers", name="容缺受理", consequence="limit", terms={"deadline_working_days": 5}),
        measure("test.asked", name="限期整改", consequence="limit", terms={"needs": ["deadline"]}),
        measure("test.watch", name="加强监管", consequence="scrutinise", force="recommended"),
    ],
)
NOWHERE: Any = None
KEEPING = Keeping(NOWHERE, "招标系统")


def decision(subject: Any = LISTED, **options: Any) -> Any:
    source = MemorySource.of([coverage(), listing()], read_at=MOMENT)
    client = CreditClient(source, measure_lists=[RULES], clock=FixedClock(MOMENT + timedelta(milliseconds=7)))
    return client.check(subject, **{"domain": "test", "action": "award", **options})


def body(of: Any, **options: Any) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(KEEPING.entry(of, **options).body)
    return values


def test_an_entry_says_what_was_decided() -> None:
    made = decision()
    kept = KEEPING.entry(made)
    assert (kept.id, kept.decision_id, kept.kind) == (made.decision_id, made.decision_id, "checked")
    assert kept.at == "2026-11-21T12:00:00.007+08:00"
    assert LISTED not in repr(kept)
    values = json.loads(kept.body)
    assert kept.body.endswith(f',"decision":{made.to_json()}}}')  # byte for byte
    assert values["v"] == 1
    assert values["listings"] == [["L-1", "tax.major-violation", "in_force"]]
    assert (values["domain"], values["action"], values["must_check"]) == ("test", "award", True)
    assert (values["effect"], values["blocking"], values["degraded"], values["shadow"]) == (
        "restrict",
        True,
        False,
        False,
    )
    assert (values["service"], values["rules"], values["answers"]) == ("招标系统", None, None)
    assert values["sdk"]


def test_it_says_what_is_to_be_done_until_when() -> None:
    measures = {one["id"]: one for one in body(decision(context={"deadline": "2026-12-01"}))["measures"]}
    assert measures["test.refuse"] == {
        "id": "test.refuse",
        "name": measures["test.refuse"]["name"],
        "name_en": measures["test.refuse"]["name_en"],
        "penalty": True,
        "force": "mandatory",
        "type": "refuse",
        "section": "obligations",
        "listings": ["L-1"],
        "until": "2028-02-29",
        "due_on": None,
        "provisional": False,
    }
    assert measures["test.papers"]["due_on"] == "2026-11-27"  # a Saturday, then five working days
    assert measures["test.asked"]["due_on"] == "2026-12-01"
    assert measures["test.watch"]["section"] == "advice"


def test_general_advice_is_no_measure() -> None:
    made = decision(Subject(LISTED, name="虚构一号有限公司"))
    advice = [one for one in made.advice if one.measure is None]
    assert {one["id"] for one in body(made)["measures"]}.isdisjoint(one.id for one in advice)


def test_a_shadow_is_said_to_be_one() -> None:
    assert body(decision(), shadow=True)["shadow"] is True


def test_names_are_kept_whole() -> None:
    name = '虚构"一号"\\建筑有限公司'
    values = body(decision(Subject(LISTED, name=name)))
    assert values["decision"]["subject"]["name"] == name
    assert f"name:{name}" in values["marks"]


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(InvalidRequest):
        KEEPING.entry(decision(context={"x": object()}))


# ------------------------------------------------------------------------------------------------------- without answer


def test_of_an_error_only_its_stable_words_are_kept() -> None:
    error = SourceUnavailable(f"不可用 {LISTED}", f"down {LISTED}", fault="connect")
    kept = undecided(error, ("code:x",), "test", "award", MOMENT, must_check=True, service=None)
    values = json.loads(kept.body)
    assert (values["error"], values["fault"], values["must_check"]) == ("source_unavailable", "connect", True)
    assert LISTED not in kept.body
    assert kept.decision_id is None


# ------------------------------------------------------------------------------------------------- marks and questions


@pytest.mark.parametrize(
    ("subject", "marks"),
    [
        (Subject(LISTED), [f"code:{LISTED}", f"org:{LISTED[8:17]}"]),
        (Subject(organisation_code=LISTED[8:17]), [f"org:{LISTED[8:17]}"]),
        (Subject(LISTED, organisation_code=LISTED[8:17]), [f"code:{LISTED}", f"org:{LISTED[8:17]}"]),
        (Subject(registration_number="990100000000013"), ["reg:990100000000013"]),
        (Subject(name="虚构（上海）國際有限公司"), ["name:虚构(上海)国际有限公司"]),
        (
            Subject(name="虚构甲有限公司", former_names=("虚构乙有限公司",)),
            ["name:虚构甲有限公司", "name:虚构乙有限公司"],
        ),
        (
            ListedSubject(code=LISTED, name=" 虚构甲有限公司 "),
            [f"code:{LISTED}", f"org:{LISTED[8:17]}", "name:虚构甲有限公司"],
        ),
        (ListedSubject(name="  "), []),
        (ListedSubject(), []),
    ],
)
def test_marks(subject: Any, marks: list[str]) -> None:
    assert list(marks_of(subject)) == marks


def test_everyone_asked_for_is_marked_once() -> None:
    request = CheckRequest(
        subject=LISTED,
        domain="test",
        action="award",
        members=[OTHER, Subject(LISTED)],
        related=[("parent", OTHER)],
    )
    assert marks_of_request(request) == marks_of_all([Subject(LISTED), Subject(OTHER)])


def test_the_same_matter_is_the_same_question() -> None:
    marks = marks_of(Subject(LISTED))
    asked = question(marks, "test", "award")
    assert question(marks[::-1], "test", "award") == asked
    assert len({asked, question(marks, "test", "pay"), question(marks_of(Subject(OTHER)), "test", "award")}) == 3


# ---------------------------------------------------------------------------------------------------------------- others


def test_an_entry_of_any_kind() -> None:
    made = entry(EntryKind.CONFIRMED, MOMENT, {"why": "有效"}, decision_id="d")
    assert (made.kind, made.decision_id, json.loads(made.body)) == ("confirmed", "d", {"v": 1, "why": "有效"})
    assert "有效" in made.body
    assert made.id != entry(EntryKind.CONFIRMED, MOMENT, {}).id
    assert entry(EntryKind.CLOSED, MOMENT, {}, id="own").id == "own"


def test_a_key_follows_from_what_is_said() -> None:
    key = key_of("d", "x")
    assert key.startswith("d-")
    assert len(key) == len("d-") + 12
    assert key == key_of("d", "x")
    assert len({key, key_of("d", "y"), key_of("e", "x"), key_of("d", "x", after=key)}) == 4


def test_a_request_of_another_moment_is_the_same_matter() -> None:
    first = decision()
    later = first._replace(request=replace(first.request, as_of=MOMENT))
    assert body(first)["question"] == body(later)["question"]


def test_what_stands_for_itself_is_written_in_parts(tmp_path: Path) -> None:
    """As a database that keeps writers apart by matter has room for so many matters in one transaction only."""

    class Counting(SqliteLedger):
        sizes: ClassVar[list[int]] = []

        def append(self, entries: Any, *, connection: Any = None) -> Any:
            self.sizes.append(len(entries))
            return super().append(entries, connection=connection)

    many = [entry(EntryKind.SETTLED, MOMENT, {}) for _ in range(1_001)]
    with Counting(tmp_path / "credit.db") as store:
        append_each(store, many)
        assert [one.entry for one in store.entries(limit=2_000)] == many
    assert max(Counting.sizes) <= 500
