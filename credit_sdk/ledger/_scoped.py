"""Statements of :mod:`credit_sdk.ledger._statements` for PostgreSQL: in the ledger's own schema, and for one service.

The caller's own connection may have any search path, so that every table is named in full. Several services' ledgers share
the tables: rows say whose they are (``kept_by``), and a service's questions see its own only. PostgreSQL merges the queries
that are put before a question into it: they cost nothing.
"""

from __future__ import annotations

import re
from functools import lru_cache

OWNED = ("entries", "decisions", "undecided", "duties", "deliveries")
"""Tables whose rows say whose they are; the others are reached through them."""
_OTHERS = ("placed", "damaged", "marks", "used", "behind", "notes", "texts", "version")

_INSERT = re.compile(r"INSERT INTO (\w+) \((.*?)\) VALUES \((.*?)\)(.*)", re.DOTALL)
_NAMED = re.compile(rf"\b(?:FROM|JOIN)\s+({'|'.join(OWNED + _OTHERS)})\b")
_READ = re.compile(_NAMED.pattern.replace("(?:", "(", 1))


def quoted(name: str) -> str:
    """A name as an identifier."""
    return '"' + name.replace('"', '""') + '"'


@lru_cache(maxsize=512)
def question(statement: str, schema: str, *, own: bool) -> str:
    """A ``SELECT`` for tables in ``schema``.

    :param own: only rows of the service ``:kept_by``.
    """
    named = dict.fromkeys(_NAMED.findall(statement))
    mine = " WHERE kept_by = :kept_by"
    seen = ", ".join(
        f"{table} AS NOT MATERIALIZED (SELECT * FROM {quoted(schema)}.{table}{mine if own and table in OWNED else ''})"  # noqa: S608 - our own names
        for table in named
    )
    return f"WITH {seen} {statement}"


@lru_cache(maxsize=512)
def change(statement: str, schema: str) -> str:
    """An ``INSERT`` or ``UPDATE`` for tables in ``schema``; rows that are made say whose they are: ``:kept_by``."""
    insert = _INSERT.fullmatch(statement)
    if insert is None:
        inner = _READ.sub(rf"\1 {quoted(schema)}.\2", statement)
        return re.sub(r"\A(UPDATE) (\w+)", rf"\1 {quoted(schema)}.\2", inner)
    table, columns, values, rest = insert.groups()
    if table in OWNED:
        columns, values = f"{columns}, kept_by", f"{values}, :kept_by"
    return f"INSERT INTO {quoted(schema)}.{table} ({columns}) VALUES ({values}){rest}"  # noqa: S608
