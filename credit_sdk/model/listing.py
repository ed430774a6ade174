"""Entries: a listing on a published list (名单条目), and a violation outside lists (不良信用记录)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from credit_sdk.model.subject import ListedSubject
    from credit_sdk.model.terms import ListKind, Objection, Severity, Status


@dataclass(slots=True)
class Listing:
    """One subject's entry on one published list (名单条目). Days are Asia/Shanghai days.

    Not frozen, as :class:`~credit_sdk.model.subject.ListedSubject`; treat it as a value all the same.
    """

    id: str
    list: str
    """Code of the list, from the catalogue or a measure list's ``lists.local``."""
    kind: ListKind
    subject: ListedSubject
    status: Status
    authority: str
    """认定单位."""
    effective_from: date
    """First day in force."""
    effective_until: date | None = None
    """Last day in force; ``None`` if no end is known."""
    document: str | None = None
    """认定文书."""
    reason: str | None = None
    severity: Severity | None = None
    objection: Objection | None = None
    """Kind of the objection under way; only with status ``objected``."""
    ended_on: date | None = None
    """Day of repair or removal."""
    jurisdiction: str | None = None
    """Area of a local list's entry (rule 2.9): ``CN`` or a GB/T 2260 code."""
    remedy: str | None = None
    """How to object, repair or be removed (救济途径), as the list's keeper has it."""
    extra: Mapping[str, Any] | None = None
    """Keys of the record that this version does not know."""


@dataclass(slots=True)
class Violation:
    """An adverse record outside lists: a penalty, a broken commitment (不良信用记录)."""

    id: str
    subject: ListedSubject
    status: Status
    """``active``, ``objected``, ``repaired`` or ``revoked``."""
    authority: str
    decided_on: date
    document: str | None = None
    reason: str | None = None
    severity: Severity | None = None
    ended_on: date | None = None
    extra: Mapping[str, Any] | None = None


VIOLATIONS = "violations"
"""The reserved list name under which a source speaks for adverse records outside lists."""
