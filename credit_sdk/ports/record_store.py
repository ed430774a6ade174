"""Where a cache keeps its records: the port that a store shared between processes can follow too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from credit_sdk.model.record import CreditRecord
    from credit_sdk.model.subject import Subject


@dataclass(frozen=True, slots=True, repr=False)
class Kept:
    """A record that was kept, and what is needed to judge it later."""

    subject: Subject
    """As asked; the key."""
    record: CreditRecord
    asked_at: datetime
    """When the source was asked, by the cache's clock: before it answered, so that an age is never understated."""
    tick: float | None
    """The same moment by this process's steady clock; ``None`` from a store that outlives the process."""
    fresh_for: float
    """Seconds during which it answers in the source's place."""
    useful_for: float
    """Seconds after which nobody wants it any more, not even in an outage; the store may then drop it."""
    marks: tuple[str, ...]
    """By what a change finds it: opaque words, equal or not. Made of identifiers; a store that writes them down hashes
    them first."""

    def __repr__(self) -> str:
        return f"<Kept {self.subject!r}, asked at {self.asked_at:%Y-%m-%dT%H:%M:%S%z}>"


@runtime_checkable
class RecordStore(Protocol):
    """A bounded heap of records. It judges nothing: whether a record may still be used is the cache's word.

    The contract, which :class:`credit_sdk.testing.RecordStoreContract` tests:

    - What was put is got back whole, or not at all. A store may forget anything at any time.
    - What was discarded or cleared is never got again, once the call has returned.
    - Safe to share between threads; usable in a forked child, where it may begin empty.
    - Quick: the asynchronous cache calls it on the event loop. A store across a network keeps a near copy.
    - A store that cannot be reached raises nothing from :meth:`get` and :meth:`put` (there is nothing, nothing is kept),
      but lets :meth:`discard` and :meth:`clear` fail: a change that was not heeded must be seen.

    Each process that puts into a shared store follows the change feed by itself.
    """

    def get(self, subjects: Sequence[Subject]) -> Sequence[Kept | None]:
        """What is kept of each subject, in their order."""
        ...

    def put(self, entries: Iterable[Kept]) -> None:
        """Keep, in place of what was kept of the same subjects."""
        ...

    def discard(self, marks: Collection[str]) -> None:
        """Forget every entry that bears one of the marks."""
        ...

    def clear(self) -> None:
        """Forget everything."""
        ...
