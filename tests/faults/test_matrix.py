"""Every fault, in both shells, behind every source: an error, or a decision that says so; never a plain ``allow``."""

from __future__ import annotations

import pytest

from credit_sdk import Decision, Effect
from credit_sdk.errors import FAULTS, IncompleteCoverage, NoDecision
from tests.faults.rows import ROWS, Row
from tests.faults.stage import KINDS, VIAS, Kind, Seen, Via, act, is_plain_allow, leaks

QUOTING = [pytest.mark.lets_identifiers_out]  # into what nobody gets to see: what comes out is looked at below
SHOWS = [
    pytest.param(row, kind, via, id=f"{row.id}-{via}-{kind}", marks=QUOTING if row.quoting else [])
    for row in ROWS
    for via in VIAS
    for kind in KINDS
    if via == "http" or not row.slow
]


@pytest.mark.parametrize(("row", "kind", "via"), SHOWS)
def test_a_fault(row: Row, kind: Kind, via: Via) -> None:
    seen = act(row, kind, via)
    # What holds of every fault, wherever.
    assert not any(is_plain_allow(answer) for answer in seen.answers), seen.answers
    assert leaks(seen.texts) == []
    assert seen.texts
    assert row.at_least <= seen.elapsed <= row.limit
    assert (seen.retries, seen.strangers) == (row.retries, 0)
    assert seen.requests == (row.retries + 1 if row.requests is None else row.requests)
    # What comes of this one, here.
    if row.error is None:
        is_right(seen)
    elif row.is_outage and via == "cached":
        is_bridged(seen, stale=True)
    elif row.is_outage and via == "fallback":
        is_bridged(seen, stale=False)
    elif row.is_outage and via == "layered":
        is_error(seen, row, IncompleteCoverage)
    else:
        is_error(seen, row, row.error)
    # In a batch, the others are not concerned.
    for answer in seen.answers[1:]:
        assert isinstance(answer, Decision)
        assert answer.blocking


def is_right(seen: Seen) -> None:
    """The platform came round, and the decision is as if nothing had been."""
    assert isinstance(seen.answer, Decision)
    assert (seen.answer.effect, seen.answer.blocking) == (Effect.RESTRICT, True)
    assert seen.answer.degraded is None
    assert not seen.answer.source.stale


def is_bridged(seen: Seen, *, stale: bool) -> None:
    """By yesterday's record, or by the action's own fallback; and the decision says which."""
    assert isinstance(seen.answer, Decision)
    assert seen.answer.source.stale is stale
    assert (seen.answer.degraded is not None) is not stale
    assert seen.answer.blocking is stale
    assert seen.answer.to_dict("zh")["degraded" if not stale else "source"]


def is_error(seen: Seen, row: Row, kind: type[NoDecision]) -> None:
    """Just this error."""
    error = seen.answer
    assert type(error) is kind
    assert isinstance(error, NoDecision)
    assert (error.fault, error.retryable, seen.exit_code) == (row.fault, row.retryable, 4)
    assert error.fault is None or error.fault in FAULTS
    assert (error.status, error.retry_after) == (row.status, row.retry_after)
    if row.fault not in {None, "closed"}:
        assert error.request_id
    for lang in ("zh", "en"):
        message = error.message(lang)
        assert message
        assert "\n" not in message


def test_each_row_is_one_of_its_kind() -> None:
    assert len({row.id for row in ROWS}) == len(ROWS)
