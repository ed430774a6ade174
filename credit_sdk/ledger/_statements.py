"""What is said to the database, in SQL that SQLite and PostgreSQL both speak; parameters are ``:names``.

:data:`INSERTS` and :data:`UPDATES` keep the views up, by the names that :mod:`credit_sdk.ledger._projection` gives them;
the rest are the questions that :class:`credit_sdk.ledger._views.SqlViews` asks.
"""

# ruff: noqa: S608 - statements are put together from our own words; values are parameters
from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# ------------------------------------------------------------------------------------------------ keeping views up

_ROWS = {
    "placed": "sequence kind decision_id",
    "damaged": "sequence what",
    "decision": "sequence decision_id at domain action effect blocking must_check degraded shadow service question mark "
    "matter",
    "undecided": "sequence at domain action must_check question mark error fault",
    "mark": "mark sequence",
    "used": "listing sequence",
    "duty": "sequence position decision_id measure name penalty force type state domain action decided_at listings until "
    "due_on provisional asked pending bearer name_en",
    "behind": "listing decision_id measure",
    "delivery": "key sequence decision_id receiver domain action what state reported_at send_from send_by next_at",
}
_TABLES = {
    "decision": "decisions", "mark": "marks", "duty": "duties", "delivery": "deliveries",
}  # fmt: skip


def _insert(table: str, columns: list[str]) -> str:
    values = ", ".join(f":{column}" for column in columns)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values}) ON CONFLICT DO NOTHING"


INSERTS: Mapping[str, str] = MappingProxyType(
    {name: _insert(_TABLES.get(name, name), columns.split()) for name, columns in _ROWS.items()}
)
"""Rows that an entry brings along. They touch no other row, so that many entries' may go in together, before the updates."""

# A measure that leaves something open, or restricts on, is not done with when it is carried out.
_GOES_ON = "CASE WHEN penalty = 1 OR due_on IS NOT NULL THEN 1 ELSE 0 END"
# What is said of a measure is said of the one that stands: another decision on the matter may have taken it over since.
_THIS_DUTY = (
    "WHERE measure = :measure AND decision_id = "
    "(SELECT bearer FROM duties WHERE decision_id = :decision_id AND measure = :measure)"
)
# The decisions on one matter: the first, and those made by asking again.
_EARLIER = (
    "SELECT o.matter FROM decisions o WHERE o.decision_id = :decision_id UNION "
    "SELECT m.decision_id FROM decisions o JOIN decisions m ON m.matter = o.matter "
    "WHERE o.decision_id = :decision_id AND m.again = 1 AND m.decision_id <> :fresh"
)
_ASKED_FOR = "measure IN (SELECT f.measure FROM duties f WHERE f.decision_id = :fresh)"
LEFT_OPEN = "(state = 'due' OR (state = 'executed' AND penalty = 0))"
"""What a day is set for: to carry a penalty out; of an incentive, to fulfil what it leaves open."""
_FREE = "claimed_by = NULL, claimed_until = NULL"

UPDATES: Mapping[str, str] = MappingProxyType(
    {
        # Later facts win, as long as the measure has not ended; one that has ended stays due for release.
        "executed": "UPDATE duties SET done = 'executed', why = NULL, "
        "state = CASE state WHEN 'release_due' THEN state ELSE 'executed' END, "
        f"pending = CASE state WHEN 'release_due' THEN 1 ELSE {_GOES_ON} END "
        f"{_THIS_DUTY} AND state IN ('due', 'advised', 'executed', 'declined', 'release_due')",
        "declined": "UPDATE duties SET state = 'declined', done = 'declined', why = :why, pending = 0 "
        f"{_THIS_DUTY} AND state IN ('due', 'advised', 'executed', 'declined', 'release_due')",
        "discharged": f"UPDATE duties SET state = 'discharged', pending = 0 {_THIS_DUTY} AND state = 'executed'",
        "release_due": "UPDATE duties SET state = 'release_due', release_why = :why, pending = 1 "
        f"{_THIS_DUTY} AND penalty = 1 AND state IN ('due', 'executed', 'release_due')",
        # The measure applies again: it stands as it did before its end.
        "release_void": "UPDATE duties SET state = CASE WHEN done IS NULL THEN 'due' ELSE 'executed' END, release_why = NULL "
        f"{_THIS_DUTY} AND state = 'release_due'",
        "released": f"UPDATE duties SET state = 'released', pending = 0 {_THIS_DUTY} AND state <> 'advised'",
        # A check made again for the same matter (`fresh`) is no further check,
        "again": "UPDATE decisions SET again = 1, matter = COALESCE("
        "(SELECT o.matter FROM decisions o WHERE o.decision_id = :decision_id), :decision_id) WHERE decision_id = :fresh "
        "AND NOT EXISTS (SELECT 1 FROM decisions o WHERE o.decision_id = :decision_id AND o.shadow = 1)",
        # takes over what was done already, or is waited for since the first; a restriction that was due for release is in
        # force again, and one that was lifted has to be carried out anew,
        "carried": "UPDATE duties AS f SET done = p.done, why = p.why, release_why = p.release_why, "
        "state = CASE WHEN p.state = 'due' THEN f.state WHEN p.state = 'release_due' AND f.asked = 1 "
        "THEN CASE WHEN p.done IS NULL THEN 'due' ELSE 'executed' END ELSE p.state END, pending = CASE WHEN p.state = 'due' THEN f.pending ELSE p.pending END, "
        "asked = CASE WHEN p.asked = 1 THEN 1 ELSE f.asked END, "
        "decided_at = CASE WHEN p.asked = 1 THEN p.decided_at ELSE f.decided_at END, "
        "due_on = COALESCE(p.due_on, f.due_on), "
        "provisional = CASE WHEN p.due_on IS NULL THEN f.provisional ELSE p.provisional END "
        "FROM duties AS p WHERE f.decision_id = :fresh AND f.state IN ('due', 'advised') AND p.measure = f.measure "
        f"AND p.decision_id IN ({_EARLIER}) AND p.bearer = p.decision_id "
        "AND (p.state IN ('executed', 'declined', 'discharged', 'release_due') OR (p.state = 'due' AND f.state = 'due'))",
        # stands for it from now on (what was lifted stays so, though what is said of it is said of the one that has to be
        # carried out anew),
        "taken_over": "UPDATE duties SET state = CASE state WHEN 'released' THEN state ELSE 'advised' END, "
        "asked = CASE state WHEN 'released' THEN asked ELSE 0 END, pending = 0, bearer = :fresh "
        f"WHERE decision_id IN ({_EARLIER}) AND {_ASKED_FOR}",
        # and leaves nothing due with those before it.
        "superseded": "UPDATE duties SET state = 'advised', asked = 0, pending = 0 "
        f"WHERE decision_id IN ({_EARLIER}) AND state = 'due'",
        # By another check of the same, what it does not ask for is not due any more either; what it does was asked for twice.
        "dropped": "UPDATE duties SET state = 'advised', asked = 0, pending = 0 "
        f"WHERE decision_id = :decision_id AND state = 'due' AND NOT ({_ASKED_FOR})",
        "settled": f"UPDATE duties SET due_on = :due_on, provisional = :provisional {_THIS_DUTY}",
        # The first receipt stays; whatever is heard of an outcome that was taken in changes nothing.
        "delivered": "UPDATE deliveries SET state = 'delivered', attempts = attempts + 1, receipt = :receipt, "
        f"delivered_at = :at, fault = NULL, words = NULL, {_FREE} WHERE key = :key AND state <> 'delivered'",
        "deferred": "UPDATE deliveries SET attempts = attempts + 1, next_at = :next_at, fault = :fault, words = :words, "
        f"{_FREE} WHERE key = :key AND state = 'waiting'",
        "refused": "UPDATE deliveries SET state = 'refused', attempts = attempts + 1, fault = :fault, words = :words, "
        f"{_FREE} WHERE key = :key AND state = 'waiting'",
        "requeued": f"UPDATE deliveries SET state = 'waiting', next_at = :next_at, {_FREE} "
        "WHERE key = :key AND state <> 'delivered'",
        "note": "INSERT INTO notes (name, value) VALUES (:name, :value) "
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
    }
)
"""What an entry changes in rows that others brought. In the entries' order."""

# ------------------------------------------------------------------------------------------------------- questions

_ENTRY = "e.sequence, e.id, e.at, e.kind, e.decision_id, e.body, e.crc"
ENTRY = f"SELECT {_ENTRY} FROM entries e WHERE e.id = :id"
ENTRIES = f"SELECT {_ENTRY} FROM entries e WHERE e.sequence > :after ORDER BY e.sequence LIMIT :limit"
PLACED = (
    f"SELECT {_ENTRY} FROM placed p JOIN entries e ON e.sequence = p.sequence WHERE {{where}} "
    "ORDER BY p.sequence {order} LIMIT :limit"
)
TEXT = "SELECT text, crc FROM texts WHERE digest = :digest"
NOTE = "SELECT value FROM notes WHERE name = :name"
DAMAGED = "SELECT sequence, what FROM damaged ORDER BY sequence"
DAMAGE = "SELECT what, count(*) FROM damaged GROUP BY what"

_DECISION = (
    "d.decision_id, d.at, d.domain, d.action, d.effect, d.blocking, d.must_check, d.degraded, d.shadow, d.service, "
    "d.question"
)
_SAME_QUESTION = (
    "SELECT 1 FROM marks m JOIN decisions d ON d.sequence = m.sequence WHERE m.mark = {one}.mark "
    "AND d.question = {one}.question AND d.domain = {one}.domain AND d.action = {one}.action AND d.shadow = 0"
)
DECISIONS = f"SELECT {_DECISION} FROM decisions d WHERE {{where}} ORDER BY d.sequence DESC LIMIT :limit"
# A fallback is open until the same was asked again and answered in full.
OPEN_DECISIONS = f"""
    SELECT {_DECISION} FROM decisions d JOIN (
        SELECT sequence FROM (
            SELECT DISTINCT sequence FROM duties WHERE pending = 1 AND sequence > :after ORDER BY sequence LIMIT :limit
        ) pending
        UNION
        SELECT sequence FROM (
            SELECT f.sequence FROM decisions f WHERE f.degraded = 1 AND f.shadow = 0 AND f.sequence > :after
            AND NOT EXISTS (
                {_SAME_QUESTION.format(one="f")} AND d.degraded = 0 AND d.sequence > f.sequence
            ) ORDER BY f.sequence LIMIT :limit
        ) fallbacks
    ) o ON o.sequence = d.sequence ORDER BY d.sequence LIMIT :limit
"""
SEQUENCE_OF_DECISION = "SELECT sequence FROM decisions WHERE decision_id = :id"

DUTIES = """
    SELECT decision_id, measure, name, penalty, force, type, state, domain, action, decided_at, listings, until, due_on,
        provisional, name_en, CASE WHEN state = 'release_due' THEN release_why WHEN state = 'declined' THEN why END
    FROM duties WHERE {where} ORDER BY sequence, position LIMIT :limit
"""

# With the entry, as it holds what is sent.
DELIVERIES = f"""
    SELECT d.key, d.decision_id, d.receiver, d.domain, d.state, d.reported_at, d.send_from, d.send_by, d.next_at,
        d.attempts, d.fault, d.words, d.receipt, d.delivered_at, d.claimed_until, {_ENTRY}
    FROM deliveries d JOIN entries e ON e.sequence = d.sequence WHERE {{where}} ORDER BY {{order}} LIMIT :limit
"""

# A claim that ends later than any claim made now could was made by a clock that has been put back since.
_UNCLAIMED = "(claimed_until IS NULL OR claimed_until <= :now OR claimed_until > :horizon)"
CLAIM = f"""
    UPDATE deliveries SET claimed_by = :worker, claimed_until = :until WHERE key IN (
        SELECT key FROM deliveries WHERE state = 'waiting' AND next_at <= :now AND {_UNCLAIMED} {{receivers}}
        ORDER BY next_at, sequence LIMIT :limit {{locking}}
    ) RETURNING key
"""
"""``locking``: what keeps two workers apart, where the database needs to be told."""
UNCLAIM = f"UPDATE deliveries SET {_FREE} WHERE claimed_by = :worker"
NEXT_FREE = (
    "SELECT next_at FROM deliveries WHERE state = 'waiting' AND (claimed_until IS NULL OR claimed_until <= :now) "
    "ORDER BY next_at, sequence LIMIT 1"
)
NEXT_CLAIMED = (
    "SELECT min(CASE WHEN claimed_until > next_at THEN claimed_until ELSE next_at END) FROM deliveries "
    "WHERE claimed_by IS NOT NULL AND state = 'waiting' AND claimed_until > :now"
)

# ----------------------------------------------------------------------------------------------------------- counts
# Each gives domain, action and some numbers, named as the fields of `Counts`.

_IN_PERIOD = "at >= :since AND at < :until"
COUNTS: Mapping[tuple[str, ...], str] = MappingProxyType(
    {
        ("checks", "restricted", "blocked", "priority", "shadow", "checks_done"): f"""
            SELECT domain, action, sum(1 - shadow), sum(CASE WHEN shadow = 0 AND effect = 'restrict' THEN 1 ELSE 0 END),
                sum(CASE WHEN shadow = 0 THEN blocking ELSE 0 END),
                sum(CASE WHEN shadow = 0 AND effect = 'priority' THEN 1 ELSE 0 END), sum(shadow),
                count(DISTINCT CASE WHEN shadow = 0 AND must_check = 1 THEN question END)
            FROM decisions WHERE again = 0 AND {_IN_PERIOD} GROUP BY domain, action
        """,
        ("missed",): f"""
            SELECT domain, action, count(DISTINCT question) FROM undecided u WHERE must_check = 1 AND {_IN_PERIOD}
            AND NOT EXISTS (
                {_SAME_QUESTION.format(one="u")} AND d.must_check = 1 AND d.again = 0 AND d.at >= :since AND d.at < :until
            ) GROUP BY domain, action
        """,
        ("undecided",): f"""
            SELECT domain, action, count(DISTINCT question) FROM undecided u WHERE {_IN_PERIOD} AND NOT EXISTS (
                {_SAME_QUESTION.format(one="u")} AND d.sequence > u.sequence
            ) GROUP BY domain, action
        """,
        ("measures_due", "executed", "declined"): """
            SELECT domain, action, count(*), sum(CASE WHEN done = 'executed' THEN 1 ELSE 0 END),
                sum(CASE WHEN done = 'declined' THEN 1 ELSE 0 END)
            FROM duties WHERE asked = 1 AND decided_at >= :since AND decided_at < :until GROUP BY domain, action
        """,
        ("overdue_obligations",): f"""
            SELECT domain, action, count(*) FROM duties
            WHERE pending = 1 AND due_on IS NOT NULL AND due_on < :today AND {LEFT_OPEN}
            GROUP BY domain, action
        """,
        ("overdue_releases",): """
            SELECT domain, action, count(*) FROM duties WHERE state = 'release_due' GROUP BY domain, action
        """,
        ("reports", "late_reports", "refused_reports", "overridden"): """
            SELECT domain, action, count(*),
                sum(CASE WHEN send_by < CASE WHEN state = 'delivered' THEN delivered_at ELSE :now END THEN 1 ELSE 0 END),
                sum(CASE WHEN state = 'refused' THEN 1 ELSE 0 END), sum(CASE WHEN what = 'override' THEN 1 ELSE 0 END)
            FROM deliveries WHERE reported_at >= :since AND reported_at < :until GROUP BY domain, action
        """,
    }
)
REASONS = """
    SELECT domain, action, why, count(*) FROM duties
    WHERE asked = 1 AND done = 'declined' AND decided_at >= :since AND decided_at < :until AND why IS NOT NULL
    GROUP BY domain, action, why
"""
