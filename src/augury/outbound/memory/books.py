"""Transactions over the books in memory."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

from typing_extensions import override

from augury.application.batches.ports import BatchBooks, OpenBatchBooks
from augury.application.money.ports import OpenPromoBooks, PromoBooks
from augury.application.people.ports.closing import ClosingBooks, OpenClosingBooks
from augury.application.ports import Conflict
from augury.application.ports.books import OpenBooks, Opened
from augury.application.predictions.ports.acceptance import NO_SPENDING, Acceptance, Accepted
from augury.application.predictions.ports.sweeping import Due, OpenSweepBooks, SweepBooks
from augury.domain.api_key import Spending
from augury.domain.audit import Act
from augury.domain.balance import Balance
from augury.domain.batch import Batch
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import BatchId, PredictionId, UserId
from augury.domain.prediction import Prediction, PredictionNotFound, Status
from augury.domain.premise import Premise, SpendingPremise
from augury.domain.promo_code import PromoCode
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.user import User
from augury.outbound.memory import key_spending, promo_codes
from augury.outbound.memory.account_closing import close
from augury.outbound.memory.audit_log import note
from augury.outbound.memory.batches import slices_of, unfinished
from augury.outbound.memory.memory import Memory, State
from augury.outbound.memory.record import accept, accept_batch, move, record, remember
from augury.outbound.memory.sweeping import due, left


@dataclass(frozen=True, slots=True)
class MemoryOpenBooks(
    OpenBooks, OpenBatchBooks, OpenClosingBooks, OpenPromoBooks, OpenSweepBooks, Acceptance
):
    memory: Memory

    @override
    def __call__(self) -> "MemoryBooks":
        return MemoryBooks(self.memory)

    @override
    async def read(
        self,
        user_ids: Collection[UserId],
        keys: Collection[tuple[UserId, str]] = (),
        spenders: Collection[UUID] = (),
    ) -> Opened:
        state, now = self.memory.state, self.memory.now()
        found = opened(state, user_ids, keys)
        if not spenders:
            return found
        known = {key.id for key in state.api_keys.values()} & set(spenders)
        return replace(found, spending={each: key_spending.spending(state, each, now) for each in known})

    @override
    async def accept(
        self,
        accepted: Sequence[Accepted],
        transfers: Sequence[Transfer],
        premises: Mapping[UserId, Premise],
        spending: Mapping[UUID, SpendingPremise] = NO_SPENDING,
    ) -> Mapping[UserId, Balance]:
        async with self.memory.change() as state:
            now = self.memory.now()
            known = {key.id for key in state.api_keys.values()}
            unfit = {
                premise.user_id
                for key_id, premise in spending.items()
                if key_id not in known or not premise.holds_for(key_spending.spending(state, key_id, now))
            }
            met = {
                user_id
                for user_id, premise in premises.items()
                if user_id in state.balances and premise.holds_for(state.balances[user_id])
            } - unfit
            keys = {(each.prediction.user_id, each.key.key) for each in accepted if each.key}
            if keys & state.idempotency_keys.keys():
                raise Conflict("a key was remembered meanwhile")
            for each in accepted:
                if each.prediction.user_id in met:
                    accept(state, each, now)
            move(state, [each for each in transfers if each.user_id in met], now)
            return {user_id: state.balances[user_id] for user_id in met}


class MemoryBooks(BatchBooks, ClosingBooks, PromoBooks, SweepBooks):
    """Locks everything instead of single records: there is only one transaction at a time."""

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
        return opened(self._state, user_ids, keys)

    @override
    async def prediction(self, prediction_id: PredictionId, *, owner: UserId | None = None) -> Prediction:
        record = self._state.predictions.get(prediction_id)
        if record is None or owner not in (None, record.prediction.user_id):
            raise PredictionNotFound(prediction_id=prediction_id)
        return record.prediction

    @override
    async def transfer(self, reference: UUID, kind: TransferKind) -> Transfer | None:
        line = self._state.statements.get((reference, kind))
        return line.transfer if line else None

    @override
    async def due(self, limit: int, *, put_before: datetime | None, early: bool = False) -> Due:
        return due(self._state, self._memory.now(), limit, put_before=put_before, early=early)

    @override
    async def left(self, *, silent_for: timedelta) -> Sequence[Prediction]:
        return left(self._state, self._memory.now(), silent_for)

    @override
    async def record(
        self,
        *,
        changed: Sequence[Prediction] = (),
        transfers: Sequence[Transfer] = (),
        keys: Mapping[UserId, tuple[IdempotencyKey, UUID]] | None = None,
    ) -> None:
        record(self._state, self._memory.now(), changed, transfers, keys or {})

    @override
    async def note(self, act: Act | None) -> None:
        note(self._state, self._memory.now(), act)

    @override
    async def accept_batch(
        self,
        batch: Batch,
        slices: Sequence[Prediction],
        transfers: Sequence[Transfer],
        key: IdempotencyKey | None,
        *,
        costs: Sequence[int],
        spender: UUID | None = None,
    ) -> None:
        now = self._memory.now()
        accept_batch(self._state, now, batch, slices, transfers, costs, spender)
        if key:
            remember(self._state, batch.user_id, key, batch.id, now)

    @override
    async def spending(self, key_id: UUID) -> Spending | None:
        known = {key.id for key in self._state.api_keys.values()}
        return key_spending.spending(self._state, key_id, self._memory.now()) if key_id in known else None

    @override
    async def unfinished_batches(self, user_id: UserId) -> int:
        return unfinished(self._state, user_id)

    @override
    async def queued_slices(self, batch_id: BatchId, *, limit: int) -> Sequence[Prediction]:
        slices = [each.prediction for each in slices_of(self._state, batch_id)]
        return [each for each in slices if each.status is Status.QUEUED][:limit]

    @override
    async def has_open_batch(self, user_id: UserId) -> bool:
        slices = [each.prediction for each in self._state.predictions.values() if each.place]
        return any(each.user_id == user_id and not each.status.is_final for each in slices)

    @override
    async def promo_code(self, code: str, *, user_id: UserId) -> tuple[PromoCode, bool]:
        return promo_codes.look_up(self._state, code, user_id)

    @override
    async def redeem(self, promo_code: PromoCode, grant: Transfer) -> None:
        promo_codes.redeem(self._state, promo_code, grant)

    @override
    async def close(self, user: User) -> None:
        close(self._state, user)


def opened(state: State, user_ids: Collection[UserId], keys: Collection[tuple[UserId, str]]) -> Opened:
    return Opened(
        balances={each: state.balances[each] for each in user_ids if each in state.balances},
        remembered={
            each: state.idempotency_keys[each].remembered for each in keys if each in state.idempotency_keys
        },
    )
