"""What a source knows of one subject (信用记录), and for which lists it speaks (查询范围)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime

    from credit_sdk.errors import NoDecision
    from credit_sdk.model.listing import Listing, Violation


@dataclass(frozen=True, slots=True)
class Coverage:
    """That a list was consulted: how far its keeper vouches for it.

    :param as_of: the moment up to which the keeper vouches for the list (not the download's time).
    :param history_from: since when the list's history is complete, if it is known.
    """

    as_of: datetime
    history_from: date | None = None


class CoverageTable(Mapping[str, Coverage]):
    """Which lists were consulted: coverage by list code. Immutable, so that what was derived from it stays true.

    A source hands the same table out with many records, and makes a new one when its data change.
    """

    __slots__ = ("__weakref__", "_by_list")

    def __init__(self, by_list: Mapping[str, Coverage] | None = None) -> None:
        self._by_list = dict(by_list or {})

    def __getitem__(self, code: str) -> Coverage:
        return self._by_list[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_list)

    def __len__(self) -> int:
        return len(self._by_list)

    def __repr__(self) -> str:
        return f"CoverageTable({self._by_list!r})"


@dataclass(slots=True)
class CreditRecord:
    """All that a source knows of one subject (信用记录).

    Entries are those that may be the subject's: by a code, or by the same or a former name, those of other bearers of
    the name included. Which are the subject's is decided by rule, not by the source (section 3).
    """

    source: str
    """The source's name, as decisions show it."""
    read_at: datetime
    """When the data were read, by the reader's clock."""
    found: bool
    """Whether the source knows the subject at all (rule 7.6)."""
    coverage: CoverageTable
    listings: tuple[Listing, ...] = ()
    violations: tuple[Violation, ...] = ()
    uncoded_lists: frozenset[str] = frozenset()
    """Lists that hold entries which cannot be compared with the subject by any code (rule 3.7)."""
    stale: bool = False
    """Whether something stands in because a source is down: a record kept from before, or another layer (rule 8.2)."""
    fictional: bool = False
    """Whether the data are made up for demonstration; every decision from them says so."""
    origins: Mapping[str, str] | None = None
    """Who answered for which list, by list code, where several sources stand behind this one; ``None``: ``source`` for all."""
    disputed: frozenset[str] = frozenset()
    """Lists of which a source that does not answer for them says something else about the subject."""
    outage: NoDecision | None = None
    """Why one of several sources could not be asked; the lists it might have answered for are not consulted."""
