"""What several layers say of one subject, as one record. No I/O: both layered sources think here.

For each list one layer answers alone. The entries that others have of that list are not taken in, for among them may be one
that has been repaired since; that they differ is told (notice ``sources_differ``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from credit_sdk.decision.coverage import no_offset
from credit_sdk.decision.identity import identify
from credit_sdk.decision.triggers import check_clock
from credit_sdk.errors import BadRecord, InvalidSettings, SourceUnavailable, quoted
from credit_sdk.model.listing import VIOLATIONS, Listing, Violation
from credit_sdk.model.record import CoverageTable, CreditRecord

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from credit_sdk.model.catalogue import KnownLists
    from credit_sdk.model.subject import Subject
    from credit_sdk.ports.source import Answer

Entry = TypeVar("Entry", Listing, Violation)


@dataclass(frozen=True, slots=True)
class LayerPolicy:
    """Which layer prevails (以哪一来源为准), and what an outage of one means.

    :param lists: for a list's code (or ``violations``) the layers that may answer for it, the first one first; no other
        layer ever does. A list that is not named here is answered for by the first layer that covers it, in the order in
        which the layers are given.
    :param on_outage: ``next``: where a layer is out, the next one answers for the lists that it covers too, and the others are
        not consulted (rule 7.2). ``fail``: there is no answer. What somebody has to mend (a certificate, credentials) is no
        outage, and an answer that arrived and is unusable is never passed over: it may have been what would have
        restricted. Both leave no answer.
    """

    lists: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    on_outage: Literal["next", "fail"] = "next"


class Merger:
    """Puts the layers' answers together. Shared by threads and tasks: what it keeps is exchanged whole."""

    def __init__(self, names: Sequence[str], policy: LayerPolicy, lists: KnownLists) -> None:
        """Settle who may answer for what.

        :param names: the layers' names, the one that prevails first.
        :param lists: the lists that the policy may name.
        :raises InvalidSettings: the policy names what is not there.
        """
        self._names = tuple(names)
        self._everyone = tuple(range(len(names)))
        self._named = {code: self._places(code, layers, lists) for code, layers in policy.lists.items()}
        if policy.on_outage not in {"next", "fail"}:
            raise InvalidSettings(
                f"on_outage 应为 next 或 fail, 不是 {quoted(policy.on_outage)}",
                f"on_outage must be next or fail, not {quoted(policy.on_outage)}",
                key="on_outage",
            )
        self._passes_over = policy.on_outage == "next"
        self._seating = _Seating()

    def answer(self, subject: Subject, answers: Sequence[Answer]) -> Answer:
        """The layers' answers on one subject, in the layers' order, as one."""
        records: list[CreditRecord | None] = []
        outage: SourceUnavailable | None = None
        for answer in answers:
            if isinstance(answer, CreditRecord):
                if answer.read_at.tzinfo is None:
                    return no_offset("read_at")
                records.append(answer)
            elif self._passes_over and isinstance(answer, SourceUnavailable) and answer.retryable:
                outage = outage or answer
                records.append(None)
            else:
                return answer
        if outage is not None and not any(records):
            return outage
        try:
            return self._merge(subject, records, outage)
        except BadRecord as error:
            return error

    def _merge(
        self, subject: Subject, records: Sequence[CreditRecord | None], outage: SourceUnavailable | None
    ) -> CreditRecord:
        """One record of those that the layers gave.

        :raises BadRecord: they cannot stand together.
        """
        seating = self._seated(records)
        spoken = seating.spoken
        disputed = self._disputed(subject, seating, records)
        listings: dict[str, Listing] = {}
        violations: dict[str, Violation] = {}
        uncoded: set[str] = set()
        answered = []
        for place, record in enumerate(records):
            if record is None:
                continue
            answered.append(record)
            # Each layer by its own clock: a record kept for hours beside one read just now is no fault of either.
            newest = seating.newest[place]
            if newest is not None:
                check_clock(record, newest)
            for listing in record.listings:
                if self._is_heard(place, listing.list, spoken):
                    disputed |= _take_in(listings, listing, listing.list, spoken)
            for violation in record.violations:
                if self._is_heard(place, VIOLATIONS, spoken):
                    disputed |= _take_in(violations, violation, VIOLATIONS, spoken)
            if record.uncoded_lists:
                uncoded.update(code for code in record.uncoded_lists if spoken.get(code) == place)
        speaking = [record for place in seating.speaking if (record := records[place]) is not None] or answered
        return CreditRecord(
            source=seating.name,
            read_at=max(record.read_at for record in speaking),
            found=any(record.found for record in answered),
            coverage=seating.coverage,
            listings=tuple(listings.values()),
            violations=tuple(violations.values()),
            uncoded_lists=frozenset(uncoded),
            # Whoever stands in for a layer that is out may be behind it: the decision says so (rule 8.2).
            stale=outage is not None or any(record.stale for record in speaking),
            fictional=any(record.fictional for record in answered),
            origins=seating.origins,
            disputed=disputed,
            outage=outage or next((record.outage for record in answered if record.outage is not None), None),
        )

    def _is_heard(self, place: int, code: str, spoken: Mapping[str, int]) -> bool:
        """Whether entries of the list are taken in from the layer.

        Of a list that nobody vouches for everyone's are: they neither restrict nor reward, and still withhold (rule 7.5).
        """
        speaker = spoken.get(code)
        return place == speaker if speaker is not None else place in self._named.get(code, self._everyone)

    def _disputed(self, subject: Subject, seating: _Seating, records: Sequence[CreditRecord | None]) -> frozenset[str]:
        """The lists of which two layers that cover them say different things about the subject."""
        shared = seating.shared
        entries: dict[str, list[tuple[int, Listing | Violation]]] = {}
        for place, record in enumerate(records):
            if record is None or not shared:
                continue
            for listing in record.listings:
                if place in shared.get(listing.list, ()):
                    entries.setdefault(listing.list, []).append((place, listing))
            if record.violations and place in shared.get(VIOLATIONS, ()):
                entries.setdefault(VIOLATIONS, []).extend((place, violation) for violation in record.violations)
        disputed = set()
        for code, found in entries.items():
            said: dict[int, set[Any]] = {place: set() for place in shared[code]}
            identities = identify(subject, [entry.subject for _, entry in found])
            for (place, entry), identity in zip(found, identities, strict=True):
                if identity is not None:  # a namesake's entry is none of the subject's concern
                    said[place].add(_facts(entry))
            first, *others = said.values()
            if any(other != first for other in others):
                disputed.add(code)
        return frozenset(disputed)

    def _seated(self, records: Sequence[CreditRecord | None]) -> _Seating:
        """Who answers for what, given who answered; kept, as a layer hands the same coverage out again."""
        tables = [None if record is None else record.coverage for record in records]
        seating = self._seating
        if len(seating.tables) == len(tables) and all(map(_is_same, seating.tables, tables)):
            return seating
        seating = self._seating = self._seat(records, tables)
        return seating

    def _seat(self, records: Sequence[CreditRecord | None], tables: Sequence[CoverageTable | None]) -> _Seating:
        covering: dict[str, list[int]] = {}
        newest: list[datetime | None] = []
        for place, table in enumerate(tables):
            for code, coverage in (table or {}).items():
                if coverage.as_of.tzinfo is None:
                    raise no_offset(code)
                covering.setdefault(code, []).append(place)
            newest.append(max((coverage.as_of for coverage in table.values()), default=None) if table else None)
        spoken: dict[str, int] = {}
        for code in sorted(covering):
            speaker = next((p for p in self._named.get(code, self._everyone) if p in covering[code]), None)
            if speaker is not None:
                spoken[code] = speaker
        origins = {}
        for code, place in spoken.items():
            inner = getattr(records[place], "origins", None) or {}
            origins[code] = inner.get(code, self._names[place])
        return _Seating(
            tables=tables,
            spoken=spoken,
            speaking=tuple(sorted(set(spoken.values()))),
            newest=newest,
            coverage=CoverageTable({code: tables[place][code] for code, place in spoken.items()}),  # type: ignore[index]
            origins=origins,
            name=composed(origins, self._names),
            shared={code: tuple(covering[code]) for code in spoken if len(covering[code]) > 1},
        )

    def _places(self, code: str, layers: str | Sequence[str], lists: KnownLists) -> tuple[int, ...]:
        """Where the layers stand that may answer for a list.

        :raises InvalidSettings: the list or a layer is not known (rule 7.5).
        """
        if code not in lists and code != VIOLATIONS:
            raise InvalidSettings(
                f"未知的名单 {quoted(code)}; 地方名单请以 lists 参数声明 (CreditClient.lists)",
                f"unknown list {quoted(code)}; declare local lists with the parameter lists (CreditClient.lists)",
                key="policy.lists",
            )
        named = (layers,) if isinstance(layers, str) else tuple(layers)
        if not named or not set(named) <= set(self._names):
            raise InvalidSettings(
                f"名单 {code} 指定的来源不存在; 可用: {'、'.join(self._names)}",
                f"the layers named for list {code} do not exist; known: {', '.join(self._names)}",
                key="policy.lists",
            )
        return tuple(self._names.index(name) for name in named)


@dataclass(frozen=True, slots=True)
class _Seating:
    """Who answers for what, for one set of coverage tables."""

    tables: Sequence[CoverageTable | None] = ()
    spoken: Mapping[str, int] = field(default_factory=dict)
    """By list, the one layer that answers for it."""
    speaking: Sequence[int] = ()
    """The layers that answer for any list."""
    newest: Sequence[datetime | None] = ()
    """By layer, the latest moment that any of its lists is vouched for."""
    coverage: CoverageTable = field(default_factory=CoverageTable)
    origins: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    shared: Mapping[str, Sequence[int]] = field(default_factory=dict)
    """By list, the layers that cover it, where several do."""


def composed(origins: Mapping[str, str], names: Sequence[str]) -> str:
    """The name of a layered source, as decisions show it: who answered for which lists."""
    by_origin: dict[str, list[str]] = {}
    for code, origin in origins.items():
        by_origin.setdefault(origin, []).append(code)
    parts = [f"{origin}: {', '.join(codes)}" for origin, codes in by_origin.items()]
    return f"layered({'; '.join(parts or names)})"


def _take_in(known: dict[str, Entry], entry: Entry, code: str, spoken: Mapping[str, int]) -> frozenset[str]:
    """Add an entry; identical repeats fold. Where nobody vouches for the list, the first layer's entry stands.

    :returns: the list, if it is disputed.
    :raises BadRecord: two different entries with one id.
    """
    first = known.setdefault(entry.id, entry)
    if first is entry or first == entry:
        return frozenset()
    if code not in spoken and getattr(first, "list", VIOLATIONS) == code:
        return frozenset((code,))
    raise _contradiction(entry)


def _contradiction(entry: Listing | Violation) -> BadRecord:
    return BadRecord(
        f"编号 {quoted(entry.id)} 在来源中指两个不同的条目; 编号须唯一, 请核对各来源的数据",
        f"the id {quoted(entry.id)} names two different entries of the sources; ids are unique, compare the sources' data",
        key="id",
        fault="contradiction",
    )


def _facts(entry: Listing | Violation) -> tuple[object, ...]:
    """What decides about an entry. Ids and wording may differ from one platform to the next."""
    if isinstance(entry, Violation):
        return entry.status, entry.decided_on, entry.severity, entry.ended_on
    return (
        entry.status,
        entry.effective_from,
        entry.effective_until,
        entry.severity,
        entry.objection,
        entry.ended_on,
        entry.jurisdiction,
    )


def _is_same(one: object, other: object) -> bool:
    return one is other
