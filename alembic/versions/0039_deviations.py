"""Deviations of the books as codes with values, beside the words of older releases."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

STATEMENTS = (
    "ALTER TABLE ledger_runs ADD COLUMN found jsonb",
    "COMMENT ON COLUMN ledger_runs.lines IS 'The words of `found`, for processes of an older release'",
    "COMMENT ON COLUMN ledger_runs.found IS 'The first deviations: codes with values'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE ledger_runs DROP COLUMN found")
    op.execute("COMMENT ON COLUMN ledger_runs.lines IS NULL")
