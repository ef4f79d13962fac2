"""Reasons as codes with values, beside the words of older releases."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

WORDS = "The words of `why`, for processes of an older release"
STATEMENTS = [
    "ALTER TABLE model_uploads ADD COLUMN why jsonb",
    "ALTER TABLE ledger_runs ADD COLUMN why jsonb",
    f"COMMENT ON COLUMN model_uploads.reason IS '{WORDS}'",
    """
    COMMENT ON COLUMN model_uploads.why
    IS 'Why it was refused, or a remark: a code, its values, and their reasons'
    """,
    f"COMMENT ON COLUMN ledger_runs.failure IS '{WORDS}'",
    "COMMENT ON COLUMN ledger_runs.why IS 'Why it has no result: a code and its values'",
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE ledger_runs DROP COLUMN why")
    op.execute("ALTER TABLE model_uploads DROP COLUMN why")
    op.execute("COMMENT ON COLUMN model_uploads.reason IS NULL")
    op.execute("COMMENT ON COLUMN ledger_runs.failure IS NULL")
