"""Batches that came as files in a chat."""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

STATEMENTS = [
    """
    CREATE TABLE telegram_batches (
        batch_id uuid NOT NULL CONSTRAINT telegram_batches_pkey PRIMARY KEY
            CONSTRAINT telegram_batches_batch_id_fkey REFERENCES batches (id),
        chat_id bigint NOT NULL,
        message_id bigint NOT NULL,
        placeholder_id bigint NOT NULL,
        file_name text NOT NULL,
        thread_id bigint,
        files_sent integer NOT NULL DEFAULT 0,
        created_at timestamptz NOT NULL DEFAULT now(),
        due_at timestamptz DEFAULT now()
    )
    """,
    "CREATE INDEX telegram_batches_created_at_idx ON telegram_batches (created_at)",
    "CREATE INDEX telegram_batches_due_idx ON telegram_batches (due_at) WHERE due_at IS NOT NULL",
    "COMMENT ON TABLE telegram_batches IS 'Batches that came as files in a chat, which gets their results'",
    "COMMENT ON COLUMN telegram_batches.message_id IS 'The person''s message with the file'",
    "COMMENT ON COLUMN telegram_batches.placeholder_id IS 'The bot''s message that shows the progress'",
    "COMMENT ON COLUMN telegram_batches.thread_id IS 'The chat''s topic in which the person wrote'",
    "COMMENT ON COLUMN telegram_batches.files_sent IS 'Files of results, so far'",
    """
    COMMENT ON COLUMN telegram_batches.due_at
    IS 'When to look at the batch again; null once its results were delivered'
    """,
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TABLE telegram_batches")
