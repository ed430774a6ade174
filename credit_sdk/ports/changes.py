"""The change feed (变更流): what became different on the lists since somebody last asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from datetime import datetime

    from credit_sdk.model.subject import ListedSubject

ChangeKind: TypeAlias = Literal["listing", "violation", "list"]
"""What changed: an entry of a list, an adverse record outside lists, or a whole list."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that became different: entered, objected to, repaired, removed, corrected."""

    sequence: int
    """Its place in the feed; each change has the number after its predecessor's, so that a gap is seen."""
    at: datetime
    """When it took effect at the platform."""
    kind: ChangeKind
    id: str
    """Of the entry; of kind ``list``: the list's code."""
    list: str
    """Code of the list, or ``violations``."""
    status: str | None = None
    """The entry's status from then on; ``None``: unknown, or the entry is gone."""
    subject: ListedSubject | None = None
    """Whom the entry names, with every identifier that the entry has; ``None``: unknown, it may be anyone's."""

    def __repr__(self) -> str:
        # Without the entry's id and its subject: both lead to a firm (rule 9.4).
        return f"<Change {self.sequence}: {self.kind} of {self.list}, {self.status}>"


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some changes, in the order of their numbers, and where to go on."""

    changes: tuple[Change, ...] = ()
    cursor: str | None = None
    """Where the next page begins; opaque. ``None``: at the beginning of what the platform still has."""
    more: bool = False
    """Whether there is more already."""
    expired: bool = False
    """The cursor asked with is too old: changes were missed, and whoever followed must forget what he keeps."""


@runtime_checkable
class ChangeFeed(Protocol):
    """A feed that may block. The platform's sources are feeds too."""

    def changes(self, cursor: str | None = None, *, limit: int = 1000, timeout: float | None = None) -> ChangePage:
        """The changes after ``cursor``.

        :param cursor: as a page gave it; ``None``: from the beginning of what the platform still has.
        :param limit: so many changes at most.
        :param timeout: seconds in total, retries included; ``None``: the feed's own default.
        :returns: a page. A cursor that is too old is no error but a page that says ``expired``.
        :raises NoDecision: the feed could not be read; the same cursor may be asked again.
        """
        ...


@runtime_checkable
class AsyncChangeFeed(Protocol):
    """A feed that does not block the event loop. The same contract, awaited."""

    async def changes_async(
        self,
        cursor: str | None = None,
        *,
        limit: int = 1000,
        timeout: float | None = None,  # noqa: ASYNC109 - it bounds the feed's own work, retries included
    ) -> ChangePage:
        """The changes after ``cursor``; as :meth:`ChangeFeed.changes`."""
        ...
