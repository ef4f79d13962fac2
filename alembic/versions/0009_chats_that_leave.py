"""The time when a chat was linked, and the transfer `split`, which returns credits that were bought there."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE telegram_chats ADD COLUMN linked_at timestamptz")
    op.execute(
        "COMMENT ON COLUMN telegram_chats.linked_at IS "
        "'When the chat was linked to an account made elsewhere'"
    )
    op.execute("""
        ALTER TABLE transfers
            DROP CONSTRAINT transfers_kind_check,
            DROP CONSTRAINT transfers_to_user_id_check,
            ADD CONSTRAINT transfers_kind_check CHECK (
                kind IN (
                    'top_up', 'grant', 'hold', 'capture', 'release', 'refund', 'reversal', 'merge', 'split'
                )
            ),
            ADD CONSTRAINT transfers_to_user_id_check CHECK (
                (kind IN ('merge', 'split')) = (to_user_id IS NOT NULL)
            )
    """)


def downgrade() -> None:
    # Refused while there are splits: transfers are never rewritten.
    op.execute("""
        ALTER TABLE transfers
            DROP CONSTRAINT transfers_kind_check,
            DROP CONSTRAINT transfers_to_user_id_check,
            ADD CONSTRAINT transfers_kind_check CHECK (
                kind IN ('top_up', 'grant', 'hold', 'capture', 'release', 'refund', 'reversal', 'merge')
            ),
            ADD CONSTRAINT transfers_to_user_id_check CHECK ((kind = 'merge') = (to_user_id IS NOT NULL))
    """)
    op.execute("ALTER TABLE telegram_chats DROP COLUMN linked_at")
