"""The contract as a document: sound OpenAPI 3.1, its examples as its schemas say, its schemas as the readers are."""

from __future__ import annotations

import json
import re
from datetime import datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from credit_sdk.formats import platform, records
from credit_sdk.formats.platform_requests import read_outcomes, read_query
from credit_sdk.model import terms
from credit_sdk.model.moments import SHANGHAI
from credit_sdk.sources.demo import demo_records
from credit_sdk.testing import listing

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCUMENT: dict[str, Any] = json.loads(
    (files("credit_sdk.formats") / "platform.openapi.json").read_text(encoding="utf-8")
)
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
REGISTRY: Registry[Any] = Registry().with_resource("urn:contract", DRAFT202012.create_resource(DOCUMENT))


def problems(schema: str, value: Any) -> list[str]:
    """What is wrong with ``value`` as an object of this schema."""
    pointer = {"$ref": f"urn:contract#/components/schemas/{schema}"}
    validator = Draft202012Validator(pointer, registry=REGISTRY, format_checker=FormatChecker())
    return [error.message for error in validator.iter_errors(value)]


def walk(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from walk(inner, f"{path}/{key}")
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            yield from walk(inner, f"{path}/{place}")


def examples() -> Iterator[tuple[str, str, str]]:
    """Where an example stands, its name and its schema's."""
    for path, value in walk(DOCUMENT["paths"] | DOCUMENT["components"]["responses"]):
        if isinstance(value, dict) and "schema" in value and "examples" in value:
            schema = value["schema"]["$ref"].rpartition("/")[2]
            for example in value["examples"].values():
                yield path, example["$ref"].rpartition("/")[2], schema


def test_it_is_sound_openapi() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(DOCUMENT).validate()


def test_every_schema_is_sound() -> None:
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


def test_every_reference_leads_somewhere() -> None:
    used = set()
    for path, value in walk(DOCUMENT):
        if not path.endswith("/$ref"):
            continue
        target: Any = DOCUMENT
        for part in value.removeprefix("#/").split("/"):
            target = target[part]
        used.add(value)
    for kind in ("schemas", "parameters", "headers", "responses", "examples"):
        for name in DOCUMENT["components"][kind]:
            assert f"#/components/{kind}/{name}" in used, f"{kind}/{name} is of no use"


def test_every_example_is_of_its_schema() -> None:
    several = list(examples())
    assert len(several) >= 8
    for path, name, schema in several:
        assert problems(schema, DOCUMENT["components"]["examples"][name]["value"]) == [], path


def test_examples_are_fictional() -> None:
    text = json.dumps(DOCUMENT["components"]["examples"], ensure_ascii=False)
    assert all(code[2:8] == "990100" for code in re.findall(r"\b9[0-9]{7}MA[0-9A-Z]{8}\b", text))
    assert not re.search(r"(?<!虚构)[甲乙丙][\u4e00-\u9fff]*公司", text)


def test_every_call_says_how_it_fails() -> None:
    for path, calls in DOCUMENT["paths"].items():
        for method, call in calls.items():
            assert {"400", "401", "403", "429", "500", "503", "default"} <= call["responses"].keys(), (method, path)


def test_every_answer_is_marked() -> None:
    answers = [value for path, value in walk(DOCUMENT) if re.search(r"/responses/\w+$", path) and "$ref" not in value]
    assert len(answers) > 15
    for answer in answers:
        assert {"X-Request-Id", "Credit-Api-Version", "Credit-Sandbox"} <= answer["headers"].keys()


@pytest.mark.parametrize(
    ("schema", "type_"), [("Listing", "listing"), ("Violation", "violation"), ("Coverage", "coverage")]
)
def test_lines_have_the_keys_that_files_have(schema: str, type_: str) -> None:
    assert SCHEMAS[schema]["properties"].keys() == records._KEYS[type_]


def test_subjects_have_the_keys_that_files_have() -> None:
    assert SCHEMAS["ListedSubject"]["properties"].keys() == records._SUBJECT_KEYS


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ("Kind", terms.ListKind),
        ("SubjectType", terms.SubjectType),
        ("Severity", terms.Severity),
        ("ListingStatus", terms.Status),
    ],
)
def test_words_are_the_models(schema: str, words: Any) -> None:
    assert SCHEMAS[schema]["enum"] == [word.value for word in words]


def test_the_demonstration_is_as_the_contract_has_it() -> None:
    names = {"coverage": "Coverage", "listing": "Listing", "violation": "Violation"}
    for record in demo_records(datetime(2026, 11, 21, 12, tzinfo=SHANGHAI)):
        assert problems(names[record["type"]], record) == []


def test_unknown_keys_may_stand_in_answers_and_not_in_questions() -> None:
    assert problems("Listing", listing(more="that this version does not know")) == []
    assert problems("Subject", {"name": "虚构甲有限公司", "nmae": "x"}) != []
    assert problems("Subject", {"former_names": ["虚构甲有限公司"]}) != []


def test_an_override_says_why_and_nothing_else_does() -> None:
    (outcome,) = DOCUMENT["components"]["examples"]["Outcomes"]["value"]["outcomes"]
    override = {"reason": "防汛抢险", "approver": "虚构某甲", "legal_basis": "虚构办法第一条"}
    assert problems("Outcome", outcome | {"kind": "override", "override": override}) == []
    assert problems("Outcome", outcome | {"kind": "release", "key": "k-1", "case": True}) == []
    for wrong in ({"kind": "override"}, {"override": override}, {"kind": "release", "override": override}):
        assert problems("Outcome", outcome | wrong) != []


def test_limits_are_the_readers() -> None:
    assert SCHEMAS["RecordsQuery"]["properties"]["subjects"]["maxItems"] == platform.MOST_SUBJECTS
    assert DOCUMENT["info"]["version"] == platform.API_VERSION


def test_the_readers_read_the_examples() -> None:
    values = {name: example["value"] for name, example in DOCUMENT["components"]["examples"].items()}
    assert read_query(values["Query"]) == values["Query"]["subjects"]
    assert read_outcomes(values["Outcomes"]) == values["Outcomes"]["outcomes"]
    for name, form in (
        ("Answer", platform.RecordsObject),
        ("Lists", platform.ListsObject),
        ("Changes", platform.ChangesObject),
        ("Health", platform.HealthObject),
        ("Receipts", platform.ReceiptsObject),
    ):
        platform.read_object(form, json.dumps(values[name]).encode())
