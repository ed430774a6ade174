"""The ledger's tables, in SQL that SQLite and PostgreSQL both speak.

Facts are what was written: ``entries`` and ``texts``. Views are what follows from them; they are made anew whenever their
tables change, so that a new version of the SDK never has to convert one.

Moments are text (``+08:00``, milliseconds), days are text, booleans are 0 and 1, lists are JSON in text.
"""

from __future__ import annotations

from typing import NamedTuple


class Dialect(NamedTuple):
    """Where the two differ."""

    place: str
    """Type of ``entries.sequence``."""
    text: str
    """Text that is compared byte by byte."""
    keyed: str
    """What makes a table one with its primary key, if that is to be asked for."""


SQLITE = Dialect(place="INTEGER PRIMARY KEY", text="TEXT", keyed="WITHOUT ROWID")
POSTGRESQL = Dialect(place="BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", text='TEXT COLLATE "C"', keyed="")

_FACTS = (
    # `crc` tells whether a row is as it was written, see `credit_sdk.ledger._crc`. The unique id is the only index: each
    # further one would be paid by every write.
    """CREATE TABLE entries (
        sequence {place}, id {text} NOT NULL UNIQUE, at {text} NOT NULL, kind {text} NOT NULL, decision_id {text},
        body {text} NOT NULL, crc BIGINT NOT NULL
    )""",
    "CREATE TABLE texts (digest {text} PRIMARY KEY, text {text} NOT NULL, crc BIGINT NOT NULL)",
)

_VIEWS = (
    # Where entries are found by decision and by kind.
    "CREATE TABLE placed (sequence BIGINT PRIMARY KEY, kind {text} NOT NULL, decision_id {text})",
    "CREATE INDEX placed_by_decision ON placed (decision_id, sequence) WHERE decision_id IS NOT NULL",
    "CREATE INDEX placed_by_kind ON placed (kind, sequence)",
    # Entries that are not as they were written, and entries that mean nothing.
    "CREATE TABLE damaged (sequence BIGINT PRIMARY KEY, what {text} NOT NULL)",
    # `mark`: a fallback's first mark, by which those are found who asked the same `question` since. An index of questions
    # would cost more than all the others, as they come in no order.
    """CREATE TABLE decisions (
        sequence BIGINT PRIMARY KEY, decision_id {text} NOT NULL UNIQUE, at {text} NOT NULL, domain {text} NOT NULL,
        action {text} NOT NULL, effect {text} NOT NULL, blocking INTEGER NOT NULL, must_check INTEGER NOT NULL,
        degraded INTEGER NOT NULL, shadow INTEGER NOT NULL, service {text}, question {text} NOT NULL,
        mark {text} NOT NULL, matter {text} NOT NULL, again INTEGER NOT NULL DEFAULT 0
    )""",
    "CREATE INDEX decisions_by_time ON decisions (at)",
    # Checks made again: `matter` is the first decision's id.
    "CREATE INDEX decisions_again ON decisions (matter) WHERE again = 1",
    "CREATE INDEX decisions_degraded ON decisions (sequence) WHERE degraded = 1 AND shadow = 0",
    """CREATE TABLE undecided (
        sequence BIGINT PRIMARY KEY, at {text} NOT NULL, domain {text} NOT NULL, action {text} NOT NULL,
        must_check INTEGER NOT NULL, question {text} NOT NULL, mark {text} NOT NULL, error {text}, fault {text}
    )""",
    "CREATE INDEX undecided_by_time ON undecided (at)",
    # By which subjects and listings a decision is found.
    "CREATE TABLE marks (mark {text}, sequence BIGINT, PRIMARY KEY (mark, sequence)) {keyed}",
    "CREATE TABLE used (listing {text}, sequence BIGINT, PRIMARY KEY (listing, sequence)) {keyed}",
    # `state` is a DutyState, or `advised`: offered, not asked for, and no duty until somebody acts on it.
    # `done` says what was reported of it, whatever came later; `pending` whether somebody still has to do something.
    # `bearer` is the decision under which the measure stands now: its own, or one on the same matter that took it over.
    # `decided_at`: when it was asked for first.
    """CREATE TABLE duties (
        sequence BIGINT NOT NULL, position INTEGER NOT NULL, decision_id {text}, measure {text}, name {text} NOT NULL,
        penalty INTEGER NOT NULL, force {text} NOT NULL, type {text} NOT NULL, state {text} NOT NULL,
        domain {text} NOT NULL, action {text} NOT NULL, decided_at {text} NOT NULL, listings {text} NOT NULL,
        until {text}, due_on {text}, provisional INTEGER NOT NULL, asked INTEGER NOT NULL, done {text}, why {text},
        release_why {text}, pending INTEGER NOT NULL, bearer {text} NOT NULL, name_en {text}, PRIMARY KEY (decision_id, measure)
    ) {keyed}""",
    "CREATE INDEX duties_by_time ON duties (decided_at) WHERE asked = 1",
    "CREATE INDEX duties_in_order ON duties (sequence, position)",
    "CREATE INDEX duties_pending ON duties (sequence, position) WHERE pending = 1",
    "CREATE INDEX duties_due ON duties (due_on) WHERE pending = 1 AND due_on IS NOT NULL",
    "CREATE INDEX duties_until ON duties (until) WHERE until IS NOT NULL",
    "CREATE INDEX duties_to_release ON duties (sequence, position) WHERE state = 'release_due'",
    """CREATE TABLE behind (
        listing {text}, decision_id {text}, measure {text}, PRIMARY KEY (listing, decision_id, measure)
    ) {keyed}""",
    # Claims (`claimed_by`, `claimed_until`) are the one thing here that no entry says: losing them costs a repeat.
    """CREATE TABLE deliveries (
        key {text} PRIMARY KEY, sequence BIGINT NOT NULL, decision_id {text} NOT NULL, receiver {text} NOT NULL,
        domain {text} NOT NULL, action {text} NOT NULL, what {text} NOT NULL, state {text} NOT NULL,
        reported_at {text} NOT NULL, send_from {text} NOT NULL, send_by {text}, next_at {text} NOT NULL,
        attempts INTEGER NOT NULL DEFAULT 0, fault {text}, words {text}, receipt {text}, delivered_at {text},
        claimed_by {text}, claimed_until {text}
    ) {keyed}""",
    "CREATE INDEX deliveries_in_order ON deliveries (sequence)",
    "CREATE INDEX deliveries_by_time ON deliveries (reported_at)",
    "CREATE INDEX deliveries_by_decision ON deliveries (decision_id)",
    "CREATE INDEX deliveries_waiting ON deliveries (next_at, sequence) WHERE state = 'waiting'",
    "CREATE INDEX deliveries_claimed ON deliveries (claimed_by) WHERE claimed_by IS NOT NULL",
    "CREATE INDEX deliveries_refused ON deliveries (sequence) WHERE state = 'refused'",
    "CREATE INDEX deliveries_late ON deliveries (send_by) WHERE state = 'waiting' AND send_by IS NOT NULL",
    # How far the views have been brought (SQLite), the change feed's cursor.
    "CREATE TABLE notes (name {text} PRIMARY KEY, value {text} NOT NULL) {keyed}",
)

VIEW_TABLES = (
    "placed", "damaged", "decisions", "undecided", "marks", "used", "duties", "behind", "deliveries", "notes",
)  # fmt: skip
"""Tables that can be made anew from the entries."""


def facts(dialect: Dialect) -> tuple[str, ...]:
    """Statements that make the tables of facts."""
    return _for(dialect, _FACTS)


def views(dialect: Dialect) -> tuple[str, ...]:
    """Statements that make the views, empty."""
    return _for(dialect, _VIEWS)


def without_views() -> tuple[str, ...]:
    """Statements that take the views away."""
    return tuple(f"DROP TABLE IF EXISTS {name}" for name in VIEW_TABLES)


def _for(dialect: Dialect, statements: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(statement.format(**dialect._asdict()) for statement in statements)
