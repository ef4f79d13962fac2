"""Telegram: chats, their updates and replies, notices, links, payments."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STEPS = [
    "ALTER TABLE predictions ADD COLUMN notify boolean NOT NULL DEFAULT false",
    """
    ALTER TABLE users ADD COLUMN merged_into uuid
        CONSTRAINT users_merged_into_fkey REFERENCES users (id)
    """,
    """
    CREATE TABLE telegram_chats (
        id bigint CONSTRAINT telegram_chats_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT telegram_chats_user_id_fkey REFERENCES users (id),
        language text NOT NULL,
        model text,
        dialogue bytea,
        gone boolean NOT NULL DEFAULT false
    )
    """,
    "CREATE INDEX telegram_chats_user_id_idx ON telegram_chats (user_id)",
    """
    CREATE TABLE telegram_updates (
        id bigint CONSTRAINT telegram_updates_pkey PRIMARY KEY,
        lane bigint NOT NULL,
        payload bytea,
        received_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE telegram_replies (
        chat_id bigint NOT NULL,
        message_id bigint NOT NULL,
        prediction_id uuid NOT NULL CONSTRAINT telegram_replies_prediction_id_key UNIQUE
            CONSTRAINT telegram_replies_prediction_id_fkey REFERENCES predictions (id),
        placeholder_id bigint,
        file_name text,
        created_at timestamptz NOT NULL DEFAULT now(),
        CONSTRAINT telegram_replies_pkey PRIMARY KEY (chat_id, message_id)
    )
    """,
    """
    CREATE TABLE notices (
        prediction_id uuid CONSTRAINT notices_pkey PRIMARY KEY,
        due_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    """
    CREATE TABLE telegram_links (
        digest bytea CONSTRAINT telegram_links_pkey PRIMARY KEY,
        user_id uuid NOT NULL CONSTRAINT telegram_links_user_id_fkey REFERENCES users (id),
        expires_at timestamptz NOT NULL,
        chat_id bigint
    )
    """,
    "CREATE INDEX telegram_links_user_id_idx ON telegram_links (user_id)",
    """
    CREATE TABLE telegram_bots (
        username text CONSTRAINT telegram_bots_pkey PRIMARY KEY,
        seen_at timestamptz NOT NULL
    )
    """,
    """
    CREATE TABLE telegram_payments (
        charge_id text CONSTRAINT telegram_payments_pkey PRIMARY KEY,
        reference uuid NOT NULL CONSTRAINT telegram_payments_reference_key UNIQUE,
        chat_id bigint NOT NULL,
        user_id uuid NOT NULL CONSTRAINT telegram_payments_user_id_fkey REFERENCES users (id),
        stars integer NOT NULL,
        credits bigint NOT NULL,
        paid_at timestamptz NOT NULL DEFAULT now(),
        reversed_at timestamptz,
        refunded_at timestamptz
    )
    """,
    "CREATE INDEX telegram_payments_user_id_idx ON telegram_payments (user_id)",
]

COMMENTS = [
    "COLUMN predictions.notify IS 'Whether a notice is written once it is final'",
    "COLUMN users.merged_into IS 'The account that absorbed this one, which is closed'",
    "TABLE telegram_chats IS 'Who talks to the bot: a private chat has its person''s id'",
    "COLUMN telegram_chats.model IS 'The model that the person chose; null: the default one'",
    "COLUMN telegram_chats.dialogue IS 'JSON text; null where nothing is being asked'",
    "TABLE telegram_updates IS "
    "'What Telegram delivered: stored before it is acknowledged, remembered for two days'",
    "COLUMN telegram_updates.lane IS 'What is handled in order: one chat''s updates'",
    "COLUMN telegram_updates.payload IS 'JSON text; null once it was handled'",
    "COLUMN telegram_replies.message_id IS 'The person''s message that is answered'",
    "COLUMN telegram_replies.placeholder_id IS 'The bot''s message that becomes the result'",
    "COLUMN telegram_replies.file_name IS 'Of a batch, which is answered by a file'",
    "TABLE notices IS 'Predictions that became final and whose asker has not been told yet'",
    "COLUMN telegram_links.chat_id IS 'Who used it; null: nobody yet'",
    "TABLE telegram_bots IS 'Whom a link leads to: the one seen last'",
    "TABLE telegram_payments IS "
    "'Paid in Telegram Stars; `reference` is that of the top_up and of the reversal'",
    "COLUMN telegram_payments.reversed_at IS 'When the credits were taken back'",
    "COLUMN telegram_payments.refunded_at IS 'When Telegram gave the stars back'",
]


def upgrade() -> None:
    for statement in STEPS:
        op.execute(statement)
    for comment in COMMENTS:
        op.execute(f"COMMENT ON {comment}")


def downgrade() -> None:
    op.execute(
        "DROP TABLE telegram_payments, telegram_bots, telegram_links, notices, "
        "telegram_replies, telegram_updates, telegram_chats"
    )
    op.execute("ALTER TABLE users DROP COLUMN merged_into")
    op.execute("ALTER TABLE predictions DROP COLUMN notify")
