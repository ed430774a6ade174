"""Asking again for what is open (复核): what both clients do, given a way to ask the source and a change feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from credit_sdk.client._confirming import FEED_TIMEOUT
from credit_sdk.client._desk import forget
from credit_sdk.client._steps import wanted_by
from credit_sdk.errors import CreditError, NoDecision
from credit_sdk.ports.log import FailureLog

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from credit_sdk.client._steps import Steps
    from credit_sdk.decision.planning import Plan
    from credit_sdk.decision.result import Decision
    from credit_sdk.ledger.desk import Ledger
    from credit_sdk.ledger.recheck import Rechecked
    from credit_sdk.ledger.values import Again
    from credit_sdk.model.request import CheckRequest
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports import Answer

_FAULTS = FailureLog()


class Rechecking:
    """One run. Blocks: an asynchronous client runs it in a thread."""

    def __init__(self, steps: Steps, ledger: Ledger, source: Any) -> None:
        self._steps = steps
        self._ledger = ledger
        self._source = source
        self._made: dict[str, tuple[Plan, Sequence[Answer]]] = {}
        """What today's decisions rest on, until the next batch: those that are kept are kept with it."""

    def run(
        self,
        fetch: Callable[[Sequence[Subject]], Sequence[Answer]],
        feed: Any,
        progress: Callable[[int, int], None] | None = None,
    ) -> Rechecked:
        """Follow the feed if there is one, then ask again for everything open.

        :param fetch: asks the source.
        :param feed: a change feed that may block; ``None``: there is none.
        :param progress: is told after each batch how many have been asked for, and of how many.
        """
        from credit_sdk.ledger.feed import follow
        from credit_sdk.ledger.recheck import recheck

        now = self._steps.clock()
        if feed is not None:
            try:
                follow(self._ledger.store, feed, now, FEED_TIMEOUT)
            except NoDecision as error:  # asking again finds the same, only not how a listing ended
                _FAULTS.failed(
                    f"复核时变更流读不了 ({error.fault or error.code}): 来源 {self._source.name}",
                    f"the change feed could not be read for a recheck ({error.fault or error.code}): {self._source.name}",
                )
        return recheck(
            self._ledger.store,
            lambda requests: self._again(requests, fetch),
            now,
            answers=lambda decision: self._made[decision.decision_id][1],
            keep=self._keep,
            on_release=self._ledger.on_release,
            progress=progress,
        )

    def _again(
        self, requests: Sequence[CheckRequest], fetch: Callable[[Sequence[Subject]], Sequence[Answer]]
    ) -> list[Decision | CreditError]:
        rows = self._steps.prepare_each(requests)
        wanted = wanted_by(rows)
        answers: dict[Subject, Answer] = {}
        if wanted:
            forget(self._source, wanted)  # what was kept from before cannot say what became different
            answers = dict(zip(wanted, fetch(wanted), strict=True))
        results = self._steps.each(rows, answers, self._source.name)
        self._made = {
            result.decision_id: (row, [answers[subject] for subject in row.wanted])
            for row, result in zip(rows, map(_decision, results), strict=True)
            if not isinstance(row, CreditError) and not isinstance(result, CreditError)
        }
        return results

    def _keep(self, decision: Decision, again: Again) -> None:
        plan, answers = self._made[decision.decision_id]
        self._ledger.keep(plan, answers, decision, again=again)


def _decision(result: Decision | CreditError) -> Decision | CreditError:
    return getattr(result, "decision", result) if isinstance(result, CreditError) else result
