from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from typing_extensions import override

from augury.application.predictions.ports.sweeping import FIRST_CHECK
from augury.application.predictions.ports.work import Claimed, ClaimTerms, Finished, Work
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import Status
from augury.outbound.memory import bulk_lane, key_spending
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.record import count_pending, move, note_free, notice
from augury.outbound.memory.records import PredictionRecord, RunRecord, next_check


@dataclass(frozen=True, slots=True)
class MemoryWork(Work):
    memory: Memory

    @override
    async def begin(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        now = self.memory.now()
        async with self.memory.change() as state:
            elsewhere = {each for run in state.runs.values() for each in run.ids}
            fresh = [
                each
                for each in _claimable(state, ids, now)
                if not each.prediction.attempts and each.prediction.id not in elsewhere
            ]
            begun = list(_bounded(fresh, terms))
            _note(state, terms.token, begun, now)
        return [
            Claimed(each.prediction.start(at=now), each.input, each.place, each.explain, each.top)
            for each in begun
        ]

    @override
    async def claim(self, ids: Collection[PredictionId], terms: ClaimTerms) -> Sequence[Claimed]:
        now = self.memory.now()
        async with self.memory.change() as state:
            begun = list(_bounded(_claimable(state, ids, now), terms))
            _note(state, terms.token, begun, now)
            return [_start(state, each, terms.token, now, terms.lease) for each in begun]

    @override
    async def pick(
        self, *, token: UUID, lease: timedelta, most: int, most_cost: int, short: bool = False
    ) -> Sequence[Claimed]:
        now = self.memory.now()
        async with self.memory.change() as state:
            while waiting := bulk_lane.next_user(state, most_cost if short else None)[:most]:
                begun = list(_within(most_cost, [each for each in waiting if _is_new(each, now)]))
                for record in waiting:
                    if record in begun or not _is_new(record, now):
                        due_at = min(record.due_at, now + lease)
                        left = replace(record, in_bulk=False, due_at=due_at, wait=FIRST_CHECK)
                        state.predictions[record.prediction.id] = left
                if begun:
                    cost = sum(map(bulk_lane.cost_of, begun))
                    bulk_lane.serve(state, begun[0].prediction.user_id, cost)
                    _note(state, token, begun, now)
                    return [_start(state, each, token, now, lease) for each in begun]
        return ()

    @override
    async def renew(self, token: UUID, *, lease: timedelta, ids: Collection[PredictionId]) -> int:
        now = self.memory.now()
        async with self.memory.change() as state:
            if run := state.runs.get(token):
                state.runs[token] = replace(run, seen_at=now)
                for record in _fresh(state, ids):
                    _start(state, record, token, run.begun_at, lease)
            covered = _leased(state, ids, token)
            for record in covered:
                if record.due_at < now + lease * 2 / 3:
                    state.predictions[record.prediction.id] = replace(record, due_at=now + lease)
        return len(covered)

    @override
    async def settle(self, token: UUID, finished: Sequence[Finished]) -> Sequence[PredictionId]:
        now = self.memory.now()
        done = {each.prediction.id: each for each in finished}
        async with self.memory.change() as state:
            covered = _leased(state, done, token) + _fresh(state, done)
            state.runs.pop(token, None)
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
                key_spending.give_back(state, state.predictions[result.prediction.id])
                if record.place is None:
                    count_pending(state, result.prediction.user_id, -1)
                note_free(state, result.prediction, now)
                notice(state, result.prediction, now)
                move(state, result.prediction.settlement(), now)
        return [record.prediction.id for record in covered]

    @override
    async def hand_back(self, token: UUID, ids: Collection[PredictionId]) -> Sequence[PredictionId]:
        now = self.memory.now()
        async with self.memory.change() as state:
            covered = _leased(state, ids, token)
            state.runs.pop(token, None)
            for record in covered:
                queued = record.prediction.hand_back()
                is_bulk = record.bulk_cost is not None and queued.attempts == 0
                # `put_at` stays: if the broker does not deliver the message again, it counts as lost.
                state.predictions[queued.id] = replace(
                    record,
                    prediction=queued,
                    token=None,
                    due_at=next_check(queued, now),
                    wait=FIRST_CHECK,
                    in_bulk=is_bulk,
                )
                if is_bulk:
                    bulk_lane.give_back(state, queued.user_id, bulk_lane.cost_of(record))
        return [record.prediction.id for record in covered]

    @override
    async def run_of(self, token: UUID) -> Sequence[PredictionId]:
        run = self.memory.state.runs.get(token)
        return list(run.ids) if run else []

    @override
    async def begun(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return {each for run in self.memory.state.runs.values() for each in run.ids if each in ids}

    @override
    async def unknown(self, ids: Collection[PredictionId]) -> Collection[PredictionId]:
        return {each for each in ids if each not in self.memory.state.predictions}


def _start(state: State, record: PredictionRecord, token: UUID, now: datetime, lease: timedelta) -> Claimed:
    started = record.prediction.start(at=now)
    state.predictions[started.id] = replace(
        record, prediction=started, token=token, due_at=now + lease, in_bulk=False
    )
    return Claimed(started, record.input, record.place, record.explain, record.top)


def _within(most_cost: int, records: Sequence[PredictionRecord]) -> Iterator[PredictionRecord]:
    """The first records whose costs add up to at most `most_cost`, but always the first one."""
    cost = 0
    for place, record in enumerate(records):
        cost += bulk_lane.cost_of(record)
        if place and cost > most_cost:
            return
        yield record


def _is_new(record: PredictionRecord, now: datetime) -> bool:
    """Whether it is queued, not expired, and no worker has begun it."""
    prediction = record.prediction
    is_late = prediction.expires_at is not None and prediction.expires_at <= now
    return prediction.status is Status.QUEUED and not is_late and prediction.attempts == 0


def _bounded(records: Sequence[PredictionRecord], terms: ClaimTerms) -> Iterator[PredictionRecord]:
    """As many of these as the terms allow, but at least the first."""
    rows = size = 0.0
    for place, record in enumerate(records):
        weight = terms.weights.get(record.prediction.model, 1)
        rows += weight * record.prediction.rows
        size += weight * len(record.input)
        if place and (rows > terms.most_rows or size > terms.most_bytes):
            return
        yield record


def _note(state: State, token: UUID, begun: Sequence[PredictionRecord], now: datetime) -> None:
    if begun:
        state.runs[token] = RunRecord(
            ids=[record.prediction.id for record in begun], begun_at=now, seen_at=now
        )


def _claimable(state: State, ids: Collection[PredictionId], now: datetime) -> list[PredictionRecord]:
    return [
        record
        for record in _known(state, ids)
        if record.prediction.status is Status.QUEUED
        and (record.prediction.expires_at is None or record.prediction.expires_at > now)
    ]


def _fresh(state: State, ids: Collection[PredictionId]) -> list[PredictionRecord]:
    """Those that wait for their first claim."""
    return [
        record
        for record in _known(state, ids)
        if record.prediction.status is Status.QUEUED and not record.prediction.attempts
    ]


def _leased(state: State, ids: Collection[PredictionId], token: UUID) -> list[PredictionRecord]:
    return [record for record in _known(state, ids) if record.token == token]


def _known(state: State, ids: Collection[PredictionId]) -> list[PredictionRecord]:
    return [state.predictions[each] for each in sorted(set(ids)) if each in state.predictions]
