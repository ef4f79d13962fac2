"""The tables of balances, transfers and promo codes, and of the checks of all books."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from augury.outbound.postgres.schema.conventions import Time, metadata
from augury.outbound.postgres.schema.people import users

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
    Column(
        "lines",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'::text[]"),
        comment="The words of `found`, for processes of an older release",
    ),
    Column("failure", Text, comment="The words of `why`, for processes of an older release"),
    Column("why", JSONB, comment="Why it has no result: a code and its values"),
    Column("found", JSONB, comment="The first deviations: codes with values"),
    comment="Checks of the books that operators began, with their progress",
)
