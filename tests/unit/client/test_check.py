"""`check`, on both clients: interfaces section 1, rules 5.5, 5.8, 5.9 and 8. Every firm is fictional (虚构)."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import Effect, Role, Subject
from credit_sdk.errors import (
    BadRecord,
    CreditError,
    IncompleteCoverage,
    InvalidRequest,
    InvalidSettings,
    InvalidSubject,
    MeasureListNotInForce,
    NoDecision,
    NoMeasureList,
    Restricted,
    SourceUnavailable,
    StaleData,
    UnknownAction,
    UnknownDomain,
)
from credit_sdk.model.record import Coverage, CoverageTable, CreditRecord
from credit_sdk.sources import MemorySource
from credit_sdk.testing import (
    MOMENT,
    FailingSource,
    coverage,
    fictional_code,
    listing,
    measure,
    measure_list,
    violation,
)
from tests.unit.client.conftest import Told, Way

if TYPE_CHECKING:
    from collections.abc import Sequence

LISTED, CLEAN, THIRD = fictional_code(1), fictional_code(2), fictional_code(3)
RECORDS = (coverage(), coverage("tax.a-rated"), listing())
LENIENT: dict[str, Any] = {"actions": {"award": {"on_unavailable": "allow"}, "sign": {"must_check": True}}}


def memory(*lines: dict[str, Any], **options: Any) -> MemorySource:
    return MemorySource.of(lines or RECORDS, read_at=MOMENT, **options)


# -------------------------------------------------------------------------------------------------------- who is asked


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(LISTED, id="code"),
        pytest.param(f" {LISTED.lower()[:8]}-{LISTED[8:]}\n", id="code as pasted"),
        pytest.param(Subject(LISTED), id="subject"),
        pytest.param(Subject(LISTED, name="虚构一号有限公司"), id="subject with a name"),
        pytest.param(Subject(organisation_code=LISTED[8:17]), id="organisation code"),
    ],
)
def test_a_subject_is_a_code_or_a_subject(way: Way, subject: str | Subject) -> None:
    decision = way.client(memory()).check(subject)
    assert (decision.effect, decision.blocking) == (Effect.RESTRICT, True)
    assert decision.obligations[0].because == ("L-1",)


def test_on_no_list_allows(way: Way) -> None:
    decision = way.client(memory()).check(CLEAN)
    assert (decision.effect, decision.blocking, decision.source.found) == (Effect.ALLOW, False, False)


def test_a_decision_says_what_was_asked(way: Way) -> None:
    decision = way.client(memory()).check(CLEAN.lower(), jurisdiction="44", context={"x": 1})
    assert (decision.subject.code, decision.domain, decision.action, decision.jurisdiction) == (
        CLEAN,
        "test",
        "award",
        "44",
    )
    assert decision.as_of == decision.decided_at == MOMENT


def test_as_of_is_the_moment_decided_for(way: Way) -> None:
    later = way.client(memory(), measure_list(policy={"on_objection": "flag", "max_age": "999d"}))
    end = datetime.fromisoformat("2028-02-29T23:59:59+08:00")
    assert later.check(LISTED, as_of=end).effect is Effect.RESTRICT
    assert later.check(LISTED, as_of=end + timedelta(seconds=1)).effect is Effect.ALLOW
    assert later.check(LISTED, as_of=end).as_of == end


@pytest.mark.parametrize(
    "subject",
    [
        "",
        " ",
        "9199",
        LISTED[:-1] + "?",
        fictional_code(1)[:-1] + ("A" if LISTED[-1] != "A" else "B"),
        "11990019491231002X",
        None,
        919901,
        b"91990100MA0000A019",
    ],
    ids=repr,
)
def test_an_unusable_subject_is_refused_before_anything_is_asked(way: Way, subject: Any) -> None:
    source = Told(lambda _: [])
    with pytest.raises(InvalidSubject) as caught:
        way.client(source).check(subject)
    assert source.asked == []
    if isinstance(subject, str) and subject.strip():
        assert subject not in str(caught.value) + caught.value.en


def test_a_violation_by_name_only_is_shown_and_holds_the_incentive_back(way: Way) -> None:
    """3.5, 4.4: the clerk must be able to see what to verify."""
    name = "虚构一号有限公司"
    lines = [
        coverage("violations", history_from="2015-01-01"),
        violation(subject={"name": name}, decided_on="2025-05-06"),
    ]
    incentive = measure("test.fast", effect="priority", consequence=None, triggers=[{"clean_years": 3}])
    client = way.client(memory(*lines), measure_list(incentive, policy=None))
    decision = client.check(Subject(LISTED, name=name, established_on=date(2000, 1, 1)))
    assert decision.effect is Effect.ALLOW
    assert [o.reason for o in decision.withheld] == ["identity_unverified"]
    assert [(n.code, n.listing) for n in decision.notices] == [("violation_unverified", "V-1")]


# ---------------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("options", "error", "key"),
    [
        pytest.param({"domain": "space"}, UnknownDomain, "domain", id="unknown domain"),
        pytest.param({"domain": ""}, UnknownDomain, "domain", id="blank domain"),
        pytest.param({"action": "launch"}, UnknownAction, "action", id="unknown action"),
        pytest.param({"related": [("uncle", CLEAN)]}, InvalidRequest, "related", id="unknown role"),
        pytest.param({"as_of": datetime(2026, 11, 21)}, InvalidRequest, "as_of", id="naive as_of"),  # noqa: DTZ001
        pytest.param({"as_of": "2026-11-21T00:00:00+08:00"}, InvalidRequest, "as_of", id="as_of as text"),
        pytest.param({"jurisdiction": "441"}, InvalidRequest, "jurisdiction", id="area of three digits"),
        pytest.param({"jurisdiction": "４４"}, InvalidRequest, "jurisdiction", id="area in full-width digits"),
        pytest.param({"handles": "refuse"}, InvalidRequest, "handles", id="handles as text"),
        pytest.param({"members": CLEAN}, InvalidRequest, "members", id="members as text"),
        pytest.param({"members": 5}, InvalidRequest, "members", id="members as a number"),
        pytest.param({"handles": 5}, InvalidRequest, "handles", id="handles as a number"),
        pytest.param({"related": [CLEAN]}, InvalidRequest, "related", id="related without roles"),
        pytest.param({"related": {"parent": CLEAN}}, InvalidRequest, "related", id="related as a mapping"),
        pytest.param({"related": 5}, InvalidRequest, "related", id="related as a number"),
        pytest.param({"context": "bonus"}, InvalidRequest, "context", id="context as text"),
        pytest.param({"members": [CLEAN, "nonsense"]}, InvalidSubject, "code", id="an unusable member"),
        pytest.param({"related": [("parent", "nonsense")]}, InvalidSubject, "code", id="an unusable related subject"),
    ],
)
def test_an_unusable_request_is_refused_before_anything_is_asked(
    way: Way, options: dict[str, Any], error: type[CreditError], key: str
) -> None:
    source = Told(lambda _: [])
    with pytest.raises(error) as caught:
        way.client(source).check(LISTED, **options)
    assert type(caught.value) is error
    assert caught.value.key == key
    assert source.asked == []
    assert len(str(caught.value).splitlines()) == 1


def test_an_unknown_domain_names_those_there_are(way: Way) -> None:
    with pytest.raises(UnknownDomain, match="space"):
        way.client(memory()).check(LISTED, domain="space")


def test_an_unknown_action_names_those_there_are(way: Way) -> None:
    with pytest.raises(UnknownAction, match="award"):
        way.client(memory()).check(LISTED, action="launch")


def test_a_draft_decides_nothing(way: Way) -> None:
    with pytest.raises(MeasureListNotInForce):
        way.client(memory(), measure_list(status="draft")).check(LISTED)


def test_the_closest_area_decides_alone(way: Way) -> None:
    """5.9."""
    lists = (
        measure_list(id="cn", measures=[measure(triggers=[{"list": "tax.a-rated"}])]),
        measure_list(id="prov", jurisdiction="44"),
    )
    client = way.client(memory(), *lists)
    assert client.check(LISTED, jurisdiction="4418").measure_list.id == "prov"
    assert client.check(LISTED, jurisdiction="31").measure_list.id == "cn"
    with pytest.raises(NoMeasureList, match="prov"):
        client.check(LISTED)


# ---------------------------------------------------------------------------------------------- what a source may do


def test_a_source_is_asked_once(way: Way) -> None:
    inner = memory()
    source = Told(inner.fetch)
    way.client(source).check(LISTED, members=[CLEAN], related=[("parent", THIRD)], timeout=2.5)
    assert [[subject.code for subject in one] for one in source.asked] == [[LISTED, CLEAN, THIRD]]
    assert source.timeouts == [2.5]


@pytest.mark.parametrize("kind", [OSError, ConnectionError, TimeoutError, ConnectionResetError])
def test_an_outage_is_an_outage(way: Way, kind: type[OSError]) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        way.client(FailingSource(kind(f"no route to {LISTED}"))).check(LISTED)
    assert isinstance(caught.value.__cause__, kind)
    assert caught.value.retryable
    assert LISTED not in str(caught.value) + caught.value.en


@pytest.mark.parametrize("kind", [KeyError, ValueError, TypeError, AttributeError, ZeroDivisionError, RuntimeError])
def test_a_fault_in_a_source_is_a_bad_record(way: Way, kind: type[Exception]) -> None:
    """A mistake in somebody's code is no outage: no fallback may answer it (8.3)."""
    with pytest.raises(BadRecord) as caught:
        way.client(FailingSource(kind(LISTED)), measure_list(**LENIENT)).check(LISTED)
    assert isinstance(caught.value.__cause__, kind)
    assert LISTED not in str(caught.value) + caught.value.en


@pytest.mark.parametrize("kind", [SourceUnavailable, IncompleteCoverage, StaleData, BadRecord])
def test_a_sources_own_word_is_kept(way: Way, kind: type[NoDecision]) -> None:
    said = kind("来源说", "the source says")
    with pytest.raises(kind) as caught:
        way.client(FailingSource(said)).check(LISTED)
    assert caught.value.en == "the source says"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interruption_is_left_alone(way: Way, error: type[BaseException]) -> None:
    def interrupted(_: Sequence[Subject]) -> Any:
        raise error

    with pytest.raises(error):
        way.client(Told(interrupted)).check(LISTED)


RECORD = CreditRecord("told", MOMENT, False, CoverageTable({"tax.major-violation": Coverage(MOMENT)}))


@pytest.mark.parametrize(
    "nonsense",
    [
        pytest.param(None, id="nothing"),
        pytest.param([], id="no answer"),
        pytest.param([RECORD, RECORD], id="an answer too many"),
        pytest.param(["ok"], id="text"),
        pytest.param([None], id="a None"),
        pytest.param([{}], id="a dictionary"),
        pytest.param("x", id="one letter"),
        pytest.param({LISTED: RECORD}, id="a mapping"),
        pytest.param([OSError()], id="an exception of Python's"),
        pytest.param([CreditRecord], id="a class"),
    ],
)
def test_nonsense_from_a_source_is_a_bad_record(way: Way, nonsense: Any) -> None:
    with pytest.raises(BadRecord, match="told"):
        way.client(Told(lambda _: nonsense), measure_list(**LENIENT)).check(LISTED)


NONSENSE: dict[str, dict[str, Any]] = {
    "listings": {"listings": None},
    "listing": {"listings": ("x",)},
    "coverage": {"coverage": {}},
}


def _with(**changes: Any) -> Any:
    """A record of the listed subject, its listing changed."""
    record = memory().fetch([Subject(LISTED)])[0]
    assert isinstance(record, CreditRecord)
    return replace(record, listings=(replace(record.listings[0], **changes),))


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(lambda: replace(RECORD, **NONSENSE["listings"]), id="no listings"),
        pytest.param(lambda: replace(RECORD, **NONSENSE["listing"]), id="a listing that is none"),
        pytest.param(lambda: replace(RECORD, **NONSENSE["coverage"]), id="coverage as a dictionary"),
        pytest.param(lambda: _with(subject=None), id="no subject"),
        pytest.param(lambda: _with(authority=""), id="no authority"),
        pytest.param(lambda: _with(authority=" "), id="blank authority"),
        pytest.param(lambda: _with(authority=None), id="authority None"),
        pytest.param(lambda: _with(status=None), id="no status"),
        pytest.param(lambda: _with(effective_from=None), id="no start"),
        pytest.param(lambda: _with(effective_until=datetime(2025, 2, 28).date()), id="end before start"),  # noqa: DTZ001
        pytest.param(lambda: _with(kind="red"), id="kind other than the list's"),
        pytest.param(lambda: _with(list="tax.unknown"), id="unknown list"),
        pytest.param(lambda: replace(RECORD, coverage=CoverageTable({"tax.major-violation": Coverage(datetime(2026, 11, 21))})), id="naive coverage"),  # noqa: DTZ001
        pytest.param(lambda: replace(RECORD, read_at=datetime(2026, 11, 21)), id="naive reading time"),  # noqa: DTZ001
        pytest.param(lambda: replace(RECORD, coverage=CoverageTable({"tax.major-violation": Coverage(MOMENT + timedelta(minutes=61))})), id="ahead of the clock (7.4)"),
    ],
)  # fmt: skip
def test_an_unusable_record_is_a_bad_record(way: Way, record: Any) -> None:
    """2.4, 7.4: never an answer, never an exception of Python's."""
    with pytest.raises(BadRecord) as caught:
        way.client(Told(lambda _: [record()]), measure_list(**LENIENT)).check(LISTED)
    assert LISTED not in str(caught.value) + caught.value.en


@pytest.mark.parametrize("kind", [IncompleteCoverage, StaleData, BadRecord, SourceUnavailable])
def test_one_subjects_no_answer_is_an_answer(way: Way, kind: type[NoDecision]) -> None:
    with pytest.raises(kind, match="没有"):
        way.client(Told(lambda _: [kind("没有", "none")])).check(LISTED)


def test_a_required_list_not_consulted_is_no_answer(way: Way) -> None:
    with pytest.raises(IncompleteCoverage) as caught:
        way.client(memory(coverage("tax.a-rated"), listing())).check(LISTED)
    assert (caught.value.missing, [one.id for one in caught.value.listings]) == (("tax.major-violation",), ["L-1"])


def test_stale_data_is_no_answer(way: Way) -> None:
    with pytest.raises(StaleData) as caught:
        way.client(memory(coverage(as_of=MOMENT - timedelta(hours=25)))).check(CLEAN)
    assert caught.value.stale == ("tax.major-violation",)


# ----------------------------------------------------------------------------------------------------- 8.3: fallback


def test_on_unavailable_allow_gives_a_degraded_decision(way: Way) -> None:
    decision = way.client(FailingSource(), measure_list(**LENIENT)).check(LISTED)
    assert (decision.effect, decision.blocking) == (Effect.ALLOW, False)
    assert decision.degraded is not None
    assert decision.degraded.to_dict() == {"reason": "source_unavailable", "fallback": "allow"}
    assert (decision.source.read_at, decision.source.found) == (None, None)
    assert decision.coverage.missing == decision.coverage.required == ("tax.major-violation",)
    assert "降级" in decision.explain() or "复核" in decision.explain() or "回退" in decision.explain()


def test_must_check_is_never_degraded(way: Way) -> None:
    with pytest.raises(SourceUnavailable):
        way.client(FailingSource(), measure_list(**LENIENT)).check(LISTED, action="sign")


@pytest.mark.parametrize("kind", [IncompleteCoverage, StaleData, BadRecord])
def test_only_an_outage_is_answered_by_the_fallback(way: Way, kind: type[NoDecision]) -> None:
    with pytest.raises(kind):
        way.client(FailingSource(kind("无", "none")), measure_list(**LENIENT)).check(LISTED)


def test_without_the_fallback_silence_is_no_answer(way: Way) -> None:
    """8.1."""
    with pytest.raises(SourceUnavailable):
        way.client(FailingSource()).check(CLEAN)


# ----------------------------------------------------------------------------------------------------- 5.8: consortia


def test_one_member_blocks_all(way: Way) -> None:
    decision = way.client(memory()).check(CLEAN, members=[LISTED, Subject(THIRD)])
    assert (decision.effect, decision.blocking) == (Effect.RESTRICT, True)
    assert [part.subject.code for part in decision.parts] == [CLEAN, LISTED, THIRD]
    assert [part.effect for part in decision.parts] == [Effect.ALLOW, Effect.RESTRICT, Effect.ALLOW]
    assert decision.subject.code == CLEAN
    assert len({decision.decision_id, *(part.decision_id for part in decision.parts)}) == 4


def test_a_member_named_twice_counts_once(way: Way) -> None:
    decision = way.client(memory()).check(CLEAN, members=[THIRD, CLEAN, THIRD])
    assert [part.subject.code for part in decision.parts] == [CLEAN, THIRD]


def test_a_blocked_member_decides_for_one_without_an_answer(way: Way) -> None:
    inner = memory()

    def answer(subjects: Sequence[Subject]) -> Any:
        return [SourceUnavailable("无", "none") if s.code == THIRD else inner.fetch([s])[0] for s in subjects]

    client = way.client(Told(answer))
    decision = client.check(LISTED, members=[THIRD])
    assert decision.blocking
    assert "member_undecided" in [notice.code for notice in decision.notices]
    with pytest.raises(SourceUnavailable):
        client.check(CLEAN, members=[THIRD])


def test_an_incentive_needs_every_member(way: Way) -> None:
    source = memory(
        *(coverage(code) for code in ("tax.a-rated", "tax.major-violation")),
        *(listing("tax.a-rated", id=f"R-{n}", subject=fictional_code(n)) for n in (1, 2)),
    )
    client = way.client(source, measure_list(measure("test.prefer", effect="priority")))
    both = client.check(LISTED, members=[CLEAN])
    assert (both.effect, both.obligations[0].because) == (Effect.PRIORITY, ("R-1", "R-2"))
    one = client.check(LISTED, members=[THIRD])
    assert one.effect is Effect.ALLOW
    assert [(w.id, w.reason) for w in one.withheld] == [("test.prefer", "not_every_member")]


# ----------------------------------------------------------------------------------------------- 4.5: related persons


@pytest.mark.parametrize("role", [Role.PARENT, "parent"], ids=["Role", "text"])
def test_a_parents_listing_reaches_where_the_measure_says(way: Way, role: Role | str) -> None:
    client = way.client(memory(), measure_list(measure(reached_by=["parent"])))
    decision = client.check(CLEAN, related=[(role, LISTED)])
    assert (decision.blocking, decision.obligations[0].because) == (True, ("L-1",))
    assert decision.parts == ()


def test_a_related_subjects_listing_does_not_reach_by_default(way: Way) -> None:
    assert way.client(memory()).check(CLEAN, related=[("parent", LISTED)]).effect is Effect.ALLOW


def test_another_role_does_not_reach(way: Way) -> None:
    client = way.client(memory(), measure_list(measure(reached_by=["principal"])))
    assert client.check(CLEAN, related=[("parent", LISTED)]).effect is Effect.ALLOW


def test_without_the_related_subjects_record_there_is_no_answer(way: Way) -> None:
    inner = memory()

    def answer(subjects: Sequence[Subject]) -> Any:
        return [StaleData("无", "none") if s.code == THIRD else inner.fetch([s])[0] for s in subjects]

    with pytest.raises(StaleData):
        way.client(Told(answer)).check(CLEAN, related=[("parent", THIRD)])


def test_an_outage_for_a_related_subject_frees_nobody(way: Way) -> None:
    """7.2, 8.1: the subject's own record blocks; that the parent could not be asked cannot undo it."""
    inner = memory()

    def answer(subjects: Sequence[Subject]) -> Any:
        return [SourceUnavailable("无", "none") if s.code == THIRD else inner.fetch([s])[0] for s in subjects]

    decision = way.client(Told(answer), measure_list(**LENIENT)).check(LISTED, related=[("parent", THIRD)])
    assert decision.blocking


# -------------------------------------------------------------------------------------------------------- 5.5: handles


def test_a_penalty_not_handled_is_raised_with_its_decision(way: Way) -> None:
    with pytest.raises(Restricted) as caught:
        way.client(memory()).check(LISTED, handles={"limit"})
    assert caught.value.decision.blocking
    assert caught.value.decision.obligations[0].type == "refuse"


def test_an_incentive_not_handled_is_withheld(way: Way) -> None:
    source = memory(coverage("tax.a-rated"), listing("tax.a-rated"))
    client = way.client(source, measure_list(measure("test.prefer", effect="priority", type="prefer")))
    decision = client.check(LISTED, handles=[])
    assert decision.effect is Effect.ALLOW
    assert [(w.id, w.reason) for w in decision.withheld] == [("test.prefer", "unhandled")]
    assert client.check(LISTED, handles=["prefer"]).effect is Effect.PRIORITY


# ------------------------------------------------------------------------------------------------- a decision's outside


def test_raise_for_restriction(way: Way) -> None:
    client = way.client(memory())
    client.check(CLEAN).raise_for_restriction()
    with pytest.raises(Restricted):
        client.check(LISTED).raise_for_restriction()


def test_ids_are_uuid7_and_differ(way: Way) -> None:
    client = way.client(memory())
    ids = [client.check(CLEAN).decision_id for _ in range(3)]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", one) for one in ids)


def test_repr_masks_the_code(way: Way) -> None:
    """9.4."""
    decision = way.client(memory()).check(LISTED)
    assert LISTED not in repr(decision)
    assert f"{LISTED[:4]}**********{LISTED[-4:]}" in repr(decision)
    assert decision.to_dict()["subject"]["code"] == LISTED


# ------------------------------------------------------------------------------------------------------- opening, closing


def test_a_source_of_the_callers_is_left_open(way: Way) -> None:
    source = Told(memory().fetch)
    client = way.client(source)
    client.close()
    client.close()
    assert source.closed == 0


def test_closing_twice_does_no_harm(way: Way) -> None:
    client = way.client("demo")
    client.close()
    client.close()


@pytest.mark.parametrize(
    "source",
    ["", "demos", "ftp://credit.example", 7, None, object(), memory],
    ids=lambda s: type(s).__name__ + str(s)[:9],
)
def test_what_is_no_source_is_refused(way: Way, source: Any) -> None:
    with pytest.raises(InvalidSettings) as caught:
        way.client(source)
    assert caught.value.key == "source"


def test_a_blocking_source_is_not_taken_by_the_asynchronous_client() -> None:
    """It would block the event loop unseen; the error names the way out."""
    from credit_sdk import AsyncCreditClient, CreditClient

    class Blocking:
        name = "blocking"
        fetch = Told.fetch
        close = Told.close

    blocking: Any = Blocking()
    CreditClient(blocking)
    with pytest.raises(InvalidSettings, match="ThreadedSource"):
        AsyncCreditClient(blocking)


def test_an_asynchronous_source_is_not_taken_by_the_synchronous_client() -> None:
    from credit_sdk import CreditClient

    class Awaited:
        name = "awaited"
        fetch_async = Told.fetch_async
        aclose = Told.aclose

    awaited: Any = Awaited()
    with pytest.raises(InvalidSettings):
        CreditClient(awaited)


def test_local_lists_are_known_to_the_client(way: Way) -> None:
    local = {"local": [{"code": "fictional.models", "name": "虚构名单", "kind": "red"}]}
    client = way.client(memory(), measure_list(lists=local)).client
    assert {"fictional.models", "tax.major-violation"} <= set(client.lists)
