from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from itertools import islice

from typing_extensions import override

from augury.application.ports import Json
from augury.application.predictions.ports.contents import PredictionContents
from augury.application.predictions.ports.reads import (
    MOST_BYTES_AT_ONCE,
    MOST_LISTED_BYTES,
    PredictionPage,
    Predictions,
    StoredPrediction,
    UsageOfDay,
)
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane
from augury.domain.prediction import Prediction, PredictionNotFound, Status, WrongStatus
from augury.domain.transfer import TransferKind
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.records import PredictionRecord


@dataclass(frozen=True, slots=True)
class MemoryPredictions(Predictions):
    memory: Memory

    @override
    async def get(self, prediction_id: PredictionId, *, owner: UserId) -> StoredPrediction:
        return self._stored(_owned(self.memory.state, prediction_id, owner))

    @override
    async def piece(self, prediction_id: PredictionId, *, owner: UserId, begin: int) -> bytes:
        output = _owned(self.memory.state, prediction_id, owner).output or b""
        return output[begin : begin + MOST_BYTES_AT_ONCE]

    @override
    async def several(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        records = [
            self.memory.state.predictions[each] for each in ids if each in self.memory.state.predictions
        ]
        return [self._stored(record) for record in records]

    @override
    async def listed(self, ids: Collection[PredictionId]) -> Sequence[StoredPrediction]:
        known = self.memory.state.predictions
        return [self._listed(known[each]) for each in ids if each in known]

    @override
    async def page(
        self,
        owner: UserId,
        *,
        limit: int,
        before: PredictionId | None = None,
        status: Status | None = None,
        model: str | None = None,
    ) -> PredictionPage:
        records = [
            record
            for record in self.memory.state.predictions.values()
            if record.prediction.user_id == owner
            and record.place is None
            and (before is None or record.prediction.id < before)
            and status in (None, record.prediction.status)
            and model in (None, record.prediction.model.name, str(record.prediction.model))
        ]
        records.sort(key=lambda record: record.prediction.id, reverse=True)
        more = records[limit - 1].prediction.id if len(records) > limit else None
        return PredictionPage([self._listed(record) for record in records[:limit]], more)

    @override
    async def usage(self, owner: UserId, *, since: datetime, most: int) -> Sequence[UsageOfDay]:
        found = [record.prediction for record in self.memory.state.predictions.values()]
        found = [each for each in found if each.user_id == owner and each.created_at >= since]
        found.sort(key=lambda each: each.id, reverse=True)
        grouped: dict[tuple[date, str], list[Prediction]] = {}
        for each in found[:most]:
            grouped.setdefault((each.created_at.astimezone(UTC).date(), each.model.name), []).append(each)
        days = [
            UsageOfDay(
                day,
                model,
                len(those),
                sum(each.valid_rows for each in those),
                sum(each.charged for each in those),
            )
            for (day, model), those in grouped.items()
        ]
        return sorted(sorted(days, key=lambda each: each.model), key=lambda each: each.day, reverse=True)

    def _listed(self, record: PredictionRecord) -> StoredPrediction:
        is_shown = record.prediction.rows == 1 and len(record.output or b"") <= MOST_LISTED_BYTES
        output = record.output if is_shown else None
        return replace(self._stored(record), output=output, large_output=0, errors=())

    def _stored(self, record: PredictionRecord) -> StoredPrediction:
        refund = self.memory.state.statements.get((record.prediction.id, TransferKind.REFUND))
        refunded = refund.transfer.amount if refund else 0
        size = len(record.output or b"")
        is_large = size > MOST_BYTES_AT_ONCE
        return StoredPrediction(
            record.prediction,
            None if is_large else record.output,
            record.errors,
            record.warnings,
            refunded,
            large_output=size if is_large else 0,
            lane=_lane(record),
        )

    @override
    async def waiting(self, *, at_most: int) -> int:
        records = self.memory.state.predictions.values()
        unfinished = (record for record in records if not record.prediction.status.is_final)
        return sum(1 for _ in islice(unfinished, at_most))

    @override
    async def oldest_waiting(self) -> datetime | None:
        found = [each.prediction for each in self.memory.state.predictions.values()]
        return min((each.created_at for each in found if not each.status.is_final), default=None)

    @override
    async def final(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        known = self.memory.state.predictions
        return [each for each in ids if each in known and known[each].prediction.status.is_final]

    @override
    async def statuses(self, ids: Collection[PredictionId]) -> Mapping[PredictionId, Status]:
        known = self.memory.state.predictions
        return {each: known[each].prediction.status for each in ids if each in known}


@dataclass(frozen=True, slots=True)
class MemoryPredictionContents(PredictionContents):
    memory: Memory

    @override
    async def input_of(self, prediction_id: PredictionId, *, owner: UserId) -> Json | None:
        return _owned(self.memory.state, prediction_id, owner).input or None

    @override
    async def forget(self, prediction_id: PredictionId, *, owner: UserId) -> None:
        async with self.memory.change() as state:
            record = _owned(state, prediction_id, owner)
            if not record.prediction.status.is_final:
                raise WrongStatus(status=record.prediction.status)
            state.predictions[prediction_id] = record.forgotten()


def _lane(record: PredictionRecord) -> Lane | None:
    if record.prediction.status is not Status.QUEUED:
        return None
    return Lane.SMALL if record.bulk_cost is None else Lane.BULK


def _owned(state: State, prediction_id: PredictionId, owner: UserId) -> PredictionRecord:
    record = state.predictions.get(prediction_id)
    if record is None or record.prediction.user_id != owner:
        raise PredictionNotFound(prediction_id=prediction_id)
    return record
