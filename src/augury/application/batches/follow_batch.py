"""Follow a batch: its current progress, then each change until it ends."""

from collections.abc import Mapping, Sequence

from augury.application.batches.ports import Batches, StoredBatch
from augury.concurrency.streams import StateStream
from augury.concurrency.watches import Watches
from augury.domain.identifiers import BatchId, UserId


class FollowBatch:
    """Send each change of a batch. One query reads all followed batches that are due."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches
        self._watches: Watches[BatchId, StoredBatch] = Watches(
            self._read, doing="reading changed batches", is_last=lambda stored: stored.progress.is_final
        )

    async def __call__(self, *, user_id: UserId, batch_id: BatchId) -> StateStream[StoredBatch]:
        """Raises `BatchNotFound`. The caller must close the stream."""
        return await self._watches.stream(batch_id, lambda: self._batches.get(batch_id, owner=user_id))

    async def look(self) -> None:
        """Watch for changes until canceled."""
        await self._watches.look()

    def stop(self) -> None:
        """End all streams."""
        self._watches.stop()

    async def _read(self, ids: Sequence[BatchId]) -> Mapping[BatchId, StoredBatch]:
        return {each.batch.id: each for each in await self._batches.several(ids)}
