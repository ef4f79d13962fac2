"""The number of classes that the answers of a prediction list."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

COMMENT = "How many classes each answer lists; null: as many as are set"


def upgrade() -> None:
    op.execute("ALTER TABLE predictions ADD COLUMN top smallint")
    op.execute(f"COMMENT ON COLUMN predictions.top IS '{COMMENT}'")


def downgrade() -> None:
    op.execute("ALTER TABLE predictions DROP COLUMN top")
