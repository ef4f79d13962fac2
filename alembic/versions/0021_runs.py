"""What workers run now, noted apart from the predictions. Earlier releases need not know it."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

COMMENTS = {
    "TABLE runs": "What workers run now. Unlogged: losing it in a crash does no harm",
    "COLUMN runs.ids": "The predictions that were begun together",
    "COLUMN runs.seen_at": "The last sign of life",
}


def upgrade() -> None:
    op.execute(
        """
        CREATE UNLOGGED TABLE runs (
            token uuid PRIMARY KEY,
            ids uuid[] NOT NULL,
            begun_at timestamptz NOT NULL,
            seen_at timestamptz NOT NULL
        )
        """
    )
    for what, comment in COMMENTS.items():
        op.execute(f"COMMENT ON {what} IS '{comment}'")


def downgrade() -> None:
    op.execute("DROP TABLE runs")
