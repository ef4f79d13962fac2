"""The schema. alembic compares the database with it, and statements are built from it."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

Time = DateTime(timezone=True)

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ck": "%(table_name)s_%(constraint_name)s_check",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)

users = Table(
    "users",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("role", Text, nullable=False),
    Column("email", Text, unique=True),
    Column("password_hash", Text),
    Column("guest_key", LargeBinary, unique=True),
    Column("created_at", Time, nullable=False),
    Column("closed_at", Time),
    Column(
        "merged_into",
        Uuid,
        ForeignKey("users.id"),
        comment="The account that absorbed this one, which is closed",
    ),
    Column("blocked_at", Time),
    Column(
        "access_version",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="Access tokens of another version are not valid",
    ),
    CheckConstraint("role IN ('guest', 'member', 'admin')", name="role"),
)

Index("users_email_prefix_idx", users.c.email, postgresql_ops={"email": "text_pattern_ops"})
Index("users_listed_idx", users.c.id, postgresql_where=text("role <> 'guest' AND closed_at IS NULL"))
Index(
    "users_forgettable_idx",
    users.c.created_at,
    users.c.id,
    postgresql_where=users.c.guest_key.is_not(None),
)

guest_days = Table(
    "guest_days",
    metadata,
    Column("day", Date, primary_key=True),
    Column("guests", Integer, nullable=False),
    comment="How many guests were added on each UTC day",
)

balances = Table(
    "balances",
    metadata,
    Column("user_id", Uuid, ForeignKey(users.c.id), primary_key=True),
    Column("available", BigInteger, nullable=False, server_default=text("0")),
    Column("held", BigInteger, nullable=False, server_default=text("0")),
    Column("pending", Integer, nullable=False, server_default=text("0")),
    Column(
        "debt",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="The spent credits of payments that were returned, as far as they are not settled",
    ),
    Column(
        "webhooks",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="Whether the user has webhooks, so that others' settlements look up none",
    ),
    Column("low_below", BigInteger, comment="The highest threshold of the user's webhooks for balance.low"),
    CheckConstraint("available >= 0", name="available"),
    CheckConstraint("held >= 0", name="held"),
    CheckConstraint("pending >= 0", name="pending"),
    CheckConstraint("debt >= 0", name="debt"),
    comment="Changes only together with transfers; `pending` counts the unfinished predictions",
)

# A foreign key would look up and lock the row that it names for each new row. Triggers keep users and models
# from being removed instead.
transfers = Table(
    "transfers",
    metadata,
    Column("reference", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    Column("user_id", Uuid, nullable=False),
    Column("to_user_id", Uuid),
    Column("amount", BigInteger, nullable=False),
    Column("created_at", Time, nullable=False, server_default=func.now()),
    Column("sequence", BigInteger, Identity(always=True), nullable=False),
    PrimaryKeyConstraint("reference", "kind"),
    CheckConstraint("amount > 0", name="amount"),
    CheckConstraint(
        "kind IN ('top_up', 'grant', 'hold', 'capture', 'release', 'refund', 'reversal', 'merge', 'split', "
        "'debt', 'repayment', 'write_off')",
        name="kind",
    ),
    CheckConstraint("(kind IN ('merge', 'split')) = (to_user_id IS NOT NULL)", name="to_user_id"),
    comment="Immutable: a trigger refuses UPDATE, DELETE and TRUNCATE",
)
Index(None, transfers.c.user_id, transfers.c.sequence)
Index(
    None,
    transfers.c.to_user_id,
    transfers.c.sequence,
    postgresql_where=transfers.c.to_user_id.is_not(None),
)

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

models = Table(
    "models",
    metadata,
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("row_price", Integer, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("state", Text, nullable=False),
    # For processes of the previous release, until they are restarted.
    Column("active", Boolean, Computed("state = 'active'", persisted=True)),
    Column("retired", Boolean, Computed("state = 'retired'", persisted=True)),
    Column(
        "text_price",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="Credits per kilobyte of text, on top of the row price",
    ),
    Column("card", Text, comment="The model card in the file, as JSON"),
    Column(
        "canary_share", Double, comment="Of all users; only of a `ready` version, which it makes a canary"
    ),
    Column("replaced", Integer, comment="The version that was active before this one became it"),
    Column(
        "explain_price",
        Integer,
        CheckConstraint("explain_price >= 0", name="explain_price"),
        comment="Credits for the explanation of a row; null: as much as the row price",
    ),
    Column(
        "speed_squares",
        Double,
        comment="The sum of units² over measured calls, units as in `Slice.units`; null: not measured",
    ),
    Column("speed_products", Double, comment="The sum of units × seconds over the same calls"),
    PrimaryKeyConstraint("name", "version"),
    CheckConstraint("row_price >= 0", name="row_price"),
    CheckConstraint("text_price >= 0", name="text_price"),
    CheckConstraint("state IN ('ready', 'active', 'retired')", name="state"),
    CheckConstraint("canary_share BETWEEN 0.01 AND 0.5", name="canary_share"),
)
Index("models_canary_key", models.c.name, unique=True, postgresql_where=models.c.canary_share.is_not(None))
Index(
    "models_active_key", models.c.name, unique=True, postgresql_where=models.c.state == text("'active'::text")
)

version_counts = Table(
    "version_counts",
    metadata,
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("minute", Time, nullable=False),
    Column("succeeded", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("rows", BigInteger, nullable=False),
    Column("invalid_rows", BigInteger, nullable=False),
    Column("seconds", Double, nullable=False, comment="Of calls of the model, once for each prediction"),
    Column("durations", ARRAY(BigInteger), nullable=False, comment="Predictions by duration of their call"),
    Column("value_count", BigInteger, nullable=False),
    Column("value_sum", Double, nullable=False),
    Column("value_squares", Double, nullable=False),
    PrimaryKeyConstraint("name", "version", "minute"),
    comment="What workers counted of each version, by minute",
)
Index(None, version_counts.c.minute)
version_labels = Table(
    "version_labels",
    metadata,
    Column("name", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("minute", Time, nullable=False),
    Column("label", Text, nullable=False),
    Column("answers", BigInteger, nullable=False),
    PrimaryKeyConstraint("name", "version", "minute", "label"),
    comment="How often each version answered each label, by minute",
)
Index(None, version_labels.c.minute)

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
    Column("reason", Text),
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
        comment="What was found in the table, in sentences",
    ),
    Column("model_sha256", Text, comment="The trained file in `model_files`"),
    Column("version", Integer, comment="The version in `models` that it became"),
    Column("reason", Text),
    Column("started_at", Time),
    Column("finished_at", Time),
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

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("family", Uuid, nullable=False, index=True),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False, index=True),
    Column("expires_at", Time, nullable=False, index=True),
    Column("replaced_at", Time),
    Column("client", Text, comment="What its user sees of the session; null: a program"),
    Column("begun_at", Time, comment="When its session began; null: an older release began it"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False),
    Column("name", Text, nullable=False),
    Column("hint", Text, nullable=False),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time),
    Column("last_used_at", Time),
    Column("scopes", ARRAY(Text), comment="Null: all, as keys of earlier releases have"),
    Column("models", ARRAY(Text), comment="`name` or `name@version` of each; null: all"),
    Column("day_limit", BigInteger, comment="Credits in a UTC day; null: no limit"),
    Column("month_limit", BigInteger, comment="Credits in a UTC month; null: no limit"),
    Column("spent_on", Date, comment="The UTC day in which something was counted last"),
    Column(
        "day_spent", BigInteger, nullable=False, server_default=text("0"), comment="On the day `spent_on`"
    ),
    Column(
        "month_spent",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="In the month of that day",
    ),
)
Index(None, api_keys.c.user_id, api_keys.c.id)
Index(None, api_keys.c.expires_at, postgresql_where=api_keys.c.expires_at.is_not(None))

throttle = Table(
    "throttle",
    metadata,
    Column("key", Text, primary_key=True),
    Column(
        "ends_at",
        Time,
        nullable=False,
        index=True,
        comment="The end of the window in which `hits` are counted",
    ),
    Column("hits", Integer, nullable=False),
    prefixes=["UNLOGGED"],
    comment="Attempts in fixed windows of time. Unlogged: losing them in a crash does no harm",
)

promo_codes = Table(
    "promo_codes",
    metadata,
    Column("code", Text, primary_key=True),
    Column("credits", BigInteger, nullable=False),
    Column("most", Integer, nullable=False),
    Column("used", Integer, nullable=False, server_default=text("0")),
    Column("created_at", Time, nullable=False),
    Column("expires_at", Time),
    Column("disabled_at", Time),
    CheckConstraint("credits > 0", name="credits"),
    CheckConstraint("used BETWEEN 0 AND most", name="used"),
)

promo_redemptions = Table(
    "promo_redemptions",
    metadata,
    Column("code", Text, ForeignKey(promo_codes.c.code), nullable=False),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False),
    Column("reference", Uuid, nullable=False),
    PrimaryKeyConstraint("code", "user_id"),
    comment="One row per code and user; `reference` is the grant's",
)

ledger_checks = Table(
    "ledger_checks",
    metadata,
    Column("only_one", Boolean, primary_key=True, server_default=text("true")),
    Column("checked_at", Time, nullable=False),
    Column("deviations", Integer, nullable=False),
    CheckConstraint("only_one", name="only_one"),
    comment="The result of the last check of all books, in one row",
)

audit_log = Table(
    "audit_log",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("at", Time, nullable=False, index=True),
    Column("actor", Text, nullable=False, comment="The administrator's id, or the command line's user"),
    Column("actor_id", Uuid, comment="Null for the command line"),
    Column("request_id", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("user_id", Uuid, comment="The user whom the act concerns"),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    comment="What operators did. No personal data. A trigger refuses UPDATE and TRUNCATE",
)
Index(None, audit_log.c.actor, audit_log.c.id)
Index(None, audit_log.c.action, audit_log.c.id)
Index(None, audit_log.c.subject, audit_log.c.id)
Index(None, audit_log.c.user_id, audit_log.c.id, postgresql_where=audit_log.c.user_id.is_not(None))

figures = Table(
    "figures",
    metadata,
    Column("step", Text, nullable=False),
    Column("at", Time, nullable=False, comment="When the minute, hour or day (UTC) began"),
    Column("accepted", BigInteger, nullable=False),
    Column("succeeded", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("revenue", BigInteger, nullable=False, comment="Credits that were charged"),
    Column("latencies", ARRAY(BigInteger), nullable=False, comment="Predictions by their latency"),
    PrimaryKeyConstraint("step", "at"),
    CheckConstraint("step IN ('minute', 'hour', 'day')", name="step"),
    comment="What all processes counted, by minute, hour and day",
)
processes = Table(
    "processes",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("part", Text, nullable=False),
    Column("seen_at", Time, nullable=False, index=True, comment="The last sign of life"),
    prefixes=["UNLOGGED"],
    comment="The processes of the service. Unlogged: they say so again within seconds",
)
ledger_runs = Table(
    "ledger_runs",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("started_at", Time, nullable=False, index=True, server_default=func.now()),
    Column("seen_at", Time, nullable=False, server_default=func.now(), comment="The last sign of life"),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("total", Integer, nullable=False, server_default=text("0")),
    Column("finished_at", Time),
    Column("deviations", Integer, comment="Null if it failed"),
    Column("lines", ARRAY(Text), nullable=False, server_default=text("'{}'::text[]")),
    Column("failure", Text),
    comment="Checks of the books that operators began, with their progress",
)
