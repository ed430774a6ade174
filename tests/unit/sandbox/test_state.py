"""The database: seeded once, one subject a file of ours, nothing half done."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from credit_sdk.errors import InvalidRequest
from credit_sdk.formats.records import parse
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.subject import Subject
from credit_sdk.sandbox._feed import BadCursor, CursorExpired
from credit_sdk.sandbox._holdings import Covered, Holdings
from credit_sdk.sandbox._intake import KeyReused
from credit_sdk.sandbox._keys import shape
from credit_sdk.sandbox._state import State
from credit_sdk.sources import MemorySource
from credit_sdk.testing import MOMENT, FixedClock, coverage, fictional_code, listing, violation

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator
    from pathlib import Path

    from credit_sdk.model.listing import Listing, Violation


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    state = State(tmp_path / "sandbox.db", clock=FixedClock())
    yield state
    state.close()


def test_it_is_seeded_once(tmp_path: Path) -> None:
    first = State(tmp_path / "sandbox.db", clock=FixedClock())
    cursor = first.feed.page(None, 1000)["cursor"]
    with first.transaction():
        first.holdings.uncover("tax.a-rated")
    first.close()
    again = State(tmp_path / "sandbox.db", clock=FixedClock())
    assert again.seed == "demo"
    assert "tax.a-rated" not in {one.list for one in again.holdings.covered()}
    assert again.feed.page(cursor, 1000)["changes"] == []
    again.close()


def test_a_reset_is_a_new_beginning(state: State) -> None:
    cursor = state.feed.page(None, 1000)["cursor"]
    with state.transaction():
        state.intake.take("key", [{}], MOMENT)
        state.holdings.uncover("tax.a-rated")
    state.board.switch_on({"kind": "drop"})
    state.clock.offset = timedelta(days=1)
    state.reset()
    assert state.intake.count() == 0
    assert state.board.on == []
    assert state.clock() == MOMENT
    assert "tax.a-rated" in {one.list for one in state.holdings.covered()}
    assert state.feed.page(None, 1)["changes"][0]["sequence"] == 1
    with pytest.raises(CursorExpired):
        state.feed.page(cursor, 1)


def test_a_file_that_does_not_load_leaves_no_half(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    lines = [coverage(), listing(), listing(id="L-2", list="no.such-list", kind=None)]
    file.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    with pytest.raises(ValueError, match=r"no\.such-list"):
        State(tmp_path / "sandbox.db", data=str(file))
    state = State(tmp_path / "sandbox.db")  # not seeded, so it can be
    assert state.seed == "demo"
    state.close()


def test_a_filled_database_takes_no_file(tmp_path: Path) -> None:
    State(tmp_path / "sandbox.db").close()
    with pytest.raises(InvalidRequest):
        State(tmp_path / "sandbox.db", data="records.jsonl")


def test_an_entry_that_stands_twice_is_one(tmp_path: Path) -> None:
    file = tmp_path / "records.jsonl"
    lines = [coverage(), listing(reason=" "), listing(reason=None)]
    file.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8-sig")
    state = State(tmp_path / "sandbox.db", data=str(file))
    assert state.holdings.count() == {"tax.major-violation": 1}
    assert len(state.feed.page(None, 10)["changes"]) == 1
    state.close()


def _half(state: State) -> None:
    with state.transaction():
        state.feed.append(MOMENT, "list", "tax.a-rated", "tax.a-rated", None, None)
        state.feed.append(MOMENT, "listing", "L-1", "tax.a-rated", "active", {"code": object()})


def test_a_failed_change_changes_nothing(state: State) -> None:
    before = state.feed.page(None, 1000)
    with pytest.raises(TypeError):
        _half(state)
    assert state.feed.page(None, 1000) == before
    with state.transaction():  # and takes no number
        state.feed.append(MOMENT, "list", "tax.a-rated", "tax.a-rated", None, None)
    assert state.feed.page(None, 1000)["changes"][-1]["sequence"] == before["changes"][-1]["sequence"] + 1


def test_a_cursor_of_the_future_is_none_of_this_feed(state: State) -> None:
    with state.transaction():
        state.feed.append(MOMENT, "list", "tax.a-rated", "tax.a-rated", None, None)
    cursor = state.feed.page(None, 1000)["cursor"]
    state.reset()
    with pytest.raises(CursorExpired):
        state.feed.page(cursor, 1)


@given(cursor=st.text())
def test_no_text_makes_the_feed_stumble(cursor: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    state = _shared(tmp_path_factory)
    with pytest.raises((BadCursor, CursorExpired)):
        state.feed.page(cursor, 1)


_STATES: list[State] = []


def _shared(tmp_path_factory: pytest.TempPathFactory) -> State:
    if not _STATES:
        _STATES.append(State(tmp_path_factory.mktemp("shared") / "sandbox.db"))
    return _STATES[0]


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    while _STATES:
        _STATES.pop().close()


def test_a_report_is_compared_by_its_content(state: State) -> None:
    with state.transaction():
        first = state.intake.take("key", [{"a": 1, "b": 2}], MOMENT)
        again = state.intake.take("key", [{"b": 2, "a": 1}], MOMENT + timedelta(days=1))
    assert not first.repeated
    assert again.repeated
    assert again.receipts[0]["received_at"] == first.receipts[0]["received_at"]
    with pytest.raises(KeyReused):
        state.intake.take("key", [{"a": 1}], MOMENT)


def test_an_outcome_with_a_key_of_its_own_is_stored_once_in_whatever_batch(state: State) -> None:
    a, b, c, d = ({"key": key, "note": key} for key in "abcd")
    with state.transaction():
        first = state.intake.take("1", [a, b], MOMENT)
        second = state.intake.take("2", [b, c, {"note": "without"}, c], MOMENT + timedelta(days=1))
    assert [one["status"] for one in second.receipts] == ["repeated", "accepted", "accepted", "repeated"]
    assert second.receipts[0] == first.receipts[1] | {"status": "repeated"}
    assert [one["idempotency_key"] for one in second.receipts] == ["b", "c", "2", "c"]
    assert not second.repeated
    assert state.intake.count() == 4
    with state.transaction():
        third = state.intake.take("3", [c, a], MOMENT)
        assert third.repeated
        assert state.intake.take("3", [c, a], MOMENT).receipts == third.receipts
    with pytest.raises(KeyReused) as reused, state.transaction():
        state.intake.take("4", [d, a | {"note": "else"}], MOMENT)
    assert reused.value.place == 1
    assert state.intake.count() == 4


def test_an_entry_moves_with_its_subject(state: State) -> None:
    for number in (1, 2):
        body = listing(subject=fictional_code(number))
        with state.transaction():
            state.holdings.put(parse([body], CATALOGUE).listings[0], body)
    assert list(state.holdings.find({"code": fictional_code(1)})) == []
    assert [body for _, body in state.holdings.find({"code": fictional_code(2)})] == [
        listing(subject=fictional_code(2))
    ]


def test_made_up_ids_are_new(state: State) -> None:
    taken = state.holdings.next_id("listing")
    body = listing(id=taken)
    with state.transaction():
        state.holdings.put(parse([body], CATALOGUE).listings[0], body)
    assert state.holdings.next_id("listing") != taken


def test_a_covered_list_is_vouched_for_up_to_now_unless_it_has_a_date() -> None:
    assert Covered("tax.a-rated", None, None).line(MOMENT) == coverage("tax.a-rated", as_of=MOMENT, history_from=None)
    dated = Covered("tax.a-rated", "2026-01-01T00:00:00+08:00", "2015-01-01").line(MOMENT)
    assert (dated["as_of"], dated["history_from"]) == ("2026-01-01T00:00:00+08:00", "2015-01-01")


# ---------------------------------------------------------------------------- the same entries as the source in memory

CODES = [fictional_code(number) for number in range(3)]
NAMES = ["虚构甲有限公司", "虚构乙有限公司", "虛構甲有限公司", "FICTION（A）有限公司"]
SUBJECTS = st.fixed_dictionaries(
    {},
    optional={
        "code": st.sampled_from(CODES),
        "organisation_code": st.sampled_from([code[8:17] for code in CODES]),
        "registration_number": st.sampled_from(["990100000000001", "990100000000002"]),
        "name": st.sampled_from(NAMES),
        "former_names": st.lists(st.sampled_from(NAMES), max_size=2),
    },
).filter(lambda subject: subject.keys() - {"former_names"})


@given(listed=st.lists(SUBJECTS, max_size=5), adverse=st.lists(SUBJECTS, max_size=2), asked=SUBJECTS)
def test_it_finds_what_the_source_in_memory_finds(
    listed: list[dict[str, Any]],
    adverse: list[dict[str, Any]],
    asked: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    bodies = [
        *(listing(id=f"L-{number}", subject=subject) for number, subject in enumerate(listed)),
        *(violation(id=f"V-{number}", subject=subject) for number, subject in enumerate(adverse)),
    ]
    records = parse(bodies, CATALOGUE)
    question = dict(asked)
    former = tuple(question.pop("former_names", ()))
    [record] = MemorySource(records).fetch([Subject(**question, former_names=former)])
    state = _shared(tmp_path_factory)
    connection: sqlite3.Connection = state._connection
    with state.transaction():
        connection.execute("DELETE FROM entries")
        connection.execute("DELETE FROM keys")
        holdings = Holdings(connection)
        entries: list[Listing | Violation] = [*records.listings, *records.violations]
        for entry, body in zip(entries, bodies, strict=True):
            holdings.put(entry, body)

    found = {body["id"] for _, body in holdings.find(asked)}

    assert not isinstance(record, Exception)
    assert found == {one.id for one in record.listings} | {one.id for one in record.violations}
    assert set(holdings.incomparable(*shape(asked))) == record.uncoded_lists
