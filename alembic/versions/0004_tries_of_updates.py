"""The number of processes that an update may have crashed, and an index of the updates that wait."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE telegram_updates ADD COLUMN tries integer NOT NULL DEFAULT 0")
    op.execute(
        "COMMENT ON COLUMN telegram_updates.tries IS "
        "'How many processes took it up again and ended while it was under way'"
    )
    op.execute("CREATE INDEX telegram_updates_waiting_idx ON telegram_updates (id) WHERE payload IS NOT NULL")


def downgrade() -> None:
    op.execute("DROP INDEX telegram_updates_waiting_idx")
    op.execute("ALTER TABLE telegram_updates DROP COLUMN tries")
