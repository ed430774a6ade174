"""A measure list, made ready once: by action and type of subject, an index from list code to the measures it triggers.

So a subject on no list costs next to nothing, and a check costs the same whether the list has 40 measures or 4,000.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, assert_never

from credit_sdk.decision.coverage import CoverageView
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.measure import TERM_LENGTHS, CleanYearsTrigger, KindTrigger, ListTrigger
from credit_sdk.model.terms import Consequence, ListClass, ListKind, SubjectType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from credit_sdk.model.catalogue import KnownLists, ListInfo
    from credit_sdk.model.measure import Measure, MeasureList, Trigger
    from credit_sdk.model.record import CoverageTable


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One measure, with what the engine asks of it most put in reach. Compared and hashed by identity."""

    order: int
    """Position in the measure list."""
    measure: Measure
    penalty: bool
    refuses: bool
    """Whether its consequence is to refuse (rule 5.6)."""
    binding: bool
    """Mandatory; of penalties also recommended, where the policy applies those (rule 5.1)."""
    first_day: date
    """First day of validity; the calendar's first where the measure names none (rule 4.1)."""
    last_day: date


class ListRule(NamedTuple):
    """A rule that a listing on one list triggers, from a rank of severity on (0: any)."""

    rule: Rule
    min_rank: int
    first_day: date
    last_day: date


class ListRules(NamedTuple):
    """What a listing on one list comes to, under one action and for one type of subject."""

    info: ListInfo
    official: bool
    """Whether it counts as official, third-party lists included where the policy applies those (rule 2.8)."""
    black: bool
    """Black, and counting as official."""
    red: bool
    """Red, and counting as official."""
    rules: tuple[ListRule, ...]


class CleanRule(NamedTuple):
    """A rule that a number of clean years triggers."""

    rule: Rule
    years: int


class ActionTable(NamedTuple):
    """The rules of one action for one type of subject."""

    by_list: dict[str, ListRules]
    """For every known list, those without a rule included."""
    clean: tuple[CleanRule, ...]


class CompiledList:
    """A measure list with its index. Immutable but for what it has worked out before."""

    def __init__(self, measure_list: MeasureList, lists: KnownLists) -> None:
        """Make ``measure_list`` ready.

        :param lists: every known list: the catalogue and ``lists.local`` of every loaded measure list.
        """
        self.measure_list = measure_list
        self.policy = measure_list.policy
        self.lists = dict(lists)
        # A kind trigger speaks of the catalogue and of this measure list's own lists (rule 7.1).
        self._kinds = _codes_by_kind(measure_list)
        self.required = self._required()
        self._rules = tuple(
            Rule(
                order,
                measure,
                penalty=measure.is_penalty,
                refuses=measure.consequence is Consequence.REFUSE,
                binding=measure.is_mandatory or (measure.is_penalty and self.policy.apply_recommended),
                first_day=measure.valid_from or date.min,
                last_day=measure.valid_until or date.max,
            )
            for order, measure in enumerate(measure_list.measures)
        )
        self.days_needed = tuple(
            key
            for key in ("deadline", *TERM_LENGTHS)
            if any(key in measure.terms.get("needs", ()) for measure in measure_list.measures)
        )
        """Of what a measure needs from the context, the keys that set a day."""
        self._tables: dict[tuple[str, SubjectType], ActionTable] = {}
        self._last_view: tuple[CoverageTable, CoverageView] | None = None

    def table(self, action: str, subject_type: SubjectType) -> ActionTable:
        """The rules of ``action`` for ``subject_type``; made on first use."""
        key = (action, subject_type)
        table = self._tables.get(key)
        if table is None:
            table = self._tables[key] = self._make_table(action, subject_type)
        return table

    def lists_of(self, measure: str) -> frozenset[str]:
        """Codes of the lists by which a measure may be triggered."""
        return frozenset(
            code
            for one in self.measure_list.measures
            if one.id == measure
            for trigger in one.triggers
            for code in self._codes(trigger)
        )

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
            {code: self._list_rules(info, by_list.get(code, {})) for code, info in self.lists.items()}, tuple(clean)
        )

    def _list_rules(self, info: ListInfo, ranks: dict[Rule, int]) -> ListRules:
        official = info.list_class is ListClass.OFFICIAL or self.policy.apply_third_party
        return ListRules(
            info,
            official,
            black=official and info.kind is ListKind.BLACK,
            red=official and info.kind is ListKind.RED,
            rules=tuple(ListRule(rule, rank, rule.first_day, rule.last_day) for rule, rank in ranks.items()),
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
