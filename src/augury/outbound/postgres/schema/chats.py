"""The tables of chats: their updates, their outstanding replies, and their payments."""

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

from augury.outbound.postgres.schema.conventions import Time, metadata
from augury.outbound.postgres.schema.people import users
from augury.outbound.postgres.schema.predictions import predictions

chats = Table(
    "telegram_chats",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False, index=True),
    Column("language", Text, nullable=False),
    Column("model", Text, comment="The model that the person chose; null for the default model"),
    Column("dialogue", LargeBinary, comment="JSON text; null if the bot is not asking anything"),
    Column("gone", Boolean, nullable=False, server_default=text("false")),
    Column("linked_at", Time, comment="When the chat was linked to an account made elsewhere"),
    comment="Private chats with the bot; the id is also the person's Telegram id",
)

updates = Table(
    "telegram_updates",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column(
        "lane",
        BigInteger,
        nullable=False,
        comment="Updates of one lane, usually a chat, are handled in order",
    ),
    Column("payload", LargeBinary, comment="JSON text; null after the update was handled"),
    Column("received_at", Time, nullable=False, index=True, server_default=func.now()),
    Column(
        "tries",
        Integer,
        nullable=False,
        server_default=text("0"),
        comment="How many processes ended while they handled it again",
    ),
    Index("telegram_updates_waiting_idx", "id", postgresql_where=text("payload IS NOT NULL")),
    comment="Telegram's updates: stored before they are acknowledged, and kept for two days",
)

replies = Table(
    "telegram_replies",
    metadata,
    Column("chat_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False, comment="The person's message that is answered"),
    Column("prediction_id", Uuid, ForeignKey(predictions.c.id), nullable=False, unique=True),
    Column("placeholder_id", BigInteger, comment="The bot's message that becomes the result"),
    Column("file_name", Text, comment="The name of a batch's file; the answer is a file, too"),
    Column("created_at", Time, nullable=False, index=True, server_default=func.now()),
    Column("thread_id", BigInteger, comment="The chat's topic in which the person wrote"),
    Column(
        "sheet",
        LargeBinary,
        comment="JSON text: the dialect and other columns of a batch's file, until its answer is sent",
    ),
    PrimaryKeyConstraint("chat_id", "message_id"),
)

notices = Table(
    "notices",
    metadata,
    Column("prediction_id", Uuid, primary_key=True),
    Column("due_at", Time, nullable=False, index=True, server_default=func.now()),
    comment="Final predictions whose results have not been delivered to their chat yet",
)

links = Table(
    "telegram_links",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False, index=True),
    Column("expires_at", Time, nullable=False),
    Column("chat_id", BigInteger, comment="The chat that used the link; null if none has"),
)

sign_ins = Table(
    "telegram_sign_ins",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("client", Text, nullable=False),
    Column("expires_at", Time, nullable=False, index=True),
    Column("chat_id", BigInteger, comment="The chat that has confirmed it; null if none has"),
    comment="Browsers that ask to sign in by a chat: for five minutes",
)

bots = Table(
    "telegram_bots",
    metadata,
    Column("username", Text, primary_key=True),
    Column("seen_at", Time, nullable=False),
    comment="Links lead to the bot that was seen last",
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
    comment="Payments in Telegram Stars; `reference` is that of the top_up and of the reversal",
)
