"""Accept a batch whose slices are in the store: hold the price of all slices, and queue them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from augury.application.batches.ports import OpenBatchBooks
from augury.application.batches.room import require_room
from augury.application.limits import Limits
from augury.application.ports import Clock
from augury.application.ports.counters import Counters
from augury.application.predictions.ports.queue import PredictionQueue
from augury.application.retrying import retried
from augury.application.webhooks.limit_events import LimitEvents
from augury.domain.api_key import KeyTerms, SpendingLimitReached
from augury.domain.balance import NotEnoughCredits
from augury.domain.batch import Batch
from augury.domain.credentials import InvalidToken
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import BatchId, PredictionId, UserId, uuid7
from augury.domain.lane import Lane
from augury.domain.model import Model
from augury.domain.prediction import Prediction
from augury.domain.pricing import require_at_most
from augury.domain.request import NoRows
from augury.domain.transfer import MOST_CREDITS, InvalidAmount, Transfer

PUT_TOGETHER = 1_000
"""Slices that are handed to the queue at a time."""


@dataclass(frozen=True, slots=True)
class ReceivedSlice:
    rows: int
    text_bytes: int
    """The bytes of text of all rows, see `bytes_of_text`. They are counted only if text has a price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A batch that was received completely, but not checked yet."""

    id: BatchId
    user_id: UserId
    model: Model
    slices: Sequence[ReceivedSlice]
    """In order."""
    max_price: int | None = None
    key: IdempotencyKey | None = None
    spender: KeyTerms | None = None
    """The API key whose spending limits apply to the price. None: there are no such limits."""

    def batch(self, *, at: datetime) -> Batch:
        """Raises `InvalidAmount`."""
        price = sum(self.model.price(each.rows, each.text_bytes) for each in self.slices)
        if price > MOST_CREDITS:
            raise InvalidAmount(amount=price)
        return Batch(
            id=self.id,
            user_id=self.user_id,
            model=self.model.ref,
            rows=sum(each.rows for each in self.slices),
            slices=len(self.slices),
            price=price,
            created_at=at,
        )


@dataclass(frozen=True, slots=True)
class ReplayedBatch:
    """The same batch was accepted before, under this id."""

    batch_id: BatchId


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptBatch:
    """Accept a batch for the price of all its rows, and queue its slices."""

    books: OpenBatchBooks
    queue: PredictionQueue
    clock: Clock
    limits: Limits
    counters: Counters
    limit_events: LimitEvents

    async def __call__(self, received: Received) -> Batch | ReplayedBatch:
        """Nothing runs and nothing is charged before the whole price is held.

        Raises `TooManyBatches`, `NoRows`, `InvalidAmount`, `MaxPriceExceeded`, `SpendingLimitReached`,
        `NotEnoughCredits`, `IdempotencyConflict`, `UserNotFound`, `InvalidToken`.
        """
        try:
            answer, slices = await retried(lambda: self._decide(received))
        except SpendingLimitReached as refusal:
            self.counters.refused(f"spending_{refusal.period}")
            if received.spender is not None:
                await self.limit_events.reached(received.user_id, received.spender.id, refusal)
            raise
        for begin in range(0, len(slices), PUT_TOGETHER):
            ids = [each.id for each in slices[begin : begin + PUT_TOGETHER]]
            self.queue.put(ids, lane=Lane.BULK)
        if slices:
            self.counters.accepted(slices)
        return answer

    async def _decide(self, received: Received) -> tuple[Batch | ReplayedBatch, Sequence[Prediction]]:
        user_id, key, now = received.user_id, received.key, self.clock.now()
        async with self.books() as books:
            balance = (await books.open([user_id])).balance(user_id)
            if key:
                # Separately, to see also the key of a request that held the lock until now.
                known = await books.open([], [(user_id, key.key)])
                if known.repeats(user_id, key):
                    return ReplayedBatch(BatchId(known.remembered[user_id, key.key].reference)), ()
            require_room(await books.unfinished_batches(user_id), self.limits)
            batch = received.batch(at=now)
            if not batch.rows:
                raise NoRows
            require_at_most(received.max_price, batch.price)
            spender = received.spender if batch.price else None
            if spender is not None:
                spent = await books.spending(spender.id)
                if spent is None:
                    raise InvalidToken
                spender.limits.require(spent, batch.price, at=now)
            if batch.price > balance.spendable:
                raise NotEnoughCredits(available=balance.spendable, price=batch.price)
            slices = self._slices(received, now)
            holds: list[Transfer] = []
            for each in slices:
                balance, held = balance.hold(each.price, reference=each.id)
                holds += held
            await books.accept_batch(
                batch,
                slices,
                holds,
                key,
                costs=self._costs(received),
                spender=None if spender is None else spender.id,
            )
        return batch, slices

    def _costs(self, received: Received) -> Sequence[int]:
        """The cost of each slice in the bulk lane. All except the last are full, of rows or of bytes."""
        most, speed = self.limits.slice, received.model.speed
        costs = [most.cost(each.rows, 0, speed) for each in received.slices]
        return [*(max(each, most.rows) for each in costs[:-1]), costs[-1]]

    def _slices(self, received: Received, now: datetime) -> Sequence[Prediction]:
        return [
            Prediction(
                id=PredictionId(uuid7()),
                user_id=received.user_id,
                model=received.model.ref,
                rows=each.rows,
                row_price=received.model.row_price,
                text_price=received.model.text_price,
                text_bytes=each.text_bytes,
                created_at=now,
                expires_at=now + self.limits.max_expires_in,
                batch_id=received.id,
            )
            for each in received.slices
        ]
