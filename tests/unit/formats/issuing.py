"""Receipts to test with, all of fictional firms (虚构)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from credit_sdk import CreditClient
from credit_sdk.formats.receipt import CheckReceipt
from credit_sdk.formats.receipt_key import SigningKey
from credit_sdk.testing.builders import MOMENT

if TYPE_CHECKING:
    from credit_sdk.decision.result import Decision

RESTRICTED, REWARDED, CLEAN = "91990100MA0000A019", "91990100MA0000A03F", "91990100MA0000B01Y"
NUMBER = "01990000-0000-7000-8000-000000000001"


def key(number: int = 0) -> SigningKey:
    """A key; another number, another key."""
    return _key(number)


@cache
def _key(_: int) -> SigningKey:
    return SigningKey.generate()


@cache
def decided(
    code: str = RESTRICTED, domain: str = "procurement", action: str = "award", members: tuple[str, ...] = ()
) -> Decision:
    """A decision from the demonstration's lists."""
    with CreditClient("demo", clock=lambda: MOMENT) as credit:
        return credit.check(code, domain=domain, action=action, members=members)


@cache
def issued(masked: bool = False, number: int = 0) -> CheckReceipt:
    """The receipt of the restricted firm."""
    return issue(decided(), masked=masked, number=number)


def issue(decision: Any, *, number: int = 0, **more: Any) -> CheckReceipt:
    """A receipt with everything in it that chance or the clock would give."""
    return CheckReceipt.issue(decision, key(number), id=NUMBER, issued_at=MOMENT, issued_by="虚构评标系统", **more)
