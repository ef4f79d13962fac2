from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from typing_extensions import override

from augury.application.batches.ports import Batches, BatchStore, NotStored, StoredBatch, StoredSlice
from augury.domain import retention
from augury.domain.batch import Batch, BatchNotFound, Progress
from augury.domain.identifiers import BatchId, UserId
from augury.domain.prediction import Status
from augury.domain.transfer import TransferKind
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import BatchRecord, PredictionRecord
from augury.outbound.memory.webhook_outbox import tell_batch_end


@dataclass(frozen=True, slots=True)
class MemoryBatches(Batches):
    memory: Memory

    @override
    async def receive(self, batch_id: BatchId, *, owner: UserId, at: datetime) -> None:
        async with self.memory.change() as state:
            state.batches[batch_id] = BatchRecord(owner=owner, received_at=at)

    @override
    async def unfinished(self, owner: UserId) -> int:
        return unfinished(self.memory.state, owner)

    @override
    async def get(self, batch_id: BatchId, *, owner: UserId) -> StoredBatch:
        record = self.memory.state.batches.get(batch_id)
        if record is None or record.batch is None or record.owner != owner:
            raise BatchNotFound(batch_id=batch_id)
        return self._stored(record, record.batch)

    @override
    async def several(self, ids: Collection[BatchId]) -> Sequence[StoredBatch]:
        found = [self.memory.state.batches.get(each) for each in ids]
        return [self._stored(each, each.batch) for each in found if each and each.batch]

    @override
    async def page(
        self, owner: UserId, *, limit: int, before: BatchId | None = None
    ) -> Sequence[StoredBatch]:
        records = [
            (record, record.batch)
            for record in self.memory.state.batches.values()
            if record.batch and record.owner == owner and (before is None or record.batch.id < before)
        ]
        records.sort(key=lambda each: each[1].id, reverse=True)
        return [self._stored(record, batch) for record, batch in records[:limit]]

    @override
    async def running(self, owner: UserId, *, limit: int) -> Sequence[StoredBatch]:
        found = await self.page(owner, limit=len(self.memory.state.batches))
        return [each for each in found if not each.progress.is_final][:limit]

    @override
    async def slices(
        self, batch_id: BatchId, *, first: int, limit: int, only_with_errors: bool = False
    ) -> Sequence[StoredSlice]:
        found = list(_slices(slices_of(self.memory.state, batch_id)))
        return [
            each
            for each in found
            if each.number >= first
            and (not only_with_errors or (each.status.is_final and each.valid_rows < each.rows))
        ][:limit]

    @override
    async def close(self, ids: Collection[BatchId]) -> None:
        """Sums are not stored, since each read sums up the slices. This only adds the deliveries for
        webhooks, once."""
        async with self.memory.change() as state:
            for batch_id in ids:
                _close(state, batch_id, self.memory.now())

    @override
    async def close_ended(self) -> int:
        async with self.memory.change() as state:
            return sum([_close(state, batch_id, self.memory.now()) for batch_id in list(state.batches)])

    @override
    async def outdated(self, *, keep: timedelta, limit: int) -> Sequence[BatchId]:
        async with self.memory.change() as state:
            now = self.memory.now()
            found = [
                (batch_id, record)
                for batch_id, record in state.batches.items()
                if _is_outdated(state, record, now, keep)
            ][:limit]
            for batch_id, record in found:
                if _is_abandoned(record, now):
                    state.batches[batch_id] = replace(record, purged_at=now)
            return [batch_id for batch_id, _ in found]

    @override
    async def give_up(self, batch_id: BatchId) -> bool:
        async with self.memory.change() as state:
            record = state.batches.get(batch_id)
            if record is None:
                return True
            if record.batch is None:
                state.batches[batch_id] = replace(record, purged_at=self.memory.now())
            return record.batch is None

    @override
    async def purged(self, batch_id: BatchId) -> None:
        async with self.memory.change() as state:
            record = state.batches.get(batch_id)
            if record is not None and record.batch is None:
                del state.batches[batch_id]
            elif record is not None:
                state.batches[batch_id] = replace(record, purged_at=self.memory.now())

    def _stored(self, record: BatchRecord, batch: Batch) -> StoredBatch:
        state = self.memory.state
        slices = slices_of(state, batch.id)
        return StoredBatch(batch, _progress(state, slices), has_data=record.purged_at is None)


class MemoryBatchStore(BatchStore):
    def __init__(self) -> None:
        self.objects: dict[tuple[BatchId, str], bytes] = {}

    @override
    async def put(self, batch_id: BatchId, name: str, content: bytes) -> None:
        self.objects[batch_id, name] = content

    @override
    async def get(self, batch_id: BatchId, name: str) -> bytes:
        try:
            return self.objects[batch_id, name]
        except KeyError:
            raise NotStored(f"{name} of batch {batch_id}") from None

    @override
    async def ping(self) -> None:
        """Do nothing: the store is in this process."""

    @override
    async def delete(self, batch_id: BatchId, *, at_most: int, prefix: str = "") -> int:
        names = [key for key in self.objects if key[0] == batch_id and key[1].startswith(prefix)][:at_most]
        for key in names:
            del self.objects[key]
        return len(names)


def _is_outdated(state: State, record: BatchRecord, now: datetime, keep: timedelta) -> bool:
    if _is_abandoned(record, now):
        return True
    if record.purged_at is not None:
        return False
    if state.users[record.owner].user.closed_at:
        return True
    if record.batch is None:
        return False
    progress = _progress(state, slices_of(state, record.batch.id))
    return progress.is_final and progress.finished_at is not None and progress.finished_at < now - keep


def _is_abandoned(record: BatchRecord, now: datetime) -> bool:
    return record.batch is None and record.received_at < now - retention.UNACCEPTED_BATCHES


def unfinished(state: State, owner: UserId) -> int:
    found = [each.batch for each in state.batches.values() if each.batch and each.owner == owner]
    return sum(not _progress(state, slices_of(state, each.id)).is_final for each in found)


def _close(state: State, batch_id: BatchId, now: datetime) -> bool:
    """Close the batch if it has ended. Returns whether that was done now."""
    record = state.batches[batch_id]
    if record.batch is None or record.closed_at or not _progress(state, slices_of(state, batch_id)).is_final:
        return False
    state.batches[batch_id] = replace(record, closed_at=now)
    tell_batch_end(state, batch_id, record.owner, now)
    return True


def slices_of(state: State, batch_id: BatchId) -> list[PredictionRecord]:
    """In the order of their numbers."""
    found = [each for each in state.predictions.values() if each.place and each.place.batch_id == batch_id]
    return sorted(found, key=_number)


def _number(record: PredictionRecord) -> int:
    assert record.place is not None
    return record.place.number


def _slices(records: Sequence[PredictionRecord]) -> Iterator[StoredSlice]:
    first_row = 0
    for record in records:
        prediction = record.prediction
        yield StoredSlice(
            number=_number(record),
            first_row=first_row,
            prediction_id=prediction.id,
            status=prediction.status,
            rows=prediction.rows,
            valid_rows=prediction.valid_rows,
        )
        first_row += prediction.rows


def _progress(state: State, slices: Sequence[PredictionRecord]) -> Progress:
    all_ = [each.prediction for each in slices]
    captures = [state.statements.get((each.id, TransferKind.CAPTURE)) for each in all_]

    def count(status: Status) -> int:
        return sum(each.status is status for each in all_)

    return Progress(
        done=sum(each.valid_rows for each in all_),
        failed=sum(each.rows - each.valid_rows for each in all_ if each.status.is_final),
        charged=sum(each.transfer.amount for each in captures if each),
        queued=count(Status.QUEUED),
        processing=count(Status.PROCESSING),
        canceled=count(Status.CANCELED),
        expired=count(Status.EXPIRED),
        started_at=min((each.started_at for each in all_ if each.started_at), default=None),
        finished_at=max((each.finished_at for each in all_ if each.finished_at), default=None),
    )
