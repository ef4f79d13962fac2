"""The topic of a chat in which to answer, and the format and columns of the file to answer."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE telegram_replies ADD COLUMN thread_id bigint, ADD COLUMN sheet bytea")
    op.execute(
        "COMMENT ON COLUMN telegram_replies.thread_id IS 'The chat''s topic in which the person wrote'"
    )
    op.execute(
        "COMMENT ON COLUMN telegram_replies.sheet IS "
        "'JSON text: what a batch''s answer takes from its file, until it is sent'"
    )


def downgrade() -> None:
    op.execute("ALTER TABLE telegram_replies DROP COLUMN thread_id, DROP COLUMN sheet")
