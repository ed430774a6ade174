"""What leaves the package has the form of interfaces section 4: decisions against `decision.schema.json`."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from jsonschema import Draft202012Validator

from credit_sdk import AsyncCreditClient, CheckRequest, CreditClient, Decision, Subject
from credit_sdk.errors import CreditError, Restricted, SourceUnavailable
from credit_sdk.plugins import DomainRegistry
from credit_sdk.sources import MemorySource
from credit_sdk.sources.demo import FIRMS
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
from tests.unit.decision.worlds import World, decide, worlds

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA: dict[str, Any] = json.loads((files("credit_sdk.formats") / "decision.schema.json").read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)


def faults(decision: Decision) -> list[str]:
    """What is wrong with the decision's form; through JSON text, as a reader gets it."""
    whole = json.loads(decision.to_json())
    assert whole == json.loads(json.dumps(decision.to_dict(), ensure_ascii=False))
    return [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in VALIDATOR.iter_errors(whole)]


# ----------------------------------------------------------------------------------------------------- the schema itself


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_definition_is_used() -> None:
    text = json.dumps(SCHEMA)
    for name in SCHEMA["$defs"]:
        assert f'"#/$defs/{name}"' in text


def test_the_keys_are_those_of_the_interface() -> None:
    """Interfaces section 4, row by row."""
    assert set(SCHEMA["$defs"]["decision"]["properties"]) == {
        *("schema", "decision_id", "decided_at", "effect", "blocking", "subject", "domain", "action", "jurisdiction"),
        *("as_of", "obligations", "advice", "suspended", "withheld", "listings", "not_counted", "conflicts"),
        *("coverage", "notices", "measure_list", "source", "degraded", "parts"),
    }


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every schema of an object with named properties."""
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    found = [one for value in inner for one in objects(value)]
    return (
        [schema, *found]
        if isinstance(schema, dict) and schema.get("type") == "object" and "required" in schema
        else found
    )


def test_every_key_is_always_there() -> None:
    """An absent key and a null mean different things to different readers; so nothing is ever absent."""
    optional = {"organisation_code", "registration_number"}  # of the subject, as asked
    for one in objects(SCHEMA):
        assert set(one["properties"]) - set(one["required"]) <= optional


# ------------------------------------------------------------------------------------------------------------ decisions


@settings(max_examples=60, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(world=worlds())
def test_decisions_of_every_kind_have_the_form(world: World) -> None:
    decision = decide(world)
    if isinstance(decision, Decision):
        assert faults(decision) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@given(world=worlds(whole=True))
def test_consortia_have_the_form_in_every_part(world: World) -> None:
    together = decide(
        World(
            world.policy,
            world.jurisdiction,
            world.coverage,
            world.entries,
            world.subject,
            world.as_of,
            members=tuple(Subject(code) for code in FIRMS if code != world.subject.code)[:2],
        )
    )
    assert isinstance(together, Decision)
    assert len(together.parts) == 3
    assert faults(together) == []
    assert all(faults(part) == [] for part in together.parts)


@pytest.fixture(scope="module")
def demo() -> CreditClient:
    adapters = ("approval", "procurement", "bidding", "subsidy")
    return CreditClient("demo", domains=DomainRegistry.from_entry_points(only=adapters))


def test_every_decision_of_the_demonstration_has_the_form(demo: CreditClient) -> None:
    rows = [
        CheckRequest(subject=code, domain=domain, action=action, jurisdiction=one.jurisdiction)
        for domain in demo.domains.domains
        for one in demo.domains.measure_lists(domain)
        if one.status == "in_force"
        for action in one.actions
        for code in FIRMS
    ]
    results = demo.check_many(rows)
    decisions = [result for result in results if isinstance(result, Decision)]
    assert len(decisions) == len(rows)
    assert [fault for decision in decisions for fault in faults(decision)] == []


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param(Subject(next(iter(FIRMS))), id="code"),
        pytest.param(Subject(next(iter(FIRMS)), name=FIRMS[next(iter(FIRMS))], type="legal_entity"), id="whole"),  # type: ignore[arg-type]
        pytest.param(Subject(name="虚构辰电子有限公司"), id="name"),
        pytest.param(Subject(organisation_code="FICT00003", registration_number="990100000000013"), id="older numbers"),
        pytest.param(Subject("91990100MA0000A018", issued=True), id="a code that fails its check"),
    ],
)
def test_every_way_of_asking_has_the_form(demo: CreditClient, subject: Subject) -> None:
    assert faults(demo.check(subject, domain="procurement", action="award")) == []


def client(source: Any, *measures: dict[str, Any], **changes: Any) -> CreditClient:
    return CreditClient(
        source, domains=DomainRegistry(), measure_lists=[measure_list(*measures, **changes)], clock=FixedClock()
    )


def test_a_degraded_decision_has_the_form() -> None:
    lenient = client(FailingSource(), actions={"award": {"on_unavailable": "allow"}})
    decision = lenient.check(fictional_code(1), domain="test", action="award")
    assert decision.degraded is not None
    assert faults(decision) == []
    consortium = lenient.check(fictional_code(1), members=[fictional_code(2)], domain="test", action="award")
    assert faults(consortium) == []
    assert consortium.degraded is not None


def test_a_consortium_with_an_undecided_member_has_the_form() -> None:
    inner = MemorySource.of([coverage(), listing()], read_at=MOMENT)

    class Partly(FailingSource):
        def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Any:
            out = SourceUnavailable("无", "none")
            return [inner.fetch([one])[0] if one.code == fictional_code(1) else out for one in subjects]

    decision = client(Partly()).check(fictional_code(1), members=[fictional_code(2)], domain="test", action="award")
    assert decision.blocking
    assert faults(decision) == []


def test_the_decision_a_restriction_carries_has_the_form() -> None:
    source = MemorySource.of([coverage(), listing()], read_at=MOMENT)
    with pytest.raises(Restricted) as caught:
        client(source).check(fictional_code(1), domain="test", action="award", handles=[])
    assert faults(caught.value.decision) == []


def test_terms_context_and_odd_words_have_the_form() -> None:
    source = MemorySource.of(
        [
            coverage(),
            coverage("tax.a-rated", as_of=MOMENT - timedelta(hours=30)),
            listing(reason='引号"、换行\n和 \u2028', document=None, remedy=None, severity=None),
        ],
        read_at=MOMENT,
    )
    one = client(
        source,
        measure(
            terms={"needs": ["bonus_points"], "tiers": [{"amount": "5000.00 CNY"}], "since": "2026-01-01"},
            reaches=["principal"],
        ),
        lists={"optional": ["tax.a-rated"]},
    )
    decision = one.check(
        fictional_code(1), domain="test", action="award", jurisdiction="441802", context={"bonus_points": "1.5"}
    )
    assert faults(decision) == []
    assert decision.to_dict()["obligations"][0]["properties"]["terms"]["bonus_points"] == "1.5"


def test_both_clients_write_the_same() -> None:
    import asyncio

    source = MemorySource.of([coverage(), listing()], read_at=MOMENT)
    options: dict[str, Any] = {"domains": DomainRegistry(), "measure_lists": [measure_list()], "clock": FixedClock()}
    one = CreditClient(source, **options).check(fictional_code(1), domain="test", action="award")
    other = asyncio.run(AsyncCreditClient(source, **options).check(fictional_code(1), domain="test", action="award"))
    assert one.to_json().replace(one.decision_id, "") == other.to_json().replace(other.decision_id, "")


def test_the_language_changes_the_notices_only(demo: CreditClient) -> None:
    decision = demo.check(next(iter(FIRMS)), domain="procurement", action="award")
    zh, en = decision.to_dict(), decision.to_dict("en")
    assert [notice.pop("text") for notice in zh["notices"]] != [notice.pop("text") for notice in en["notices"]]
    assert zh == en
    assert not [error.message for error in VALIDATOR.iter_errors(decision.to_dict("en"))]


# --------------------------------------------------------------------------------------------- the schema refuses others


@pytest.fixture(scope="module")
def whole(demo: CreditClient) -> dict[str, Any]:
    decision = demo.check(next(iter(FIRMS)), domain="procurement", action="award")
    written: dict[str, Any] = json.loads(decision.to_json())
    assert written["obligations"]
    assert written["listings"]
    return written


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key of every object, but of those whose keys are data."""
    if isinstance(value, dict):
        free = at and at[-1] in {"terms", "consulted"}
        return [(*at, key) for key in value if not free] + [
            p for key, v in value.items() for p in places(v, (*at, key))
        ]
    return [p for place, v in enumerate(value) for p in places(v, (*at, place))] if isinstance(value, list) else []


def test_the_schema_misses_every_key_that_is_taken_away(whole: dict[str, Any]) -> None:
    for *above, key in places(whole):
        broken = copy.deepcopy(whole)
        holder = broken
        for part in above:
            holder = holder[part]
        del holder[key]
        assert not VALIDATOR.is_valid(broken), (above, key)


def test_the_schema_sees_every_key_that_is_added(whole: dict[str, Any]) -> None:
    for above in {tuple(place[:-1]) for place in places(whole)} - {("subject",)}:
        broken = copy.deepcopy(whole)
        holder = broken
        for part in above:
            holder = holder[part]
        holder["added"] = None
        assert not VALIDATOR.is_valid(broken), above


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "credit.decision/2"),
        (("effect",), "refuse"),
        (("blocking",), None),
        (("decision_id",), "7"),
        (("decided_at",), "2026-11-21T04:00:00Z"),
        (("as_of",), "2026-11-21T12:00:00.5+08:00"),
        (("jurisdiction",), "441"),
        (("degraded",), False),
        (("parts",), None),
        (("obligations", 0, "measure"), None),
        (("obligations", 0, "reason"), "objected"),
        (("obligations", 0, "because"), ["L-1", "L-1"]),
        (("obligations", 0, "properties", "until"), "2026-11-21T00:00:00"),
        (("listings", 0, "standing"), "active"),
        (("listings", 0, "authority"), ""),
        (("measure_list", "digest"), "sha256:x"),
    ],
    ids=str,
)
def test_the_schema_refuses(whole: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    broken = copy.deepcopy(whole)
    holder = broken
    for part in path[:-1]:
        holder = holder[part]
    holder[path[-1]] = value
    assert not VALIDATOR.is_valid(broken)


def test_errors_have_one_form_too() -> None:
    """Interfaces section 4: `{"error": code, "message", "file", "line", "key", "retryable"}` can be made of each."""
    error = CreditError("中", "E", file="f", line=1, key="k")
    assert (error.code, error.message("en"), error.file, error.line, error.key, error.retryable) == (
        "credit_error",
        "E",
        "f",
        1,
        "k",
        False,
    )
