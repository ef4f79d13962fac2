"""The tables of what operators do and see."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB

from augury.outbound.postgres.schema.conventions import Time, metadata

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
