"""Changing the data, and who may."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from credit_sdk.testing import Sandbox, coverage, listing
from tests.integration.sandbox.served import served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CLEAR = "91990100MA0000A02C"


def refused(response: httpx.Response, status: int, code: str, key: str | None = None) -> None:
    assert response.headers["content-type"] == "application/problem+json"
    told = response.json()
    assert (response.status_code, told["code"], told["key"]) == (status, code, key)
    assert told["detail"]
    assert told["detail_en"]


# -------------------------------------------------------------------------------------------------------------- entries


def test_a_listing_is_filled_in(http: httpx.Client) -> None:
    made = http.post("/admin/listings", json={"list": "tax.a-rated", "subject": {"code": CLEAR}})
    assert made.status_code == 201
    body = made.json()
    assert {"id", "authority", "effective_from", "status", "kind", "type", "subject", "list"} == body.keys()
    assert body["kind"] == "red"
    assert http.get(f"/admin/listings/{body['id']}").json() == body


def test_unknown_keys_are_kept(http: httpx.Client) -> None:
    whole = listing(id="L/1 号", subject=CLEAR, 决定机关联系人="虚构")
    assert http.post("/admin/listings", json=whole).json()["决定机关联系人"] == "虚构"
    answer = http.post("/v1/records/query", json={"subjects": [{"code": CLEAR}]}).json()["answers"][0]
    assert answer["listings"] == [whole]


def test_a_code_is_compacted(http: httpx.Client) -> None:
    spaced = f"{CLEAR[:8].lower()} {CLEAR[8:].lower()}"
    made = http.post("/admin/listings", json={"list": "tax.a-rated", "subject": {"code": spaced}})
    assert made.json()["subject"]["code"] == CLEAR


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "list"),
        ({"list": "tax.major-violation"}, "subject"),
        ({"list": "tax.major-violation", "subject": {}}, "subject"),
        ({"list": "no.such-list", "subject": {"code": CLEAR}}, "list"),
        ({"list": "tax.major-violation", "subject": {"code": CLEAR}, "status": "gone"}, "status"),
        ({"list": "tax.major-violation", "subject": {"code": CLEAR}, "kind": "red"}, "kind"),
        (
            {"list": "tax.major-violation", "subject": {"code": CLEAR}, "effective_until": "1999-01-01"},
            "effective_until",
        ),
        ({"list": "tax.major-violation", "subject": {"code": CLEAR}, "type": "violation"}, "type"),
        ({"list": "tax.major-violation", "subject": {"code": CLEAR}, "authority": " "}, "authority"),
    ],
)
def test_an_unusable_listing_is_refused(http: httpx.Client, body: dict[str, Any], key: str) -> None:
    refused(http.post("/admin/listings", json=body), 422, "invalid_request", key)


def test_an_id_is_given_once(http: httpx.Client) -> None:
    refused(http.post("/admin/listings", json=listing(id="DEMO-01")), 409, "exists", "id")


@pytest.mark.parametrize(
    ("path", "body", "status", "code", "key"),
    [
        ("listings/NONE/repair", None, 404, "not_found", None),
        ("listings/DEMO-01/forgive", None, 404, "not_found", None),
        ("violations/DEMO-V1/remove", None, 404, "not_found", None),
        ("listings/DEMO-01/repair", {"ended_on": "soon"}, 422, "invalid_request", "ended_on"),
        ("listings/DEMO-01/repair", {"objection": "information"}, 422, "invalid_request", '"objection"'),
        ("listings/DEMO-01/object", {"objection": "loud"}, 422, "invalid_request", "objection"),
        ("listings/DEMO-01/object", [], 422, "invalid_request", None),
    ],
)
def test_an_impossible_edit_is_refused(
    http: httpx.Client, path: str, body: Any, status: int, code: str, key: str | None
) -> None:
    sent = http.post(f"/admin/{path}") if body is None else http.post(f"/admin/{path}", json=body)
    refused(sent, status, code, key)


def test_entries_are_listed_in_part(http: httpx.Client) -> None:
    listings = http.get("/admin/listings", params={"list": "tax.major-violation", "status": "active"}).json()[
        "listings"
    ]
    assert [one["id"] for one in listings] == ["DEMO-01"]
    part = http.get("/admin/listings", params={"limit": 2, "offset": 1}).json()["listings"]
    assert [one["id"] for one in part] == ["DEMO-02", "DEMO-03"]
    assert [one["id"] for one in http.get("/admin/violations").json()["violations"]] == ["DEMO-V1"]
    refused(http.get("/admin/listings", params={"offset": "-1"}), 400, "bad_parameter", "offset")


# ------------------------------------------------------------------------------------------------------------- coverage


def test_a_list_is_spoken_for_no_more(http: httpx.Client, sandbox: Sandbox) -> None:
    assert http.delete("/admin/lists/tax.a-rated").json() == {"list": "tax.a-rated", "covered": False}
    refused(
        http.post("/admin/listings", json={"list": "tax.a-rated", "subject": {"code": CLEAR}}),
        409,
        "not_covered",
        "list",
    )
    lines = http.post("/v1/records/query", json={"subjects": [{"code": CLEAR}]}).json()["coverage"]
    assert "tax.a-rated" not in {line["list"] for line in lines}

    line = http.put("/admin/lists/tax.a-rated", json={"history_from": "2020-01-01"}).json()
    assert line["history_from"] == "2020-01-01"
    assert sandbox.enter("tax.a-rated", CLEAR)["status"] == "active"


@pytest.mark.parametrize(
    ("method", "code", "body", "status", "key"),
    [
        ("PUT", "no.such-list", {}, 422, "list"),
        ("PUT", "tax.a-rated", {"as_of": "yesterday"}, 422, "as_of"),
        ("PUT", "tax.a-rated", {"as-of": None}, 422, '"as-of"'),
        ("DELETE", "no.such-list", None, 404, None),
    ],
)
def test_an_impossible_coverage_is_refused(
    http: httpx.Client, method: str, code: str, body: Any, status: int, key: str | None
) -> None:
    sent = http.request(method, f"/admin/lists/{code}", **({} if body is None else {"json": body}))
    refused(sent, status, "invalid_request" if status == 422 else "not_found", key)


def test_the_overview_says_how_things_stand(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("delay", seconds=0)
    overview = http.get("/admin").json()
    assert overview["data"] == "demo"
    assert overview["lists"]["tax.a-rated"]["entries"] == 2
    assert overview["faults"][0]["kind"] == "delay"
    assert overview["outcomes"] == 0


@pytest.mark.parametrize("body", [{}, {"offset_seconds": "1"}, {"offset_seconds": 10**9}, {"seconds": 1}])
def test_an_impossible_clock_is_refused(http: httpx.Client, body: dict[str, Any]) -> None:
    refused(http.put("/admin/clock", json=body), 422, "invalid_request", "offset_seconds")


# ------------------------------------------------------------------------------------------------------------------ who


@contextmanager
def from_elsewhere(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False) as client:
        yield client


def test_pages_of_a_browser_may_not(http: httpx.Client) -> None:
    refused(http.post("/admin/reset", headers={"Origin": "https://page.example"}), 403, "forbidden")
    assert http.get("/v1/health", headers={"Origin": "https://page.example"}).status_code == 200


def test_a_token_is_asked_for_if_there_is_one(tmp_path: Path) -> None:
    token = "虚构-" + "token"
    with served([coverage()], tmp_path, admin_token=token) as url, from_elsewhere(url) as http:
        response = http.get("/admin")
        refused(response, 401, "unauthorised")
        assert response.headers["WWW-Authenticate"] == "Bearer"
        assert http.get("/v1/health").status_code == 200
        refused(http.get("/admin", headers={"Authorization": "Bearer wrong"}), 401, "unauthorised")
        assert http.get("/admin", headers={b"Authorization": f"Bearer {token}".encode()}).status_code == 200


def test_the_double_says_why_it_was_refused(sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="422 invalid_request: list unknown list"):
        sandbox.enter("no.such-list", CLEAR)
