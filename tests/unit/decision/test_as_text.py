"""A decision's JSON as text: byte for byte what `json.dumps` makes of `to_dict`."""

from __future__ import annotations

import json
import weakref
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from credit_sdk.client import CreditClient
from credit_sdk.decision.fragments import flag, made_once, quote, quote_or_null
from credit_sdk.decision.result import Decision
from credit_sdk.errors import Restricted, SourceUnavailable
from credit_sdk.model.moments import written
from credit_sdk.model.subject import Subject
from credit_sdk.model.terms import Effect
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource
from credit_sdk.testing import (
    MOMENT,
    FailingSource,
    FixedClock,
    coverage,
    fictional_code,
    listing,
    measure,
    measure_list,
)
from tests.unit.decision.worlds import OTHER, PARENT, World, decide, worlds

if TYPE_CHECKING:
    from collections.abc import Callable

    from credit_sdk.errors import Lang

some = settings(max_examples=60)
ODD = 'a"b\\c/\n\t\x00\x1f\x7f\u2028\ud7ff\U0001f600中'


def agrees(decision: Decision) -> None:
    languages: tuple[Lang, ...] = ("zh", "en")
    # What the ledger holds as JSON values comes out of it as the text that it was.
    assert json.dumps(json.loads(decision.to_json()), ensure_ascii=False) == decision.to_json()
    for lang in languages:
        whole = decision.to_dict(lang)
        assert decision.to_json(lang) == json.dumps(whole, ensure_ascii=False)
        assert decision.to_json(lang, indent=2) == json.dumps(whole, ensure_ascii=False, indent=2)


def decided(world: World) -> Decision:
    try:
        decision = decide(world)
    except Restricted as stopped:
        decision = stopped.decision
    assume(isinstance(decision, Decision))
    assert isinstance(decision, Decision)
    return decision


@some
@given(worlds())
def test_any_decision(world: World) -> None:
    agrees(decided(world))


@some
@given(worlds(whole=True), st.sampled_from([None, frozenset(), frozenset({"limit", "bonus"})]))
def test_any_consortium_with_relations(world: World, handles: frozenset[str] | None) -> None:
    agrees(
        decided(
            replace(
                world,
                members=(Subject(OTHER, name="虚构乙有限公司"),),
                related=(("parent", Subject(PARENT)),),
                handles=handles,
            )
        )
    )


def check(
    *lines: dict[str, Any], measures: list[dict[str, Any]] | None = None, subject: Any = None, **asked: Any
) -> Decision:
    own = measure_list(*(measures or [measure()]), lists={"optional": ["tax.a-rated"]})
    source = MemorySource.of([coverage(), *lines], read_at=MOMENT)
    with CreditClient(source, domains=DomainRegistry(), measure_lists=[own], clock=FixedClock(MOMENT)) as credit:
        return credit.check(subject or fictional_code(1), domain="test", action="award", **asked)


def test_texts_of_any_kind() -> None:
    odd = {"document": ODD, "reason": ODD, "remedy": ODD, "authority": ODD}
    decision = check(
        listing(id=f"1{ODD}", subject=fictional_code(1), **odd),
        listing(id="2", subject=fictional_code(1), **odd),
        measures=[
            measure(name=f"虚构{ODD}", unit=ODD, terms={"note": ODD, "deadline_days": 5, "x": [True, None, {"y": ODD}]})
        ],
        jurisdiction="44",
    )
    agrees(decision)
    assert ODD in decision.to_dict()["listings"][0]["reason"]


def test_terms_that_the_matter_gives() -> None:
    needs = measure(terms={"needs": ["bonus_points", "other"], "note": "x"}, reaches=["manager_in_charge"])
    for context in ({"bonus_points": 3, "unasked": 1}, {}, None):
        agrees(check(listing(subject=fictional_code(1)), measures=[needs], context=context))


def test_every_kind_of_subject() -> None:
    for subject in (
        Subject(name='虚构"引号"公司'),
        Subject(fictional_code(1), type="other_organisation"),  # type: ignore[arg-type]
        Subject(organisation_code="FICT00003", registration_number=None),
        Subject(registration_number="990100000000013", name="虚构一号有限公司"),
    ):
        agrees(check(subject=subject))


def test_a_fallback() -> None:
    own = measure_list(actions={"award": {"on_unavailable": "allow"}})
    source = FailingSource(SourceUnavailable("断", "down"))
    with CreditClient(source, domains=DomainRegistry(), measure_lists=[own], clock=FixedClock(MOMENT)) as credit:
        decision = credit.check(fictional_code(1), domain="test", action="award")
    assert decision.degraded is not None
    agrees(decision)


def test_listings_that_were_changed_are_other_listings() -> None:
    """What is remembered is remembered of the object: an equal one with another text is written anew."""
    one = check(listing(subject=fictional_code(1), reason="一"))
    other = check(listing(subject=fictional_code(1), reason="二"))
    assert one.to_dict()["listings"][0]["reason"] == json.loads(one.to_json())["listings"][0]["reason"] == "一"
    assert json.loads(other.to_json())["listings"][0]["reason"] == "二"


# --------------------------------------------------------------------------------------------------------- fragments


def test_what_was_made_goes_by_identity() -> None:
    numbers = count()
    number_of: Callable[[list[int]], int] = made_once(lambda _: next(numbers), most=10)
    one, equal = [1], [1]
    assert [number_of(one), number_of(equal), number_of(one)] == [0, 1, 0]


def test_what_was_made_is_bounded() -> None:
    class Numbered:
        def __init__(self, number: int) -> None:
            self.number = number

    number_of: Callable[[Numbered], int] = made_once(lambda one: one.number, most=3)
    remembered = []
    for number in range(10):
        thing = Numbered(number)
        assert number_of(thing) == number  # nothing was said of another that had its id before
        remembered.append(weakref.ref(thing))
        del thing
    assert 1 <= sum(one() is not None for one in remembered) <= 3


@pytest.mark.parametrize("text", ["", "x", ODD, Effect.ALLOW])
def test_quote_is_what_dumps_writes(text: str) -> None:
    assert quote(text) == quote_or_null(text) == json.dumps(text, ensure_ascii=False)


def test_null_and_flags() -> None:
    assert quote_or_null(None) == "null"
    assert [flag(one) for one in (True, False, None)] == ["true", "false", "null"]


def test_moments_are_told_apart_where_clocks_are_put_back() -> None:
    """Python calls both equal: the same wall clock, an hour apart."""
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    second = first.replace(fold=1)
    assert first == second
    assert written(first) == "2026-11-01T13:30:00+08:00"
    assert written(second) == "2026-11-01T14:30:00+08:00"


def test_equal_moments_are_written_alike() -> None:
    moment = datetime(2026, 11, 21, 4, tzinfo=UTC)
    assert written(moment) == written(moment.astimezone(timezone(timedelta(hours=-3)))) == "2026-11-21T12:00:00+08:00"
    assert written(moment.replace(microsecond=999_999)) == "2026-11-21T12:00:00+08:00"
