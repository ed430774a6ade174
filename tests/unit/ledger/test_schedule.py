"""When reports are sent, and when they are tried again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from credit_sdk.errors import InvalidSettings
from credit_sdk.ledger.schedule import DAY, Backoff, FeedbackRule, feedback_rules, rule_for
from credit_sdk.model.moments import SHANGHAI
from tests.unit.ledger.delivering import dice

if TYPE_CHECKING:
    from pathlib import Path


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=SHANGHAI)  # type: ignore[misc, arg-type]


def test_at_once_is_at_once() -> None:
    moment = at(2026, 11, 21, 12, 0, 5)
    assert FeedbackRule().window(moment) == (moment, None)


@pytest.mark.parametrize(
    ("reported_at", "send_from", "send_by"),
    [
        (at(2026, 11, 1), at(2026, 12, 1), at(2026, 12, 20, 23, 59, 59, 999000)),
        (at(2026, 11, 30, 23, 59, 59), at(2026, 12, 1), at(2026, 12, 20, 23, 59, 59, 999000)),
        (at(2026, 12, 31, 12), at(2027, 1, 1), at(2027, 1, 20, 23, 59, 59, 999000)),
        (at(2027, 1, 31, 12), at(2027, 2, 1), at(2027, 2, 20, 23, 59, 59, 999000)),
        # The month is Shanghai's, whatever the clock's offset.
        (datetime(2026, 11, 30, 16, tzinfo=UTC), at(2027, 1, 1), at(2027, 1, 20, 23, 59, 59, 999000)),
    ],
)
def test_a_month_goes_out_in_the_next(reported_at: datetime, send_from: datetime, send_by: datetime) -> None:
    rule = FeedbackRule(period="monthly", by_day=20)
    assert rule.window(reported_at) == (send_from, send_by)
    assert FeedbackRule(period="monthly").window(reported_at) == (send_from, None)


@pytest.mark.parametrize(
    "wrong",
    [{"receiver": ""}, {"period": "weekly"}, {"by_day": 20}, *({"period": "monthly", "by_day": n} for n in (0, 29))],
)
def test_a_rule_that_fits_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidSettings):
        FeedbackRule(**wrong)


def test_a_domain_has_its_own_rule_or_the_default(tmp_path: Path) -> None:
    file = tmp_path / "feedback.toml"
    file.write_text('[feedback.default]\nreceiver = "city"\n[feedback.subsidy]\nperiod = "monthly"\nby_day = 5\n')
    rules = feedback_rules(file)
    assert rule_for(rules, "subsidy") == FeedbackRule("platform", "monthly", 5)
    assert rule_for(rules, "procurement") == FeedbackRule("city")
    assert rule_for({}, "procurement") == FeedbackRule()


def test_waits_grow_and_are_spread() -> None:
    backoff, chance = Backoff((1, 10, 100)), dice()
    for failures, step in ((0, 1), (1, 1), (2, 10), (3, 100), (4, 100), (1000, 100)):
        several = [backoff.wait(failures, chance) for _ in range(200)]
        assert step / 2 <= min(several) < max(several) <= step
        assert max(several) - min(several) > step / 4


def test_the_receiver_s_wish_is_a_floor_up_to_a_day() -> None:
    backoff, chance = Backoff((10,)), dice()
    assert 60 <= backoff.wait(1, chance, 60) <= 66
    assert 5 <= backoff.wait(1, chance, 0) <= 10
    assert DAY <= backoff.wait(1, chance, 1e9) <= DAY * 1.1


@pytest.mark.parametrize("waits", [(), (0,), (1, -1)])
def test_waits_have_to_be_some(waits: tuple[float, ...]) -> None:
    with pytest.raises(InvalidSettings):
        Backoff(waits)
