"""What follows from the entries."""

from __future__ import annotations

from alembic import context, op

from credit_sdk.ledger._postgres_views import rebuild

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the views, and derive them."""
    rebuild(op.get_bind(), context.config.attributes["schema"])
