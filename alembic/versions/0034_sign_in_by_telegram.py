"""Requests to sign in to the pages by a chat."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "telegram_sign_ins",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chat_id", sa.BigInteger, comment="The chat that has confirmed it; null if none has"),
        comment="Browsers that ask to sign in by a chat: for five minutes",
    )
    op.create_index("telegram_sign_ins_expires_at_idx", "telegram_sign_ins", ["expires_at"])


def downgrade() -> None:
    op.drop_table("telegram_sign_ins")
