"""The tables of predictions, and of the work that waits or runs."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)

from augury.outbound.postgres.schema.conventions import Time, metadata
from augury.outbound.postgres.schema.people import users

# Claim and settle must find space on the row's own page and change no index (HOT updates). So no index may
# contain the status or the lease, and pages are filled only halfway. See docs/adr.
predictions = Table(
    "predictions",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, nullable=False),
    Column("model_name", Text, nullable=False),
    Column("model_version", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("row_price", Integer, nullable=False),
    Column("single", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("lease_token", Uuid),
    Column("lease_until", Time),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time),
    Column("started_at", Time),
    Column("finished_at", Time),
    Column("valid_rows", Integer, nullable=False),
    Column("failure", Text),
    Column("input", LargeBinary, comment="JSON text; null after it was deleted"),
    Column("output", LargeBinary, comment="JSON text; null if there is none, or after it was deleted"),
    Column(
        "errors",
        LargeBinary,
        comment="JSON text: the row, field and code of each error; null if there are none",
    ),
    Column(
        "notify",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="Whether a notice is written when the prediction becomes final",
    ),
    Column(
        "warnings",
        LargeBinary,
        comment="JSON text: the row, field, code and count of each warning; null if there are none",
    ),
    Column("text_price", Integer, comment="Credits per kilobyte of text; null where text is free"),
    Column("text_bytes", Integer, comment="The text of all rows; null where text is free"),
    Column("valid_text_bytes", Integer, comment="The text of the valid rows; null where text is free"),
    Column("batch_id", Uuid, comment="The batch of which it is a slice"),
    Column("batch_number", Integer, comment="The number of the slice, from 0"),
    Column("explain", SmallInteger, comment="How many features of each row are explained; null: none"),
    Column("key_id", Uuid, comment="The API key with spending limits that asked for it; null: none"),
    Column("counted_on", Date, comment="The UTC day in which its price counts towards these limits"),
    Column("top", SmallInteger, comment="How many classes each answer lists; null: as many as are set"),
    CheckConstraint(
        "status IN ('queued', 'processing', 'succeeded', 'failed', 'canceled', 'expired')", name="status"
    ),
    CheckConstraint("(status = 'processing') = (lease_token IS NOT NULL)", name="lease_token"),
    CheckConstraint("(status = 'processing') = (lease_until IS NOT NULL)", name="lease_until"),
    CheckConstraint("valid_rows BETWEEN 0 AND rows", name="valid_rows"),
    # A process of the previous release does not know prices for text, so it must not end such a prediction's
    # hold.
    CheckConstraint(
        "text_price IS NULL OR status IN ('queued', 'processing') "
        "OR valid_text_bytes IS NOT NULL AND valid_text_bytes BETWEEN 0 AND text_bytes",
        name="valid_text_bytes",
    ),
)
Index(None, predictions.c.user_id, predictions.c.id)
# For lists of one model. It never changes, so that updates stay HOT; see docs/adr/0012.
Index("predictions_of_model_idx", predictions.c.user_id, predictions.c.model_name, predictions.c.id)

# A prediction without a price has no transfers, so they cannot show its acceptance and its end.
free_changes = Table(
    "free_changes",
    metadata,
    Column("user_id", Uuid, nullable=False),
    Column("sequence", BigInteger, Identity(always=True), nullable=False),
    Column("prediction_id", Uuid, nullable=False),
    Column("ended", Boolean, nullable=False, comment="Whether it has ended or was accepted"),
    Column("at", Time, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("user_id", "sequence"),
    comment="The accepted and ended predictions without a price, for eight days, for their user's events",
)
Index(None, free_changes.c.at)

unsuccessful = Table(
    "unsuccessful",
    metadata,
    Column("user_id", Uuid, nullable=False),
    Column("status", Text, nullable=False),
    Column("prediction_id", Uuid, nullable=False),
    PrimaryKeyConstraint("user_id", "status", "prediction_id"),
    comment="Predictions that failed, were canceled or expired, for lists by status; triggers write it",
)

unsuccessful_backfill = Table(
    "unsuccessful_backfill",
    metadata,
    Column("after", Uuid, primary_key=True),
    comment="Up to which prediction `unsuccessful` was filled; empty once that is done",
)

unfinished = Table(
    "unfinished",
    metadata,
    Column("prediction_id", Uuid, primary_key=True),
    Column("put_at", Time, nullable=False),
    Column("due_at", Time, nullable=False),
    Column("wait", Integer, nullable=False, comment="Seconds from the check at `due_at` to the next one"),
    Column("bulk_user", Uuid, comment="Whose turn it waits for in the bulk lane, if it does"),
    Column("cost", Integer, comment="In the bulk lane; null for small work"),
    comment="The predictions that are not final: as small as the backlog, however long the history",
)
Index(
    None,
    unfinished.c.bulk_user,
    unfinished.c.prediction_id,
    postgresql_where=unfinished.c.bulk_user.is_not(None),
)

runs = Table(
    "runs",
    metadata,
    Column("token", Uuid, primary_key=True),
    Column("ids", ARRAY(Uuid), nullable=False, comment="The predictions that were begun together"),
    Column("begun_at", Time, nullable=False),
    Column("seen_at", Time, nullable=False, comment="The last sign of life"),
    prefixes=["UNLOGGED"],
    comment="What workers run now. Unlogged: losing it in a crash does no harm",
)

shares = Table(
    "shares",
    metadata,
    Column("user_id", Uuid, ForeignKey(users.c.id), primary_key=True),
    Column("weight", Double, nullable=False, server_default=text("1")),
    Column("start", Double, nullable=False),
    Column("finish", Double, nullable=False),
    CheckConstraint("weight > 0", name="weight"),
    comment="How much of the bulk lane each user was given",
)
Index(None, shares.c.start)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False),
    Column("key", Text, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("reference", Uuid, nullable=False),
    Column("created_at", Time, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("user_id", "key"),
)

# For the purge, which keeps the keys of chats longer.
_OF_CHAT = "key LIKE 'telegram:%'"
Index("idempotency_keys_old_idx", idempotency_keys.c.created_at, postgresql_where=text(f"NOT ({_OF_CHAT})"))
Index("idempotency_keys_old_of_chats_idx", idempotency_keys.c.created_at, postgresql_where=text(_OF_CHAT))
