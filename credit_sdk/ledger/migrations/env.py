"""Alembic's environment: the connection, its transaction and the schema come from :func:`credit_sdk.ledger.sql.migrate`."""

from __future__ import annotations

from alembic import context

_given = context.config.attributes

context.configure(
    connection=_given["connection"],
    version_table="version",
    version_table_schema=_given["schema"],
    # One transaction for all steps, begun by the caller: a step that fails leaves nothing.
    transaction_per_migration=False,
)
context.run_migrations()
