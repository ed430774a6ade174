"""Every fault switch, as plain HTTP sees it."""

from __future__ import annotations

import json
import time
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from credit_sdk.sandbox._fault_switches import KINDS
from credit_sdk.testing import fictional_code

if TYPE_CHECKING:
    from collections.abc import Callable

    from credit_sdk.testing import Sandbox

LISTED = "91990100MA0000A019"
OUTCOME = {
    "decision_id": "0199a1b2-c3d4-7e5f-8a6b-7c8d9e0f1a2b",
    "subject": {"code": LISTED},
    "domain": "procurement",
    "action": "award",
    "effect": "restrict",
    "at": "2026-11-21T12:05:00+08:00",
}


def ask(http: httpx.Client, *codes: str) -> httpx.Response:
    return http.post("/v1/records/query", json={"subjects": [{"code": code} for code in codes or (LISTED,)]})


def _delay(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("delay", seconds=0.3)
    began = time.monotonic()
    assert ask(http).status_code == 200
    assert time.monotonic() - began >= 0.3


def _drop(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("drop")
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)) as dropped:
        ask(http)
    # Closed while the question is still unread, a connection is reset; either way not a byte of an answer has come.
    assert isinstance(dropped.value, httpx.ReadError) or "without sending a response" in str(dropped.value)


def _reset(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("reset")
    response = http.send(http.build_request("GET", "/v1/lists"), stream=True)
    assert response.status_code == 200
    got: list[bytes] = []
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        got.extend(response.iter_raw())
    assert 0 < sum(map(len, got)) < int(response.headers["Content-Length"])


def _drip(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("drip", seconds=0.01)
    chunks = list(http.send(http.build_request("GET", "/v1/lists"), stream=True).iter_raw())
    assert len(chunks) > 5
    assert json.loads(b"".join(chunks))["lists"]


def _status(status: int, code: str, **options: Any) -> Callable[[httpx.Client, Sandbox], None]:
    def seen(http: httpx.Client, sandbox: Sandbox) -> None:
        sandbox.fault(str(status), **options)
        response = ask(http)
        assert response.status_code == status
        assert response.headers["content-type"] == "application/problem+json"
        assert response.json()["code"] == code
        assert response.headers.get("Retry-After") == options.get("retry_after")

    return seen


def _redirect(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("redirect", location="https://elsewhere.example/")
    response = ask(http)
    assert (response.status_code, response.headers["Location"]) == (307, "https://elsewhere.example/")


def _html(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("html")
    response = ask(http)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert response.text.startswith("<!doctype html>")


def _business_failure(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("business_failure")
    response = ask(http)
    assert response.status_code == 200
    assert response.json()["code"] == "9001"


def _truncated(http: httpx.Client, sandbox: Sandbox) -> None:
    whole = len(ask(http).content)
    sandbox.fault("truncated")
    response = ask(http)
    assert response.status_code == 200
    assert len(response.content) == whole // 2
    with pytest.raises(ValueError, match=r"."):
        response.json()


def _wrong_schema(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("wrong_schema")
    assert ask(http).json().keys() == {"code", "data"}


def _oversized(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("oversized", megabytes=3)
    response = ask(http)
    assert len(response.content) > 3 << 20
    assert response.json()["answers"]


def _stale(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("stale", days=3)
    answer = ask(http).json()
    health = http.get("/v1/health").json()
    read_at = datetime.fromisoformat(answer["read_at"])
    assert {read_at - datetime.fromisoformat(line["as_of"]) for line in answer["coverage"]} == {timedelta(days=3)}
    assert health["status"] == "degraded"
    assert {datetime.fromisoformat(health["time"]) - datetime.fromisoformat(at) for at in health["lists"].values()} == {
        timedelta(days=3)
    }


def _empty_list(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("empty_list", list="tax.major-violation")
    answer = ask(http).json()
    assert answer["answers"][0]["listings"] == []
    assert "tax.major-violation" not in {line["list"] for line in answer["coverage"]}
    assert "tax.a-rated" in {line["list"] for line in answer["coverage"]}
    assert "tax.major-violation" not in {one["code"] for one in http.get("/v1/lists").json()["lists"]}
    assert "tax.major-violation" not in http.get("/v1/health").json()["lists"]

    sandbox.clear_faults()
    sandbox.fault("empty_list")
    answer = ask(http).json()
    assert (answer["coverage"], answer["answers"][0]["listings"]) == ([], [])


def _missing_answer(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("missing_answer")
    assert len(ask(http, LISTED, fictional_code(1)).json()["answers"]) == 1


def _repeated_answer(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("repeated_answer")
    codes = [one["subject"]["code"] for one in ask(http, LISTED, fictional_code(1)).json()["answers"]]
    assert codes == [LISTED, LISTED]
    assert len(ask(http).json()["answers"]) == 2


def _wrong_subject(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("wrong_subject")
    assert ask(http).json()["answers"][0]["subject"]["code"] != LISTED


SEEN: dict[str, Callable[[httpx.Client, Sandbox], None]] = {
    "delay": _delay,
    "drop": _drop,
    "reset": _reset,
    "drip": _drip,
    "429": _status(429, "rate_limited", retry_after="7"),
    "500": _status(500, "internal_error"),
    "503": _status(503, "unavailable", retry_after="Wed, 21 Oct 2015 07:28:00 GMT"),
    "redirect": _redirect,
    "html": _html,
    "business_failure": _business_failure,
    "truncated": _truncated,
    "wrong_schema": _wrong_schema,
    "oversized": _oversized,
    "stale": _stale,
    "empty_list": _empty_list,
    "missing_answer": _missing_answer,
    "repeated_answer": _repeated_answer,
    "wrong_subject": _wrong_subject,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_fault_is_seen(kind: str, http: httpx.Client, sandbox: Sandbox) -> None:
    SEEN[kind](http, sandbox)
    sandbox.clear_faults()
    answer = ask(http).raise_for_status().json()
    assert [listing["id"] for listing in answer["answers"][0]["listings"]] == ["DEMO-01"]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 418, 502])
def test_any_other_status_is_a_fault_too(status: int, http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault(str(status), times=1)
    assert ask(http).status_code == status
    assert ask(http).status_code == 200


def test_a_fault_hits_so_many_calls(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("503", times=2)
    assert [ask(http).status_code for _ in range(3)] == [503, 503, 200]
    assert sandbox.admin("GET", "faults") == {"faults": []}


def test_a_fault_hits_some_paths(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("500", path="/v1/records")
    assert ask(http).status_code == 500
    assert http.get("/v1/health").status_code == 200
    assert http.get("/admin").status_code == 200


def test_ending_faults_come_one_after_the_other(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("500", times=1)
    sandbox.fault("429", times=1)
    sandbox.fault("delay", seconds=0, times=2)
    assert [ask(http).status_code for _ in range(3)] == [500, 429, 200]


def test_an_answer_is_lost_after_the_work_is_done(http: httpx.Client, sandbox: Sandbox) -> None:
    def report() -> httpx.Response:
        return http.post("/v1/outcomes", json={"outcomes": [OUTCOME]}, headers={"Idempotency-Key": "key-1"})

    sandbox.fault("drop", after=True, times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        report()
    assert len(sandbox.outcomes()) == 1
    again = report()
    assert (again.status_code, again.json()["receipts"][0]["status"]) == (200, "repeated")

    sandbox.fault("500", times=1)
    assert http.post("/v1/outcomes", json={"outcomes": [OUTCOME]}, headers={"Idempotency-Key": "k2"}).status_code == 500
    assert len(sandbox.outcomes()) == 1


def test_a_problem_stays_a_problem(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("stale")
    assert http.post("/v1/records/query", json={}).status_code == 422


def test_one_is_switched_off(http: httpx.Client, sandbox: Sandbox) -> None:
    number = sandbox.fault("500")
    assert sandbox.admin("GET", "faults")["faults"][0]["id"] == number
    assert sandbox.admin("DELETE", f"faults/{number}") == {"switched_off": 1}
    assert ask(http).status_code == 200


def test_hits_are_counted(http: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.fault("delay", seconds=0)
    ask(http)
    ask(http)
    assert sandbox.admin("GET", "faults")["faults"][0]["hits"] == 2


def test_the_clock_goes_wrong(http: httpx.Client, sandbox: Sandbox) -> None:
    before = datetime.fromisoformat(http.get("/v1/health").json()["time"])
    sandbox.set_clock(86_400)
    response = http.get("/v1/health")
    after = datetime.fromisoformat(response.json()["time"])
    assert timedelta(days=1) <= after - before < timedelta(days=1, minutes=1)
    assert response.headers["Date"].startswith(after.strftime("%a, ")) or "GMT" in response.headers["Date"]
    assert ask(http).json()["read_at"][:10] == response.json()["time"][:10]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "kind"),
        ({"kind": "200"}, "kind"),
        ({"kind": "flood"}, "kind"),
        ({"kind": "delay", "seconds": -1}, "seconds"),
        ({"kind": "delay", "retry_after": 1}, '"retry_after"'),
        ({"kind": "drop", "times": 0}, "times"),
        ({"kind": "drop", "path": "/admin"}, "path"),
        ({"kind": "429", "retry_after": "x\r\nInjected: yes"}, "retry_after"),
    ],
)
def test_an_unknown_fault_is_refused(body: dict[str, Any], key: str, http: httpx.Client) -> None:
    refused = http.post("/admin/faults", json=body)
    assert (refused.status_code, refused.json()["key"]) == (422, key)
