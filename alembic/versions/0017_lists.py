"""Indexes for lists and purges, and the table `unsuccessful` for lists of predictions by status.

A table that is large already gets its indexes after the migration, without a lock: see `online.py`.
"""

from alembic import op
from sqlalchemy import text

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

SMALL = 64 * 1024 * 1024
"""Bytes of a table for which an index is made while the table is locked."""
INDEXES = {
    "predictions_of_model_idx": "predictions (user_id, model_name, id)",
    "idempotency_keys_old_idx": "idempotency_keys (created_at) WHERE NOT (key LIKE 'telegram:%')",
    "idempotency_keys_old_of_chats_idx": "idempotency_keys (created_at) WHERE key LIKE 'telegram:%'",
    "refresh_tokens_expires_at_idx": "refresh_tokens (expires_at)",
    "api_keys_expires_at_idx": "api_keys (expires_at) WHERE expires_at IS NOT NULL",
    "throttle_ends_at_idx": "throttle (ends_at)",
    "telegram_updates_received_at_idx": "telegram_updates (received_at)",
    "telegram_replies_created_at_idx": "telegram_replies (created_at)",
    "notices_due_at_idx": "notices (due_at)",
    "users_listed_idx": "users (id) WHERE role <> 'guest' AND closed_at IS NULL",
    "users_forgettable_idx": "users (created_at, id) WHERE guest_key IS NOT NULL",
}
TABLES = [
    """
    CREATE TABLE unsuccessful (
        user_id uuid NOT NULL,
        status text NOT NULL,
        prediction_id uuid NOT NULL,
        CONSTRAINT unsuccessful_pkey PRIMARY KEY (user_id, status, prediction_id)
    )
    """,
    "COMMENT ON TABLE unsuccessful IS "
    "'Predictions that failed, were canceled or expired, for lists by status; triggers write it'",
    """
    CREATE TABLE unsuccessful_backfill (
        after uuid NOT NULL CONSTRAINT unsuccessful_backfill_pkey PRIMARY KEY
    )
    """,
    "COMMENT ON TABLE unsuccessful_backfill IS "
    "'Up to which prediction `unsuccessful` was filled; empty once that is done'",
]
# Triggers, so that processes of the previous release write it, too.
TRIGGERS = [
    """
    CREATE FUNCTION note_unsuccessful() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM unsuccessful
        WHERE user_id = OLD.user_id AND status = OLD.status AND prediction_id = OLD.id;
        INSERT INTO unsuccessful (user_id, status, prediction_id)
        VALUES (NEW.user_id, NEW.status, NEW.id) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER predictions_note_unsuccessful AFTER UPDATE OF status, user_id ON predictions
    FOR EACH ROW WHEN (NEW.status IN ('failed', 'canceled', 'expired'))
    EXECUTE FUNCTION note_unsuccessful()
    """,
]
FILL = """
    INSERT INTO unsuccessful (user_id, status, prediction_id)
    SELECT user_id, status, id FROM predictions WHERE status IN ('failed', 'canceled', 'expired')
"""
FILL_LATER = "INSERT INTO unsuccessful_backfill VALUES ('00000000-0000-0000-0000-000000000000')"


def upgrade() -> None:
    for statement in (*TABLES, *TRIGGERS):
        op.execute(statement)
    op.execute(FILL if _is_small("predictions") else FILL_LATER)
    for name, definition in INDEXES.items():
        if _is_small(definition.partition(" ")[0]):
            op.execute(f"CREATE INDEX {name} ON {definition}")
    if _is_small("idempotency_keys"):
        op.execute("DROP INDEX idempotency_keys_created_at_idx")


def _is_small(table: str) -> bool:
    size = text("SELECT pg_table_size(CAST(:table AS regclass))")
    return bool(op.get_bind().scalar(size, {"table": table}) < SMALL)


def downgrade() -> None:
    op.execute("""
        CREATE INDEX IF NOT EXISTS idempotency_keys_created_at_idx
        ON idempotency_keys USING brin (created_at)
    """)
    for name in INDEXES:
        op.execute(f"DROP INDEX IF EXISTS {name}")
    op.execute("DROP TRIGGER predictions_note_unsuccessful ON predictions")
    op.execute("DROP FUNCTION note_unsuccessful()")
    op.execute("DROP TABLE unsuccessful")
    op.execute("DROP TABLE unsuccessful_backfill")
