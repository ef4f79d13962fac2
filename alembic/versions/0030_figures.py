"""Figures by minute, hour and day, the service's processes, and checks of the books with their progress."""

from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

COMMENTS = {
    "TABLE figures": "What all processes counted, by minute, hour and day",
    "COLUMN figures.at": "When the minute, hour or day (UTC) began",
    "COLUMN figures.revenue": "Credits that were charged",
    "COLUMN figures.latencies": "Predictions by their latency",
    "TABLE processes": "The processes of the service. Unlogged: they say so again within seconds",
    "COLUMN processes.seen_at": "The last sign of life",
    "TABLE ledger_runs": "Checks of the books that operators began, with their progress",
    "COLUMN ledger_runs.seen_at": "The last sign of life",
    "COLUMN ledger_runs.deviations": "Null if it failed",
}


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE figures (
            step text NOT NULL CONSTRAINT figures_step_check CHECK (step IN ('minute', 'hour', 'day')),
            at timestamptz NOT NULL,
            accepted bigint NOT NULL,
            succeeded bigint NOT NULL,
            failed bigint NOT NULL,
            revenue bigint NOT NULL,
            latencies bigint[] NOT NULL,
            CONSTRAINT figures_pkey PRIMARY KEY (step, at)
        )
        """
    )
    op.execute(
        """
        CREATE UNLOGGED TABLE processes (
            id uuid NOT NULL,
            part text NOT NULL,
            seen_at timestamptz NOT NULL,
            CONSTRAINT processes_pkey PRIMARY KEY (id)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE ledger_runs (
            id uuid NOT NULL,
            started_at timestamptz NOT NULL DEFAULT now(),
            seen_at timestamptz NOT NULL DEFAULT now(),
            done integer NOT NULL DEFAULT 0,
            total integer NOT NULL DEFAULT 0,
            finished_at timestamptz,
            deviations integer,
            lines text[] NOT NULL DEFAULT '{}',
            failure text,
            CONSTRAINT ledger_runs_pkey PRIMARY KEY (id)
        )
        """
    )
    op.execute("CREATE INDEX processes_seen_at_idx ON processes (seen_at)")
    op.execute("CREATE INDEX ledger_runs_started_at_idx ON ledger_runs (started_at)")
    for what, comment in COMMENTS.items():
        op.execute(f"COMMENT ON {what} IS '{comment}'")


def downgrade() -> None:
    op.execute("DROP TABLE ledger_runs, processes, figures")
