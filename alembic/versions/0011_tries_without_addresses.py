"""Attempts are counted under keyed hashes. E-mail and network addresses stored before are deleted."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("DELETE FROM throttle")  # windows last an hour at most: counting starts anew


def downgrade() -> None:
    pass
