"""Checks as they are kept: the entry of a decision, with all that is needed to decide again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from credit_sdk.formats import kept
from credit_sdk.ledger import _entries
from credit_sdk.ledger.marks import marks_of, marks_of_all, marks_of_request
from credit_sdk.model.version import sdk_version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from credit_sdk.decision.planning import Plan
    from credit_sdk.decision.result import Decision
    from credit_sdk.errors import NoDecision
    from credit_sdk.ledger.marks import Marks
    from credit_sdk.ledger.values import Again
    from credit_sdk.ports.ledger import Entry, LedgerStore
    from credit_sdk.ports.source import Answer

_MOST_REMEMBERED = 10_000


class Keeping:
    """Makes entries for one store, and remembers which decisions are in it, so that a report need not ask."""

    def __init__(self, store: LedgerStore, service: str | None) -> None:
        self._store = store
        self._service = service
        self._rules: set[str] = set()
        # Two generations: the older is dropped when the younger is full. No lock: the worst that two threads can do to each
        # other is to make the store be asked.
        self._young: dict[str, bool] = {}
        self._old: dict[str, bool] = {}

    def entry(
        self,
        decision: Decision,
        plan: Plan | None = None,
        answers: Sequence[Answer] | None = None,
        *,
        shadow: bool = False,
        again: Again | None = None,
    ) -> Entry:
        """The entry of a decision.

        :param plan: the request made ready; ``None``: the decision comes from elsewhere, and cannot be made again.
        :param again: which decision's place it takes.
        :raises InvalidRequest: the request cannot be written as JSON.
        :raises LedgerUnavailable: the rules it was decided by cannot be kept.
        """
        return _entries.checked(
            decision,
            marks_of_request(decision.request) if plan is None else marks_of_plan(plan),
            request=kept.request_text(decision.request),
            answers="null" if answers is None else kept.answers_text(answers),
            decided_at=kept.moment_text(decision.decided_at),
            rules=None if plan is None else self._rules_of(plan),
            sdk=sdk_version(),
            service=self._service,
            shadow=shadow,
            again=again,
        )

    def undecided(self, plan: Plan, error: NoDecision, now: datetime, again: Again | None = None) -> Entry:
        """The entry of a check without an answer."""
        return _entries.undecided(
            error,
            marks_of_plan(plan),
            plan.request.domain,
            plan.request.action,
            now,
            must_check=plan.action.must_check,
            service=self._service,
            again=again,
        )

    def remember(self, decision_id: str) -> None:
        """That a decision is in the store."""
        self._put(decision_id, reported=False)

    def reported(self, decision_id: str) -> None:
        """That a decision is in the store, and reported on."""
        self._put(decision_id, reported=True)

    def remembers(self, decision_id: str) -> bool:
        """Whether a decision is known to be in the store."""
        return decision_id in self._young or decision_id in self._old

    def is_first_report(self, decision_id: str) -> bool:
        """Whether a decision was made here, and nothing was reported on it yet."""
        known = self._young.get(decision_id)
        return (self._old.get(decision_id) if known is None else known) is False

    def _put(self, decision_id: str, *, reported: bool) -> None:
        if len(self._young) >= _MOST_REMEMBERED:
            self._old, self._young = self._young, {}
        self._young[decision_id] = reported

    def _rules_of(self, plan: Plan) -> str:
        """Digest of the rules; kept before the first entry that refers to them."""
        digest, text = kept.rules_text(plan.compiled.measure_list, plan.compiled.lists)
        if digest not in self._rules:
            self._store.keep(digest, text)
            self._rules.add(digest)
        return digest


def marks_of_plan(plan: Plan) -> Marks:
    """As :func:`marks_of_request`, where the subjects are at hand."""
    return marks_of_all(plan.wanted) if plan.related or len(plan.subjects) > 1 else marks_of(plan.subjects[0])
