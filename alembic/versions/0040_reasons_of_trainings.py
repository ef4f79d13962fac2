"""Findings and reasons of trainings as codes with values, beside the words of older releases."""

from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

STATEMENTS = [
    "ALTER TABLE model_trainings ADD COLUMN findings jsonb, ADD COLUMN why jsonb",
    """
    COMMENT ON COLUMN model_trainings.found IS 'The words of `findings`, for processes of an older release'
    """,
    """
    COMMENT ON COLUMN model_trainings.findings
    IS 'What was found in the table: codes with values, and their reasons'
    """,
    "COMMENT ON COLUMN model_trainings.reason IS 'The words of `why`, for processes of an older release'",
    """
    COMMENT ON COLUMN model_trainings.why
    IS 'Why there is no model, or a remark: a code, its values, and their reasons'
    """,
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)


def downgrade() -> None:
    op.execute("ALTER TABLE model_trainings DROP COLUMN findings, DROP COLUMN why")
    op.execute("COMMENT ON COLUMN model_trainings.found IS 'What was found in the table, in sentences'")
    op.execute("COMMENT ON COLUMN model_trainings.reason IS NULL")
