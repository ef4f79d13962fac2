"""The parts of a batch's results, as they are stored."""

from collections.abc import AsyncIterator

from augury.application.batches.ports import (
    Batches,
    BatchStore,
    NotStored,
    StoredSlice,
    input_name,
    output_name,
)
from augury.domain.identifiers import BatchId
from augury.inbound.tables.results.writer import RawPart

SLICES_AT_ONCE = 200


async def ended_slices(batches: Batches, batch_id: BatchId) -> AsyncIterator[StoredSlice]:
    """The slices in order, up to the first that has not ended."""
    first = 0
    while slices := await batches.slices(batch_id, first=first, limit=SLICES_AT_ONCE):
        for each in slices:
            if not each.status.is_final:
                return
            yield each
        first = slices[-1].number + 1


async def raw_part(store: BatchStore, batch_id: BatchId, each: StoredSlice, remark: str) -> RawPart:
    """An ended slice. `remark` says why its rows have no answers, if they have none. Raises `NotStored`."""
    rows = await store.get(batch_id, input_name(each.number))
    return RawPart(each.first_row, rows, await answers_of(store, batch_id, each), remark)


async def answers_of(store: BatchStore, batch_id: BatchId, each: StoredSlice) -> bytes | None:
    """None for a slice that ended without a worker's answer."""
    try:
        return await store.get(batch_id, output_name(each.number))
    except NotStored:
        return None
