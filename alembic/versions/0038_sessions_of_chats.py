"""The chat that began a session."""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE refresh_tokens ADD COLUMN chat_id bigint")
    op.execute("COMMENT ON COLUMN refresh_tokens.chat_id IS 'The chat that signed the browser in'")


def downgrade() -> None:
    op.execute("ALTER TABLE refresh_tokens DROP COLUMN chat_id")
