"""Sessions as their users see them: where and when they began."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

COMMENTS = {
    "refresh_tokens.client": "What its user sees of the session; null: a program",
    "refresh_tokens.begun_at": "When its session began; null: an older release began it",
}


def upgrade() -> None:
    op.execute("ALTER TABLE refresh_tokens ADD COLUMN client text, ADD COLUMN begun_at timestamptz")
    for column, comment in COMMENTS.items():
        op.execute(f"COMMENT ON COLUMN {column} IS '{comment}'")


def downgrade() -> None:
    op.execute("ALTER TABLE refresh_tokens DROP COLUMN client, DROP COLUMN begun_at")
