"""Records held in memory."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from credit_sdk.formats.records import Records, parse
from credit_sdk.model.catalogue import CATALOGUE
from credit_sdk.model.listing import VIOLATIONS
from credit_sdk.model.record import CoverageTable, CreditRecord
from credit_sdk.ports.clock import system_clock
from credit_sdk.sources._index import Index

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.source import Answer


class MemorySource:
    """A source over records in memory; never blocks, serves both clients, safe to share between threads.

    The records are read once; to change them, make a new source.
    """

    def __init__(
        self,
        records: Records,
        *,
        name: str = "memory",
        read_at: datetime | None = None,
        known: Iterable[str] = (),
        fictional: bool = False,
    ) -> None:
        """Index the records.

        :param records: what the source holds, for the lists it speaks for.
        :param name: what decisions call it.
        :param read_at: when the records were read; default: now.
        :param known: codes of subjects that the source knows although it has no entry of them (rule 7.6).
        :param fictional: whether the data are made up; every decision then says so.
        """
        self._name = name
        self._read_at = read_at if read_at is not None else system_clock()
        self._known = frozenset(known)
        self._fictional = fictional
        self._coverage = CoverageTable(records.coverage)
        self._listings = Index(records.listings)
        self._violations = Index(records.violations)
        self._incomparable = _incomparable(records)

    @classmethod
    def of(cls, objects: Iterable[Mapping[str, Any]], *, lists: KnownLists = CATALOGUE, **options: Any) -> MemorySource:
        """A source over record objects, as they stand in a JSON Lines file.

        :param lists: the lists that may be named; default: the catalogue.
        :param options: as for the constructor.
        :raises BadRecord: an object cannot be used.
        """
        return cls(parse(objects, lists), **options)

    @property
    def name(self) -> str:
        """What decisions call the source."""
        return self._name

    @property
    def coverage(self) -> CoverageTable:
        """The lists that the source speaks for."""
        return self._coverage

    def fetch(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ARG002 - the port's; memory does not wait
        """One record for each subject."""
        return [self._record(subject) for subject in subjects]

    async def fetch_async(self, subjects: Sequence[Subject], *, timeout: float | None = None) -> Sequence[Answer]:  # noqa: ARG002, ASYNC109 - as above
        """One record for each subject."""
        return [self._record(subject) for subject in subjects]

    def close(self, timeout: float = 0.0) -> None:
        """Nothing to release."""

    async def aclose(self, timeout: float = 0.0) -> None:  # noqa: ASYNC109 - as above
        """Nothing to release."""

    def _record(self, subject: Subject) -> CreditRecord:
        listings = self._listings.find(subject)
        violations = self._violations.find(subject)
        return CreditRecord(
            self._name,
            self._read_at,
            bool(listings or violations) or subject.code in self._known,
            self._coverage,
            listings,
            violations,
            self._incomparable[
                subject.code is not None or subject.organisation_code is not None,
                subject.registration_number is not None,
            ],
            stale=False,
            fictional=self._fictional,
        )

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name!r}: {len(self._coverage)} lists>"


def _incomparable(records: Records) -> dict[tuple[bool, bool], frozenset[str]]:
    """Rule 3.7: by what is asked with, (a code, a registration number), the lists with entries that have neither."""
    shapes: dict[tuple[bool, bool], set[str]] = {}
    listed = ((listing.list, listing.subject) for listing in records.listings)
    adverse = ((VIOLATIONS, violation.subject) for violation in records.violations)
    for code, subject in chain(listed, adverse):
        shape = bool(subject.code or subject.organisation_code), bool(subject.registration_number)
        shapes.setdefault(shape, set()).add(code)
    return {
        (by_code, by_number): frozenset(
            code
            for (coded, numbered), codes in shapes.items()
            if not (by_code and coded) and not (by_number and numbered)
            for code in codes
        )
        for by_code in (False, True)
        for by_number in (False, True)
    }
