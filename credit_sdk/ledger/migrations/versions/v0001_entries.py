"""What is written: entries and texts."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of facts. Spelled out here, as a row that was written once keeps its form."""
    op.execute(
        """
        CREATE TABLE entries (
            sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id TEXT COLLATE "C" NOT NULL UNIQUE,
            at TEXT COLLATE "C" NOT NULL, kind TEXT COLLATE "C" NOT NULL, decision_id TEXT COLLATE "C",
            body TEXT COLLATE "C" NOT NULL, crc BIGINT NOT NULL, kept_by TEXT COLLATE "C" NOT NULL DEFAULT ''
        )
        """
    )
    op.execute(
        """
        CREATE TABLE texts (digest TEXT COLLATE "C" PRIMARY KEY, text TEXT COLLATE "C" NOT NULL, crc BIGINT NOT NULL)
        """
    )
