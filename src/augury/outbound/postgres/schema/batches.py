"""The tables of batches. Their slices are rows of `predictions`."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
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

from augury.outbound.postgres.schema.conventions import Time, metadata
from augury.outbound.postgres.schema.people import users
from augury.outbound.postgres.schema.predictions import predictions

batches = Table(
    "batches",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False),
    Column("received_at", Time, nullable=False),
    Column("accepted_at", Time, comment="Null while its rows are being received"),
    Column("model_name", Text),
    Column("model_version", Integer),
    Column("rows", Integer),
    Column("slices", Integer),
    Column("price", BigInteger, comment="Credits held for all slices at acceptance"),
    Column("closed_at", Time, comment="Null until all slices have ended and the sums below are written"),
    Column("done", Integer, comment="Rows that the model answered"),
    Column("failed", Integer, comment="Rows that ended without an answer"),
    Column("charged", BigInteger),
    Column("canceled", Integer, comment="Slices"),
    Column("expired", Integer, comment="Slices"),
    Column("started_at", Time),
    Column("finished_at", Time),
    # Also when a batch that was being received was given up, just before its objects are deleted.
    Column("purged_at", Time, comment="When its objects were deleted from the store"),
    CheckConstraint("(accepted_at IS NULL) = (rows IS NULL)", name="rows"),
    comment="Groups of predictions that came in one file",
)
Index(
    "batches_accepted_idx",
    batches.c.user_id,
    batches.c.id,
    postgresql_where=batches.c.accepted_at.is_not(None),
)
Index(
    "batches_open_idx",
    batches.c.user_id,
    postgresql_where=batches.c.accepted_at.is_not(None) & batches.c.closed_at.is_(None),
)
Index("batches_to_purge_idx", batches.c.finished_at, postgresql_where=batches.c.purged_at.is_(None))
Index("batches_received_idx", batches.c.received_at, postgresql_where=batches.c.accepted_at.is_(None))

slices = Table(
    "slices",
    metadata,
    Column("batch_id", Uuid, ForeignKey(batches.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("first_row", Integer, nullable=False, comment="The index of its first row in the batch"),
    Column("prediction_id", Uuid, ForeignKey(predictions.c.id), nullable=False),
    PrimaryKeyConstraint("batch_id", "number"),
    comment="Finds the slices of a batch, without an index on the predictions of everybody",
)

batch_objects = Table(
    "batch_objects",
    metadata,
    Column("batch_id", Uuid, nullable=False),
    Column("name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("batch_id", "name"),
    comment="Inputs and outputs of slices, where the store of batches is this database",
)

replies = Table(
    "telegram_batches",
    metadata,
    Column("batch_id", Uuid, ForeignKey(batches.c.id), primary_key=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False, comment="The person's message with the file"),
    Column("placeholder_id", BigInteger, nullable=False, comment="The bot's message that shows the progress"),
    Column("file_name", Text, nullable=False),
    Column("thread_id", BigInteger, comment="The chat's topic in which the person wrote"),
    Column(
        "files_sent", Integer, nullable=False, server_default=text("0"), comment="Files of results, so far"
    ),
    Column("created_at", Time, nullable=False, index=True, server_default=func.now()),
    Column(
        "due_at",
        Time,
        server_default=func.now(),
        comment="When to look at the batch again; null once its results were delivered",
    ),
    comment="Batches that came as files in a chat, which gets their results",
)
Index("telegram_batches_due_idx", replies.c.due_at, postgresql_where=replies.c.due_at.is_not(None))
