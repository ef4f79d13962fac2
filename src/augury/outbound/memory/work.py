from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from augury.application.predictions.ports import Claimed, Finished, Work
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import Status
from augury.outbound.memory.memory import FIRST_LOOK, Memory, PredictionRecord, State, next_look
from augury.outbound.memory.record import count_pending, move, notice


@dataclass(frozen=True, slots=True)
class MemoryWork(Work):
    memory: Memory

    @override
    async def claim(
        self,
        ids: Collection[PredictionId],
        *,
        token: UUID,
        lease: timedelta,
        retries: bool,
        most_rows: int,
        most_bytes: int,
    ) -> Sequence[Claimed]:
        now = self.memory.now()
        claimed: list[Claimed] = []
        rows = size = 0
        async with self.memory.change() as state:
            for record in _claimable(state, ids, now, retries=retries):
                rows += record.prediction.rows
                size += len(record.input)
                if claimed and (rows > most_rows or size > most_bytes):
                    break
                started = record.prediction.start(at=now)
                state.predictions[started.id] = replace(
                    record, prediction=started, token=token, due_at=now + lease
                )
                claimed.append(Claimed(started, record.input))
        return claimed

    @override
    async def renew(self, token: UUID, *, lease: timedelta, ids: Collection[PredictionId]) -> int:
        due_at = self.memory.now() + lease
        async with self.memory.change() as state:
            covered = _leased(state, ids, token)
            for record in covered:
                state.predictions[record.prediction.id] = replace(record, due_at=due_at)
        return len(covered)

    @override
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        now = self.memory.now()
        done = {each.prediction.id: each for each in finished}
        async with self.memory.change() as state:
            covered = _leased(state, done, token)
            for record in covered:
                result = done[record.prediction.id]
                state.predictions[result.prediction.id] = replace(
                    record,
                    prediction=result.prediction,
                    output=result.output,
                    errors=result.errors,
                    warnings=result.warnings,
                    token=None,
                )
                count_pending(state, result.prediction.user_id, -1)
                notice(state, result.prediction, now)
                move(state, result.prediction.settlement(), now)
        return [record.prediction.id for record in covered]

    @override
    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> Sequence[PredictionId]:
        now = self.memory.now()
        async with self.memory.change() as state:
            covered = _leased(state, ids, token)
            for record in covered:
                queued = record.prediction.hand_back()
                # `put_at` stays: if the broker does not deliver the message again, it counts as lost.
                state.predictions[queued.id] = replace(
                    record, prediction=queued, token=None, due_at=next_look(queued, now), wait=FIRST_LOOK
                )
        return [record.prediction.id for record in covered]

    @override
    async def unknown(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return {each for each in ids if each not in self.memory.state.predictions}


def _claimable(
    state: State, ids: Collection[PredictionId], now: datetime, *, retries: bool
) -> list[PredictionRecord]:
    records = [state.predictions[each] for each in sorted(set(ids)) if each in state.predictions]
    return [
        record
        for record in records
        if record.prediction.status is Status.QUEUED
        and (record.prediction.expires_at is None or record.prediction.expires_at > now)
        and (retries or record.prediction.attempts == 0)
    ]


def _leased(state: State, ids: Collection[PredictionId], token: UUID) -> list[PredictionRecord]:
    records = [state.predictions[each] for each in sorted(set(ids)) if each in state.predictions]
    return [record for record in records if record.token == token]
