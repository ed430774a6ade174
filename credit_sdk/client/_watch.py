"""What the clients tell of their checks: to the observer, and to the log where a check ends without an answer."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from credit_sdk.errors import CreditError, NoDecision, Restricted
from credit_sdk.ports.log import FailureLog
from credit_sdk.ports.observer import SILENT, BatchDone, Decided, NotDecided, Observer, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from credit_sdk.client._steps import Row
    from credit_sdk.decision.planning import Plan
    from credit_sdk.decision.result import Decision


class Watch:
    """One client's watcher. ``on`` is asked first, as a check without observer must not pay for one."""

    __slots__ = ("_failures", "_observer", "_source", "on")

    def __init__(self, observer: Observer, source: str, failures: FailureLog | None = None) -> None:
        self.on = observer is not SILENT
        self._observer = observer
        self._source = source
        self._failures = failures or FailureLog()

    def decided(self, decision: Decision, started: float | None) -> None:
        """A check ended with ``decision``."""
        elapsed = None if started is None else perf_counter() - started
        tell(
            self._observer,
            Decided(
                decision.domain,
                decision.action,
                decision.effect,
                decision.blocking,
                elapsed,
                decision.source.stale,
                decision.degraded is not None,
            ),
        )

    def failed(self, error: CreditError, plan: Plan | None, started: float | None) -> None:
        """A check ended with ``error``; before it was made ready, if there is no ``plan``."""
        if isinstance(error, Restricted):  # raised for a decision, not in place of one
            if self.on:
                self.decided(error.decision, started)
            return
        fault = error.fault if isinstance(error, NoDecision) else None
        domain, action = (plan.request.domain, plan.request.action) if plan is not None else (None, None)
        if isinstance(error, NoDecision):
            # Codes and names only: what a foreign source writes into its messages is not known to be free of identifiers.
            kind = f"{error.code}, {fault}" if fault else error.code
            self._failures.failed(
                f"核查没有结论 ({kind}): 来源 {self._source}, 领域 {domain}",
                f"a check has no answer ({kind}): source {self._source}, domain {domain}",
            )
        if self.on:
            elapsed = None if started is None else perf_counter() - started
            tell(self._observer, NotDecided(domain, action, error.code, elapsed, fault))

    def batch(self, rows: Sequence[Row], results: Sequence[Decision | CreditError], started: float) -> None:
        """A batch ended: every row, then the whole."""
        undecided = 0
        for row, result in zip(rows, results, strict=True):
            if isinstance(result, CreditError):
                undecided += not isinstance(result, Restricted)
                self.failed(result, None if isinstance(row, CreditError) else row, None)
            elif self.on:
                self.decided(result, None)
        if self.on:
            tell(self._observer, BatchDone(len(rows), undecided, perf_counter() - started))
