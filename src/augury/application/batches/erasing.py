"""Deletes the rows and answers of a batch. Purging batches and refusing a batch share this."""

from augury.application.batches.ports import Batches, BatchStore
from augury.domain.identifiers import BatchId

OBJECTS_AT_ONCE = 100
"""Objects that one call of the store deletes, so that no statement runs for long."""


async def erase(batch_id: BatchId, *, batches: Batches, store: BatchStore) -> None:
    """Delete the batch's objects, and note that they are gone."""
    while await store.delete(batch_id, at_most=OBJECTS_AT_ONCE) == OBJECTS_AT_ONCE:
        pass
    await batches.purged(batch_id)
