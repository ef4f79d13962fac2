"""The tables of webhooks. The deliveries are the outbox: each is written together with its event."""

from sqlalchemy import ARRAY, BigInteger, Column, ForeignKey, Index, Integer, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from augury.outbound.postgres.schema.conventions import Time, metadata
from augury.outbound.postgres.schema.people import users

webhooks = Table(
    "webhooks",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("user_id", Uuid, ForeignKey(users.c.id), nullable=False),
    Column("url", Text, nullable=False),
    Column("events", ARRAY(Text), nullable=False),
    Column("description", Text, nullable=False),
    Column("balance_below", BigInteger, comment="The threshold of balance.low, in credits"),
    Column("generation", Integer, nullable=False, comment="The number of its secret, which is derived"),
    Column("rotated_at", Time),
    Column("created_at", Time, nullable=False),
    Column("failing_since", Time, comment="The first failed try since the last success"),
    Column("paused_until", Time, comment="The receiver asked to slow down"),
    Column("disabled_at", Time),
    Column("disabled_why", Text),
    Column("told_at", Time, comment="When its owner was told that the service disabled it"),
    Column("oldest_signing", Integer, comment="The number of the oldest secret that signs during an overlap"),
    comment="URLs that users want to be called",
)
Index(None, webhooks.c.user_id, webhooks.c.id)
Index(
    "webhooks_untold_idx",
    webhooks.c.user_id,
    postgresql_where=webhooks.c.told_at.is_(None) & webhooks.c.disabled_why.in_(("gone", "failing")),
)
Index(
    "webhooks_failing_idx",
    webhooks.c.id,
    postgresql_where=webhooks.c.disabled_why.in_(("gone", "failing"))
    | (webhooks.c.disabled_why.is_(None) & webhooks.c.failing_since.is_not(None)),
)

# No foreign keys: they would look up and lock a row for each settled prediction. A delivery whose webhook was
# deleted meanwhile is dropped when its turn comes.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("webhook_id", Uuid, nullable=False),
    Column("event", Text, nullable=False),
    Column("subject", Uuid, comment="The prediction or batch that the event is about"),
    Column("facts", JSONB, comment="What the event says besides"),
    Column("once", Text, comment="An event of this name is told to a webhook only once"),
    Column("occurred_at", Time, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'waiting'")),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("due_at", Time, comment="The next try, or the end of a lease; null if there is none"),
    Column("token", Uuid, comment="Of the process that tries it now"),
    Column("tried_at", Time),
    Column("status_code", Integer),
    Column("error", Text),
    Column("milliseconds", Integer),
    Column("finished_at", Time),
    comment="Events for webhooks, and what came of their tries",
)
Index(None, webhook_deliveries.c.webhook_id, webhook_deliveries.c.id)
Index(
    "webhook_deliveries_due_idx",
    webhook_deliveries.c.webhook_id,
    webhook_deliveries.c.due_at,
    postgresql_where=webhook_deliveries.c.due_at.is_not(None),
)
Index(
    "webhook_deliveries_finished_idx",
    webhook_deliveries.c.finished_at,
    postgresql_where=webhook_deliveries.c.finished_at.is_not(None),
)
Index(
    "webhook_deliveries_once_key",
    webhook_deliveries.c.webhook_id,
    webhook_deliveries.c.once,
    unique=True,
    postgresql_where=webhook_deliveries.c.once.is_not(None),
)
