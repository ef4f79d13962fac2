"""Files of models that are sent to the service, in pieces, and their checks."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

COMMENTS = {
    "TABLE model_files": "Files that were sent to the service to become versions of models",
    "COLUMN model_files.sha256": "Null while pieces arrive",
    "COLUMN model_files.size": "Bytes",
    "TABLE model_pieces": "The content of `model_files`, in pieces of one size",
    "TABLE model_uploads": "Files that a worker checks, or has checked, before they are versions in `models`",
    "COLUMN model_uploads.row_price": "Null: that of the version before",
    "COLUMN model_uploads.text_price": "Null: that of the version before",
    "COLUMN model_uploads.state": "`ready`: its version is in `models`",
    "COLUMN model_uploads.due_at": "When a worker may take it",
}


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE model_files (
            id uuid PRIMARY KEY,
            received_at timestamptz NOT NULL DEFAULT now(),
            sha256 text,
            size bigint
        )
        """
    )
    op.execute("CREATE INDEX model_files_sha256_idx ON model_files (sha256)")
    op.execute(
        """
        CREATE TABLE model_pieces (
            file_id uuid NOT NULL,
            number integer NOT NULL,
            content bytea NOT NULL,
            PRIMARY KEY (file_id, number)
        )
        """
    )
    # Numbers of trees hardly get smaller by compression, which would cost more than it saves.
    op.execute("ALTER TABLE model_pieces ALTER COLUMN content SET STORAGE EXTERNAL")
    op.execute(
        """
        CREATE TABLE model_uploads (
            name text NOT NULL,
            version integer NOT NULL,
            file_id uuid NOT NULL,
            sha256 text NOT NULL,
            size bigint NOT NULL,
            row_price integer,
            text_price integer,
            activate boolean NOT NULL,
            read_as text,
            created_at timestamptz NOT NULL,
            state text NOT NULL,
            stage text NOT NULL,
            attempts integer NOT NULL,
            due_at timestamptz NOT NULL DEFAULT now(),
            reason text,
            PRIMARY KEY (name, version),
            CONSTRAINT model_uploads_state_check CHECK (state IN ('checking', 'refused', 'ready'))
        )
        """
    )
    op.execute("CREATE INDEX model_uploads_due_at_idx ON model_uploads (due_at) WHERE state = 'checking'")
    for what, comment in COMMENTS.items():
        op.execute(f"COMMENT ON {what} IS '{comment}'")


def downgrade() -> None:
    for table in ("model_uploads", "model_pieces", "model_files"):
        op.execute(f"DROP TABLE {table}")
