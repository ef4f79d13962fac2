"""What happens to predictions without a price, which no transfer tells: for the events of their user."""

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE free_changes (
            user_id uuid NOT NULL,
            sequence bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
            prediction_id uuid NOT NULL,
            ended boolean NOT NULL,
            at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT free_changes_pkey PRIMARY KEY (user_id, sequence)
        )
        """
    )
    op.execute("CREATE INDEX free_changes_at_idx ON free_changes (at)")
    op.execute(
        "COMMENT ON TABLE free_changes IS "
        "'The accepted and ended predictions without a price, for eight days, for their user''s events'"
    )
    op.execute("COMMENT ON COLUMN free_changes.ended IS 'Whether it has ended or was accepted'")


def downgrade() -> None:
    op.execute("DROP TABLE free_changes")
