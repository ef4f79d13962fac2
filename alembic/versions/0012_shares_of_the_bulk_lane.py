"""The bulk lane: which predictions wait in it, and how much of it each user was given."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("ALTER TABLE unfinished ADD COLUMN bulk_user uuid, ADD COLUMN cost integer")
    op.execute(
        "COMMENT ON COLUMN unfinished.bulk_user IS 'Whose turn it waits for in the bulk lane, if it does'"
    )
    op.execute("COMMENT ON COLUMN unfinished.cost IS 'In the bulk lane; null for small work'")
    op.execute(
        "CREATE INDEX unfinished_bulk_user_prediction_id_idx ON unfinished (bulk_user, prediction_id)"
        " WHERE bulk_user IS NOT NULL"
    )
    op.execute(
        """
        CREATE TABLE shares (
            user_id uuid NOT NULL,
            weight double precision NOT NULL DEFAULT 1,
            start double precision NOT NULL,
            finish double precision NOT NULL,
            CONSTRAINT shares_pkey PRIMARY KEY (user_id),
            CONSTRAINT shares_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id),
            CONSTRAINT shares_weight_check CHECK (weight > 0)
        )
        """
    )
    op.execute("CREATE INDEX shares_start_idx ON shares (start)")
    op.execute("COMMENT ON TABLE shares IS 'How much of the bulk lane each user was given'")


def downgrade() -> None:
    op.execute("DROP TABLE shares")
    op.execute("ALTER TABLE unfinished DROP COLUMN bulk_user, DROP COLUMN cost")
