"""The oldest secret of a webhook that still signs after several rotations."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE webhooks ADD COLUMN oldest_signing integer")
    op.execute(
        "COMMENT ON COLUMN webhooks.oldest_signing "
        "IS 'The number of the oldest secret that signs during an overlap'"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE webhooks DROP COLUMN oldest_signing")
