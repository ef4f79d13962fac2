"""The rest of the schema: chats, their updates, the replies that they wait for, and their payments."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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

from augury.outbound.postgres.tables import Time, metadata, predictions, users

__all__ = ["metadata"]

chats = Table(
    "telegram_chats",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False, index=True),
    Column("language", Text, nullable=False),
    Column("model", Text, comment="The model that the person chose; null: the default one"),
    Column("dialogue", LargeBinary, comment="JSON text; null where nothing is being asked"),
    Column("gone", Boolean, nullable=False, server_default=text("false")),
    Column("linked_at", Time, comment="When the chat was linked to an account made elsewhere"),
    comment="Who talks to the bot: a private chat has its person's id",
)

updates = Table(
    "telegram_updates",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("lane", BigInteger, nullable=False, comment="What is handled in order: one chat's updates"),
    Column("payload", LargeBinary, comment="JSON text; null once it was handled"),
    Column("received_at", Time, nullable=False, server_default=func.now()),
    Column(
        "tries",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="How many processes took it up again and ended while it was under way",
    ),
    Index("telegram_updates_waiting_idx", "id", postgresql_where=text("payload IS NOT NULL")),
    comment="What Telegram delivered: stored before it is acknowledged, remembered for two days",
)

replies = Table(
    "telegram_replies",
    metadata,
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False, comment="The person's message that is answered"),
    Column("prediction_id", Uuid, ForeignKey(predictions.c.id), nullable=False, unique=True),
    Column("placeholder_id", BigInteger, comment="The bot's message that becomes the result"),
    Column("file_name", Text, comment="Of a batch, which is answered by a file"),
    Column("created_at", Time, nullable=False, server_default=func.now()),
    Column("thread_id", BigInteger, comment="The chat's topic in which the person wrote"),
    Column(
        "sheet", LargeBinary, comment="JSON text: what a batch's answer takes from its file, until it is sent"
    ),
    PrimaryKeyConstraint("chat_id", "message_id"),
)

notices = Table(
    "notices",
    metadata,
    Column("prediction_id", Uuid, primary_key=True),
    Column("due_at", Time, nullable=False, server_default=func.now()),
    comment="Predictions that became final and whose asker has not been told yet",
)

links = Table(
    "telegram_links",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False, index=True),
    Column("expires_at", Time, nullable=False),
    Column("chat_id", BigInteger, comment="Who used it; null: nobody yet"),
)

bots = Table(
    "telegram_bots",
    metadata,
    Column("username", Text, primary_key=True),
    Column("seen_at", Time, nullable=False),
    comment="Whom a link leads to: the one seen last",
)

payments = Table(
    "telegram_payments",
    metadata,
    Column("charge_id", Text, primary_key=True),
    Column("reference", Uuid, nullable=False, unique=True),
    Column("chat_id", BigInteger, nullable=False),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False, index=True),
    Column("stars", Integer, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("paid_at", Time, nullable=False, server_default=func.now()),
    Column("reversed_at", Time, comment="When the credits were taken back"),
    Column("refunded_at", Time, comment="When Telegram gave the stars back"),
    comment="Paid in Telegram Stars; `reference` is that of the top_up and of the reversal",
)
