"""A measure list, made ready once: by action and type of subject, an index from list code to the measures it triggers.

So a subject on no list costs next to nothing, and a check costs the same whether the list has 40 measures or 4,000.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, assert_never

from credit_sdk.decision.coverage import CoverageView
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.measure import CleanYearsTrigger, KindTrigger, ListTrigger
from credit_sdk.model.terms import ListClass, ListKind, SubjectType

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.measure import Measure, MeasureList, Trigger
    from credit_sdk.model.record import CoverageTable


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One measure, with what the engine asks of it most put in reach. Compared and hashed by identity."""

    order: int
    """Position in the measure list."""
    measure: Measure
    penalty: bool
    binding: bool
    """Mandatory, or recommended where the policy applies those (rule 5.1)."""

    def is_valid(self, day: date) -> bool:
        """Whether the measure is valid on ``day``, both ends included (rule 4.1)."""
        measure = self.measure
        return (measure.valid_from is None or measure.valid_from <= day) and (
            measure.valid_until is None or day <= measure.valid_until
        )


class ListRule(NamedTuple):
    """A rule that a listing on one list triggers, from a rank of severity on (0: any)."""

    rule: Rule
    min_rank: int


class CleanRule(NamedTuple):
    """A rule that a number of clean years triggers."""

    rule: Rule
    years: int


class ActionTable(NamedTuple):
    """The rules of one action for one type of subject."""

    by_list: dict[str, tuple[ListRule, ...]]
    clean: tuple[CleanRule, ...]


class CompiledList:
    """A measure list with its index. Immutable but for what it has worked out before."""

    def __init__(self, measure_list: MeasureList, lists: KnownLists) -> None:
        """Make ``measure_list`` ready.

        :param lists: every known list: the catalogue and ``lists.local`` of every loaded measure list.
        """
        self.measure_list = measure_list
        self.policy = measure_list.policy
        self.lists = lists
        # A kind trigger speaks of the catalogue and of this measure list's own lists (rule 7.1).
        self._kinds = _codes_by_kind(measure_list)
        self.required = self._required()
        self._rules = tuple(
            Rule(order, measure, measure.is_penalty, measure.is_mandatory or measure_list.policy.apply_recommended)
            for order, measure in enumerate(measure_list.measures)
        )
        self._tables: dict[tuple[str, SubjectType], ActionTable] = {}
        self._last_view: tuple[CoverageTable, CoverageView] | None = None

    def table(self, action: str, subject_type: SubjectType) -> ActionTable:
        """The rules of ``action`` for ``subject_type``; made on first use."""
        key = (action, subject_type)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = self._make_table(action, subject_type)
        return table

    def view(self, coverage: CoverageTable) -> CoverageView:
        """What ``coverage`` means for this measure list; kept, as one source hands the same table out again."""
        last = self._last_view
        if last is not None and last[0] is coverage:
            return last[1]
        view = CoverageView(coverage, self.required, self.policy)
        self._last_view = (coverage, view)
        return view

    def _make_table(self, action: str, subject_type: SubjectType) -> ActionTable:
        by_list: dict[str, dict[Rule, int]] = {}
        clean = []
        for rule in self._rules:
            measure = rule.measure
            if action not in measure.actions or subject_type not in measure.applies_to:
                continue
            for trigger in measure.triggers:
                if isinstance(trigger, CleanYearsTrigger):
                    clean.append(CleanRule(rule, trigger.years))
                    continue
                rank = trigger.min_severity.rank if isinstance(trigger, ListTrigger) and trigger.min_severity else 0
                for code in self._codes(trigger):
                    rules = by_list.setdefault(code, {})
                    rules[rule] = min(rank, rules.get(rule, rank))  # the widest of a measure's triggers
        return ActionTable(
            {code: tuple(ListRule(rule, rank) for rule, rank in rules.items()) for code, rules in by_list.items()},
            tuple(clean),
        )

    def _codes(self, trigger: Trigger) -> tuple[str, ...]:
        if isinstance(trigger, ListTrigger):
            return trigger.lists
        if isinstance(trigger, KindTrigger):
            return self._kinds[trigger.kind]
        if isinstance(trigger, CleanYearsTrigger):
            return ()
        assert_never(trigger)

    def _required(self) -> tuple[str, ...]:
        """Every list that any trigger names, whatever action or validity, unless optional (rule 7.1)."""
        return tuple(sorted(set(self._named()) - self.measure_list.optional_lists))

    def _named(self) -> Iterator[str]:
        for measure in self.measure_list.measures:
            for trigger in measure.triggers:
                codes = self._codes(trigger)
                if isinstance(trigger, KindTrigger):
                    codes = tuple(c for c in codes if self.lists[c].list_class is not ListClass.THIRD_PARTY)
                yield from codes


def _codes_by_kind(measure_list: MeasureList) -> dict[ListKind, tuple[str, ...]]:
    lists = (*CATALOGUE.values(), *measure_list.local_lists.values())
    return {kind: tuple(info.code for info in lists if info.kind is kind) for kind in ListKind}
