"""The decision vectors against this SDK: one test for each, named by its id."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files
from typing import Any

import pytest

from credit_sdk.model.identifiers import id_number, uscc
from credit_sdk.testing.conformance import SCHEMA, Vector, load_vectors, merge_patch, run_vector
from credit_sdk.testing.matching import matches

VECTORS = load_vectors()

TESTED = [
    *(f"2.{n}" for n in range(1, 11)),
    *(f"3.{n}" for n in range(1, 9)),
    *(f"4.{n}" for n in range(1, 6)),
    *(f"5.{n}" for n in range(1, 10)),
    "6",
    *(f"7.{n}" for n in range(1, 7)),
    *(f"8.{n}" for n in range(1, 4)),
    "9.1",
    "9.2",
    "9.4",
]
"""Every rule of sections 2 to 9 but 9.3, which says what is never built, and 9.5, which is the ledger's."""

VECTOR_KEYS = {
    "id", "rule", "title", "measures", "installed", "coverage", "records", "source", "request", "as_of", "read_at",
    "error", "error_attributes", "message_excludes", "expect", "unchecked",
}  # fmt: skip
REQUEST_KEYS = {"subject", "action", "jurisdiction", "members", "related", "handles", "context"}
EXPECT_KEYS = {
    "schema", "decision_id", "decided_at", "effect", "blocking", "subject", "domain", "action", "jurisdiction", "as_of",
    "obligations", "advice", "suspended", "withheld", "listings", "not_counted", "conflicts", "coverage", "notices",
    "notices_lists", "measure_list", "source", "degraded", "parts",
}  # fmt: skip


@pytest.mark.parametrize("vector", VECTORS, ids=str)
def test_vector(vector: Vector) -> None:
    assert run_vector(vector) == [], vector.title


def test_every_rule_has_a_vector() -> None:
    assert [rule for rule in TESTED if rule not in {vector.rule for vector in VECTORS}] == []
    assert {vector.rule for vector in VECTORS} <= set(TESTED)


def test_ids_begin_with_their_rule() -> None:
    assert [vector.id for vector in VECTORS if not vector.id.startswith(f"{vector.rule}-")] == []


def test_every_vector_demands_something() -> None:
    assert [vector.id for vector in VECTORS if vector.error is None and vector.expect is None] == []


def test_no_two_vectors_of_a_rule_are_the_same() -> None:
    by_content: dict[str, list[str]] = {}
    for vector in VECTORS:
        by_content.setdefault(repr(replace(vector, id="", title="")), []).append(vector.id)
    assert [ids for ids in by_content.values() if len(ids) > 1] == []


def _documents() -> list[dict[str, Any]]:
    folder = files("credit_sdk.testing") / "vectors"
    return [json.loads(one.read_text(encoding="utf-8")) for one in folder.iterdir() if one.name.endswith(".json")]


@pytest.mark.parametrize("document", _documents(), ids=lambda document: document["title"])
def test_files_use_known_keys_only(document: dict[str, Any]) -> None:
    assert document["schema"] == SCHEMA
    for vector in document["vectors"]:
        assert set(vector) <= VECTOR_KEYS, vector["id"]
        assert set(vector["request"]) <= REQUEST_KEYS, vector["id"]
        assert set(vector.get("expect", ())) <= EXPECT_KEYS, vector["id"]


def test_subjects_are_fictional() -> None:
    """Codes lie in the area 990100, which no registry issues; the ID numbers are the standard's sample and 1900's."""
    for vector in VECTORS:
        for record in vector.records:
            subject = record.get("subject", {})
            assert subject.get("name", "虚构").strip().startswith(("虚构", "虛構")), vector.id
            if code := subject.get("code"):
                assert code[2:8] == "990100", vector.id
        for request in (vector.request["subject"], *vector.request.get("members", ())):
            code = request if isinstance(request, str) else request.get("code", "")
            if uscc.is_valid(code) and not id_number.is_valid(code):
                assert uscc.compact(code)[2:8] == "990100", vector.id


def test_merge_patch_follows_rfc_7386() -> None:
    assert merge_patch({"a": {"b": 1, "c": 2}, "d": [1, 2]}, {"a": {"b": None, "e": 3}, "d": [3]}) == {
        "a": {"c": 2, "e": 3},
        "d": [3],
    }
    assert merge_patch("word", {"a": {"b": None}}) == {"a": {}}


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": []}, {"a": []}),
        ({"at": "2026-11-21T04:00:00Z"}, {"at": "2026-11-21T12:00:00+08:00"}),
        ({"notices": ["b", "a"]}, {"notices": [{"code": "a"}, {"code": "b"}]}),
        ({"notices_lists": {"a": ["x"]}}, {"notices": [{"code": "a", "list": "x"}, {"code": "b", "list": None}]}),
        ({"coverage": {"stale": ["b", "a"]}}, {"coverage": {"stale": ["a", "b"]}}),
    ],
)
def test_matches(expected: dict[str, Any], actual: dict[str, Any]) -> None:
    assert matches(expected, actual) == []


@pytest.mark.parametrize(
    ("expected", "actual", "place"),
    [
        ({"a": 1}, {"a": 2}, "a"),
        ({"a": 1}, {}, "a"),
        ({"a": None}, {}, "a"),
        ({"a": {"b": 1}}, {"a": None}, "a"),
        ({"a": []}, {"a": [1]}, "a"),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, "a[0].b"),
        ({"a": True}, {"a": False}, "a"),
        ({"day": "2026-11-21"}, {"day": "2026-11-22"}, "day"),
        ({"notices": ["a"]}, {"notices": [{"code": "a"}, {"code": "a"}]}, "notices"),
        ({"notices_lists": {"a": ["x"]}}, {"notices": [{"code": "a", "list": "y"}]}, "notices_lists.a[0]"),
    ],
)
def test_differences_name_their_place(expected: dict[str, Any], actual: dict[str, Any], place: str) -> None:
    (difference,) = matches(expected, actual)
    assert difference.startswith(f"{place}:")
