"""Batches: groups of predictions that came in one file, and the store of their rows and answers."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

COMMENTS = {
    "TABLE batches": "Groups of predictions that came in one file",
    "COLUMN batches.accepted_at": "Null while its rows are being received",
    "COLUMN batches.price": "Credits held for all slices at acceptance",
    "COLUMN batches.closed_at": "Null until all slices have ended and the sums below are written",
    "COLUMN batches.done": "Rows that the model answered",
    "COLUMN batches.failed": "Rows that ended without an answer",
    "COLUMN batches.canceled": "Slices",
    "COLUMN batches.expired": "Slices",
    "COLUMN batches.purged_at": "When its objects were deleted from the store",
    "TABLE slices": "Finds the slices of a batch, without an index on the predictions of everybody",
    "COLUMN slices.first_row": "The index of its first row in the batch",
    "TABLE batch_objects": "Inputs and outputs of slices, where the store of batches is this database",
    "COLUMN predictions.batch_id": "The batch of which it is a slice",
    "COLUMN predictions.batch_number": "The number of the slice, from 0",
}


def upgrade() -> None:
    op.execute("ALTER TABLE predictions ADD COLUMN batch_id uuid, ADD COLUMN batch_number integer")
    _note_unsuccessful(unless="AND NEW.batch_id IS NULL")  # lists do not show slices
    op.execute(
        """
        CREATE TABLE batches (
            id uuid PRIMARY KEY,
            user_id uuid NOT NULL REFERENCES users (id),
            received_at timestamptz NOT NULL,
            accepted_at timestamptz,
            model_name text,
            model_version integer,
            rows integer,
            slices integer,
            price bigint,
            closed_at timestamptz,
            done integer,
            failed integer,
            charged bigint,
            canceled integer,
            expired integer,
            started_at timestamptz,
            finished_at timestamptz,
            purged_at timestamptz,
            CONSTRAINT batches_rows_check CHECK ((accepted_at IS NULL) = (rows IS NULL))
        )
        """
    )
    op.execute("CREATE INDEX batches_accepted_idx ON batches (user_id, id) WHERE accepted_at IS NOT NULL")
    op.execute(
        "CREATE INDEX batches_open_idx ON batches (user_id) "
        "WHERE accepted_at IS NOT NULL AND closed_at IS NULL"
    )
    op.execute("CREATE INDEX batches_to_purge_idx ON batches (finished_at) WHERE purged_at IS NULL")
    op.execute("CREATE INDEX batches_received_idx ON batches (received_at) WHERE accepted_at IS NULL")
    op.execute(
        """
        CREATE TABLE slices (
            batch_id uuid NOT NULL REFERENCES batches (id),
            number integer NOT NULL,
            first_row integer NOT NULL,
            prediction_id uuid NOT NULL REFERENCES predictions (id),
            PRIMARY KEY (batch_id, number)
        )
        """
    )
    op.execute(
        """
        CREATE TABLE batch_objects (
            batch_id uuid NOT NULL,
            name text NOT NULL,
            content bytea NOT NULL,
            PRIMARY KEY (batch_id, name)
        )
        """
    )
    # Objects are compressed already, by columns.
    op.execute("ALTER TABLE batch_objects ALTER COLUMN content SET STORAGE EXTERNAL")
    for what, comment in COMMENTS.items():
        op.execute(f"COMMENT ON {what} IS '{comment}'")


def downgrade() -> None:
    _note_unsuccessful(unless="")
    for table in ("batch_objects", "slices", "batches"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE predictions DROP COLUMN batch_number, DROP COLUMN batch_id")


def _note_unsuccessful(*, unless: str) -> None:
    op.execute("DROP TRIGGER predictions_note_unsuccessful ON predictions")
    op.execute(
        f"""
        CREATE TRIGGER predictions_note_unsuccessful AFTER UPDATE OF status, user_id ON predictions
        FOR EACH ROW WHEN (NEW.status IN ('failed', 'canceled', 'expired') {unless})
        EXECUTE FUNCTION note_unsuccessful()
        """
    )
