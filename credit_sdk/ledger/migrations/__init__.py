"""The tables of a ledger in PostgreSQL, version by version (Alembic). Run by :func:`credit_sdk.ledger.sql.migrate`.

Two kinds of tables, and two kinds of steps:

- ``entries`` and ``texts`` are what was written. A step may add to them; none ever changes or removes a row.
- All others are views, derived from the entries. A step that changes them calls ``rebuild`` of
  :mod:`credit_sdk.ledger._postgres_views`, which makes them as this package's code wants them, and derives them anew.

There is no way down: an older version reads what a newer one wrote only by chance.
"""

HEAD = "0004"
"""The version that this package's code works with."""

KNOWN = ("0001", "0002", "0003", "0004")
"""All versions, the oldest first."""
