"""Canaries of models, and counts by version."""

from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

COMMENTS = {
    "COLUMN models.canary_share": "Of all users; only of a `ready` version, which it makes a canary",
    "COLUMN models.replaced": "The version that was active before this one became it",
    "TABLE version_counts": "What workers counted of each version, by minute",
    "COLUMN version_counts.seconds": "Of calls of the model, once for each prediction",
    "COLUMN version_counts.durations": "Predictions by duration of their call",
    "TABLE version_labels": "How often each version answered each label, by minute",
}


def upgrade() -> None:
    # A canary stays `ready` for processes of the release before, which know no such state.
    op.execute(
        """
        ALTER TABLE models ADD COLUMN canary_share double precision, ADD COLUMN replaced integer,
            ADD CONSTRAINT models_canary_share_check CHECK (canary_share BETWEEN 0.01 AND 0.5)
        """
    )
    op.execute("CREATE UNIQUE INDEX models_canary_key ON models (name) WHERE canary_share IS NOT NULL")
    op.execute(
        """
        CREATE TABLE version_counts (
            name text NOT NULL,
            version integer NOT NULL,
            minute timestamptz NOT NULL,
            succeeded bigint NOT NULL,
            failed bigint NOT NULL,
            rows bigint NOT NULL,
            invalid_rows bigint NOT NULL,
            seconds double precision NOT NULL,
            durations bigint[] NOT NULL,
            value_count bigint NOT NULL,
            value_sum double precision NOT NULL,
            value_squares double precision NOT NULL,
            PRIMARY KEY (name, version, minute)
        )
        """
    )
    op.execute("CREATE INDEX version_counts_minute_idx ON version_counts (minute)")
    op.execute(
        """
        CREATE TABLE version_labels (
            name text NOT NULL,
            version integer NOT NULL,
            minute timestamptz NOT NULL,
            label text NOT NULL,
            answers bigint NOT NULL,
            PRIMARY KEY (name, version, minute, label)
        )
        """
    )
    op.execute("CREATE INDEX version_labels_minute_idx ON version_labels (minute)")
    for what, comment in COMMENTS.items():
        op.execute(f"COMMENT ON {what} IS '{comment}'")


def downgrade() -> None:
    op.execute("DROP TABLE version_labels")
    op.execute("DROP TABLE version_counts")
    op.execute("ALTER TABLE models DROP COLUMN replaced, DROP COLUMN canary_share")
