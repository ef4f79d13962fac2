"""The tables of models and of what workers count about each version."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Double,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from augury.outbound.postgres.schema.conventions import Time, metadata

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
