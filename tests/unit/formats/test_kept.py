"""What a decision stood on, written and read again."""

from __future__ import annotations

import dataclasses
import json
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from credit_sdk.decision.result import SeenListing
from credit_sdk.errors import (
    BadRecord,
    IncompleteCoverage,
    InvalidMeasureList,
    InvalidRequest,
    InvalidSubject,
    LedgerDamaged,
    NoDecision,
    SourceUnavailable,
    StaleData,
)
from credit_sdk.formats import _kept_forms, kept, measures
from credit_sdk.formats._kept_shapes import Shape
from credit_sdk.model.catalogue import CATALOGUE, ListInfo
from credit_sdk.model.listing import Listing, Violation
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.model.record import Coverage, CoverageTable, CreditRecord
from credit_sdk.model.request import CheckRequest
from credit_sdk.model.subject import ListedSubject, Subject
from credit_sdk.model.terms import (
    Identity,
    ListClass,
    ListKind,
    Objection,
    Role,
    Severity,
    Standing,
    Status,
    SubjectType,
    Verified,
)
from credit_sdk.plugins import DomainRegistry
from credit_sdk.testing import fictional_code, measure, measure_list
from tests.unit.decision.worlds import World, prepared, worlds

if TYPE_CHECKING:
    from credit_sdk.model.measure import MeasureList

CODE, OTHER = fictional_code(1), fictional_code(2)
NAME = "虚构一号有限公司"
ODD = 'a"b\\c\n\x00\u2028\U0001f600'
MOMENT = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=SHANGHAI)
SUBJECT = Subject(
    CODE,
    name=NAME,
    type=SubjectType.OTHER_ORGANISATION,
    organisation_code="FICT00003",
    registration_number="990100000000013",
    issued=True,
    former_names=("虚构旧名有限公司", ODD.replace("\x00", "").replace("\n", "")),
    established_on=date(2001, 2, 3),
)
LISTED = ListedSubject(
    CODE, "FICT00003", "990100000000013", NAME, SubjectType.SOLE_TRADER, ("虚构旧名有限公司",), date(2001, 2, 3)
)
LISTING = Listing(
    id=f"L{ODD}",
    list="tax.major-violation",
    kind=ListKind.BLACK,
    subject=LISTED,
    status=Status.OBJECTED,
    authority=ODD,
    effective_from=date(2025, 1, 1),
    effective_until=date(2028, 1, 1),
    document=ODD,
    reason="虚构事由",
    severity=Severity.SEVERE,
    objection=Objection.INFORMATION,
    ended_on=date(2027, 1, 1),
    jurisdiction="4401",
    remedy="可提出异议",
    extra={"level": [1, 2.5, None, {"深": True}], "subject": {"x": 1}},
)
VIOLATION = Violation(
    id="V-1",
    subject=LISTED,
    status=Status.REPAIRED,
    authority="虚构市主管局",
    decided_on=date(2025, 1, 1),
    document=ODD,
    reason="虚构事由",
    severity=Severity.MINOR,
    ended_on=date(2026, 1, 1),
    extra={"x": 1},
)
OUTAGE = SourceUnavailable("断", "down", fault="timeout", status=503, request_id="r-1", retry_after=2.5, retryable=True)
RECORD = CreditRecord(
    source="layered(国家平台: a; 市平台: b)",
    read_at=datetime(2026, 11, 21, 4, 0, 0, 1, tzinfo=UTC),
    found=True,
    coverage=CoverageTable(
        {
            "violations": Coverage(MOMENT),
            "tax.major-violation": Coverage(MOMENT.astimezone(timezone(timedelta(hours=-5))), date(2015, 1, 1)),
        }
    ),
    listings=(LISTING,),
    violations=(VIOLATION,),
    uncoded_lists=frozenset({"local.watch", "a"}),
    stale=True,
    fictional=True,
    origins={"tax.major-violation": "国家平台", "violations": "市平台"},
    disputed=frozenset({"tax.major-violation"}),
    outage=OUTAGE,
)
REQUEST = CheckRequest(
    subject=SUBJECT,
    domain="procurement",
    action="award",
    members=(OTHER, Subject(name=NAME)),
    related=((Role.PARENT, OTHER), ("manager_in_charge", SUBJECT)),
    jurisdiction="4401",
    handles=("refuse", "limit"),
    purpose=ODD,
    authorization="虚构文号",
    as_of=MOMENT,
    context={"bonus_points": "1.5", "nested": [1, {"a": None}]},
)


def request_of(request: CheckRequest) -> Any:
    return json.loads(kept.request_text(request))


def answers_of(answers: list[CreditRecord | NoDecision]) -> Any:
    return json.loads(kept.answers_text(answers))


def error_values(error: NoDecision) -> dict[str, Any]:
    return {"type": type(error), "code": error.code, "args": error.args} | {
        name: value for name, value in vars(error).items() if name != "code"
    }


# --------------------------------------------------------------------------------------------------------- request


def test_every_field_of_a_request() -> None:
    assert kept.read_request(request_of(REQUEST)) == REQUEST
    for one in dataclasses.fields(CheckRequest):
        assert getattr(REQUEST, one.name) not in (one.default, None), one.name
    for one in dataclasses.fields(Subject):
        assert getattr(SUBJECT, one.name) not in (one.default, None), one.name


def test_what_is_not_given_is_left_out() -> None:
    request = CheckRequest(subject=f" {CODE.lower()} ", domain="d", action="a")
    assert request_of(request) == {"subject": f" {CODE.lower()} ", "domain": "d", "action": "a"}
    assert kept.read_request(request_of(request)) == request


def test_collections_of_every_kind() -> None:
    request = CheckRequest(
        subject=CODE,
        domain="d",
        action="a",
        members=[OTHER],
        related=[["parent", OTHER]],  # type: ignore[list-item]
        handles=frozenset({"b", "a"}),
        context=MappingProxyType({"a": (1, 2)}),
    )
    text = kept.request_text(request)
    assert json.loads(text)["handles"] == ["a", "b"]  # whatever the order of the set
    again = kept.read_request(json.loads(text))
    assert (again.members, again.related, again.handles) == ((OTHER,), (("parent", OTHER),), ("a", "b"))
    assert kept.request_text(again) == text


def test_that_nothing_is_handled_is_not_that_nothing_is_said() -> None:
    request = CheckRequest(subject=CODE, domain="d", action="a", handles=())
    assert kept.read_request(request_of(request)).handles == ()


@pytest.mark.parametrize(
    "given",
    [{"context": {"a": object()}}, {"context": {"a": date(2026, 1, 1)}}, {"purpose": 5}, {"purpose": "\ud800"}],
    ids=["object", "date", "number", "surrogate"],
)
def test_what_is_no_json_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match="context"):
        kept.request_text(CheckRequest(subject=CODE, domain="d", action="a", **given))


def test_a_context_that_contains_itself_is_refused() -> None:
    context: dict[str, Any] = {}
    context["self"] = context
    with pytest.raises(InvalidRequest):
        kept.request_text(CheckRequest(subject=CODE, domain="d", action="a", context=context))


# --------------------------------------------------------------------------------------------------------- answers


def test_every_field_of_a_record() -> None:
    (again,) = kept.read_answers(answers_of([RECORD]))
    assert isinstance(again, CreditRecord)
    assert again.outage is not None
    assert error_values(again.outage) == error_values(OUTAGE)
    assert dataclasses.replace(again, outage=OUTAGE) == RECORD
    assert kept.answers_text([again]) == kept.answers_text([RECORD])
    for kind, one in ((CreditRecord, RECORD), (Listing, LISTING), (Violation, VIOLATION), (ListedSubject, LISTED)):
        for field in dataclasses.fields(kind):
            assert getattr(one, field.name) not in (field.default, None), field.name


def test_moments_are_kept_whole() -> None:
    (again,) = kept.read_answers(answers_of([RECORD]))
    assert isinstance(again, CreditRecord)
    assert again.read_at.isoformat() == RECORD.read_at.isoformat()
    assert [one.as_of.isoformat() for one in again.coverage.values()] == [
        one.as_of.isoformat() for one in RECORD.coverage.values()
    ]
    assert list(again.coverage) == list(RECORD.coverage)
    assert kept.read_moment(json.loads(kept.moment_text(MOMENT))) == MOMENT


@settings(max_examples=60)
@given(worlds())
def test_any_record(world: World) -> None:
    _, answers = prepared(world)
    text = kept.answers_text(answers)
    again = kept.read_answers(json.loads(text))
    assert again == answers
    assert kept.answers_text(again) == text


@pytest.mark.parametrize("kind", [NoDecision, SourceUnavailable, IncompleteCoverage, StaleData, BadRecord])
def test_every_failure(kind: type[NoDecision]) -> None:
    error = kind(
        "无法判定",
        "no answer",
        file="f",
        line=3,
        key="k",
        fault="timeout",
        status=503,
        problem="busy",
        request_id="r",
        retry_after=1.5,
        retryable=not kind.retryable,
    )
    error.words = ODD
    error.listings = (
        SeenListing(LISTING, ListClass.THIRD_PARTY, Standing.IN_FORCE, Identity.CANDIDATE, Role.PARENT),
        SeenListing(LISTING, ListClass.OFFICIAL, Standing.EXPIRED, Identity.CODE),
    )
    for name in ("missing", "stale"):
        if hasattr(kind, name):
            setattr(error, name, ("a", "b"))
    assert set(vars(error)) | {"missing", "stale"} == set(_kept_forms._ERROR_MEMBERS), "a new attribute is to be kept"
    (again,) = kept.read_answers(answers_of([error]))
    assert isinstance(again, NoDecision)
    assert error_values(again) == error_values(error)
    assert str(again) == str(error)


def test_a_failure_of_a_class_of_its_own() -> None:
    """A source may derive from ours: it is kept as ours, with its own code, as a fallback names it."""

    class TooManyQuestions(SourceUnavailable):
        pass

    (again,) = kept.read_answers(answers_of([TooManyQuestions("忙", "busy")]))
    assert type(again) is SourceUnavailable
    assert (again.code, again.retryable) == ("too_many_questions", True)
    (text,) = answers_of([again])
    assert text == answers_of([TooManyQuestions("忙", "busy")])[0]


def test_extra_keys_that_are_no_json_are_kept_as_text() -> None:
    """They decide nothing, so they stop nothing."""
    listing = dataclasses.replace(LISTING, extra=OrderedDict(seen=date(2026, 1, 1)))
    record = dataclasses.replace(RECORD, listings=(listing,))
    (again,) = answers_of([record])
    assert again["listings"][0]["extra"] == {"seen": "2026-01-01"}


def test_naive_moments_stay_naive() -> None:
    """Such a record decides nothing (rule 7.4), and has to do so again."""
    record = dataclasses.replace(RECORD, coverage=CoverageTable({"a": Coverage(datetime(2026, 1, 1))}))  # noqa: DTZ001
    (again,) = kept.read_answers(answers_of([record]))
    assert isinstance(again, CreditRecord)
    assert again.coverage["a"].as_of.tzinfo is None


# ---------------------------------------------------------------------------------------------------------- damage


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"subject": CODE, "domain": "d", "action": "a", "colour": 1}, "CheckRequest.colour"),
        ({"subject": CODE, "domain": "d"}, "CheckRequest.action"),
        ({"subject": CODE, "domain": 5, "action": "a"}, "CheckRequest.domain"),
        ({"subject": 5, "domain": "d", "action": "a"}, "Subject"),
        ({"subject": CODE, "domain": "d", "action": "a", "as_of": "yesterday"}, "CheckRequest.as_of"),
        ({"subject": CODE, "domain": "d", "action": "a", "members": "x"}, "CheckRequest.members"),
        ({"subject": CODE, "domain": "d", "action": "a", "related": [["parent"]]}, "CheckRequest.related"),
        ({"subject": {"code": CODE, "issued": 1}, "domain": "d", "action": "a"}, "Subject.issued"),
        ([], "CheckRequest"),
        (None, "CheckRequest"),
    ],
)
def test_a_request_that_is_not_as_it_was_written(values: Any, key: str) -> None:
    with pytest.raises(LedgerDamaged) as caught:
        kept.read_request(values)
    assert caught.value.key == key
    assert CODE not in caught.value.located("zh") + caught.value.located("en")
    assert caught.value.__context__ is None  # it would quote what was read


@pytest.mark.parametrize(
    "values",
    [
        None,
        {},
        [1],
        [{"source": "s"}],
        [{"error": "unheard_of", "zh": "", "en": ""}],
        [{"error": "no_decision", "zh": "", "en": "", "colour": 1}],
        [{"error": "no_decision", "zh": 5, "en": ""}],
        [answers_of([RECORD])[0] | {"listings": [{"id": "L"}]}],
        [answers_of([RECORD])[0] | {"coverage": {"a": {}}}],
        [answers_of([RECORD])[0] | {"read_at": 5}],
        [answers_of([RECORD])[0] | {"coverage": []}],
    ],
)
def test_answers_that_are_not_as_they_were_written(values: Any) -> None:
    with pytest.raises(LedgerDamaged):
        kept.read_answers(values)


def test_a_word_that_this_version_does_not_know() -> None:
    (values,) = answers_of([RECORD])
    values["listings"][0]["status"] = "pardoned"
    with pytest.raises(LedgerDamaged, match="升级") as caught:
        kept.read_answers([values])
    assert caught.value.key == "Listing.status"


def test_a_subject_that_is_no_longer_taken_is_no_damage() -> None:
    with pytest.raises(InvalidSubject):
        kept.read_request({"subject": {"code": "1"}, "domain": "d", "action": "a"})


def test_every_field_is_in_its_shape() -> None:
    """A field that somebody adds to a class would otherwise not be kept."""
    shapes = [one for one in vars(_kept_forms).values() if isinstance(one, Shape)]
    kinds = {CheckRequest, Subject, CreditRecord, Coverage, Listing, Violation, ListedSubject, SeenListing, ListInfo}
    assert {shape._kind for shape in shapes} == kinds
    for shape in shapes:
        kind = shape._kind
        fields = (
            [one.name for one in dataclasses.fields(kind) if one.init]
            if dataclasses.is_dataclass(kind)
            else [*SeenListing._fields]
        )
        assert sorted(shape._members) == sorted(fields), kind.__name__


# ----------------------------------------------------------------------------------------------------------- rules


def without_text(one: MeasureList) -> dict[str, Any]:
    values = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    return {key: value for key, value in values.items() if key not in {"text", "file"}}


def round_trip(one: MeasureList) -> MeasureList:
    lists = {**CATALOGUE, **one.local_lists, "local.other": ListInfo("local.other", "别", "o", ListKind.WATCH)}
    digest, text = kept.rules_text(one, lists)
    rules = kept.read_rules(text, digest)
    assert rules.lists == lists
    assert list(rules.lists) == list(lists)
    assert kept.rules_text(rules.measure_list, rules.lists) == (digest, text)
    assert without_text(rules.measure_list) == without_text(one)
    assert [list(x.terms) for x in rules.measure_list.measures] == [list(x.terms) for x in one.measures]
    return rules.measure_list


def test_the_measure_lists_of_every_adapter() -> None:
    registry = DomainRegistry.from_entry_points()
    assert registry.domains
    for domain in registry.domains:
        for one in registry.measure_lists(domain):
            round_trip(one)


def toml(first: str = "") -> bytes:
    return (
        first
        + """id = "虚构"
domain = "test"
version = "1"
jurisdiction = "CN"
status = "in_force"
policy = { on_objection = "flag" }
actions = { award = {} }
[[lists.local]]
code = "local.test"
name = "虚构名单"
kind = "black"
[[measures]]
id = "m"
name = "措施"
effect = "restrict"
force = "mandatory"
consequence = "refuse"
actions = ["award"]
unit = "虚构单位"
valid_from = 2020-01-01
triggers = [{ list = "local.test" }]
basis = [{ title = "虚构依据" }]
terms = { z = 2020-01-01T00:00:00+08:00, a = 1, day = 2020-01-01, time = 07:32:00 }
"""
    ).encode()


def test_toml_as_it_was() -> None:
    again = round_trip(measures.loads(toml()))
    assert again.text == toml().decode()
    assert list(again.measures[0].terms) == ["z", "a", "day", "time"]


def test_toml_with_a_byte_order_mark_keeps_its_digest() -> None:
    one = measures.loads(toml("\ufeff"))
    assert one.digest != measures.loads(toml()).digest
    assert measures.loads(round_trip(one).text or "").digest == one.digest


def test_values_in_their_own_order() -> None:
    terms = {"z": datetime(2020, 1, 1, tzinfo=UTC), "a": [date(2020, 1, 1)], "m": {"y": 1, "x": "二"}}
    one = measure_list(measure(terms=terms, valid_from=date(2020, 1, 1)))
    assert list(round_trip(one).measures[0].terms) == ["z", "a", "m"]


def test_rules_are_written_once_for_the_same_objects() -> None:
    one = measure_list()
    lists = dict(CATALOGUE)
    assert kept.rules_text(one, lists)[1] is kept.rules_text(one, lists)[1]
    more = {**lists, "local.x": ListInfo("local.x", "x", "x", ListKind.RED, verified=Verified.TEXT, open_ended=True)}
    assert kept.rules_text(one, more)[0] != kept.rules_text(one, lists)[0]
    assert kept.read_rules(*reversed(kept.rules_text(one, more))).lists == more


def test_rules_that_were_changed() -> None:
    digest, text = kept.rules_text(measure_list(), CATALOGUE)
    with pytest.raises(LedgerDamaged, match="摘要"):
        kept.read_rules(text.replace("refuse", "limit"), digest)


def again_as(change: Any) -> kept.Rules:
    """The rules after a change to their JSON, under a digest that fits."""
    import hashlib

    values = json.loads(kept.rules_text(measure_list(), CATALOGUE)[1])
    change(values)
    text = json.dumps(values, ensure_ascii=False)
    return kept.read_rules(text, f"sha256:{hashlib.sha256(text.encode()).hexdigest()}")


def test_rules_of_a_newer_version() -> None:
    with pytest.raises(LedgerDamaged, match="升级"):
        again_as(lambda values: values.update(v=2))


@pytest.mark.parametrize(
    "change",
    [
        lambda values: values.pop("lists"),
        lambda values: values.pop("measure_list"),
        lambda values: values.update(measure_list=5),
        lambda values: values["lists"][0].update(kind="grey"),
        lambda values: values["lists"][0].update(colour="grey"),
        lambda values: values["measure_list"].update(text=5),
    ],
    ids=["no lists", "no measure list", "another kind", "unknown word", "unknown key", "no text"],
)
def test_rules_that_are_none(change: Any) -> None:
    with pytest.raises(LedgerDamaged):
        again_as(change)


def test_a_measure_list_that_is_no_longer_read_says_so() -> None:
    def change(values: Any) -> None:
        kept_ = values["measure_list"]
        kept_["text"] = kept_["text"].replace('"on_objection"', '"on_appeal"')

    with pytest.raises(InvalidMeasureList) as caught:
        again_as(change)
    assert "cn.test 1" in caught.value.en
    assert "version that decided" in caught.value.en
    assert "on_appeal" in caught.value.en


def test_a_measure_list_built_by_hand_cannot_be_read_again() -> None:
    one = dataclasses.replace(measure_list(), text=None)
    digest, text = kept.rules_text(one, CATALOGUE)
    with pytest.raises(InvalidMeasureList, match="原文"):
        kept.read_rules(text, digest)


@given(st.text())
def test_any_text_as_rules_is_refused(text: str) -> None:
    with pytest.raises(LedgerDamaged):
        kept.read_rules(text, "sha256:0")
