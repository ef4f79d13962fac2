import random
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime
from types import TracebackType
from typing import Self
from uuid import UUID

from typing_extensions import override

from augury.application.ports import (
    Accepted,
    AlreadyRecorded,
    Books,
    Due,
    IdempotencyKey,
    Json,
    OpenBooks,
    Opened,
    Remembered,
    Statement,
)
from augury.domain.balance import Transfer
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Prediction, PredictionNotFound, Status
from augury.domain.user import User
from augury.outbound.memory.memory import (
    FIRST_LOOK,
    LAST_LOOK,
    NO_ERRORS,
    KeyRecord,
    Memory,
    PredictionRecord,
    State,
    UserRecord,
)


@dataclass(frozen=True, slots=True)
class MemoryOpenBooks(OpenBooks):
    memory: Memory

    @override
    def __call__(self) -> Books:
        return MemoryBooks(self.memory)


class MemoryBooks(Books):
    """Locks everything rather than what it is asked for: there is one transaction at a time."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._transaction: AbstractAsyncContextManager[State] = memory.change()
        self._state = State()

    @override
    async def __aenter__(self) -> Self:
        self._state = await self._transaction.__aenter__()
        return self

    @override
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transaction.__aexit__(kind, error, trace)

    @override
    async def open(self, user_ids: Collection[UserId], keys: Collection[tuple[UserId, str]] = ()) -> Opened:
        state = self._state
        return Opened(
            balances={each: state.balances[each] for each in user_ids if each in state.balances},
            remembered={
                each: state.idempotency_keys[each].remembered
                for each in keys
                if each in state.idempotency_keys
            },
        )

    @override
    async def prediction(self, prediction_id: PredictionId, *, owner: UserId | None = None) -> Prediction:
        record = self._state.predictions.get(prediction_id)
        if record is None or owner not in (None, record.prediction.user_id):
            raise PredictionNotFound(prediction_id=prediction_id)
        return record.prediction

    @override
    async def due(self, limit: int, *, put_before: datetime | None, early: bool = False) -> Due:
        now = self._memory.now()
        lost: list[PredictionRecord] = []
        expired: list[Prediction] = []
        abandoned: list[Prediction] = []
        for record in sorted(self._state.predictions.values(), key=lambda each: each.due_at):
            if len(lost) + len(expired) + len(abandoned) == limit:
                break
            prediction = record.prediction
            if prediction.status is Status.PROCESSING and record.due_at <= now:
                abandoned.append(prediction)
            elif prediction.status is Status.QUEUED and _has_expired(prediction, now):
                expired.append(prediction)
            elif prediction.status is Status.QUEUED and _is_lost(record, put_before, now, early=early):
                lost.append(record)
        for record in lost:
            self._state.predictions[record.prediction.id] = _put_again(record, now)
        return Due(
            lost=_by_id(record.prediction for record in lost),
            expired=_by_id(expired),
            abandoned=_by_id(abandoned),
        )

    @override
    async def record(
        self,
        *,
        accepted: Sequence[Accepted] = (),
        changed: Sequence[Prediction] = (),
        transfers: Sequence[Transfer] = (),
        keys: Mapping[UserId, tuple[IdempotencyKey, UUID]] | None = None,
    ) -> None:
        now = self._memory.now()
        for each in accepted:
            prediction = each.prediction
            self._state.predictions[prediction.id] = PredictionRecord(
                prediction=prediction, input=each.input, put_at=now, due_at=now + FIRST_LOOK
            )
            count_pending(self._state, prediction.user_id, +1)
            if each.key:
                self._remember(prediction.user_id, each.key, prediction.id, now)
        for prediction in changed:
            self._change(prediction, now)
        for user_id, (key, reference) in (keys or {}).items():
            self._remember(user_id, key, reference, now)
        move(self._state, transfers, now)

    @override
    async def close(self, user: User) -> None:
        state = self._state
        state.users[user.id] = UserRecord(user=user)
        for digest in [digest for digest, token in state.refresh_tokens.items() if token.user_id == user.id]:
            del state.refresh_tokens[digest]
        for digest in [digest for digest, key in state.api_keys.items() if key.user_id == user.id]:
            del state.api_keys[digest]
        for name in [name for name in state.idempotency_keys if name[0] == user.id]:
            del state.idempotency_keys[name]
        for record in [each for each in state.predictions.values() if each.prediction.user_id == user.id]:
            state.predictions[record.prediction.id] = forgotten(record)

    def _remember(self, user_id: UserId, key: IdempotencyKey, reference: UUID, now: datetime) -> None:
        self._state.idempotency_keys[user_id, key.key] = KeyRecord(
            Remembered(key.fingerprint, reference), now
        )

    def _change(self, prediction: Prediction, now: datetime) -> None:
        record = self._state.predictions[prediction.id]
        self._state.predictions[prediction.id] = replace(
            record,
            prediction=prediction,
            token=None,
            put_at=now,
            due_at=now + FIRST_LOOK,
            next_wait=FIRST_LOOK,
        )
        if prediction.status.is_final:
            count_pending(self._state, prediction.user_id, -1)


def move(state: State, transfers: Sequence[Transfer], now: datetime) -> None:
    """Write the transfers and move the balances they name; raises `AlreadyRecorded`, `BooksDisagree`."""
    for transfer in transfers:
        name = (transfer.reference, transfer.kind)
        if name in state.statements:
            raise AlreadyRecorded(f"{transfer.kind} of {transfer.reference}")
        state.statements[name] = Statement(transfer, now, sequence=len(state.statements) + 1)
        for user_id in (transfer.user_id, transfer.to_user_id):
            if user_id is not None:
                state.balances[user_id] = state.balances[user_id].after(transfer)


def count_pending(state: State, user_id: UserId, change: int) -> None:
    balance = state.balances[user_id]
    state.balances[user_id] = replace(balance, pending=balance.pending + change)


def forgotten(record: PredictionRecord) -> PredictionRecord:
    """The record without what the user sent and got."""
    return replace(record, input=Json(b""), output=None, errors=NO_ERRORS)


def _has_expired(prediction: Prediction, now: datetime) -> bool:
    return prediction.expires_at is not None and prediction.expires_at <= now


def _is_lost(record: PredictionRecord, put_before: datetime | None, now: datetime, *, early: bool) -> bool:
    return put_before is not None and record.put_at < put_before and (early or record.due_at <= now)


def _put_again(record: PredictionRecord, now: datetime) -> PredictionRecord:
    wait = min(2 * record.next_wait, LAST_LOOK)
    return replace(record, put_at=now, due_at=now + wait * random.uniform(0.9, 1.1), next_wait=wait)


def _by_id(predictions: Iterable[Prediction]) -> list[Prediction]:
    return sorted(predictions, key=lambda each: each.id)
