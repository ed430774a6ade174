"""Everything that is read from a ledger, for every store that speaks SQL."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from credit_sdk.errors import LedgerDamaged
from credit_sdk.ledger import _statements as sql
from credit_sdk.ledger._crc import entry_crc, text_crc
from credit_sdk.model.moments import shanghai_day, stamped
from credit_sdk.model.terms import Effect, Force
from credit_sdk.ports.ledger import Counts, Delivery, DeliveryState, Duty, DutyState, Entry, KeptDecision, Stored

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    Row = Sequence[Any]


class SqlViews(ABC):
    """The reading half of :class:`~credit_sdk.ports.ledger.LedgerStore`."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What messages call the ledger."""

    @abstractmethod
    def _rows(self, statement: str, parameters: Mapping[str, object]) -> Sequence[Row]:
        """Ask the database; the views have been brought up to what was written.

        :raises LedgerUnavailable: it does not answer.
        """

    def entry(self, id: str) -> Stored | None:
        """The entry with this id."""
        return next((self._stored(row) for row in self._rows(sql.ENTRY, {"id": id})), None)

    def entries(
        self,
        *,
        after: int = 0,
        before: int | None = None,
        decision_id: str | None = None,
        kinds: Collection[str] = (),
        limit: int = 1000,
        latest: bool = False,
    ) -> Sequence[Stored]:
        """Entries in their order."""
        where = _Where(after=after, limit=limit)
        if before is None and decision_id is None and not kinds and not latest:
            return [self._stored(row) for row in self._rows(sql.ENTRIES, where.parameters)]
        where.add("p.sequence > :after")
        where.equal("p.decision_id", decision_id)
        where.among("p.kind", kinds)
        if before is not None:
            where.add("p.sequence < :before", before=before)
        statement = sql.PLACED.format(where=where, order="DESC" if latest else "")
        rows = self._rows(statement, where.parameters)
        return [self._stored(row) for row in (reversed(rows) if latest else rows)]

    def text(self, digest: str) -> str | None:
        """A text that was kept."""
        for text, crc in self._rows(sql.TEXT, {"digest": digest}):
            if text_crc(digest, text) != crc:
                raise damaged_text(self.name)
            return str(text)
        return None

    def next_at(self, now: datetime, *, receivers: Collection[str] | None = None) -> datetime | None:
        """When the next report is to be sent; ``None``: none is waiting."""
        where = _Where(now=stamped(now))
        free, claimed = sql.NEXT_FREE, sql.NEXT_CLAIMED
        if receivers is not None:
            where.among("receiver", receivers or [""])
            free, claimed = (one.replace(" WHERE ", f" WHERE {where} AND ", 1) for one in (free, claimed))
        rows = [*self._rows(free, where.parameters), *self._rows(claimed, where.parameters)]
        moments = [row[0] for row in rows if row[0] is not None]
        return datetime.fromisoformat(min(moments)) if moments else None

    def decisions(
        self,
        *,
        listing: str | None = None,
        mark: str | None = None,
        domain: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        before: str | None = None,
        limit: int = 100,
    ) -> Sequence[KeptDecision]:
        """Decisions, the latest first."""
        where = _Where(limit=limit)
        for table, column, value in (("used", "listing", listing), ("marks", "mark", mark)):
            if value is not None:
                where.add(f"d.sequence IN (SELECT sequence FROM {table} WHERE {column} = :{column})", **{column: value})  # noqa: S608 - our own names
        where.equal("d.domain", domain)
        where.equal("d.action", action)
        if since is not None:
            where.add("d.at >= :since", since=stamped(since))
        if until is not None:
            where.add("d.at < :until", until=stamped(until))
        if before is not None:
            where.add("d.sequence < :before", before=self._place(before))
        return [_decision(row) for row in self._rows(sql.DECISIONS.format(where=where), where.parameters)]

    def deliveries(
        self,
        *,
        key: str | None = None,
        decision_id: str | None = None,
        state: DeliveryState | None = None,
        late_at: datetime | None = None,
        due_at: datetime | None = None,
        receivers: Collection[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> Sequence[Delivery]:
        """Reports, the oldest first."""
        where = _Where(limit=limit)
        where.equal("d.key", key)
        where.equal("d.decision_id", decision_id)
        if state is not None:
            where.literal("d.state", state)
        if late_at is not None:
            where.literal("d.state", DeliveryState.WAITING)
            where.add("d.send_by < :late_at", late_at=stamped(late_at))
        if due_at is not None:
            where.literal("d.state", DeliveryState.WAITING)
            where.add("d.send_from <= :due_at", due_at=stamped(due_at))
        if receivers is not None:
            where.among("d.receiver", receivers or [""])
        if since is not None:
            where.add("d.reported_at >= :since", since=stamped(since))
        if until is not None:
            where.add("d.reported_at < :until", until=stamped(until))
        # In the order of the rows, unless few of many are wanted: those an index finds, and they are sorted.
        return self._deliveries(where, "d.sequence" if late_at is None else "+d.sequence")

    def duties(
        self,
        *,
        decision_id: str | None = None,
        states: Collection[DutyState] = (),
        penalty: bool | None = None,
        listing: str | None = None,
        overdue_on: date | None = None,
        ended_on: date | None = None,
        limit: int = 1000,
    ) -> Sequence[Duty]:
        """Measures and what became of them, the oldest first."""
        where = _Where(limit=limit)
        where.add("state <> 'advised'")
        if decision_id is not None:  # where they stand now: a decision on the same matter may have taken them over
            stands = "SELECT s.bearer, s.measure FROM duties s WHERE s.decision_id = :decision_id"
            where.add(f"(decision_id, measure) IN ({stands})", decision_id=decision_id)
        where.equal("penalty", None if penalty is None else int(penalty))
        if states:
            # Our own words stand in the statement, as indexes over some states alone are found only so.
            first, *more = sorted(repr(DutyState(state).value) for state in states)
            where.add(f"state IN ({', '.join([first, *more])})" if more else f"state = {first}")
            if DutyState.DUE in states and _PENDING.issuperset(states):
                where.add("pending = 1")
        if listing is not None:
            behind = "SELECT b.decision_id, b.measure FROM behind b WHERE b.listing = :listing"
            where.add(f"(decision_id, measure) IN ({behind})", listing=listing)
        if overdue_on is not None:
            where.add(f"pending = 1 AND {sql.LEFT_OPEN} AND due_on IS NOT NULL AND due_on < :overdue_on")
            where.parameters["overdue_on"] = overdue_on.isoformat()
        if ended_on is not None:
            where.add("until IS NOT NULL AND until < :ended_on", ended_on=ended_on.isoformat())
        return [_duty(row) for row in self._rows(sql.DUTIES.format(where=where), where.parameters)]

    def open_decisions(self, *, after: str | None = None, limit: int = 1000) -> Sequence[KeptDecision]:
        """Decisions that are still open, the oldest first."""
        place = 0 if after is None else self._place(after)
        return [_decision(row) for row in self._rows(sql.OPEN_DECISIONS, {"after": place, "limit": limit})]

    def counts(self, since: datetime, until: datetime, now: datetime) -> Sequence[Counts]:
        """The numbers of a period, by domain and action."""
        today = shanghai_day(now).isoformat()
        period = {"since": stamped(since), "until": stamped(until), "now": stamped(now), "today": today}
        found: dict[tuple[str, str], dict[str, Any]] = defaultdict(dict)
        for names, statement in sql.COUNTS.items():
            for domain, action, *numbers in self._rows(statement, _named_in(statement, period)):
                # PostgreSQL gives sums as decimals.
                found[domain, action].update(zip(names, (int(number or 0) for number in numbers), strict=True))
        for domain, action, why, count in self._rows(sql.REASONS, _named_in(sql.REASONS, period)):
            found[domain, action].setdefault("reasons", {})[why] = int(count)
        for values in found.values():
            values["checks_due"] = values.get("checks_done", 0) + values.pop("missed", 0)
        return [Counts(domain, action, **values) for (domain, action), values in sorted(found.items())]

    def note(self, name: str) -> str | None:
        """A value of the store's own housekeeping."""
        return next((str(value) for (value,) in self._rows(sql.NOTE, {"name": name})), None)

    def damaged(self) -> Sequence[tuple[int, str]]:
        """Entries that the views lack: their sequence, and what is wrong with each.

        ``crc``: it is not as it was written; ``page``: it cannot be read; ``gone``: it is not there; ``body``, ``version``: it
        can be read, but this version does not know what it means.
        """
        return [(int(sequence), str(what)) for sequence, what in self._rows(sql.DAMAGED, {})]

    def damage(self) -> dict[str, int]:
        """How many entries the views lack, by what is wrong with them; see :meth:`damaged`."""
        return {str(what): int(count) for what, count in self._rows(sql.DAMAGE, {})}

    def _deliveries(self, where: _Where, order: str) -> list[Delivery]:
        rows = self._rows(sql.DELIVERIES.format(where=where, order=order), where.parameters)
        return [_delivery(row, self._stored(row[_OF_DELIVERY:])) for row in rows]

    def _claimed(self, keys: Iterable[str]) -> list[Delivery]:
        """Reports that were claimed just now, the oldest first."""
        keys = list(keys)
        if not keys:
            return []
        where = _Where(limit=len(keys))
        where.among("d.key", keys)
        return self._deliveries(where, "d.next_at, d.sequence")

    def _place(self, decision_id: str) -> int:
        """The decision's place; 0 if there is none such, as nothing comes before it."""
        return next((int(row[0]) for row in self._rows(sql.SEQUENCE_OF_DECISION, {"id": decision_id})), 0)

    def _stored(self, row: Row) -> Stored:
        return read_entry(row, self.name)


_OF_DELIVERY = 15  # columns of a delivery, before those of its entry
_PENDING = frozenset({DutyState.DUE, DutyState.RELEASE_DUE})


class _Where:
    """The conditions of a question, and what stands in them."""

    def __init__(self, **parameters: object) -> None:
        self.parameters: dict[str, object] = parameters
        self._conditions: list[str] = []

    def add(self, condition: str, **parameters: object) -> None:
        self._conditions.append(condition)
        self.parameters.update(parameters)

    def equal(self, column: str, value: object) -> None:
        if value is not None:
            name = column.rpartition(".")[2]
            self.add(f"{column} = :{name}", **{name: value})

    def literal(self, column: str, word: str) -> None:
        """One of our own words: an index over such rows alone is found only by a word that stands in the statement."""
        self.add(f"{column} = '{DeliveryState(word).value}'")

    def among(self, column: str, values: Collection[str]) -> None:
        if values:
            names = {f"v{number}": str(value) for number, value in enumerate(values)}
            self.add(f"{column} IN ({', '.join(f':{name}' for name in names)})", **names)

    def __str__(self) -> str:
        return " AND ".join(self._conditions) or "1 = 1"


def claim_parameters(worker: str, now: datetime, lease: float, limit: int) -> dict[str, object]:
    """The parameters of :data:`~credit_sdk.ledger._statements.CLAIM`."""
    until, horizon = now + timedelta(seconds=lease), now + timedelta(seconds=2 * lease)
    moments = {"now": stamped(now), "until": stamped(until), "horizon": stamped(horizon)}
    return {"worker": worker, "limit": limit, **moments}


def claim_statement(receivers: Collection[str] | None, locking: str = "") -> tuple[str, dict[str, object]]:
    """:data:`~credit_sdk.ledger._statements.CLAIM` for these receivers, and the parameters that they need."""
    where = _Where()
    if receivers is not None:
        where.among("receiver", receivers)
        if not receivers:
            where.add("1 = 0")
    return sql.CLAIM.format(receivers=f"AND {where}", locking=locking), where.parameters


def read_entry(row: Row, name: str) -> Stored:
    """An entry from its row.

    :raises LedgerDamaged: it is not as it was written.
    """
    sequence, id, at, kind, decision_id, body, crc = row
    entry = Entry(id, at, kind, decision_id, body)
    if not _as_written(entry, crc):
        raise LedgerDamaged(
            f"台账第 {sequence} 条与写入时不一致, 其余各条仍可读; 运行 credit ledger repair 修复",
            f"entry {sequence} of the ledger is not as it was written; all others can be read; run `credit ledger repair`",
            file=name,
        )
    return Stored(int(sequence), entry)


def damaged_text(name: str) -> LedgerDamaged:
    """The error for a text that is not as it was kept."""
    return LedgerDamaged(
        "台账中一份存底文本与写入时不一致, 其余仍可读; 运行 credit ledger repair 修复",
        "a text kept in the ledger is not as it was written; all else can be read; run `credit ledger repair`",
        file=name,
    )


def _as_written(entry: Entry, crc: object) -> bool:
    try:
        return entry_crc(entry) == crc
    except ValueError:
        return False


def _named_in(statement: str, parameters: Mapping[str, object]) -> dict[str, object]:
    # Some drivers refuse parameters that the statement does not name.
    return {name: value for name, value in parameters.items() if f":{name}" in statement}


def _decision(row: Row) -> KeptDecision:
    decision_id, at, domain, action, effect, blocking, must_check, degraded, shadow, service, question = row
    return KeptDecision(
        decision_id=decision_id,
        at=datetime.fromisoformat(at),
        domain=domain,
        action=action,
        effect=Effect(effect),
        blocking=bool(blocking),
        must_check=bool(must_check),
        degraded=bool(degraded),
        shadow=bool(shadow),
        service=service,
        question=question,
    )


def _delivery(row: Row, stored: Stored) -> Delivery:
    key, decision_id, receiver, domain, state, *moments, attempts, fault, words, receipt, delivered_at, claimed = row[
        :_OF_DELIVERY
    ]
    reported_at, send_from, send_by, next_at = moments
    return Delivery(
        key=key,
        decision_id=decision_id,
        receiver=receiver,
        domain=domain,
        outcome=json.dumps(json.loads(stored.entry.body)["outcome"], ensure_ascii=False),
        state=DeliveryState(state),
        reported_at=datetime.fromisoformat(reported_at),
        send_from=datetime.fromisoformat(send_from),
        send_by=_moment(send_by),
        next_at=datetime.fromisoformat(next_at),
        attempts=attempts,
        fault=fault,
        words=words,
        receipt=receipt,
        delivered_at=_moment(delivered_at),
        claimed_until=_moment(claimed),
    )


def _duty(row: Row) -> Duty:
    decision_id, measure, name, penalty, force, type, state, domain, action, decided_at, listings, *rest = row
    until, due_on, provisional, name_en, reason = rest
    return Duty(
        decision_id=decision_id,
        measure=measure,
        name=name,
        penalty=bool(penalty),
        force=Force(force),
        type=type,
        state=DutyState(state),
        domain=domain,
        action=action,
        decided_at=datetime.fromisoformat(decided_at),
        listings=tuple(json.loads(listings)),
        until=_day(until),
        due_on=_day(due_on),
        provisional=bool(provisional),
        reason=reason,
        name_en=name_en,
    )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
