"""The audit log: what operators did, and the search for users by the beginning of their address.

A large table of users gets its index after the migration, without a lock: see `online.py`.
"""

from alembic import op
from sqlalchemy import text

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

COMMENTS = {
    "TABLE audit_log": "What operators did. No personal data. A trigger refuses UPDATE and TRUNCATE",
    "COLUMN audit_log.actor": "The administrator''s id, or the command line''s user",
    "COLUMN audit_log.actor_id": "Null for the command line",
    "COLUMN audit_log.user_id": "The user whom the act concerns",
}
SMALL = 64 * 1024 * 1024
"""Bytes of a table for which an index is made while the table is locked."""


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE audit_log (
            id uuid NOT NULL,
            at timestamptz NOT NULL,
            actor text NOT NULL,
            actor_id uuid,
            request_id text NOT NULL,
            action text NOT NULL,
            subject text NOT NULL,
            user_id uuid,
            before jsonb NOT NULL,
            after jsonb NOT NULL,
            CONSTRAINT audit_log_pkey PRIMARY KEY (id)
        )
        """
    )
    op.execute("CREATE INDEX audit_log_at_idx ON audit_log (at)")
    op.execute("CREATE INDEX audit_log_actor_id_idx ON audit_log (actor, id)")
    op.execute("CREATE INDEX audit_log_action_id_idx ON audit_log (action, id)")
    op.execute("CREATE INDEX audit_log_subject_id_idx ON audit_log (subject, id)")
    op.execute("CREATE INDEX audit_log_user_id_id_idx ON audit_log (user_id, id) WHERE user_id IS NOT NULL")
    # The purge deletes old entries, so DELETE is allowed.
    op.execute(
        """
        CREATE TRIGGER audit_log_is_immutable BEFORE UPDATE OR TRUNCATE ON audit_log
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
        """
    )
    if op.get_bind().scalar(text("SELECT pg_table_size('users'::regclass)")) < SMALL:
        op.execute("CREATE INDEX users_email_prefix_idx ON users (email text_pattern_ops)")
    for what, comment in COMMENTS.items():
        op.execute(f"COMMENT ON {what} IS '{comment}'")


def downgrade() -> None:
    op.execute("DROP INDEX IF EXISTS users_email_prefix_idx")
    op.execute("DROP TABLE audit_log")
