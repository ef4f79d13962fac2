"""The tables of accounts and of their credentials."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from augury.outbound.postgres.schema.conventions import Time, metadata

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
    Column("chat_id", BigInteger, comment="The chat that signed the browser in"),
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
