"""What tests of delivery share: reports in a ledger, and a receiver that does as it is told."""

from __future__ import annotations

import random
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import SourceUnavailable
from credit_sdk.ledger._entries import entry
from credit_sdk.model.moments import SHANGHAI, stamped
from credit_sdk.ports.ids import uuid7
from credit_sdk.ports.ledger import EntryKind
from credit_sdk.ports.platform import PlatformReceipt
from credit_sdk.testing import fictional_code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credit_sdk.errors import NoDecision
    from credit_sdk.ports.ledger import LedgerStore
    from credit_sdk.ports.platform import Outcome

NOW = datetime(2026, 11, 21, 12, tzinfo=SHANGHAI)


def dice() -> random.Random:
    """The same chances every time."""
    return random.Random(4)  # noqa: S311 - no secret


def report(
    store: LedgerStore,
    several: int = 1,
    *,
    receiver: str = "platform",
    at: datetime = NOW,
    send_from: datetime | None = None,
    **more: Any,
) -> list[str]:
    """Keep reports of one moment; returns their keys, in their order."""
    entries = []
    for number in range(several):
        decision_id = uuid7()
        outcome = {
            "decision_id": decision_id,
            "subject": {"code": fictional_code(number), "name": f"虚构{number}号建筑有限公司"},
            "domain": "procurement",
            "action": "award",
            "effect": "restrict",
            "at": stamped(at),
            "executed": ["procurement.refuse-participation"],
            "not_executed": {},
            "note": None,
            **more,
        }
        body: dict[str, Any] = {
            "what": "outcome",
            "receiver": receiver,
            "domain": "procurement",
            "executed": [],
            "not_executed": {},
            "send_from": stamped(send_from or at),
            "send_by": None,
            "outcome": outcome,
        }
        entries.append(entry(EntryKind.REPORTED, at, body, decision_id=decision_id, id=f"{decision_id}-{number:012x}"))
    store.append(entries)
    return [one.id for one in entries]


class Receiver:
    """Takes outcomes in, each key once.

    :param trouble: is asked before each call, with its outcomes; what it returns is raised.
    """

    def __init__(self, trouble: Callable[[Sequence[Outcome]], Exception | None] = lambda _: None) -> None:
        self.trouble = trouble
        self.calls: list[list[str]] = []
        self.timeouts: list[float | None] = []
        self.taken: dict[str, int] = {}
        """How often each key came and was taken."""
        self.called = threading.Semaphore(0)

    def send(
        self, outcomes: Sequence[Outcome], *, timeout: float | None = None
    ) -> Sequence[PlatformReceipt | NoDecision]:
        keys = [one.key or "" for one in outcomes]
        self.calls.append(keys)
        self.timeouts.append(timeout)
        self.called.release()
        if (error := self.trouble(outcomes)) is not None:
            raise error
        return [self._receipt(key) for key in keys]

    def _receipt(self, key: str) -> PlatformReceipt:
        self.taken[key] = self.taken.get(key, 0) + 1
        return PlatformReceipt(f"R-{key[-4:]}", key, NOW, repeated=self.taken[key] > 1)

    @property
    def sizes(self) -> list[int]:
        return [len(keys) for keys in self.calls]


def failure(status: int | None = None, fault: str = "connect", **more: Any) -> SourceUnavailable:
    """What a channel raises."""
    if status is not None:
        fault = {429: "rate_limited", 401: "credentials", 403: "credentials"}.get(
            status, "server_error" if status >= 500 else "refused"
        )
    return SourceUnavailable("无", "none", fault=fault, status=status, **more)


class Hands:
    """A clock that is set by hand."""

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        return self.moment

    def go(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)
