"""The contract's calls over plain HTTP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.testing import fictional_code

if TYPE_CHECKING:
    import httpx

    from credit_sdk.testing import Sandbox

LISTED = "91990100MA0000A019"
OUTCOME: dict[str, Any] = {
    "decision_id": "0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b",
    "subject": {"code": LISTED},
    "domain": "procurement",
    "action": "award",
    "effect": "restrict",
    "executed": ["procurement.refuse-participation"],
    "not_executed": {},
    "at": "2026-11-21T12:05:00+08:00",
    "note": None,
}


def query(http: httpx.Client, *subjects: dict[str, Any], **headers: str) -> httpx.Response:
    return http.post("/v1/records/query", json={"subjects": subjects}, headers=headers)


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = response.json()
    assert (told["status"], told["code"]) == (status, code)
    assert told["request_id"] == response.headers["x-request-id"]
    assert told["type"].endswith(code)
    return told


# -------------------------------------------------------------------------------------------------------------- records


def test_a_thousand_subjects_are_answered_in_their_order(http: httpx.Client) -> None:
    subjects = [{"code": fictional_code(number)} for number in range(999)] + [{"code": LISTED}]
    answer = query(http, *subjects).json()
    assert [one["subject"] for one in answer["answers"]] == subjects
    assert [one["found"] for one in answer["answers"]] == [False] * 999 + [True]
    assert len(answer["answers"][-1]["listings"]) == 1


def test_one_more_is_refused(http: httpx.Client) -> None:
    told = problem(query(http, *[{"code": LISTED}] * 1001), 422, "too_many")
    assert told["key"] == "subjects"
    assert "1001" in told["detail"]
    assert "1001" in told["detail_en"]


def test_every_catalogue_list_is_covered_up_to_now(http: httpx.Client) -> None:
    answer = query(http, {"code": LISTED}).json()
    assert {line["list"] for line in answer["coverage"]} == {*CATALOGUE, "violations"}
    assert {line["as_of"] for line in answer["coverage"]} == {answer["read_at"]}
    assert answer["fictional"] is True


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"code": LISTED}, ["DEMO-01"]),
        ({"organisation_code": LISTED[8:17]}, ["DEMO-01"]),
        ({"name": "虛構甲 建築工程有限公司"}, ["DEMO-01"]),
        ({"name": "虚构改名有限公司", "former_names": ["虚构甲建筑工程有限公司"]}, ["DEMO-01"]),
        ({"name": "虚构辰电子有限公司"}, ["DEMO-09"]),
        ({"code": "91990100MA0000B06E"}, []),
        ({"name": "虚构无此有限公司"}, []),
    ],
)
def test_an_entry_is_found_by_code_and_by_name(http: httpx.Client, asked: dict[str, Any], found: list[str]) -> None:
    [answer] = query(http, asked).json()["answers"]
    assert [listing["id"] for listing in answer["listings"]] == found
    assert answer["subject"] == asked


def test_a_firm_on_no_list_is_known_all_the_same(http: httpx.Client) -> None:
    known, unknown = query(http, {"code": "91990100MA0000A02C"}, {"code": fictional_code(77)}).json()["answers"]
    assert (known["listings"], known["found"]) == ([], True)
    assert (unknown["listings"], unknown["found"]) == ([], False)


def test_lists_that_only_a_name_can_find_are_named(http: httpx.Client) -> None:
    by_code, by_name = query(http, {"code": LISTED}, {"name": "虚构无此有限公司"}).json()["answers"]
    assert by_code["uncoded_lists"] == ["local.watch"]
    assert {"local.watch", "tax.major-violation", "violations"} <= set(by_name["uncoded_lists"])


def test_a_name_of_which_nothing_can_be_seen_is_refused(http: httpx.Client) -> None:
    told = problem(query(http, {"code": LISTED}, {"name": "\u200b"}), 422, "invalid_subject")
    assert told["key"] == "subjects[1].name"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[" * 100_000, b'{"subjects": [NaN]}', b"\xff", b'{"subjects": [{"name": "\\ud800"}]}', b"9" * 5000],
)
def test_what_is_no_json_is_a_problem(http: httpx.Client, body: bytes) -> None:
    sent = http.post("/v1/records/query", content=body, headers={"Content-Type": "application/json"})
    problem(sent, 400, "bad_json")


def test_a_fault_names_its_place_and_no_value(http: httpx.Client) -> None:
    wrong = LISTED[:17] + "I"
    response = query(http, {"code": LISTED}, {"code": wrong})
    assert problem(response, 422, "invalid_request")["key"] == "subjects[1].code"
    assert wrong not in response.text
    assert re.search(r"[\u4e00-\u9fff]", response.json()["detail"])


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", "application/json; charset=gbk", None])
def test_a_body_must_be_called_json(http: httpx.Client, media_type: str | None) -> None:
    headers = {} if media_type is None else {"Content-Type": media_type}
    problem(http.post("/v1/records/query", content=b"{}", headers=headers), 415, "unsupported_media_type")


def test_a_body_has_its_largest_size(http: httpx.Client) -> None:
    content = b'{"subjects": [' + b" " * (9 << 20)
    headers = {"Content-Type": "application/json"}
    problem(http.post("/v1/records/query", content=content, headers=headers), 413, "too_large")


# ------------------------------------------------------------------------------------------------------------- envelope


def test_the_request_id_comes_back(http: httpx.Client) -> None:
    assert http.get("/v1/health", headers={"X-Request-Id": "mine-1"}).headers["X-Request-Id"] == "mine-1"


@pytest.mark.parametrize("unusable", ["", "with blank", "x" * 129, "<script>"])
def test_an_unusable_request_id_is_replaced(http: httpx.Client, unusable: str) -> None:
    made = http.get("/v1/health", headers={"X-Request-Id": unusable}).headers["X-Request-Id"]
    assert re.fullmatch(r"[0-9a-f-]{36}", made)


def test_the_version_is_told_and_asked_for(http: httpx.Client) -> None:
    assert http.get("/v1/lists").headers["Credit-Api-Version"] == "1"
    assert http.get("/v1/lists", headers={"Credit-Api-Version": "1"}).status_code == 200
    refused = http.get("/v1/lists", headers={"Credit-Api-Version": "2"})
    assert problem(refused, 400, "unsupported_version")["key"] == "Credit-Api-Version"


@pytest.mark.parametrize("path", ["/", "/openapi.json", "/v1/health", "/v1/nothing", "/admin"])
def test_every_answer_says_that_it_is_a_sandbox(http: httpx.Client, path: str) -> None:
    assert http.get(path).headers["Credit-Sandbox"] == "true"


def test_it_says_so_itself(http: httpx.Client, sandbox: Sandbox) -> None:
    assert http.get("/v1/health").json()["sandbox"] is True
    assert http.get("/").json()["notice"].keys() == {"zh", "en"}
    assert http.get("/openapi.json").json()["servers"][0]["url"] == sandbox.url


def test_no_such_path_and_no_such_method_are_problems(http: httpx.Client) -> None:
    assert problem(http.get("/v2/records"), 404, "not_found")["instance"] is None
    refused = http.get("/v1/records/query")
    problem(refused, 405, "method_not_allowed")
    assert "POST" in refused.headers["Allow"]


# -------------------------------------------------------------------------------------------------------- list catalogue


def test_the_catalogue_is_told(http: httpx.Client) -> None:
    lists = {one["code"]: one for one in http.get("/v1/lists").json()["lists"]}
    assert lists["court.judgment-defaulter"] == {
        "code": "court.judgment-defaulter",
        "name": "失信被执行人名单",
        "name_en": "Judgment defaulters",
        "kind": "black",
        "class": "official",
        "open_ended": True,
    }
    assert lists.keys() >= CATALOGUE.keys()


# ---------------------------------------------------------------------------------------------------------- change feed


def test_pages_follow_each_other_without_a_gap(http: httpx.Client) -> None:
    numbers: list[int] = []
    cursor = None
    while True:
        page = http.get("/v1/changes", params={"limit": 5} | ({} if cursor is None else {"cursor": cursor})).json()
        assert len(page["changes"]) <= 5
        numbers += [one["sequence"] for one in page["changes"]]
        cursor = page["cursor"]
        if not page["more"]:
            break
    assert numbers == list(range(1, 19))  # the demonstration's entries


def test_a_cursor_expires(http: httpx.Client, sandbox: Sandbox) -> None:
    early = http.get("/v1/changes", params={"limit": 1}).json()["cursor"]
    latest = http.get("/v1/changes", params={"limit": 1000}).json()["cursor"]
    assert sandbox.admin("POST", "changes/forget") == {"forgotten": 18}
    problem(http.get("/v1/changes", params={"cursor": early}), 410, "cursor_expired")
    sandbox.repair("DEMO-01")
    for params in ({"cursor": latest}, {}):  # whoever missed nothing goes on, and so does whoever begins anew
        assert [one["sequence"] for one in http.get("/v1/changes", params=params).json()["changes"]] == [19]


def test_a_cursor_of_replaced_data_expires(http: httpx.Client, sandbox: Sandbox) -> None:
    cursor = http.get("/v1/changes").json()["cursor"]
    sandbox.reset()
    problem(http.get("/v1/changes", params={"cursor": cursor}), 410, "cursor_expired")


@pytest.mark.parametrize("cursor", ["", "x", "%00", "ZGVhZGJlZWYuMQ==x", "游标"])
def test_what_is_no_cursor_is_refused(http: httpx.Client, cursor: str) -> None:
    problem(http.get("/v1/changes", params={"cursor": cursor}), 400, "bad_cursor")


def test_a_misspelt_parameter_is_refused(http: httpx.Client) -> None:
    assert problem(http.get("/v1/changes", params={"cursour": "x"}), 400, "bad_parameter")["key"] == '"cursour"'


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "1.5", "", "99999999999999999999"])
def test_a_limit_has_its_bounds(http: httpx.Client, limit: str) -> None:
    assert problem(http.get("/v1/changes", params={"limit": limit}), 400, "bad_parameter")["key"] == "limit"


# ------------------------------------------------------------------------------------------------------------- outcomes


def report(http: httpx.Client, key: str, *outcomes: dict[str, Any]) -> httpx.Response:
    return http.post("/v1/outcomes", json={"outcomes": outcomes}, headers={"Idempotency-Key": key})


def test_an_outcome_is_stored_once(http: httpx.Client, sandbox: Sandbox) -> None:
    first = report(http, "key-1", OUTCOME, OUTCOME | {"action": "qualify"})
    again = report(http, "key-1", OUTCOME, OUTCOME | {"action": "qualify"})
    assert (first.status_code, again.status_code) == (201, 200)
    receipts = first.json()["receipts"]
    assert [one["status"] for one in receipts] == ["accepted"] * 2
    assert len({one["id"] for one in receipts}) == 2
    assert again.json()["receipts"] == [one | {"status": "repeated"} for one in receipts]
    assert [one["outcome"]["action"] for one in sandbox.outcomes()] == ["qualify", "award"]
    assert sandbox.outcomes()[0]["idempotency_key"] == "key-1"


def test_another_key_is_another_report(http: httpx.Client, sandbox: Sandbox) -> None:
    ids = [report(http, key, OUTCOME).json()["receipts"][0]["id"] for key in ("key-1", "key-2")]
    assert len(set(ids)) == 2
    assert [one["receipt"] for one in sandbox.outcomes()] == ids[::-1]


def test_a_key_does_not_serve_twice(http: httpx.Client, sandbox: Sandbox) -> None:
    report(http, "key-1", OUTCOME)
    problem(report(http, "key-1", OUTCOME | {"effect": "allow"}), 422, "idempotency_key_reused")
    assert len(sandbox.outcomes()) == 1


def test_an_outcome_s_own_key_outlasts_its_batch(http: httpx.Client, sandbox: Sandbox) -> None:
    one, two = OUTCOME | {"key": "one"}, OUTCOME | {"key": "two", "case": True}
    assert report(http, "key-1", one).status_code == 201
    both = report(http, "key-2", two, one)
    assert both.status_code == 201
    assert [(got["idempotency_key"], got["status"]) for got in both.json()["receipts"]] == [
        ("two", "accepted"),
        ("one", "repeated"),
    ]
    assert report(http, "key-3", one, two).status_code == 200
    refused = report(http, "key-4", OUTCOME, two | {"case": False})
    assert problem(refused, 422, "idempotency_key_reused")["key"] == "outcomes[1].key"
    assert [got["idempotency_key"] for got in sandbox.outcomes()] == ["two", "one"]


@pytest.mark.parametrize("key", [None, "", "with blank", "k" * 256])
def test_an_outcome_needs_a_key(http: httpx.Client, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    refused = http.post("/v1/outcomes", json={"outcomes": [OUTCOME]}, headers=headers)
    assert problem(refused, 400, "bad_header")["key"] == "Idempotency-Key"


def test_all_are_stored_or_none(http: httpx.Client, sandbox: Sandbox) -> None:
    refused = report(http, "key-1", OUTCOME, OUTCOME | {"effect": "deny"})
    assert problem(refused, 422, "invalid_request")["key"] == "outcomes[1].effect"
    problem(report(http, "key-1", *[OUTCOME] * 1001), 422, "too_many")
    assert sandbox.outcomes() == []
    assert report(http, "key-1", OUTCOME).status_code == 201


# --------------------------------------------------------------------------------------------------------------- health


def test_health_has_the_data_s_dates(http: httpx.Client, sandbox: Sandbox) -> None:
    health = http.get("/v1/health").json()
    assert health["status"] == "ok"
    assert health["lists"].keys() == {*CATALOGUE, "violations"}
    sandbox.admin("PUT", "lists/tax.a-rated", {"as_of": "2026-01-01T00:00:00+08:00"})
    later = http.get("/v1/health").json()
    assert later["status"] == "degraded"
    assert later["lists"]["tax.a-rated"] == "2026-01-01T00:00:00+08:00"
