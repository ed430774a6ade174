"""Measure lists (措施清单): what a department does to or for a listed subject."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from credit_sdk.model.subject import ORGANISATIONS
from credit_sdk.model.terms import Effect, Force

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, timedelta

    from credit_sdk.model.catalogue import ListInfo
    from credit_sdk.model.terms import (
        Consequence,
        ListKind,
        MeasureListStatus,
        Objection,
        ObjectionEffect,
        Role,
        Severity,
        SubjectType,
        Verified,
    )


TERM_LENGTHS = ("deadline_days", "deadline_working_days")
"""Keys of ``terms`` that say how many days a term has."""
LONGEST_TERM = 3650
"""Days; what is longer is a slip of the pen."""


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis (实施依据): instrument, document number, article."""

    title: str
    document: str | None = None
    article: str | None = None
    verified: Verified | None = None
    """How well it was checked against its text; ``None``: not at all. Never changes a measure's force."""

    def to_dict(self) -> dict[str, str | None]:
        """``title``, ``document``, ``article``, ``verified``."""
        return {"title": self.title, "document": self.document, "article": self.article, "verified": self.verified}


@dataclass(frozen=True, slots=True)
class ListTrigger:
    """Met by a listing on one of ``lists``, of at least ``min_severity`` if given (rule 4.2)."""

    lists: tuple[str, ...]
    min_severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class KindTrigger:
    """Met by a listing on any list of the kind (rule 4.3)."""

    kind: ListKind


@dataclass(frozen=True, slots=True)
class CleanYearsTrigger:
    """Met by a clean record over the last ``years`` calendar years (连续 n 年无不良信用记录, rule 4.4)."""

    years: int


Trigger: TypeAlias = ListTrigger | KindTrigger | CleanYearsTrigger


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure (奖惩措施)."""

    id: str
    name: str
    effect: Effect
    """``restrict`` (惩戒) or ``priority`` (激励)."""
    force: Force
    type: str
    """Obligation type: what the caller has to be able to do."""
    actions: tuple[str, ...]
    triggers: tuple[Trigger, ...]
    name_en: str | None = None
    consequence: Consequence | None = None
    """Of a penalty; ``None`` for an incentive."""
    applies_to: frozenset[SubjectType] = ORGANISATIONS
    reaches: tuple[Role, ...] = ()
    """Roles to whose holders an entity's listing carries the measure (rule 4.5)."""
    reached_by: tuple[Role, ...] = ()
    """Roles whose holders' listings carry the measure to the entity (rule 4.5)."""
    unit: str | None = None
    """实施单位."""
    valid_from: date | None = None
    valid_until: date | None = None
    """Last day of validity."""
    basis: tuple[Basis, ...] = ()
    terms: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_penalty(self) -> bool:
        """Whether it restricts (惩戒措施)."""
        return self.effect is Effect.RESTRICT

    @property
    def is_mandatory(self) -> bool:
        """Whether it must be carried out (强制性措施)."""
        return self.force is Force.MANDATORY


@dataclass(frozen=True, slots=True)
class Action:
    """A matter the business system is about to decide (办理事项)."""

    name: str
    title: str
    must_check: bool = False
    """应查必查: the check is due."""
    allow_when_unavailable: bool = False
    """``on_unavailable = "allow"`` (rule 8.3)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How one jurisdiction decides what jurisdictions decide differently."""

    on_objection: ObjectionEffect | Mapping[Objection, ObjectionEffect] | None = None
    """Rule 2.2; ``None`` only where the list has no penalty."""
    apply_recommended: bool = False
    """Whether recommended penalties restrict (rule 5.1)."""
    apply_third_party: bool = False
    """Whether third-party lists count like official ones (rule 2.8)."""
    match_by_name: bool = False
    """Whether a name alone may restrict and reward (rule 3.5)."""
    max_age: timedelta | None = None
    """Default age beyond which a list is stale (rule 7.3)."""
    max_age_by_list: Mapping[str, timedelta] = field(default_factory=dict)
    unknown_term_years: int = 5
    """Rule 2.5."""


@dataclass(frozen=True, slots=True, eq=False)
class MeasureList:
    """The measures of one domain in one jurisdiction, one version (措施清单)."""

    id: str
    domain: str
    title: str
    version: str
    jurisdiction: str
    """``CN`` or a GB/T 2260 code of 2, 4 or 6 digits."""
    status: MeasureListStatus
    issued_by: str | None
    reviewed_on: date | None
    policy: Policy
    actions: Mapping[str, Action]
    measures: tuple[Measure, ...]
    digest: str
    """``sha256:…`` of the file."""
    local_lists: Mapping[str, ListInfo] = field(default_factory=dict)
    optional_lists: frozenset[str] = frozenset()
    file: str | None = None
    text: str | None = None
    """What it was read from: the TOML text, or JSON of the values; :func:`credit_sdk.formats.measures.loads_again` reads
    it. ``None`` where it was not read but built."""

    def __repr__(self) -> str:
        return f"MeasureList({self.id!r}, version={self.version!r}, {len(self.measures)} measures)"
