"""Check, act, report as one: each behaviour on both clients."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import (
    InvalidReport,
    LedgerUnavailable,
    Restricted,
    SourceUnavailable,
)
from credit_sdk.testing import (
    FailingSource,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.client.conftest import Way
from tests.unit.client.guarding import CLEAN, LISTED, Boom, Failing, boom, guarding, outcome

# -------------------------------------------------------------------------------------------------------------- enforce


def test_what_is_allowed_is_done_and_reported(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    assert client.guard(CLEAN, lambda case: case.decision.effect.value) == "allow"
    sent = outcome(client)
    assert (sent["kind"], sent["executed"], sent["note"]) == ("outcome", [], None)


def test_what_blocks_is_refused_and_the_refusal_reported(way: Way, tmp_path: Path) -> None:
    done: list[Any] = []
    client = guarding(way, tmp_path)
    with pytest.raises(Restricted) as raised:
        client.guard(LISTED, done.append)
    assert done == []
    assert raised.value.decision.blocking
    sent = outcome(client)
    assert (sent["executed"], sent["not_executed"], sent["note"]) == (["test.refuse"], {}, "已拒绝办理")


def test_what_the_caller_cannot_carry_out_is_refused(way: Way, tmp_path: Path) -> None:
    done: list[Any] = []
    client = guarding(way, tmp_path)
    with pytest.raises(Restricted):
        client.guard(LISTED, done.append, action="pay", handles={"limit"})
    assert (done, outcome(client)["executed"]) == ([], [])


def test_by_default_everything_asked_for_counts_as_done(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    client.guard(LISTED, action="pay")
    assert outcome(client)["executed"] == ["test.limit", "test.watch"]


def declined(case: Any) -> None:
    case.declined("test.watch", "已移交")


def executed(case: Any) -> None:
    case.executed("test.limit")
    case.executed("test.limit")


def told(case: Any) -> None:
    case.note("第一")
    case.note("第二")
    case.mark_as_case()


@pytest.mark.parametrize(
    ("body", "options", "expected"),
    [
        (declined, {}, (["test.limit"], {"test.watch": "已移交"}, None, False)),
        (executed, {}, (["test.limit"], {}, None, False)),
        (told, {}, (["test.limit", "test.watch"], {}, "第一\n第二", True)),
        (print, {"executed": ["test.watch", "test.refuse"]}, (["test.watch"], {}, None, False)),
        (print, {"executed": []}, ([], {}, None, False)),
        (executed, {"executed": ["test.watch"]}, (["test.watch", "test.limit"], {}, None, False)),
        (declined, {"executed": ["test.watch"]}, ([], {"test.watch": "已移交"}, None, False)),
    ],
    ids=["declined", "executed", "told", "given", "nothing", "given-and-executed", "given-and-declined"],
)
def test_the_case_says_what_was_done(
    way: Way, tmp_path: Path, body: Callable[[Any], None], options: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    client = guarding(way, tmp_path)
    client.guard(LISTED, body, action="pay", **options)
    sent = outcome(client)
    assert (sent["executed"], sent["not_executed"], sent["note"], sent["case"]) == expected


@pytest.mark.parametrize(
    "said",
    [
        lambda case: case.executed("test.nonsense"),
        lambda case: case.declined("test.nonsense", "x"),
        lambda case: case.declined("test.limit", " "),
        lambda case: (case.executed("test.limit"), case.declined("test.limit", "x")),
        lambda case: (case.declined("test.limit", "x"), case.executed("test.limit")),
        lambda case: case.note("x" * 1801),
        lambda case: case.note(3),
    ],
    ids=["unknown", "unknown-declined", "no-reason", "both", "both-declined", "long-note", "no-text"],
)
def test_what_does_not_fit_is_said_at_once(way: Way, tmp_path: Path, said: Callable[[Any], None]) -> None:
    client, after = guarding(way, tmp_path), []

    def body(case: Any) -> None:
        with pytest.raises(InvalidReport):
            said(case)
        after.append(case)

    client.guard(LISTED, body, action="pay")
    with pytest.raises(InvalidReport):
        after[0].executed("test.limit")  # the case is over
    assert len(client.reports) == 1


@pytest.mark.parametrize("error", [Boom, KeyboardInterrupt, asyncio.CancelledError, GeneratorExit])
def test_a_body_that_raises_is_reported_too(way: Way, tmp_path: Path, error: type[BaseException]) -> None:
    client = guarding(way, tmp_path)

    def body(case: Any) -> None:
        case.note("已受理")
        raise error(LISTED)

    with pytest.raises(error):
        client.guard(LISTED, body, action="pay")
    sent = outcome(client)
    assert (sent["executed"], sent["note"]) == ([], f"已受理\n办理中断 ({error.__name__})")


def test_what_was_done_before_it_raised_was_done(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)

    def body(case: Any) -> None:
        case.executed("test.limit")
        raise Boom

    with pytest.raises(Boom):
        client.guard(LISTED, body, action="pay")
    assert outcome(client)["executed"] == ["test.limit"]


def test_no_answer_is_no_case(way: Way, tmp_path: Path) -> None:
    done: list[Any] = []
    client = guarding(way, tmp_path, FailingSource())
    with pytest.raises(SourceUnavailable):
        client.guard(LISTED, done.append)
    assert (done, client.reports) == ([], [])


# ------------------------------------------------------------------------------------------ reports that cannot be kept


def test_a_report_that_fails_is_raised(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path, ledger=Failing(tmp_path / "credit.db"))
    with pytest.raises(LedgerUnavailable):
        client.guard(CLEAN)


def test_where_the_ledger_is_not_required_it_is_logged(
    way: Way, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = guarding(way, tmp_path, ledger=Failing(tmp_path / "credit.db"), ledger_required=False)
    with caplog.at_level(logging.WARNING, "credit_sdk"):
        client.guard(CLEAN)
    assert "not kept: reported" in caplog.text


def test_a_report_that_fails_never_hides_what_the_body_raised(
    way: Way, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    client = guarding(way, tmp_path, ledger=Failing(tmp_path / "credit.db"))
    with caplog.at_level(logging.WARNING, "credit_sdk"):
        with pytest.raises(Boom) as raised:
            client.guard(CLEAN, boom)
        with pytest.raises(Restricted) as refused:
            client.guard(LISTED)
    for error in (raised.value, refused.value):
        assert "LedgerUnavailable" in "".join(error.__notes__)
    assert "not kept: reported" in caplog.text
