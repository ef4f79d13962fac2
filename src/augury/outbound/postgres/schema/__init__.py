"""The schema: alembic compares the database with `metadata`, which knows the tables of all subjects."""

from augury.outbound.postgres.schema import (
    batches,
    chats,
    model_files,
    models,
    money,
    operation,
    people,
    predictions,
    webhooks,
)
from augury.outbound.postgres.schema.conventions import metadata

__all__ = [
    "batches",
    "chats",
    "metadata",
    "model_files",
    "models",
    "money",
    "operation",
    "people",
    "predictions",
    "webhooks",
]
