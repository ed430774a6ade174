"""``--source https://…`` on the command line, and what ``credit doctor`` says of a platform."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.cli import main
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.testing import coverage, fictional_code, listing
from tests.servers.platform import fresh, platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.platform import Platform

    Run = Callable[..., tuple[int, Any, str]]

LISTED, CLEAR = fictional_code(1), fictional_code(2)
EVERY_LIST = [fresh(coverage(code)) for code in (*CATALOGUE, "violations")]


@pytest.fixture
def whole() -> Iterator[Platform]:
    """A platform with every list of the catalogue."""
    with platform([*EVERY_LIST, listing("tax.major-violation", id="L-1", subject=LISTED)]) as one:
        yield one


@pytest.fixture
def credit(capsys: pytest.CaptureFixture[str]) -> Run:
    """``credit`` in this process: exit code, the JSON on stdout, stderr."""

    def run(*arguments: str) -> tuple[int, Any, str]:
        code = main(arguments)
        out, err = capsys.readouterr()
        table = "table" in arguments
        return code, out if table or not out else json.loads(out), err

    return run


def codes(report: Any) -> set[str]:
    """The problems."""
    return {one["error"] for one in report["problems"]}


def test_a_check(credit: Run, whole: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    whole.api_key = "k1"
    ask = ("--domain", "procurement", "--action", "award", "--source", whole.url)
    code, out, err = credit("check", LISTED, *ask)
    assert (code, out, json.loads(err)["error"]) == (4, "", "source_unavailable")
    monkeypatch.setenv("CREDIT_API_KEY", "k1")
    assert credit("check", LISTED, *ask)[0] == 3
    code, decision, _ = credit("check", CLEAR, *ask)
    assert (code, decision["effect"]) == (0, "allow")
    assert decision["source"]["name"] == whole.url.removesuffix("/api")


def test_what_a_platform_covers(credit: Run, whole: Platform) -> None:
    code, report, _ = credit("lists", "info", "--source", whole.url)
    assert code == 0
    assert {one["list"] for one in report["lists"]} == {*CATALOGUE, "violations"}


def test_a_sound_platform(credit: Run, whole: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    whole.api_key = "k-secret"
    monkeypatch.setenv("CREDIT_SOURCE", whole.url)
    monkeypatch.setenv("CREDIT_API_KEY", "k-secret")
    code, report, err = credit("doctor")
    assert (code, report["problems"], err) == (0, [], "")
    found = report["platform"]
    assert (found["reachable"], found["ok"], found["credentials"], found["missing_for"]) == (True, True, "accepted", {})
    assert abs(found["skew_seconds"]) <= 1
    assert report["settings"]["api_key"] == {"value": "********", "origin": "environment"}
    assert "k-secret" not in json.dumps(report)
    assert not whole.queries
    for lang in ("zh", "en"):
        code, table, _ = credit("doctor", "--format", "table", "--lang", lang)
        assert code == 0
        assert ("平台" if lang == "zh" else "Platform") in table


def test_wrong_credentials(credit: Run, whole: Platform) -> None:
    whole.api_key = "k1"
    code, report, _ = credit("doctor", "--source", whole.url)
    assert (code, codes(report)) == (1, {"source_unavailable"})
    assert (report["platform"]["reachable"], report["platform"]["credentials"]) == (True, "refused")
    assert credit("doctor", "--source", whole.url, "--format", "table", "--lang", "en")[0] == 1


def test_nobody_there(credit: Run) -> None:
    code, report, _ = credit("doctor", "--source", "http://127.0.0.1:9")
    assert (code, codes(report), report["platform"]["reachable"]) == (1, {"source_unavailable"}, False)
    assert "127.0.0.1" in report["problems"][0]["message"]
    assert credit("doctor", "--source", "http://127.0.0.1:9", "--format", "table")[0] == 1


def test_another_clock(credit: Run, whole: Platform) -> None:
    whole.clock = lambda: datetime.now(UTC) - timedelta(days=1)
    code, report, _ = credit("doctor", "--source", whole.url)
    assert (code, codes(report)) == (1, {"bad_record"})
    assert round(report["platform"]["skew_seconds"] / 3600) == -24
    assert "NTP" in report["problems"][0]["message"]


def test_lists_that_are_missing_old_or_strange(credit: Run) -> None:
    records = [
        fresh(coverage("tax.major-violation"), age=timedelta(days=30)),
        fresh(coverage("court.judgment-defaulter")),
    ]
    strange = {
        **CATALOGUE,
        "x.strange": CATALOGUE["tax.a-rated"].__class__(
            "x.strange", "陌生名单", "Strange", CATALOGUE["tax.a-rated"].kind
        ),
    }
    with platform(records, strange) as one:
        code, report, _ = credit("doctor", "--source", one.url)
        assert (code, codes(report)) == (1, {"incomplete_coverage", "stale_data", "invalid_settings"})
        said = " ".join(problem["message"] for problem in report["problems"])
        assert "x.strange" in said
        assert "tax.major-violation" in said
        assert report["platform"]["missing_for"]
        assert "x.strange" in credit("doctor", "--source", one.url, "--format", "table", "--lang", "en")[1]


def test_a_platform_that_says_it_is_unwell(credit: Run, whole: Platform) -> None:
    whole.spoil = lambda _seen, out: setattr(out, "body", out.body.replace(b'"status": "ok"', b'"status": "degraded"'))
    code, report, _ = credit("doctor", "--source", whole.url)
    assert (code, report["platform"]["ok"]) == (1, False)
