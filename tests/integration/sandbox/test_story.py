"""List, object, repair, remove: the next query, the next check and the change feed show it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import CreditClient, Effect
from credit_sdk.cli import main
from credit_sdk.errors import BadRecord, IncompleteCoverage, NoDecision, SourceUnavailable, StaleData

if TYPE_CHECKING:
    import httpx

    from credit_sdk.testing import Sandbox

CLEAR = "91990100MA0000A02C"  # on no list of the demonstration
LISTED = "91990100MA0000A019"


def listings(http: httpx.Client, code: str) -> list[tuple[str, str]]:
    """The listings of this subject: id and status."""
    answer = http.post("/v1/records/query", json={"subjects": [{"code": code}]}).raise_for_status().json()["answers"][0]
    return [(listing["id"], listing["status"]) for listing in answer["listings"]]


def test_the_next_query_shows_every_step(sandbox: Sandbox, http: httpx.Client) -> None:
    assert listings(http, CLEAR) == []

    listing = sandbox.enter("tax.major-violation", CLEAR, severity="severe", effective_until="2099-12-31")
    assert listings(http, CLEAR) == [(listing["id"], "active")]
    assert listing["kind"] == "black"
    assert "虚构" in listing["authority"]

    assert sandbox.object(listing["id"], "recognition")["objection"] == "recognition"
    assert listings(http, CLEAR) == [(listing["id"], "objected")]

    repaired = sandbox.repair(listing["id"])
    assert listings(http, CLEAR) == [(listing["id"], "repaired")]
    assert repaired["ended_on"] == http.get("/v1/health").json()["time"][:10]
    assert "objection" not in repaired

    assert sandbox.remove(listing["id"])["status"] == "removed"
    assert sandbox.revoke(listing["id"])["status"] == "revoked"
    restored = sandbox.restore(listing["id"])
    assert listings(http, CLEAR) == [(listing["id"], "active")]
    assert restored == listing


def test_the_feed_shows_every_step(sandbox: Sandbox, http: httpx.Client) -> None:
    cursor = http.get("/v1/changes", params={"limit": 1000}).json()["cursor"]

    listing = sandbox.enter("court.judgment-defaulter", {"name": "虚构名称有限公司"}, id="某院〔2026〕/1")
    sandbox.object(listing["id"])
    sandbox.repair(listing["id"])
    sandbox.admin("PUT", "lists/tax.a-rated", {"as_of": "2026-01-01T00:00:00+08:00"})
    violation = sandbox.admin("POST", "violations", {"subject": {"code": CLEAR}})
    sandbox.admin("POST", f"violations/{violation['id']}/repair")

    page = http.get("/v1/changes", params={"cursor": cursor}).json()
    assert [(one["kind"], one["id"], one["list"], one["status"]) for one in page["changes"]] == [
        ("listing", "某院〔2026〕/1", "court.judgment-defaulter", "active"),
        ("listing", "某院〔2026〕/1", "court.judgment-defaulter", "objected"),
        ("listing", "某院〔2026〕/1", "court.judgment-defaulter", "repaired"),
        ("list", "tax.a-rated", "tax.a-rated", None),
        ("violation", violation["id"], "violations", "active"),
        ("violation", violation["id"], "violations", "repaired"),
    ]
    assert page["changes"][0]["subject"] == {"name": "虚构名称有限公司"}
    numbers = [one["sequence"] for one in page["changes"]]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert not page["more"]
    assert http.get("/v1/changes", params={"cursor": page["cursor"]}).json()["changes"] == []


def test_the_next_check_shows_it(sandbox: Sandbox) -> None:
    with CreditClient(sandbox.url) as credit:

        def check() -> Any:
            return credit.check(LISTED, domain="procurement", action="award")

        before = check()
        assert before.effect is Effect.RESTRICT
        assert before.blocking
        assert "fictional_data" in {notice.code for notice in before.notices}

        sandbox.repair("DEMO-01")
        assert check().effect is Effect.ALLOW

        sandbox.restore("DEMO-01")
        assert check().effect is Effect.RESTRICT


def test_the_command_line_shows_it(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    def check() -> tuple[int, Any]:
        code = main(["check", LISTED, "--domain", "procurement", "--action", "award", "--source", sandbox.url])
        out, err = capsys.readouterr()
        return code, json.loads(out or err)

    code, decision = check()
    assert (code, decision["effect"], decision["source"]["name"]) == (3, "restrict", sandbox.url)

    sandbox.repair("DEMO-01")
    code, decision = check()
    assert (code, decision["effect"]) == (0, "allow")

    sandbox.fault("500")
    code, failed = check()
    assert (code, failed["error"]) == (4, "source_unavailable")


@pytest.mark.parametrize(
    ("kind", "options", "error"),
    [
        ("drop", {}, SourceUnavailable),
        ("reset", {}, SourceUnavailable),
        ("429", {"retry_after": 60}, SourceUnavailable),
        ("500", {}, SourceUnavailable),
        ("503", {}, SourceUnavailable),
        ("delay", {"seconds": 5}, SourceUnavailable),
        ("drip", {"seconds": 1}, SourceUnavailable),
        ("redirect", {}, SourceUnavailable),
        ("html", {}, BadRecord),
        ("business_failure", {}, BadRecord),
        ("truncated", {}, BadRecord),
        ("wrong_schema", {}, BadRecord),
        ("oversized", {}, BadRecord),
        ("missing_answer", {}, BadRecord),
        ("repeated_answer", {}, BadRecord),
        ("wrong_subject", {}, BadRecord),
        ("stale", {}, StaleData),
        ("empty_list", {"list": "tax.major-violation"}, IncompleteCoverage),
        ("empty_list", {}, NoDecision),
    ],
)
def test_no_fault_makes_a_listed_firm_clear(
    sandbox: Sandbox, kind: str, options: dict[str, Any], error: type[NoDecision]
) -> None:
    sandbox.fault(kind, path="/v1/records", **options)
    with CreditClient(sandbox.url) as credit, pytest.raises(error):
        credit.check(LISTED, domain="procurement", action="award")
