"""Transactions over the books. Each method runs few statements, however many records it handles."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

from asyncpg import Pool
from typing_extensions import override

from augury.application.batches.ports import BatchBooks, OpenBatchBooks
from augury.application.money.ports import OpenPromoBooks, PromoBooks
from augury.application.people.ports.closing import ClosingBooks, OpenClosingBooks
from augury.application.ports.books import OpenBooks, Opened
from augury.application.predictions.ports.acceptance import NO_SPENDING, Acceptance, Accepted
from augury.application.predictions.ports.sweeping import Due, OpenSweepBooks, SweepBooks
from augury.domain.api_key import Spending
from augury.domain.audit import Act
from augury.domain.balance import Balance
from augury.domain.batch import Batch
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import BatchId, PredictionId, UserId
from augury.domain.prediction import Prediction, PredictionNotFound
from augury.domain.premise import Premise, SpendingPremise
from augury.domain.promo_code import PromoCode
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.user import User
from augury.outbound.postgres import (
    acceptance,
    account_closing,
    audit_log,
    batch_books,
    key_spending,
    promo_codes,
    record,
    sweeping,
)
from augury.outbound.postgres.balance_rows import BALANCE, NO_KEY, REMEMBERED, opened_of
from augury.outbound.postgres.pool import Connection, transaction
from augury.outbound.postgres.prediction_rows import COLUMNS, prediction_of
from augury.outbound.postgres.transfer_rows import transfer_of

OPEN = f"""
WITH locked AS (
    SELECT {BALANCE} FROM balances WHERE user_id = ANY ($1::uuid[]) ORDER BY user_id FOR UPDATE
)
SELECT {BALANCE}, {NO_KEY} FROM locked {REMEMBERED}
"""

LOCK_PREDICTION = f"""
SELECT {COLUMNS} FROM predictions WHERE id = $1 AND user_id = coalesce($2, user_id) FOR UPDATE
"""

TRANSFER = """
SELECT kind, user_id, amount, reference, to_user_id FROM transfers WHERE reference = $1 AND kind = $2
"""


@dataclass(frozen=True, slots=True)
class PostgresOpenBooks(
    OpenBooks, OpenBatchBooks, OpenClosingBooks, OpenPromoBooks, OpenSweepBooks, Acceptance
):
    pool: Pool

    @override
    def __call__(self) -> "PostgresBooks":
        return PostgresBooks(self.pool)

    @override
    async def read(
        self,
        user_ids: Collection[UserId],
        keys: Collection[tuple[UserId, str]] = (),
        spenders: Collection[UUID] = (),
    ) -> Opened:
        return await acceptance.read(self.pool, user_ids, keys, spenders)

    @override
    async def accept(
        self,
        accepted: Sequence[Accepted],
        transfers: Sequence[Transfer],
        premises: Mapping[UserId, Premise],
        spending: Mapping[UUID, SpendingPremise] = NO_SPENDING,
    ) -> Mapping[UserId, Balance]:
        return await acceptance.accept(self.pool, accepted, transfers, premises, spending)


class PostgresBooks(BatchBooks, ClosingBooks, PromoBooks, SweepBooks):
    """Transactions in READ COMMITTED that all take their locks in the same order.

    A concurrent request may remember the same key while `open` waits for the balance. The statement of `open`
    does not see that key, since it started earlier. Then `record` finds it and raises `Conflict`.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._open = AsyncExitStack()

    @override
    async def __aenter__(self) -> Self:
        self._connection: Connection = await self._open.enter_async_context(transaction(self._pool))
        return self

    @override
    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.__aexit__(kind, error, trace)

    @override
    async def open(self, user_ids: Collection[UserId], keys: Collection[tuple[UserId, str]] = ()) -> Opened:
        rows = await self._connection.fetch(
            OPEN, list(user_ids), [user_id for user_id, _ in keys], [key for _, key in keys]
        )
        return opened_of(rows)

    @override
    async def prediction(self, prediction_id: PredictionId, *, owner: UserId | None = None) -> Prediction:
        row = await self._connection.fetchrow(LOCK_PREDICTION, prediction_id, owner)
        if row is None:
            raise PredictionNotFound(prediction_id=prediction_id)
        return prediction_of(row)

    @override
    async def transfer(self, reference: UUID, kind: TransferKind) -> Transfer | None:
        row = await self._connection.fetchrow(TRANSFER, reference, kind)
        return transfer_of(row) if row else None

    @override
    async def due(self, limit: int, *, put_before: datetime | None, early: bool = False) -> Due:
        return await sweeping.due(self._connection, limit, put_before=put_before, early=early)

    @override
    async def left(self, *, silent_for: timedelta) -> Sequence[Prediction]:
        return await sweeping.left(self._connection, silent_for)

    @override
    async def record(
        self,
        *,
        changed: Sequence[Prediction] = (),
        transfers: Sequence[Transfer] = (),
        keys: Mapping[UserId, tuple[IdempotencyKey, UUID]] | None = None,
    ) -> None:
        await record.record(self._connection, changed, transfers, keys or {})

    @override
    async def note(self, act: Act | None) -> None:
        await audit_log.note(self._connection, act)

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
        await batch_books.accept(self._connection, batch, slices, transfers, key, costs, spender)

    @override
    async def spending(self, key_id: UUID) -> Spending | None:
        row = await self._connection.fetchrow(key_spending.LOCK, key_id)
        return None if row is None else Spending(row["day_spent"], row["month_spent"])

    @override
    async def unfinished_batches(self, user_id: UserId) -> int:
        return await batch_books.unfinished(self._connection, user_id)

    @override
    async def queued_slices(self, batch_id: BatchId, *, limit: int) -> Sequence[Prediction]:
        return await batch_books.queued(self._connection, batch_id, limit)

    @override
    async def has_open_batch(self, user_id: UserId) -> bool:
        return await batch_books.has_open(self._connection, user_id)

    @override
    async def promo_code(self, code: str, *, user_id: UserId) -> tuple[PromoCode, bool]:
        return await promo_codes.look_up(self._connection, code, user_id)

    @override
    async def redeem(self, promo_code: PromoCode, grant: Transfer) -> None:
        await promo_codes.redeem(self._connection, promo_code, grant)

    @override
    async def close(self, user: User) -> None:
        await account_closing.close(self._connection, user)
