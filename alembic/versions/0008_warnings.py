"""Warnings about predicted rows."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE predictions ADD COLUMN warnings bytea")
    op.execute(
        "COMMENT ON COLUMN predictions.warnings IS "
        "'JSON text: row, field, code and count of each; null where there are none'"
    )
    op.execute(
        "COMMENT ON COLUMN predictions.errors IS "
        "'JSON text: row, field and code of each; null where there are none'"
    )


def downgrade() -> None:
    op.execute("COMMENT ON COLUMN predictions.errors IS 'JSON text; null where it is an empty array'")
    op.execute("ALTER TABLE predictions DROP COLUMN warnings")
