import pytest
from typing_extensions import override

from augury.application.batches.ports import SHEET, NotStored
from augury.application.predictions.known_sheets import MOST, KnownSheets
from augury.domain.identifiers import BatchId, uuid7
from augury.outbound.memory.batches import MemoryBatchStore


class Counting(MemoryBatchStore):
    def __init__(self) -> None:
        super().__init__()
        self.reads: list[BatchId] = []

    @override
    async def get(self, batch_id: BatchId, name: str) -> bytes:
        self.reads.append(batch_id)
        return await super().get(batch_id, name)


async def test_a_sheet_is_read_once_while_slices_of_few_batches_take_turns() -> None:
    store = Counting()
    sheets = KnownSheets(store)
    batches = [BatchId(uuid7()) for _ in range(MOST + 1)]
    for each in batches:
        await store.put(each, SHEET, each.bytes)

    for _ in range(3):
        assert [await sheets.of(each) for each in batches[:MOST]] == [each.bytes for each in batches[:MOST]]
    assert store.reads == batches[:MOST]

    await sheets.of(batches[MOST])
    await sheets.of(batches[0])
    assert store.reads == [*batches, batches[0]], "the sheet used longest ago was dropped"


async def test_a_sheet_that_is_gone_is_not_remembered_as_gone() -> None:
    store, batch_id = Counting(), BatchId(uuid7())
    sheets = KnownSheets(store)
    with pytest.raises(NotStored):
        await sheets.of(batch_id)

    await store.put(batch_id, SHEET, b"sheet")
    assert await sheets.of(batch_id) == b"sheet"
