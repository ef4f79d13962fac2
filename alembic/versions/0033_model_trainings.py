"""Tables that are sent to the service, from which workers train models."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

COMMENTS = {
    "TABLE model_trainings": "Tables that were sent to the service, and the models trained from them",
    "COLUMN model_trainings.table_id": "The table in `model_files`, where its digest is null",
    "COLUMN model_trainings.plan": "JSON: what is predicted, and the settings that were given",
    "COLUMN model_trainings.plan_sha256": "With name and sha256, the key of a repeated upload",
    "COLUMN model_trainings.row_price": "Null: that of the version before",
    "COLUMN model_trainings.text_price": "Null: that of the version before",
    "COLUMN model_trainings.due_at": "When a worker may take it",
    "COLUMN model_trainings.is_stopping": "An operator wants the best model so far",
    "COLUMN model_trainings.percent": "How much of the training is done",
    "COLUMN model_trainings.found": "What was found in the table, in sentences",
    "COLUMN model_trainings.model_sha256": "The trained file in `model_files`",
    "COLUMN model_trainings.version": "The version in `models` that it became",
}


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE model_trainings (
            id uuid NOT NULL,
            name text NOT NULL,
            table_id uuid NOT NULL,
            sha256 text NOT NULL,
            size bigint NOT NULL,
            plan jsonb NOT NULL,
            plan_sha256 text NOT NULL,
            row_price integer,
            text_price integer,
            activate boolean NOT NULL,
            created_at timestamptz NOT NULL,
            state text NOT NULL,
            attempts integer NOT NULL DEFAULT 0,
            due_at timestamptz NOT NULL DEFAULT now(),
            is_stopping boolean NOT NULL DEFAULT false,
            percent integer NOT NULL DEFAULT 0,
            seconds_left integer,
            found text[] NOT NULL DEFAULT '{}',
            model_sha256 text,
            version integer,
            reason text,
            started_at timestamptz,
            finished_at timestamptz,
            CONSTRAINT model_trainings_pkey PRIMARY KEY (id),
            CONSTRAINT model_trainings_state_check CHECK (
                state IN ('queued', 'training', 'ready', 'refused', 'failed', 'canceled')
            )
        )
        """
    )
    op.execute(
        """
        CREATE UNIQUE INDEX model_trainings_name_sha256_plan_sha256_idx
        ON model_trainings (name, sha256, plan_sha256) WHERE state IN ('queued', 'training', 'ready')
        """
    )
    op.execute(
        """
        CREATE INDEX model_trainings_due_at_idx ON model_trainings (due_at)
        WHERE state IN ('queued', 'training')
        """
    )
    op.execute(
        """
        CREATE INDEX model_trainings_finished_at_idx ON model_trainings (finished_at)
        WHERE finished_at IS NOT NULL
        """
    )
    for what, comment in COMMENTS.items():
        op.execute(f"COMMENT ON {what} IS '{comment}'")
    op.execute(
        "COMMENT ON COLUMN model_files.sha256 IS 'Null while pieces arrive, and for tables of trainings'"
    )


def downgrade() -> None:
    op.execute("DROP TABLE model_trainings")
    op.execute("COMMENT ON COLUMN model_files.sha256 IS 'Null while pieces arrive'")
