"""Guards that only watch; and overrides, which let through and are always reported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk import Override
from credit_sdk.errors import (
    InvalidReport,
    InvalidSubject,
    LedgerUnavailable,
    Restricted,
    SourceUnavailable,
)
from credit_sdk.testing import (
    FailingSource,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.client.conftest import Way
from tests.unit.client.guarding import CLEAN, LISTED, OVERRIDE, Boom, Failing, boom, guarding

# --------------------------------------------------------------------------------------------------------------- shadow


@pytest.mark.parametrize(
    ("mode", "shadow"), [("shadow", ()), (None, {"test/award"})], ids=["by the guard", "by the client"]
)
def test_a_guard_that_only_watches_stops_nobody(way: Way, tmp_path: Path, mode: Any, shadow: Any) -> None:
    client = guarding(way, tmp_path, shadow=shadow)
    assert client.guard(LISTED, lambda case: case.decision.blocking, mode=mode)
    [(kind, body)] = client.entries
    assert (kind, body["shadow"]) == ("checked", True)
    assert client.ledger.store.duties() == []


def test_enforcing_goes_before_the_clients_shadow(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path, shadow={"test/award"})
    with pytest.raises(Restricted):
        client.guard(LISTED, mode="enforce")


def test_a_case_that_is_only_watched_takes_whatever_is_said(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)

    def body(case: Any) -> Any:
        case.executed("test.nonsense", "test.limit")
        case.declined("test.limit", "")
        case.note("x" * 9999)
        case.mark_as_case()
        return case.confirm()

    confirmation = client.guard(LISTED, body, mode="shadow")
    assert (confirmation.token, confirmation.why, confirmation.decision.blocking) == ("", "shadow", True)
    assert client.reports == []


@pytest.mark.parametrize(
    ("subject", "source", "options", "error"),
    [
        (CLEAN, FailingSource(), {}, SourceUnavailable),
        ("nonsense", None, {}, InvalidSubject),
        (LISTED, None, {"handles": ()}, Restricted),
    ],
)
def test_watching_survives_whatever_goes_wrong(
    way: Way, tmp_path: Path, subject: str, source: Any, options: dict[str, Any], error: type[Exception]
) -> None:
    client = guarding(way, tmp_path, source)

    def body(case: Any) -> Any:
        case.executed("anything")
        return case

    if error is Restricted:
        case = client.guard(subject, lambda case: case, mode="shadow", **options)
        assert case.decision.blocking
    else:
        case = client.guard(subject, body, mode="shadow", **options)
        assert case.decision is None
        assert not any(kind == "undecided" for kind, _ in client.entries)
    assert isinstance(case.error, error)
    assert client.reports == []


def test_watching_survives_a_ledger_that_cannot_be_written(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path, ledger=tmp_path / "nowhere" / "credit.db")
    case = client.guard(LISTED, lambda case: case, mode="shadow")
    assert isinstance(case.error, LedgerUnavailable)


def test_what_the_body_raises_passes_a_watching_guard(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    with pytest.raises(Boom):
        client.guard(LISTED, boom, mode="shadow")
    assert client.reports == []


# ------------------------------------------------------------------------------------------------------------- override


def test_an_override_is_reported_before_the_action_begins(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    seen = client.guard(LISTED, lambda _: client.reports, override=OVERRIDE)
    [before] = seen
    assert (before["what"], before["executed"]) == ("override", [])
    assert before["not_executed"] == {"test.refuse": "抢险救灾"}
    assert before["outcome"]["override"] == OVERRIDE.to_dict()
    [_, after] = client.reports
    assert (after["what"], after["executed"], after["outcome"]["override"]) == (
        "outcome",
        ["test.limit", "test.watch"],
        None,
    )
    states = {duty.measure: duty.state.value for duty in client.ledger.store.duties()}
    assert states == {"test.refuse": "declined", "test.limit": "executed", "test.watch": "executed"}


def test_an_overridden_case_that_raises_stays_reported(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    with pytest.raises(Boom):
        client.guard(LISTED, boom, override=OVERRIDE)
    assert [report["what"] for report in client.reports] == ["override", "outcome"]


def test_an_override_of_nothing_is_none(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    assert client.guard(CLEAN, lambda case: case.override, override=OVERRIDE) is None
    assert client.guard(LISTED, lambda case: case.override, action="pay", override=OVERRIDE) is None
    assert [report["what"] for report in client.reports] == ["outcome", "outcome"]


def test_an_override_lifts_what_cannot_be_carried_out_where_it_blocks(way: Way, tmp_path: Path) -> None:
    client = guarding(way, tmp_path)
    client.guard(LISTED, override=OVERRIDE, handles={"limit", "scrutinise"})
    with pytest.raises(Restricted):
        client.guard(LISTED, override=OVERRIDE, action="pay", handles=())


def test_an_override_that_cannot_be_reported_lets_nobody_through(way: Way, tmp_path: Path) -> None:
    for required in (True, False):
        client = guarding(way, tmp_path, ledger=Failing(tmp_path / "credit.db"), ledger_required=required)
        done: list[Any] = []
        with pytest.raises(LedgerUnavailable):
            client.guard(LISTED, done.append, override=OVERRIDE)
        assert done == []


@pytest.mark.parametrize("blank", ["", "  ", None, 3])
@pytest.mark.parametrize("part", ["reason", "approver", "legal_basis"])
def test_an_override_needs_all_three(part: str, blank: Any) -> None:
    with pytest.raises(InvalidReport) as raised:
        Override(**{"reason": "a", "approver": "b", "legal_basis": "c", part: blank})
    assert raised.value.key == f"override.{part}"
    assert "虚构" not in repr(OVERRIDE)
