"""What becomes of a report, by what its sender said."""

from __future__ import annotations

import pytest

from credit_sdk.errors import BadRecord, InvalidRequest, InvalidSettings, LedgerUnavailable, masked
from credit_sdk.ledger._verdicts import Fate, about, verdict_of
from credit_sdk.model.terms import Effect
from credit_sdk.ports.platform import Outcome
from credit_sdk.testing import fictional_code
from tests.unit.ledger.delivering import NOW, failure


@pytest.mark.parametrize(
    ("error", "fate", "fault"),
    [
        *((failure(status), Fate.REFUSED, "refused") for status in (400, 409, 413, 422)),
        *((failure(status), Fate.LATER, "credentials") for status in (401, 403)),
        *((failure(status), Fate.LATER, "refused") for status in (404, 405, 410, 415, 451)),
        (failure(429), Fate.LATER, "rate_limited"),
        *((failure(status), Fate.LATER, "server_error") for status in (500, 501, 503)),
        (failure(408, fault="timeout"), Fate.LATER, "refused"),
        *((failure(fault=fault), Fate.LATER, fault) for fault in ("dns", "connect", "tls", "reset", "deadline")),
        (failure(400, problem="bad_header"), Fate.LATER, "refused"),
        (failure(400, problem="unsupported_version"), Fate.LATER, "refused"),
        (BadRecord("无", "none", fault="schema", status=200), Fate.LATER, "schema"),
        (BadRecord("无", "none", fault="business", status=200), Fate.ALONE, "business"),
        (InvalidRequest("无", "none"), Fate.REFUSED, "request"),
        (InvalidSettings("无", "none"), Fate.LATER, "request"),
        (LedgerUnavailable("无", "none"), Fate.ALONE, "profile"),
        (ConnectionResetError(), Fate.LATER, "connect"),
        (TimeoutError(), Fate.LATER, "connect"),
        (TypeError("91990100MA0000A019"), Fate.ALONE, "profile"),
    ],
)
def test_what_is_done_about_it(error: Exception, fate: Fate, fault: str) -> None:
    verdict = verdict_of(error)
    assert (verdict.fate, verdict.fault) == (fate, fault)
    assert verdict.words is None or "91990100MA0000A019" not in verdict.words


@pytest.mark.parametrize(
    ("error", "at_once", "wary"),
    [
        (failure(500), True, True),
        (failure(500, retry_after=5.0), True, True),
        (failure(fault="deadline"), True, True),
        *((failure(status), False, True) for status in (401, 403, 404, 429, 502, 503, 504)),
        (failure(503, retry_after=5.0), False, False),
        (failure(), False, True),
        (failure(422), False, False),
        (BadRecord("无", "none", fault="business", status=200), False, False),
    ],
)
def test_when_it_may_be_one_outcome_s(error: Exception, at_once: bool, wary: bool) -> None:
    verdict = verdict_of(error)
    assert (verdict.suspect(wary=False), verdict.suspect(wary=True)) == (at_once, wary)


def test_words_are_the_platform_s() -> None:
    assert verdict_of(failure(422, problem="invalid_request", words="应为小写的 UUID")).words == (
        "invalid_request: 应为小写的 UUID"
    )
    assert "503" not in (verdict_of(failure(503)).words or "")
    assert verdict_of(failure(503)).words == "平台出错 (5xx) | the platform failed (5xx)"


def test_words_name_nobody() -> None:
    outcome = Outcome(
        "d",
        {"code": fictional_code(1), "name": "虚构甲厂"},
        "procurement",
        "award",
        Effect.ALLOW,
        NOW,
        override={"reason": "防汛", "approver": "虚构某甲", "legal_basis": "虚构办法"},
    )
    verdict = verdict_of(failure(422, words=f"虚构甲厂 ({fictional_code(1)}) 由 虚构某甲 批准, 不能接收"))
    assert about(verdict, outcome).words == "**** (****) 由 **** 批准, 不能接收"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("outcomes[1].effect 应为 allow、priority、restrict", "outcomes[1].effect 应为 allow、priority、restrict"),
        ("编号 91990100MA0000A019 有误", "编号 **** 有误"),
        ("虚构丁建设工程有限公司不在库中", "****不在库中"),
        ("first\nsecond\x07 line", "first second line"),
        ("字" * 400, "字" * 299 + "…"),
        ("x" * 100_000, "x" * 299 + "…"),
        ("字" * 100_000, "字" * 299 + "…"),
    ],
)
def test_what_somebody_else_says_is_masked_and_cut(said: str, shown: str) -> None:
    assert masked(said) == shown
