"""What tells this ledger from others; and what follows from the entries, with checks made again for several."""

from __future__ import annotations

from alembic import context, op

from credit_sdk.ledger._postgres_views import rebuild

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the views anew, and derive them; name the ledger, where all may read it who may use it."""
    # In this order, as whoever writes takes `entries` before he looks at `version`.
    rebuild(op.get_bind(), context.config.attributes["schema"])
    op.execute("ALTER TABLE version ADD COLUMN ledger TEXT NOT NULL DEFAULT gen_random_uuid()")
