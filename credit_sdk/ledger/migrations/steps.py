"""The steps from one version of the tables to the next, run by Alembic on a connection that is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from credit_sdk.ledger._scoped import quoted
from credit_sdk.ledger.migrations import KNOWN

if TYPE_CHECKING:
    from sqlalchemy import Connection


def upgrade(connection: Connection, schema: str, version: str) -> bool:
    """Run the steps that are missing, in the connection's transaction; ``False``: the tables are newer than all known here."""
    name = quoted(schema)
    # One at a time, whatever machine they run on; the others find nothing left to do.
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:key))"), {"key": f"credit-ledger {schema}"})
    # `IF NOT EXISTS` would ask for the right to create even where it exists.
    if connection.execute(text("SELECT to_regnamespace(:name)"), {"name": name}).scalar() is None:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    connection.execute(text(f"SET LOCAL search_path TO {name}"))
    if connection.execute(text("SELECT to_regclass(:name)"), {"name": f"{name}.version"}).scalar() is not None:
        found = connection.execute(text(f"SELECT version_num FROM {name}.version")).scalar()  # noqa: S608 - our own name
        if found is not None and found not in KNOWN:
            return False
    config = Config(attributes={"connection": connection, "schema": schema})
    config.set_main_option("script_location", "credit_sdk.ledger:migrations")
    command.upgrade(config, version)
    return True
