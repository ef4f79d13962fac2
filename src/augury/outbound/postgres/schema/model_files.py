"""The tables of files that were sent to the service, and of the models that are made from them."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from augury.outbound.postgres.schema.conventions import Time, metadata

model_files = Table(
    "model_files",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("received_at", Time, nullable=False, server_default=func.now()),
    Column("sha256", Text, index=True, comment="Null while pieces arrive, and for tables of trainings"),
    Column("size", BigInteger, comment="Bytes"),
    comment="Files that were sent to the service to become versions of models",
)

model_pieces = Table(
    "model_pieces",
    metadata,
    Column("file_id", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("file_id", "number"),
    comment="The content of `model_files`, in pieces of one size",
)

model_uploads = Table(
    "model_uploads",
    metadata,
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("file_id", Uuid, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("row_price", Integer, comment="Null: that of the version before"),
    Column("text_price", Integer, comment="Null: that of the version before"),
    Column("activate", Boolean, nullable=False),
    Column("read_as", Text),
    Column("created_at", Time, nullable=False),
    Column("state", Text, nullable=False, comment="`ready`: its version is in `models`"),
    Column("stage", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", Time, nullable=False, server_default=func.now(), comment="When a worker may take it"),
    Column("reason", Text, comment="The words of `why`, for processes of an older release"),
    Column("why", JSONB, comment="Why it was refused, or a remark: a code, its values, and their reasons"),
    PrimaryKeyConstraint("name", "version"),
    CheckConstraint("state IN ('checking', 'refused', 'ready')", name="state"),
    comment="Files that a worker checks, or has checked, before they are versions in `models`",
)
Index(None, model_uploads.c.due_at, postgresql_where=model_uploads.c.state == text("'checking'::text"))

model_trainings = Table(
    "model_trainings",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False),
    Column("table_id", Uuid, nullable=False, comment="The table in `model_files`, where its digest is null"),
    Column("sha256", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column(
        "plan", JSONB, nullable=False, comment="JSON: what is predicted, and the settings that were given"
    ),
    Column("plan_sha256", Text, nullable=False, comment="With name and sha256, the key of a repeated upload"),
    Column("row_price", Integer, comment="Null: that of the version before"),
    Column("text_price", Integer, comment="Null: that of the version before"),
    Column("activate", Boolean, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Time, nullable=False, server_default=func.now(), comment="When a worker may take it"),
    Column(
        "is_stopping",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="An operator wants the best model so far",
    ),
    Column(
        "percent",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="How much of the training is done",
    ),
    Column("seconds_left", Integer),
    Column(
        "found",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'::text[]"),
        comment="The words of `findings`, for processes of an older release",
    ),
    Column("model_sha256", Text, comment="The trained file in `model_files`"),
    Column("version", Integer, comment="The version in `models` that it became"),
    Column("reason", Text, comment="The words of `why`, for processes of an older release"),
    Column("started_at", Time),
    Column("finished_at", Time),
    Column("findings", JSONB, comment="What was found in the table: codes with values, and their reasons"),
    Column("why", JSONB, comment="Why there is no model, or a remark: a code, its values, and their reasons"),
    CheckConstraint(
        "state IN ('queued', 'training', 'ready', 'refused', 'failed', 'canceled')", name="state"
    ),
    comment="Tables that were sent to the service, and the models trained from them",
)
Index(
    None,
    model_trainings.c.name,
    model_trainings.c.sha256,
    model_trainings.c.plan_sha256,
    unique=True,
    postgresql_where=text("state IN ('queued', 'training', 'ready')"),
)
Index(
    None,
    model_trainings.c.due_at,
    postgresql_where=text("state IN ('queued', 'training')"),
)
Index(
    None,
    model_trainings.c.finished_at,
    postgresql_where=text("finished_at IS NOT NULL"),
)
