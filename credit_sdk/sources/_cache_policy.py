"""What a cache may say, and for how long: pure functions of a kept record and the moment (rules 7.3, 8.2).

**Age** counts from the moment the source was asked, by the clock and by a counter that only goes forward; the larger counts.
A clock that is set back makes nothing young again.

**Marks** are how a change finds what it concerns. An entry may be a subject's by code, registration number or name, as
the source port's contract has it, so a question bears a mark for each that it asks with. What a change leaves out, it may
concern: a change that names no name drops every record that was asked with a name; one without a code drops every record
asked with a code, which is also right by rule 3.7, because a new entry without a code alters what a check by code could
not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from credit_sdk.errors import InvalidSettings, InvalidSubject
from credit_sdk.model import names
from credit_sdk.ports.record_store import Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from credit_sdk.model.record import CreditRecord
    from credit_sdk.model.subject import ListedSubject, Subject
    from credit_sdk.ports.changes import Change, ChangePage

WITH_CODE, WITH_NUMBER, WITH_NAME = "?o", "?r", "?n"
"""Marks of every question that asks with such an identifier."""


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """For how long a record may be used, in seconds."""

    ttl: float
    negative_ttl: float
    """For subjects that the source does not know (``found`` is false)."""
    stale_if_error: float
    jitter: float
    """The share of its time by which an entry may live shorter; spreads what was kept at once."""

    def __post_init__(self) -> None:
        for key in ("ttl", "negative_ttl", "stale_if_error"):
            if not 0 <= getattr(self, key) < float("inf"):
                raise InvalidSettings(f"{key} 应为不小于 0 的秒数", f"{key} is a number of seconds, 0 or more", key=key)
        if not 0 <= self.jitter < 1:
            raise InvalidSettings("jitter 应在 0 与 1 之间", "jitter lies between 0 and 1", key="jitter")

    def keep(self, subject: Subject, record: CreditRecord, asked_at: datetime, tick: float, draw: float) -> Kept | None:
        """The entry to keep; ``None``: this record is not kept.

        :param draw: 0 to 1, at random.
        """
        # Somebody's kept record already: to keep it again would make it young. Or what several sources know but for one
        # that is down: to keep it would prolong the outage.
        if record.stale or record.outage is not None:
            return None
        fresh_for = self._limit(record) * (1 - self.jitter * draw)
        useful_for = max(fresh_for, self.stale_if_error)
        if useful_for <= 0:
            return None
        return Kept(subject, record, asked_at, tick, fresh_for, useful_for, tuple(marks_of(subject, record)))

    def fresh(self, kept: Kept, now: datetime, tick: float) -> bool:
        """Whether it answers in the source's place. One of another process's keeping obeys both policies."""
        return age(kept, now, tick) < min(kept.fresh_for, self._limit(kept.record))

    def stands_in(self, kept: Kept, now: datetime, tick: float) -> bool:
        """Whether it may serve while the source is down (rule 8.2)."""
        return age(kept, now, tick) < self.stale_if_error

    def _limit(self, record: CreditRecord) -> float:
        return self.ttl if record.found else self.negative_ttl


def age(kept: Kept, now: datetime, tick: float) -> float:
    """Seconds since the source was asked. From the future is as bad as from the past: a clock is wrong."""
    by_clock = abs((now - kept.asked_at).total_seconds())
    return by_clock if kept.tick is None else max(by_clock, tick - kept.tick)


def marks_of(subject: Subject, record: CreditRecord | None = None) -> Iterator[str]:
    """The marks of a question, and of the entries that answered it; each once."""
    organisations = dict.fromkeys((subject.code[8:17] if subject.code else None, subject.organisation_code))
    organisations.pop(None, None)
    if organisations:
        yield WITH_CODE
        yield from (f"o{code}" for code in organisations)
    if subject.registration_number is not None:
        yield WITH_NUMBER
        yield f"r{subject.registration_number}"
    if subject.name_key is not None:
        yield WITH_NAME
        yield from dict.fromkeys(f"n{name}" for name in (subject.name_key, *_keys(subject.former_names)))
    if record is not None:
        yield from (f"listing {one.id}" for one in record.listings)
        yield from (f"violation {one.id}" for one in record.violations)


def marks_of_changes(changes: Iterable[Change]) -> set[str] | None:
    """By which marks the changes find what they concern; ``None``: they may concern anyone."""
    marks: set[str] = set()
    for change in changes:
        if change.subject is None or change.kind not in {"listing", "violation"}:
            return None
        # By its id too: the entry may have named somebody else before.
        marks.add(f"{change.kind} {change.id}")
        marks.update(_marks_of_listed(change.subject))
    return marks


def _marks_of_listed(subject: ListedSubject) -> Iterator[str]:
    codes = [subject.code[8:17]] if subject.code else []
    codes += [subject.organisation_code] if subject.organisation_code else []
    yield from (f"o{code}" for code in codes)
    if not codes:
        yield WITH_CODE
    yield f"r{subject.registration_number}" if subject.registration_number else WITH_NUMBER
    own = _keys([subject.name or ""])
    yield from (f"n{name}" for name in (*own, *_keys(subject.former_names)))
    if not own:
        yield WITH_NAME


def _keys(written: Iterable[str]) -> list[str]:
    keys = []
    for name in written:
        try:
            keys.append(names.normalise(name))
        except InvalidSubject:  # blank: as if it were not there
            continue
    return keys


class Hearing:
    """How far the change feed was read. Not safe to share; its owner locks."""

    def __init__(self, cursor: str | None) -> None:
        self.cursor = cursor
        self._last: int | None = None

    def missed_some(self, asked_with: str | None, page: ChangePage) -> bool:
        """Whether changes are missing before or in ``page``: an expired cursor, a gap, a number twice."""
        if page.expired:
            return True
        numbers = [change.sequence for change in page.changes]
        if self._last is not None and asked_with == self.cursor:
            numbers.insert(0, self._last)
        return any(after != before + 1 for before, after in pairwise(numbers))

    def advance(self, asked_with: str | None, page: ChangePage) -> None:
        """Go on behind ``page``, unless somebody else has gone on already."""
        if asked_with != self.cursor:
            return
        self.cursor = page.cursor
        if page.changes:
            self._last = page.changes[-1].sequence
        elif page.expired:
            self._last = None
