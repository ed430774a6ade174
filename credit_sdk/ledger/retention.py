"""How long the ledger keeps what it holds (保存期限): years by domain, as data. Nothing here removes anything.

Government procurement: at least fifteen years from the end of the procurement (政府采购法, Art. 42). A term runs from the
end of the month in which the last entry about a decision was written. When a procurement ended, the ledger does not know:
where that was later, so is the end of the law's term.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from credit_sdk.errors import InvalidSettings
from credit_sdk.model.moments import midnight, month_after, shanghai_day, years_after
from credit_sdk.ports.ledger import DeliveryState, DutyState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from os import PathLike

    from credit_sdk.ports.ledger import KeptDecision, LedgerStore

PROCUREMENT_YEARS = 15
"""政府采购法 Art. 42."""

_PAGE = 500
_OPEN = (DutyState.DUE, DutyState.RELEASE_DUE)


@dataclass(frozen=True, slots=True)
class RetentionRules:
    """How many years what is about a domain is kept.

    :param years: by domain; procurement has the law's term, whether it is named or not.
    :param otherwise: for every other domain.
    :raises InvalidSettings: a term is shorter than a year, or shorter than the law's.
    """

    years: Mapping[str, int] = field(default_factory=dict)
    otherwise: int = PROCUREMENT_YEARS

    def __post_init__(self) -> None:
        for domain, years in (*self.years.items(), ("*", self.otherwise)):
            if (wrong := _wrong(domain, years)) is not None:
                raise InvalidSettings(*wrong, key=f"retention.{domain}")
        object.__setattr__(self, "years", MappingProxyType({"procurement": PROCUREMENT_YEARS, **self.years}))

    def term(self, domain: str) -> int:
        """Years for this domain."""
        return self.years.get(domain, self.otherwise)


def retention_rules(path: str | PathLike[str]) -> RetentionRules:
    """Rules from a TOML file (:mod:`credit_sdk.formats.retention`).

    :raises InvalidSettings: the file cannot be read or used; names file, line and key.
    """
    from credit_sdk.formats import retention

    table = retention.load(path, _wrong)
    return RetentionRules(table.get("years", {}), table.get("otherwise", PROCUREMENT_YEARS))


def _wrong(domain: str, years: object) -> tuple[str, str] | None:
    """What is wrong with a domain's term, in both languages."""
    by_law = domain == "procurement"
    least = PROCUREMENT_YEARS if by_law else 1
    if type(years) is int and years >= least:
        return None
    zh, en = f"保存年限须是不小于 {least} 的整数", f"years of retention are a whole number, {least} at least"
    return (zh + " (政府采购法第四十二条)", en + " (政府采购法, Art. 42)") if by_law else (zh, en)


class Expired(NamedTuple):
    """Decisions of one domain and month whose term has ended."""

    domain: str
    month: str
    """In which the last entry about them was written, such as ``2026-11``."""
    removable: int
    """Decisions that need not be kept any longer."""
    still_open: int
    """Decisions that stay all the same: a measure, a release or a report is outstanding."""


def expired(store: LedgerStore, now: datetime, rules: RetentionRules | None = None) -> list[Expired]:
    """What need not be kept any longer, by month and domain. It removes nothing."""
    rules = rules or RetentionRules()
    shortest = min([*rules.years.values(), rules.otherwise])
    free: Counter[tuple[str, str]] = Counter()
    held: Counter[tuple[str, str]] = Counter()
    for decision in _before(store, midnight(years_after(shanghai_day(now), -shortest))):
        last = _last_entry(store, decision.decision_id)
        if now >= ends(last, rules.term(decision.domain)):
            of = held if _outstanding(store, decision.decision_id) else free
            of[f"{shanghai_day(last):%Y-%m}", decision.domain] += 1
    return [
        Expired(domain, month, free[month, domain], held[month, domain]) for month, domain in sorted({*free, *held})
    ]


def ends(last: datetime, years: int) -> datetime:
    """When what was last written about at ``last`` need not be kept any longer.

    :param years: its term.
    """
    return midnight(years_after(month_after(shanghai_day(last)), years))


def _before(store: LedgerStore, until: datetime) -> Iterator[KeptDecision]:
    before: str | None = None
    while page := store.decisions(until=until, before=before, limit=_PAGE):
        yield from page
        before = page[-1].decision_id


def _last_entry(store: LedgerStore, decision_id: str) -> datetime:
    # By the moments they bear, not by their order: a clock may have been put back.
    last, after = "", 0
    while page := store.entries(decision_id=decision_id, after=after, limit=_PAGE):
        last = max(last, *(one.entry.at for one in page))
        after = page[-1].sequence
    return datetime.fromisoformat(last)


def _outstanding(store: LedgerStore, decision_id: str) -> bool:
    waiting = store.deliveries(decision_id=decision_id)
    return any(one.state is not DeliveryState.DELIVERED for one in waiting) or bool(
        store.duties(decision_id=decision_id, states=_OPEN, limit=1)
    )
