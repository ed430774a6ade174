"""Section 7 of the decision rules: "on no list" must be earned."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import BadRecord
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.listing import VIOLATIONS
from credit_sdk.model.moments import SHANGHAI, written
from credit_sdk.model.terms import ListKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from credit_sdk.model.measure import Policy
    from credit_sdk.model.record import CoverageTable

CLOCK_TOLERANCE = timedelta(hours=1)
"""How far a list's date may lie after the reading clock before the record is unusable (rule 7.4)."""

DEFAULT_MAX_AGE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CoverageReport:
    """For which lists the decision speaks (查询范围)."""

    required: tuple[str, ...]
    """Codes of the lists that had to be consulted (rule 7.1), sorted."""
    consulted: Mapping[str, datetime] = field(default_factory=dict)
    """Up to which moment its keeper vouches for each list that was consulted, stale ones included."""
    missing: tuple[str, ...] = ()
    """Required lists that were not consulted, sorted."""
    stale: tuple[str, ...] = ()
    """Lists that were consulted but too old to decide by (rule 7.3), sorted."""

    def to_dict(self) -> dict[str, Any]:
        """``required``, ``consulted``, ``missing``, ``stale``."""
        return {
            "required": list(self.required),
            "consulted": {code: written(as_of) for code, as_of in self.consulted.items()},
            "missing": list(self.missing),
            "stale": list(self.stale),
        }


class CoverageView:
    """What one coverage table means for one measure list, whatever the moment; then asked moment by moment."""

    __slots__ = ("_fresh", "_max_age", "fresh_until", "missing", "newest", "required", "table", "unchecked_black")

    def __init__(self, table: CoverageTable, required: tuple[str, ...], policy: Policy) -> None:
        """Work out what can be said beforehand.

        :raises BadRecord: a moment without an offset.
        """
        for code, coverage in table.items():
            if coverage.as_of.tzinfo is None:
                raise no_offset(code)
        self.table = table
        self.required = required
        self.missing = tuple(code for code in required if code not in table)
        self._max_age = policy.max_age_by_list, policy.max_age or DEFAULT_MAX_AGE
        self.newest = _at_home(max((coverage.as_of for coverage in table.values()), default=_LONG_AGO))
        """The latest moment that any list is vouched for."""
        self.fresh_until = _at_home(min((self._stale_after(code) for code in table), default=_FAR_AHEAD))
        """The last moment at which no list is stale."""
        self.unchecked_black = tuple(code for code in _CATALOGUE_BLACK if code not in table)
        """The catalogue's black lists that were not consulted (rule 5.4)."""
        self._fresh = self._report(())

    def report(self, as_of: datetime) -> CoverageReport:
        """The report at ``as_of``; the same object as long as nothing is stale."""
        if as_of <= self.fresh_until:
            return self._fresh
        return self._report(tuple(sorted(code for code in self.table if as_of > self._stale_after(code))))

    def newer_than(self, as_of: datetime) -> tuple[str, ...]:
        """Lists whose data are newer than ``as_of`` (rule 7.4), sorted."""
        return tuple(sorted(code for code, coverage in self.table.items() if coverage.as_of > as_of))

    def history_gaps(self, first: date, report: CoverageReport, black: tuple[str, ...]) -> tuple[str, ...]:
        """Of ``violations`` and the ``black`` lists, those without a fresh, complete history since ``first`` (4.4)."""
        gaps = []
        for code in (*black, VIOLATIONS):
            coverage = self.table.get(code)
            if (
                coverage is None
                or code in report.stale
                or coverage.history_from is None
                or coverage.history_from > first
            ):
                gaps.append(code)
        return tuple(gaps)

    def _report(self, stale: tuple[str, ...]) -> CoverageReport:
        consulted = {code: self.table[code].as_of for code in sorted(self.table)}
        return CoverageReport(self.required, consulted, self.missing, stale)

    def _stale_after(self, code: str) -> datetime:
        by_list, default = self._max_age
        try:
            return self.table[code].as_of + by_list.get(code, default)
        except OverflowError:
            return _FAR_AHEAD


def no_offset(key: str) -> BadRecord:
    """The error for a naive moment in a record: nobody knows when that is."""
    return BadRecord(
        f"{key} 的时间缺少时区; 来源应给出带时区的时间", f"the moment of {key} has no offset; sources give one", key=key
    )


def _at_home(moment: datetime) -> datetime:
    """The same moment in Shanghai's offset, as the clock gives it: to compare two offsets costs ten times as much."""
    try:
        return moment.astimezone(SHANGHAI)
    except OverflowError:  # within hours of the calendar's ends
        return moment


_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_FAR_AHEAD = datetime.max.replace(tzinfo=UTC)
_CATALOGUE_BLACK = tuple(code for code, info in CATALOGUE.items() if info.kind is ListKind.BLACK)


def merged(reports: Sequence[CoverageReport]) -> CoverageReport:
    """One report for several subjects: only what was consulted for all counts, at the earliest moment."""
    if len(set(map(id, reports))) == 1:
        return reports[0]
    common = set.intersection(*(set(report.consulted) for report in reports))
    return CoverageReport(
        required=reports[0].required,
        consulted={code: min(report.consulted[code] for report in reports) for code in sorted(common)},
        missing=tuple(sorted({code for report in reports for code in report.missing})),
        stale=tuple(sorted({code for report in reports for code in report.stale} & common)),
    )
