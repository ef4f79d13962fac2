"""An index of webhooks that fail, for the operator's desk."""

from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX webhooks_failing_idx ON webhooks (id)
        WHERE disabled_why IN ('gone', 'failing') OR (disabled_why IS NULL AND failing_since IS NOT NULL)
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX webhooks_failing_idx")
