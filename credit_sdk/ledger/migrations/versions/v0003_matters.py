"""What follows from the entries, with checks made again for the same matter."""

from __future__ import annotations

from alembic import context, op

from credit_sdk.ledger._postgres_views import rebuild

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the views anew, and derive them."""
    rebuild(op.get_bind(), context.config.attributes["schema"])
