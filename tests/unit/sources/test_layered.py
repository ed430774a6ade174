"""Several sources in order: who answers for which list, and what an outage, a repeat, a contradiction come to."""

from __future__ import annotations

import asyncio
import logging
import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import Effect, Subject
from credit_sdk.errors import BadRecord, IncompleteCoverage, InvalidSettings, SourceUnavailable
from credit_sdk.model.record import CreditRecord
from credit_sdk.ports.observer import LayerFailed
from credit_sdk.sources import LayerPolicy, MemorySource, ThreadedSource
from credit_sdk.testing import (
    MOMENT,
    FailingSource,
    FixedClock,
    coverage,
    fictional_code,
    listing,
    measure,
    measure_list,
    violation,
)
from tests.unit.sources.both import FORMS, checked, closed, fetched, layered

if TYPE_CHECKING:
    from credit_sdk.ports import Answer

TAX, COURT, RATED = "tax.major-violation", "court.judgment-defaulter", "tax.a-rated"
FIRM = Subject(fictional_code(1))
OTHER = fictional_code(2)
RULES = measure_list(
    measure(),
    measure("test.court", triggers=[{"list": COURT}], consequence="limit"),
    measure("test.favour", effect="priority", triggers=[{"list": RATED}]),
    lists={"optional": [RATED]},
)

form = pytest.mark.parametrize("form", FORMS)


def memory(*records: dict[str, Any], **options: Any) -> MemorySource:
    return MemorySource.of(records, read_at=MOMENT, **options)


def answer(source: Any, subject: Subject = FIRM) -> Answer:
    [only] = fetched(source, [subject])
    return only


def record(source: Any, subject: Subject = FIRM) -> CreditRecord:
    only = answer(source, subject)
    assert isinstance(only, CreditRecord)
    return only


def ids(one: CreditRecord) -> list[str]:
    return sorted([entry.id for entry in one.listings] + [entry.id for entry in one.violations])


# ------------------------------------------------------------------------------------------ who answers for which list

NATIONAL = (coverage(TAX), coverage(COURT), listing(TAX, id="N-1"), listing(COURT, id="N-2"))
CITY = (
    coverage(TAX),
    coverage(RATED),
    coverage("violations"),
    listing(TAX, id="C-1"),
    listing(RATED, id="C-2"),
    violation(id="C-3"),
)

WHO = [
    pytest.param({}, {TAX: "n", COURT: "n", RATED: "c", "violations": "c"}, ["C-2", "C-3", "N-1", "N-2"], id="order"),
    pytest.param(
        {TAX: "c"}, {TAX: "c", COURT: "n", RATED: "c", "violations": "c"}, ["C-1", "C-2", "C-3", "N-2"], id="named"
    ),
    pytest.param(
        {TAX: ("c", "n")}, {TAX: "c", COURT: "n", RATED: "c", "violations": "c"}, ["C-1", "C-2", "C-3", "N-2"], id="two"
    ),
    pytest.param({COURT: "c"}, {TAX: "n", RATED: "c", "violations": "c"}, ["C-2", "C-3", "N-1"], id="named-in-vain"),
    pytest.param(
        {COURT: ("c", "n")},
        {TAX: "n", COURT: "n", RATED: "c", "violations": "c"},
        ["C-2", "C-3", "N-1", "N-2"],
        id="next",
    ),
    pytest.param({"violations": "n"}, {TAX: "n", COURT: "n", RATED: "c"}, ["C-2", "N-1", "N-2"], id="violations"),
]


@form
@pytest.mark.parametrize(("lists", "origins", "found"), WHO)
def test_each_list_is_answered_for_by_one_layer(form: str, lists: Any, origins: Any, found: list[str]) -> None:
    layers = {"n": memory(*NATIONAL), "c": memory(*CITY)}
    one = record(layered(form, layers, policy=LayerPolicy(lists=lists)))
    assert one.origins == origins
    assert set(one.coverage) == set(origins)
    assert ids(one) == found


@form
def test_a_repaired_entry_does_not_live_on_in_a_lower_layer(form: str) -> None:
    national = memory(coverage(TAX), coverage(COURT))
    city = memory(coverage(TAX), listing(TAX))
    decision = checked(form, layered(form, {"n": national, "c": city}), FIRM, RULES, clock=FixedClock())
    assert decision.effect is Effect.ALLOW
    assert not decision.listings
    assert [(n.code, n.list) for n in decision.notices] == [("sources_differ", TAX)]


@form
def test_the_decision_names_who_answered_for_which_list(form: str) -> None:
    layers = {"国家平台": memory(*NATIONAL), "市平台": memory(*CITY)}
    source = layered(form, layers)
    assert source.name == "layered(国家平台; 市平台)"
    decision = checked(form, source, FIRM, RULES, clock=FixedClock())
    assert decision.origins == {COURT: "国家平台", TAX: "国家平台", RATED: "市平台", "violations": "市平台"}
    assert set(decision.to_dict()["source"]) == {"name", "read_at", "found", "stale"}
    assert decision.to_dict()["source"]["name"] == f"layered(国家平台: {COURT}, {TAX}; 市平台: {RATED}, violations)"
    assert "信用信息来源：国家平台、市平台" in decision.explain()
    assert "市平台 所答名单：纳税信用A级纳税人名单、不良信用记录" in decision.explain()
    assert "Answered by 国家平台: " in decision.explain("en")


def test_one_source_answers_for_all() -> None:
    decision = checked("sync", memory(*NATIONAL, name="alone"), FIRM, RULES, clock=FixedClock())
    assert decision.origins == {COURT: "alone", TAX: "alone"}


@form
def test_a_consortium_names_every_source(form: str) -> None:
    from credit_sdk import CreditClient

    source = layered("sync", {"n": memory(*NATIONAL), "c": memory(*CITY)})
    client = CreditClient(source, measure_lists=[RULES], clock=FixedClock())
    decision = client.check(FIRM, members=[OTHER], domain="test", action="award")
    assert decision.origins == {COURT: "n", TAX: "n", RATED: "c", "violations": "c"}


@form
def test_layers_of_layers_are_named_by_the_innermost(form: str) -> None:
    inner = layered(form, {"n": memory(*NATIONAL), "c": memory(*CITY)})
    outer = layered(form, {"platforms": inner, "embedded": memory(coverage("safety.serious-violation"))})
    assert record(outer).origins == {
        COURT: "n",
        TAX: "n",
        RATED: "c",
        "violations": "c",
        "safety.serious-violation": "embedded",
    }


@form
def test_not_covered_by_any_is_not_consulted(form: str) -> None:
    source = layered(form, {"n": memory(coverage(TAX)), "c": memory(coverage(RATED))})
    with pytest.raises(IncompleteCoverage) as caught:
        checked(form, source, FIRM, RULES, clock=FixedClock())
    assert caught.value.missing == (COURT,)
    assert not caught.value.retryable
    assert caught.value.__cause__ is None


@form
def test_entries_of_a_list_that_nobody_covers_are_handed_on(form: str) -> None:
    """They neither restrict nor reward, and still withhold (rule 7.5)."""
    layers = {"n": memory(coverage(TAX)), "c": memory(coverage(RATED), listing(COURT, id="C-1"))}
    one = record(layered(form, layers))
    assert ids(one) == ["C-1"]
    assert COURT not in one.coverage
    assert ids(record(layered(form, layers, policy=LayerPolicy(lists={COURT: "n"})))) == []


@form
def test_uncoded_lists_are_those_of_who_answers(form: str) -> None:
    uncoded = listing(TAX, id="U", subject={"name": "虚构无码有限公司"})
    layers = {"n": memory(coverage(TAX)), "c": memory(coverage(TAX), uncoded)}
    assert record(layered(form, layers)).uncoded_lists == frozenset()
    assert record(layered(form, layers, policy=LayerPolicy(lists={TAX: "c"}))).uncoded_lists == {TAX}


@form
def test_found_by_any_and_fictional_by_any(form: str) -> None:
    layers = [memory(coverage(TAX), name="a"), memory(coverage(COURT), name="b", known=[FIRM.code], fictional=True)]
    one = record(layered(form, layers))
    assert one.found
    assert one.fictional
    assert not record(layered(form, layers[:1])).found


# ------------------------------------------------------------------------------------------------------------- outages

OUTAGE = SourceUnavailable("平台不可用", "the platform is down", fault="connect", request_id="r-1", retry_after=3.0)


@form
def test_when_a_layer_is_out_the_next_answers_for_what_it_covers(form: str) -> None:
    one = record(layered(form, {"n": FailingSource(OUTAGE), "c": memory(*CITY)}))
    assert one.origins == {TAX: "c", RATED: "c", "violations": "c"}
    assert ids(one) == ["C-1", "C-2", "C-3"]
    assert one.outage is OUTAGE


@form
def test_what_only_the_failed_layer_covers_is_not_consulted(form: str) -> None:
    source = layered(form, {"n": FailingSource(OUTAGE), "c": memory(coverage(TAX), coverage(RATED))})
    with pytest.raises(IncompleteCoverage) as caught:
        checked(form, source, FIRM, RULES, clock=FixedClock())
    error = caught.value
    assert error.missing == (COURT,)
    assert (error.fault, error.request_id, error.retry_after, error.retryable) == ("connect", "r-1", 3.0, True)
    assert error.__cause__ is OUTAGE
    assert "connect" in error.message("en")


@form
def test_a_named_layer_that_is_out_is_replaced_by_nobody(form: str) -> None:
    policy = LayerPolicy(lists={TAX: "n"})
    one = record(layered(form, {"n": FailingSource(OUTAGE), "c": memory(*CITY)}, policy=policy))
    assert TAX not in one.coverage
    assert ids(one) == ["C-2", "C-3"]


@form
def test_an_outage_fails_all_where_the_policy_says_so(form: str) -> None:
    source = layered(form, {"c": memory(*CITY), "n": FailingSource(OUTAGE)}, policy=LayerPolicy(on_outage="fail"))
    assert answer(source) is OUTAGE


@form
def test_if_all_are_out_the_first_outage_is_the_answer(form: str) -> None:
    second = SourceUnavailable("也不可用", "down too")
    assert answer(layered(form, {"n": FailingSource(OUTAGE), "c": FailingSource(second)})) is OUTAGE


@form
@pytest.mark.parametrize("error", [BadRecord("不可用", "unusable"), KeyError("bug"), ValueError("bug")])
def test_an_unusable_answer_is_never_passed_over(form: str, error: Exception) -> None:
    """It may have been what would have restricted (rule 2.4)."""
    source = layered(form, {"n": FailingSource(error), "c": memory(*CITY)})
    assert isinstance(answer(source), BadRecord)


@form
def test_what_somebody_has_to_mend_is_no_outage(form: str) -> None:
    refused = SourceUnavailable("凭据不被接受", "credentials refused", fault="credentials", retryable=False)
    assert answer(layered(form, {"n": FailingSource(refused), "c": memory(*CITY)})) is refused


@form
@pytest.mark.parametrize("error", [OSError("down"), TimeoutError()])
def test_a_foreign_outage_is_an_outage(form: str, error: Exception) -> None:
    assert record(layered(form, {"n": FailingSource(error), "c": memory(*CITY)})).origins is not None


@form
def test_a_mistake_of_the_callers_is_raised(form: str) -> None:
    source = layered(form, {"n": FailingSource(InvalidSettings("设置", "settings")), "c": memory(*CITY)})
    with pytest.raises(InvalidSettings):
        answer(source)


class Partly(MemorySource):
    """Fails for one subject of several."""

    def fetch(self, subjects: Any, *, timeout: float | None = None) -> Any:
        return [OUTAGE if s.code == OTHER else one for s, one in zip(subjects, super().fetch(subjects), strict=True)]

    async def fetch_async(self, subjects: Any, **options: Any) -> Any:
        return self.fetch(subjects)


@form
def test_a_failure_concerns_its_subject_only(form: str) -> None:
    source = layered(form, {"n": Partly.of(NATIONAL, read_at=MOMENT), "c": memory(*CITY)})
    first, second, third = fetched(source, [FIRM, Subject(OTHER), FIRM])
    assert isinstance(first, CreditRecord)
    assert isinstance(second, CreditRecord)
    assert isinstance(third, CreditRecord)
    assert first.origins == third.origins != second.origins
    assert first.coverage == third.coverage


@form
def test_a_layer_that_answers_too_little_is_no_answer(form: str) -> None:
    class Short(MemorySource):
        def fetch(self, subjects: Any, *, timeout: float | None = None) -> Any:
            return super().fetch(subjects)[1:]

        async def fetch_async(self, subjects: Any, **options: Any) -> Any:
            return self.fetch(subjects)

    assert isinstance(answer(layered(form, {"n": Short.of(NATIONAL), "c": memory(*CITY)})), BadRecord)


@form
def test_a_failing_layer_is_told_and_logged_once(form: str, caplog: pytest.LogCaptureFixture) -> None:
    events: list[Any] = []

    class Notebook:
        def observe(self, event: Any) -> None:
            events.append(event)

    source = layered(form, {"n": FailingSource(OUTAGE), "c": memory(*CITY)}, observer=Notebook())
    with caplog.at_level(logging.WARNING, "credit_sdk"):
        for _ in range(3):
            answer(source)
    assert events == [LayerFailed("n", "connect", 1)] * 3
    [line] = caplog.messages
    assert "layer n gave no answer (connect)" in line


# ------------------------------------------------------------------------------------------ repeats and contradictions


@form
def test_identical_repeats_fold(form: str) -> None:
    one = listing(RATED, id="X")
    assert ids(record(layered(form, {"n": memory(coverage(TAX), one), "c": memory(coverage(COURT), one)}))) == ["X"]


@form
def test_one_id_for_two_entries_is_no_answer(form: str) -> None:
    layers = {"n": memory(coverage(TAX), listing(TAX, id="X")), "c": memory(coverage(COURT), listing(COURT, id="X"))}
    error = answer(layered(form, layers))
    assert isinstance(error, BadRecord)
    assert error.fault == "contradiction"


@form
def test_of_a_list_that_nobody_covers_the_first_entry_stands(form: str) -> None:
    layers = {
        "n": memory(coverage(TAX), listing(COURT, id="X", status="repaired", ended_on="2026-01-01")),
        "c": memory(coverage(RATED), listing(COURT, id="X")),
    }
    one = record(layered(form, layers))
    assert [entry.status.value for entry in one.listings] == ["repaired"]
    assert one.disputed == {COURT}


DIFFERENCES = [
    pytest.param([listing(TAX)], [listing(TAX)], False, id="same"),
    pytest.param([listing(TAX, id="A")], [listing(TAX, id="B")], False, id="other-id"),
    pytest.param([listing(TAX)], [listing(TAX, remedy="另一说法", document="另一文号")], False, id="other-words"),
    pytest.param([listing(TAX)], [], True, id="unknown-below"),
    pytest.param([], [listing(TAX)], True, id="unknown-above"),
    pytest.param([listing(TAX)], [listing(TAX, status="repaired", ended_on="2026-01-01")], True, id="repaired-below"),
    pytest.param([listing(TAX)], [listing(TAX, effective_until="2029-01-01")], True, id="other-end"),
    pytest.param([listing(TAX)], [listing(TAX, severity="severe")], True, id="other-severity"),
    pytest.param([listing(TAX)], [listing(TAX), listing(TAX, id="B", severity="minor")], True, id="one-more"),
    pytest.param([], [listing(TAX, subject=OTHER)], False, id="of-another"),
    pytest.param(
        [], [listing(TAX, subject={"code": OTHER, "name": "虚构一号有限公司"})], False, id="of-a-namesake-with-a-code"
    ),
]


@form
@pytest.mark.parametrize(("above", "below", "differs"), DIFFERENCES)
def test_contradictions_are_shown(form: str, above: Any, below: Any, differs: bool) -> None:
    layers = {"n": memory(coverage(TAX), *above), "c": memory(coverage(TAX), *below)}
    one = record(layered(form, layers), Subject(FIRM.code, name="虚构一号有限公司"))
    assert one.disputed == ({TAX} if differs else frozenset())
    assert len(one.listings) == len(above)


@form
def test_contradictory_violations_are_shown(form: str) -> None:
    layers = {"n": memory(coverage("violations"), violation()), "c": memory(coverage("violations"))}
    assert record(layered(form, layers)).disputed == {"violations"}


@form
def test_what_a_layer_does_not_cover_contradicts_nothing(form: str) -> None:
    layers = {"n": memory(coverage(TAX)), "c": memory(coverage(COURT), listing(TAX))}
    one = record(layered(form, layers))
    assert one.disputed == frozenset()
    assert not one.listings


# ------------------------------------------------------------------------------------------------------ clocks and age


class Aged(MemorySource):
    """Hands out what it kept from before."""

    def fetch(self, subjects: Any, *, timeout: float | None = None) -> Any:
        for one in (answers := super().fetch(subjects)):
            assert isinstance(one, CreditRecord)
            one.stale = True
        return answers

    async def fetch_async(self, subjects: Any, **options: Any) -> Any:
        return self.fetch(subjects)


@form
def test_a_kept_record_beside_a_fresh_one_is_no_clock_fault(form: str) -> None:
    kept = Aged.of([coverage(TAX, as_of=MOMENT - timedelta(hours=9))], read_at=MOMENT - timedelta(hours=8))
    fresh = MemorySource.of([coverage(COURT, as_of=MOMENT)], read_at=MOMENT)
    for layers in ({"n": kept, "c": fresh}, {"c": fresh, "n": kept}):
        source = layered(form, layers)
        assert record(source).read_at == MOMENT
        decision = checked(form, source, FIRM, RULES, clock=FixedClock())
        assert decision.source.stale


@form
def test_a_layer_that_answers_for_nothing_makes_nothing_stale(form: str) -> None:
    kept = Aged.of([coverage(TAX)], read_at=MOMENT)
    assert not record(layered(form, {"n": memory(coverage(TAX)), "c": kept})).stale


@form
def test_each_layer_is_held_to_its_own_clock(form: str) -> None:
    ahead = MemorySource.of([coverage(TAX, as_of=MOMENT + timedelta(hours=3))], read_at=MOMENT)
    late = MemorySource.of([coverage(COURT)], read_at=MOMENT + timedelta(hours=3))
    assert isinstance(answer(layered(form, {"n": ahead, "c": late})), BadRecord)


@form
@pytest.mark.parametrize("naive", ["read_at", "as_of"])
def test_a_moment_without_offset_is_no_answer(form: str, naive: str) -> None:
    class Naive(MemorySource):
        def fetch(self, subjects: Any, *, timeout: float | None = None) -> Any:
            from credit_sdk.model.record import Coverage, CoverageTable

            moment = MOMENT.replace(tzinfo=None)
            table = CoverageTable({TAX: Coverage(moment if naive == "as_of" else MOMENT)})
            read_at = moment if naive == "read_at" else MOMENT
            return [CreditRecord("naive", read_at, found=False, coverage=table) for _ in subjects]

        async def fetch_async(self, subjects: Any, **options: Any) -> Any:
            return self.fetch(subjects)

    assert isinstance(answer(layered(form, {"n": Naive.of([]), "c": memory(coverage(COURT))})), BadRecord)


# ------------------------------------------------------------------------------------------- time, closing, what is given


class Asked:
    """Takes its time, by a clock that is set by hand, and remembers how much it was given."""

    def __init__(self, name: str, clock: list[float], takes: float) -> None:
        self.name = name
        self.clock = clock
        self.takes = takes
        self.given: list[float | None] = []
        self.closed = 0

    def fetch(self, subjects: Any, *, timeout: float | None = None) -> Any:
        self.given.append(timeout)
        self.clock[0] += self.takes
        raise OUTAGE

    async def fetch_async(self, subjects: Any, **options: Any) -> Any:
        return self.fetch(subjects, **options)

    def close(self) -> None:
        self.closed += 1
        if self.name == "bad":
            raise OSError("will not close")

    async def aclose(self) -> None:
        self.close()


def test_a_layer_that_hangs_leaves_the_others_their_share() -> None:
    clock = [0.0]
    layers = [Asked("a", clock, 2.0), Asked("b", clock, 0.5), Asked("c", clock, 9.0), Asked("d", clock, 0.0)]
    fetched(layered("sync", layers, timer=lambda: clock[0]), [FIRM], timeout=8.0)
    assert [layer.given for layer in layers] == [[2.0], [2.0], [2.75], [0.0]]
    fetched(layered("sync", layers), [FIRM])
    assert layers[0].given[-1] is None


def test_awaited_layers_are_asked_at_once() -> None:
    meeting = threading.Barrier(2)

    class Waiting(MemorySource):
        def fetch(self, subjects: Any, *, timeout: float | None = None) -> Any:
            meeting.wait(5)
            return super().fetch(subjects)

    layers = {"n": ThreadedSource(Waiting.of(NATIONAL)), "c": ThreadedSource(Waiting.of(CITY))}
    assert ids(record(layered("async", layers))) == ["C-2", "C-3", "N-1", "N-2"]


def test_cancelling_reaches_the_layers() -> None:
    cancelled = []

    class Slow(MemorySource):
        async def fetch_async(self, subjects: Any, **options: Any) -> Any:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                cancelled.append(self.name)
                raise

    async def scenario() -> None:
        source = layered("async", {"n": Slow.of(NATIONAL), "c": Slow.of(CITY)})
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(source.fetch_async([FIRM]), 0.01)

    asyncio.run(scenario())
    assert len(cancelled) == 2


@form
def test_closing_closes_every_layer(form: str) -> None:
    layers = [Asked("bad", [0.0], 0.0), Asked("good", [0.0], 0.0)]
    source = layered(form, layers)
    for times in (1, 2):
        with pytest.raises(OSError, match="will not close"):
            closed(source)
        assert [layer.closed for layer in layers] == [times, times]


LAYERS = {"n": MemorySource.of([]), "c": MemorySource.of([])}

UNUSABLE = [
    pytest.param({}, {}, "layers", id="no-layer"),
    pytest.param([MemorySource.of([]), MemorySource.of([])], {}, "layers", id="one-name-twice"),
    pytest.param({"n": object()}, {}, "layers", id="no-source"),
    pytest.param({1: MemorySource.of([])}, {}, "layers", id="no-name"),
    pytest.param(LAYERS, {"lists": {"tax.no-such-list": "n"}}, "policy.lists", id="unknown-list"),
    pytest.param(LAYERS, {"lists": {TAX: "province"}}, "policy.lists", id="unknown-layer"),
    pytest.param(LAYERS, {"lists": {TAX: ()}}, "policy.lists", id="nobody"),
    pytest.param(LAYERS, {"on_outage": "ignore"}, "on_outage", id="unknown-word"),
]


@form
@pytest.mark.parametrize(("layers", "policy", "key"), UNUSABLE)
def test_what_cannot_be_meant_is_refused(form: str, layers: Any, policy: Any, key: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        layered(form, layers, policy=LayerPolicy(**policy))
    assert caught.value.key == key


@form
def test_local_lists_may_be_named(form: str) -> None:
    lists = measure_list(
        lists={"local": [{"code": "x.local", "name": "虚构地方名单", "kind": "black"}]},
        measures=[measure(triggers=[{"list": "x.local"}])],
    ).local_lists
    layered(form, LAYERS, policy=LayerPolicy(lists={"x.local": "c"}), lists=lists)
