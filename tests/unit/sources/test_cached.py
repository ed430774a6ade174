"""What a cache keeps, for how long, and what it says when the source is down. Every test runs sync and async."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import AsyncCreditClient, CreditClient, Effect, Subject
from credit_sdk.errors import (
    BadRecord,
    IncompleteCoverage,
    InvalidSettings,
    NoDecision,
    SourceUnavailable,
    StaleData,
    UnknownDomain,
)
from credit_sdk.model.record import CreditRecord
from credit_sdk.ports.observer import CacheLooked
from credit_sdk.sources import AsyncCachedSource, CachedSource
from credit_sdk.testing import MOMENT, coverage, fictional_code, listing, measure_list
from tests.unit.sources.cache_rig import CLEAR, LISTED, UNKNOWN, Rig, Upstream

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credit_sdk.ports.observer import Event

OUTAGE = SourceUnavailable("测试停机", "test outage", fault="connect")
REFUSED = SourceUnavailable("凭据无效", "credentials rejected", fault="credentials", retryable=False)
NONSENSE = BadRecord("答非所问", "nonsense", fault="schema")


# ------------------------------------------------------------------------------------------------- what is kept, how long


def test_a_record_is_asked_for_once(rig: Rig) -> None:
    first, second = rig.one(LISTED), rig.one(LISTED)
    assert [one.id for one in second.listings] == ["L-1"]
    assert (first.listings, first.coverage, first.read_at) == (second.listings, second.coverage, second.read_at)
    assert not second.stale
    assert rig.calls == [(LISTED,)]


@pytest.mark.parametrize(
    ("subject", "seconds", "asked_again"),
    [
        (LISTED, 299, False),
        (LISTED, 300, True),
        (CLEAR, 299, False),
        (CLEAR, 300, True),
        (UNKNOWN, 59, False),  # the source does not know the subject
        (UNKNOWN, 60, True),
    ],
)
def test_a_record_has_its_time(rig: Rig, subject: Subject, seconds: float, asked_again: bool) -> None:
    rig.ask(subject)
    rig.time.pass_(seconds)
    rig.ask(subject)
    assert len(rig.calls) == (2 if asked_again else 1)


def test_a_clock_set_back_makes_nothing_young(rig: Rig) -> None:
    rig.ask(LISTED)
    rig.time.pass_(299)
    rig.time.set_back(200)
    rig.time.pass_(2)
    rig.ask(LISTED)
    assert len(rig.calls) == 2


def test_a_machine_that_slept_asks_anew(rig: Rig) -> None:
    rig.ask(LISTED)
    rig.time.wall += timedelta(hours=8)  # the steady clock stood still meanwhile
    rig.ask(LISTED)
    assert len(rig.calls) == 2


def test_age_counts_from_the_question(rig: Rig) -> None:
    """Not from the answer: meanwhile the record may have been overtaken."""

    def slow(subjects: Sequence[Subject]) -> Any:
        rig.time.pass_(200)
        return rig.upstream.make(subjects)

    rig.upstream.answer = slow
    rig.ask(LISTED)
    rig.time.pass_(100)
    rig.ask(LISTED)
    assert len(rig.calls) == 2


def test_nothing_is_kept_without_time(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(ttl=0, negative_ttl=0)
    rig.ask(LISTED)
    rig.ask(LISTED)
    assert len(rig.calls) == 2
    assert len(rig.store) == 0


def test_only_what_is_missing_is_asked_for_and_at_once(rig: Rig) -> None:
    others = [Subject(fictional_code(number)) for number in range(10, 14)]
    rig.ask(LISTED, others[0])
    answers = rig.ask(others[1], LISTED, others[2], others[1], others[0], UNKNOWN)
    assert rig.calls == [(LISTED, others[0]), (others[1], others[2], UNKNOWN)]
    assert [bool(answer.listings) for answer in answers] == [False, True, False, False, False, False]


def test_the_same_code_with_a_name_is_another_question(rig: Rig) -> None:
    rig.ask(LISTED)
    rig.ask(Subject(LISTED.code, name="虚构一号有限公司"))
    assert len(rig.calls) == 2


def test_there_is_an_upper_bound(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(max_entries=3)
    subjects = [Subject(fictional_code(number)) for number in range(10, 15)]
    rig.ask(*subjects)
    assert len(rig.store) == 3
    rig.ask(*subjects[2:])
    assert len(rig.calls) == 1  # the least recently used went


def test_the_askers_time_is_handed_on(rig: Rig) -> None:
    rig.ask(LISTED, timeout=1.5)
    rig.ask(CLEAR)
    assert [timeout for _, timeout in rig.upstream.calls] == [1.5, None]


def test_no_time_no_question(rig: Rig) -> None:
    [answer] = rig.ask(LISTED, timeout=0)
    assert isinstance(answer, SourceUnavailable)
    assert answer.fault == "deadline"
    assert rig.calls == []


def test_equal_coverage_is_one_object(rig: Rig) -> None:
    """What the engine works out of a table then holds for every record."""
    assert rig.one(LISTED).coverage is not None
    rig.time.pass_(301)
    assert rig.one(LISTED).coverage is rig.one(CLEAR).coverage
    rig.upstream.records[0] = coverage(as_of=MOMENT)
    rig.time.pass_(301)
    assert rig.one(LISTED).coverage["tax.major-violation"].as_of == MOMENT


def test_others_kept_and_partial_records_are_not_kept(rig: Rig) -> None:
    """A record that is stale below would be made young; one that lacks a source that is down would prolong the outage."""
    for changes in ({"stale": True}, {"outage": OUTAGE}):
        rig.upstream.answer = lambda subjects, changes=changes: [
            replace(one, **changes) for one in rig.upstream.make(subjects) if isinstance(one, CreditRecord)
        ]
        before = len(rig.calls)
        rig.ask(LISTED)
        rig.ask(LISTED)
        assert len(rig.calls) == before + 2


# ------------------------------------------------------------------------------------------------------------ failures


@pytest.mark.parametrize("error", [OUTAGE, REFUSED, NONSENSE])
@pytest.mark.parametrize("raised", [True, False])
def test_a_failure_is_an_answer_and_not_kept(rig: Rig, error: NoDecision, raised: bool) -> None:
    rig.ask(CLEAR)
    if raised:
        rig.upstream.failure = error
    else:
        rig.upstream.answer = lambda subjects: [error] * len(subjects)
    clear, failed = rig.ask(CLEAR, LISTED)
    assert isinstance(clear, CreditRecord)  # what is at hand is not lost with the rest
    assert failed is error
    rig.upstream.failure = rig.upstream.answer = None
    assert rig.one(LISTED).listings


CARELESS: dict[str, Callable[[Sequence[Subject]], Any]] = {
    "too few": lambda subjects: [],
    "nothing": lambda subjects: None,
    "no records": lambda subjects: [None] * len(subjects),
    "no list": dict.fromkeys,
    "a fault": lambda subjects: 1 / 0,
}


@pytest.mark.parametrize("how", CARELESS)
def test_a_careless_source_gives_no_answer(rig: Rig, how: str) -> None:
    rig.upstream.answer = CARELESS[how]
    [got] = rig.ask(LISTED)
    assert isinstance(got, BadRecord)
    assert len(rig.store) == 0


def test_a_foreign_outage_is_an_outage(rig: Rig) -> None:
    rig.upstream.failure = ConnectionRefusedError()
    [got] = rig.ask(LISTED)
    assert isinstance(got, SourceUnavailable)


def test_a_mistake_is_raised(rig: Rig) -> None:
    rig.upstream.failure = UnknownDomain("没有", "none")
    with pytest.raises(UnknownDomain):
        rig.ask(LISTED)
    rig.upstream.failure = None
    assert rig.one(LISTED).listings


@pytest.mark.parametrize(
    ("error", "seconds", "served"),
    [
        (OUTAGE, 300, True),
        (OUTAGE, 3599, True),
        (OUTAGE, 3600, False),  # its age counts, not the outage's
        (OSError(), 300, True),
        (REFUSED, 300, False),  # we are not entitled to it any more
        (NONSENSE, 300, False),
        (StaleData("过期", "stale"), 300, False),
        (IncompleteCoverage("不全", "incomplete"), 300, False),
    ],
)
def test_in_an_outage_a_kept_record_may_serve(rig: Rig, error: Exception, seconds: float, served: bool) -> None:
    fresh = rig.one(LISTED)
    rig.time.pass_(seconds)
    rig.upstream.failure = error
    [answer] = rig.ask(LISTED)
    if not served:
        assert isinstance(answer, NoDecision)
        return
    assert isinstance(answer, CreditRecord)
    assert answer.stale, "not marked"
    assert (answer.listings, answer.coverage, answer.read_at) == (fresh.listings, fresh.coverage, fresh.read_at)
    assert not fresh.stale, "the mark is on somebody else's record"


def test_by_default_no_old_record_serves(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig()
    rig.ask(LISTED)
    rig.time.pass_(300)
    rig.upstream.failure = OUTAGE
    assert list(rig.ask(LISTED)) == [OUTAGE]


def test_an_outage_does_not_make_a_record_younger(rig: Rig) -> None:
    rig.ask(LISTED)
    rig.upstream.failure = OUTAGE
    for _ in range(11):
        rig.time.pass_(320)
        assert rig.one(LISTED).stale
    rig.time.pass_(320)
    assert list(rig.ask(LISTED)) == [OUTAGE]


def test_after_an_outage_the_source_answers_again(rig: Rig) -> None:
    rig.ask(LISTED)
    rig.time.pass_(300)
    rig.upstream.failure = OUTAGE
    assert rig.one(LISTED).stale
    rig.upstream.failure = None
    rig.upstream.records.append(listing(id="L-2", subject=LISTED.code))
    record = rig.one(LISTED)
    assert not record.stale
    assert {one.id for one in record.listings} == {"L-1", "L-2"}


def test_an_outage_is_logged_once_without_identifiers(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    name = rig.upstream.name = f"upstream-{rig.face}"  # a sentence of its own: the log's interval spans tests
    rig.cache = type(rig.cache)(rig.upstream, stale_if_error=3600, clock=rig.time.clock, timer=rig.time.timer)
    rig.ask(LISTED)
    rig.time.pass_(301)
    rig.upstream.failure = OUTAGE
    for _ in range(5):
        assert rig.one(LISTED).stale
    assert len([line for line in caplog.messages if name in line]) == 1
    assert str(LISTED.code) not in caplog.text


# ---------------------------------------------------------------------------------------------- age of the lists (7.3)


def _check(rig: Rig, subject: Subject) -> Any:
    options: dict[str, Any] = {"measure_lists": [measure_list()], "clock": rig.time.clock}
    question: dict[str, Any] = {"domain": "test", "action": "award"}
    if rig.face == "sync":
        return CreditClient(rig.cache, **options).check(subject, **question)

    async def check() -> Any:
        return await AsyncCreditClient(rig.cache, **options).check(subject, **question)

    return asyncio.run_coroutine_threadsafe(check(), rig.loop).result(10)


@pytest.mark.parametrize(("ttl", "stale_if_error"), [(10**7, 0), (300, 10**7), (10**7, 10**7)])
@pytest.mark.parametrize("subject", [LISTED, CLEAR])
def test_no_setting_makes_a_list_younger(
    make_rig: Callable[..., Rig], ttl: float, stale_if_error: float, subject: Subject
) -> None:
    """The lists are four hours old at the start, and may be 24 (rule 7.3)."""
    rig = make_rig(ttl=ttl, stale_if_error=stale_if_error)
    assert _check(rig, subject).effect == (Effect.RESTRICT if subject is LISTED else Effect.ALLOW)
    rig.upstream.failure = OUTAGE
    rig.time.pass_(20 * 3600)
    assert _check(rig, subject).source.stale is (ttl == 300)
    rig.time.pass_(1)
    with pytest.raises(StaleData):
        _check(rig, subject)


def test_the_decision_says_stale(rig: Rig) -> None:
    assert not _check(rig, LISTED).source.stale
    rig.time.pass_(300)
    rig.upstream.failure = OUTAGE
    decision = _check(rig, LISTED)
    assert decision.source.stale
    assert decision.to_dict()["source"]["stale"] is True


# ------------------------------------------------------------------------------------------------------- around it


class Ear:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def observe(self, event: Event) -> None:
        self.events.append(event)


def test_every_look_is_told(make_rig: Callable[..., Rig]) -> None:
    ear = Ear()
    rig = make_rig(observer=ear, stale_if_error=3600)
    rig.ask(LISTED)
    rig.ask(LISTED, CLEAR)
    rig.ask(LISTED, CLEAR)
    rig.time.pass_(300)
    rig.upstream.failure = OUTAGE
    rig.ask(LISTED, UNKNOWN)
    hit, miss, stale = CacheLooked(hit=True), CacheLooked(hit=False), CacheLooked(hit=True, stale=True)
    assert ear.events == [miss, hit, miss, hit, hit, stale, miss]


def test_it_bears_the_sources_name(rig: Rig) -> None:
    assert rig.cache.name == "upstream"
    assert rig.one(LISTED).source == "upstream"
    assert rig.cache.source is rig.upstream


def test_repr_names_nobody(rig: Rig) -> None:
    rig.ask(LISTED)
    assert str(LISTED.code) not in repr(rig.cache) + repr(rig.store) + repr(vars(rig.cache))


def test_closing_closes_the_source_and_empties_the_own_store(rig: Rig) -> None:
    cache = type(rig.cache)(rig.upstream)
    shared, rig.cache = rig.cache, cache
    rig.ask(LISTED)
    rig.close()
    rig.close()
    assert rig.upstream.closed == 2
    assert len(cache._state._store) == 0
    rig.cache = shared
    rig.ask(LISTED)
    rig.close()
    assert len(rig.store) == 1  # a store that was given is its giver's


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"ttl": -1}, "ttl"),
        ({"negative_ttl": float("nan")}, "negative_ttl"),
        ({"stale_if_error": float("inf")}, "stale_if_error"),
        ({"jitter": 1}, "jitter"),
        ({"jitter": -0.1}, "jitter"),
        ({"max_entries": 0}, "max_entries"),
    ],
)
@pytest.mark.parametrize("cache", [CachedSource, AsyncCachedSource])
def test_senseless_settings_are_refused(cache: Any, settings: dict[str, Any], key: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        cache(Upstream(), **settings)
    assert caught.value.key == key
