"""Writing into the ledger's tables in PostgreSQL: entries, and the views that follow from them, in one transaction.

There is no watermark as in SQLite: transactions commit in another order than they took their numbers, so whoever reads "all
entries after the last one seen" would miss some for ever. So every transaction brings the views up by its own entries.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from credit_sdk.ledger import _schema, _scoped
from credit_sdk.ledger._crc import entry_crc
from credit_sdk.ledger._postgres_faults import OtherVersionError, unfit
from credit_sdk.ledger._projection import project, unreadable
from credit_sdk.ledger._statements import INSERTS, UPDATES
from credit_sdk.ports.ledger import Entry, Stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection, TextClause

    from credit_sdk.ledger._projection import Change


_AT_ONCE = 1000

# The rows go in in the order of the array, so that an entry's number says when it was given. What is there already is left
# alone, and is not given back: its views are there, too.
_ENTRIES = """
    INSERT INTO {schema}.entries (id, at, kind, decision_id, body, crc, kept_by)
    SELECT id, at, kind, decision_id, body, crc, :kept_by FROM unnest(
        CAST(:id AS text[]), CAST(:at AS text[]), CAST(:kind AS text[]), CAST(:decision_id AS text[]),
        CAST(:body AS text[]), CAST(:crc AS bigint[])
    ) WITH ORDINALITY AS given (id, at, kind, decision_id, body, crc, place)
    ORDER BY place ON CONFLICT (id) DO NOTHING RETURNING sequence, id, (SELECT version_num FROM {schema}.version)
"""

# Whoever says something of a measure looks at where it stands, which those say who say something of the same matter: one
# after the other, each seeing what the one before committed. In one order for all, so that nobody waits in a circle.
_TURNS = """
    SELECT pg_advisory_xact_lock(turn) FROM (
        SELECT DISTINCT hashtextextended(matter, hashtext(:schema)) AS turn FROM {schema}.decisions
        WHERE decision_id = ANY(CAST(:ids AS text[])) ORDER BY turn
    ) turns
"""
_ON_DUTIES = frozenset(
    name for name, statement in UPDATES.items() if statement.startswith(("UPDATE duties", "UPDATE decisions"))
)

# Two workers ask at once; neither waits for the other. The rows are picked in a step of their own, as PostgreSQL may
# otherwise pick again for every row that it updates.
_CLAIM = """
    WITH picked AS MATERIALIZED (
        SELECT key FROM {schema}.deliveries WHERE state = 'waiting' AND next_at <= :now
        AND (claimed_until IS NULL OR claimed_until <= :now OR claimed_until > :horizon){more}
        ORDER BY next_at, sequence LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    UPDATE {schema}.deliveries d SET claimed_by = :worker, claimed_until = :until FROM picked
    WHERE d.key = picked.key RETURNING d.key, (SELECT version_num FROM {schema}.version)
"""

_GRANTED = """
    SELECT c.relname, a.privilege_type, a.is_grantable,
        CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
    FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a
    WHERE c.relnamespace = to_regnamespace(:schema) AND c.relname = ANY(:tables) AND a.grantee <> c.relowner
"""


@lru_cache(maxsize=1024)
def spoken(statement: str) -> TextClause:
    """A statement, taken apart once."""
    return text(statement)


class Changes(NamedTuple):
    """What one entry changes."""

    sequence: int
    changes: Sequence[Change]
    kept_by: str


class UnfitError(Exception):
    """An entry brings a view a value of the wrong kind. Only one by one can it be told which."""


def write(
    connection: Connection,
    entries: Sequence[Entry],
    sums: Sequence[int],
    *,
    schema: str,
    version: str,
    kept_by: str,
    one_by_one: bool = False,
) -> frozenset[str]:
    """Write entries and what follows from them; those that are there already change nothing.

    :param sums: the entries' check sums.
    :param version: that of the tables that this code knows.
    :param one_by_one: leave out of the views what does not fit, and note it as damaged; it takes a savepoint for each entry.
    :returns: ids of those that were there already.
    :raises UnfitError: something does not fit; the transaction has failed.
    :raises OtherVersionError: the tables were migrated since they were looked at; the transaction is to be rolled back.
    """
    columns: dict[str, Any] = {name: [getattr(one, name) for one in entries] for name in Entry._fields}
    columns |= {"crc": list(sums), "kept_by": kept_by}
    statement = spoken(_ENTRIES.format(schema=_scoped.quoted(schema)))
    written: dict[str, int] = {}
    # Told with the rows: a migration holds `entries` until it commits, so that nobody's views are made by both.
    for sequence, id, found in connection.execute(statement, columns):
        _check_version(found, version)
        written[id] = sequence
    there = frozenset(one.id for one in entries if one.id not in written)
    changes = []
    for one in entries:
        sequence = written.pop(one.id, None)
        if sequence is not None:
            changes.append(Changes(sequence, project(Stored(sequence, one)), kept_by))
    _take_turns(connection, changes, schema)
    if one_by_one:
        _apply_what_fits(connection, changes, schema)
    else:
        _apply(connection, changes, schema)
    return there


def claim(connection: Connection, parameters: dict[str, Any], *, schema: str, version: str, more: str) -> list[str]:
    """Claim reports; their keys, in any order.

    :param version: as for :func:`write`.
    :param more: further conditions.
    :raises OtherVersionError: as for :func:`write`.
    """
    statement = spoken(_CLAIM.format(schema=_scoped.quoted(schema), more=more))
    keys = []
    for key, found in connection.execute(statement, parameters):
        _check_version(found, version)
        keys.append(key)
    return keys


def _check_version(found: str | None, known: str) -> None:
    if found != known:
        raise OtherVersionError(found)


def _take_turns(connection: Connection, several: Sequence[Changes], schema: str) -> None:
    """Wait for those who say something of the same matters, until they have committed or rolled back."""
    named = (
        change.parameters.get(name)
        for _, changes, _ in several
        for change in changes
        if change.statement in _ON_DUTIES
        for name in ("decision_id", "fresh")
    )
    ids = {id.replace("\0", "\ufffd") for id in named if isinstance(id, str)}
    if ids:
        statement = spoken(_TURNS.format(schema=_scoped.quoted(schema)))
        connection.execute(statement, {"ids": list(ids), "schema": schema})


def rebuild(connection: Connection, schema: str) -> None:
    """Make the views anew, as this code wants them, from all entries. Who was granted what on them keeps it.

    Whoever writes meanwhile waits: an entry of his would be left out.
    """
    name = _scoped.quoted(schema)
    connection.execute(text(f"SET LOCAL search_path TO {name}"))
    connection.execute(text("LOCK TABLE entries IN EXCLUSIVE MODE"))
    granted = connection.execute(text(_GRANTED), {"schema": name, "tables": list(_schema.VIEW_TABLES)}).all()
    for statement in (*_schema.without_views(), *_schema.views(_schema.POSTGRESQL)):
        connection.execute(text(statement))
    for table in _scoped.OWNED:
        if table != "entries":
            connection.execute(text(f"ALTER TABLE {table} ADD COLUMN kept_by TEXT COLLATE \"C\" NOT NULL DEFAULT ''"))
    connection.execute(
        text("CREATE INDEX deliveries_of_service ON deliveries (kept_by, next_at, sequence) WHERE state = 'waiting'")
    )
    for table, privilege, passes_on, whom in granted:
        more = " WITH GRANT OPTION" if passes_on else ""
        connection.execute(text(f"GRANT {privilege} ON {_scoped.quoted(table)} TO {whom}{more}"))
    after = 0
    rows = text(
        "SELECT sequence, id, at, kind, decision_id, body, crc, kept_by FROM entries "
        "WHERE sequence > :after ORDER BY sequence LIMIT :limit"
    )
    while found := connection.execute(rows, {"after": after, "limit": _AT_ONCE}).all():
        changes = []
        for sequence, *fields, crc, kept_by in found:
            entry = Entry(*fields)
            known = project(Stored(sequence, entry)) if entry_crc(entry) == crc else unreadable(sequence, "crc")
            changes.append(Changes(sequence, known, kept_by))
        _apply_what_fits(connection, changes, schema)
        after = found[-1][0]


def _apply_what_fits(connection: Connection, several: Sequence[Changes], schema: str) -> None:
    """Apply all of them together; if one does not fit, one by one without that one."""
    if not several:
        return
    try:
        with connection.begin_nested():
            _apply(connection, several, schema)
    except UnfitError:
        if len(several) == 1:
            (sequence, changes, kept_by), noted = several[0], unreadable(several[0].sequence, "body")
            _apply(connection, [Changes(sequence, [changes[0], *noted], kept_by)], schema)  # it can be found, at least
        else:
            for one in several:
                _apply_what_fits(connection, [one], schema)


def _apply(connection: Connection, several: Sequence[Changes], schema: str) -> None:
    inserts: dict[str, list[dict[str, Any]]] = {name: [] for name in INSERTS}
    updates: list[tuple[str, dict[str, Any]]] = []
    for _, changes, kept_by in several:
        for name, parameters in changes:
            row = without_nul(dict(parameters))
            if not all(value is None or isinstance(value, str | int) for value in row.values()):
                raise UnfitError  # PostgreSQL would make text of a list
            if name in INSERTS:
                inserts[name].append({**row, "kept_by": kept_by})
            else:
                if name == "note":
                    row["name"] = own_note(row["name"], kept_by)
                updates.append((name, row))
    try:
        for name, rows in inserts.items():
            if rows:
                connection.execute(spoken(_scoped.change(INSERTS[name], schema)), rows)
        for name, run in groupby(updates, key=lambda update: update[0]):
            connection.execute(spoken(_scoped.change(UPDATES[name], schema)), [row for _, row in run])
    except DBAPIError as error:
        if unfit(error):
            raise UnfitError from None
        raise


def own_note(name: str, kept_by: str) -> str:
    """A note's name for one service: each follows the change feed for itself."""
    return f"{kept_by}/{name}" if kept_by else name


def without_nul(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters as PostgreSQL takes them: it has no NUL in text, which JSON, and somebody's reason, may have."""
    for name, value in parameters.items():
        if isinstance(value, str) and "\0" in value:
            parameters[name] = value.replace("\0", "\ufffd")
    return parameters
