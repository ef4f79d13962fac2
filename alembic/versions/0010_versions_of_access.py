"""Which access tokens of an account are valid."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE users ADD COLUMN access_version integer NOT NULL DEFAULT 0")
    op.execute("COMMENT ON COLUMN users.access_version IS 'Access tokens of another version are not valid'")


def downgrade() -> None:
    op.execute("ALTER TABLE users DROP COLUMN access_version")
