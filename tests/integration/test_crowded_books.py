"""Both lanes, batches, cancels, sweeps and limits of API keys at once: every credit is counted once."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from asyncpg import Pool
from prometheus_client import CollectorRegistry

from augury.application.batches.cancel_batch import CancelBatch
from augury.application.limits import Limits
from augury.application.ports import Conflict
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.ports.acceptance import Accepted
from augury.application.predictions.ports.work import Claimed
from augury.application.predictions.repairs import Repairs
from augury.application.predictions.sweep import Sweep
from augury.application.predictions.take_over import TakeOver
from augury.domain.api_key import SpendingLimits
from augury.domain.errors import DomainError
from augury.domain.identifiers import BatchId, UserId
from augury.domain.prediction import Prediction
from augury.domain.premise import Premise, SpendingPremise
from augury.domain.transfer import Transfer
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.prometheus_counters import PrometheusCounters
from augury.outbound.system_clock import SystemClock
from tests.adapters import INPUT, LEASE, Adapters, a_prediction, finish, postgres_adapters
from tests.contract.test_batches import a_batch
from tests.contract.test_key_spending import a_key
from tests.hexagon import a_model

CLOCK = SystemClock()
LIMITS = SpendingLimits(day=40, month=60)
SPENT = """
SELECT day_spent, month_spent,
    coalesce(sum(price) FILTER (WHERE counted_on = spent_on), 0) AS in_day,
    coalesce(sum(price) FILTER (
        WHERE date_trunc('month', counted_on) = date_trunc('month', spent_on)
    ), 0) AS in_month
FROM api_keys k LEFT JOIN (
    SELECT key_id, counted_on, row_price * rows - coalesce(amount, 0) AS price
    FROM predictions p LEFT JOIN transfers t ON t.reference = p.id AND t.kind = 'release'
) AS counted ON key_id = k.id
GROUP BY k.id
"""


@dataclass(frozen=True)
class Crowd:
    """Some users, and everything that happens to their predictions. Each act draws what it does."""

    dice: random.Random
    keys: dict[UserId, list[UUID]]
    predictions: list[Prediction] = field(default_factory=list)
    batches: list[tuple[UserId, BatchId]] = field(default_factory=list)

    def key_of(self, user_id: UserId) -> UUID | None:
        return self.dice.choice([None, *self.keys[user_id]])

    async def sends_a_batch(self, process: Adapters) -> None:
        user_id = self.dice.choice(list(self.keys))
        rows = [self.dice.randint(1, 4) for _ in range(self.dice.randint(1, 3))]
        batch, slices = a_batch(user_id, rows=rows)
        await process.batches.receive(batch.id, owner=user_id, at=batch.created_at)
        async with process.books() as books:
            balance = (await books.open([user_id])).balance(user_id)
            if key := self.key_of(user_id):
                spent = await books.spending(key)
                assert spent is not None
                LIMITS.require(spent, batch.price, at=CLOCK.now())
            holds: list[Transfer] = []
            for each in slices:
                balance, held = balance.hold(each.price, reference=each.id)
                holds += held
            await books.accept_batch(batch, slices, holds, None, costs=rows, spender=key)
        self.batches.append((user_id, batch.id))

    async def submits(self, process: Adapters) -> None:
        """One flight of two users, for both lanes."""
        accepted: list[Accepted] = []
        holds: list[Transfer] = []
        premises: dict[UserId, Premise] = {}
        spending: dict[UUID, SpendingPremise] = {}
        users = self.dice.sample(list(self.keys), 2)
        for user_id, before in (await process.books.read(users)).balances.items():
            balance, key = before, self.key_of(user_id)
            for _ in range(2):
                asked = a_prediction(user_id, rows=self.dice.randint(1, 4))
                with suppress(DomainError):
                    balance, held = balance.hold(asked.price, reference=asked.id)
                    holds += held
                    cost = self.dice.choice([None, asked.rows])
                    accepted.append(Accepted(asked, INPUT, spender=key, bulk_cost=cost))
            premises[user_id] = Premise.of(before, balance, most_pending=1_000)
            if key:
                spending[key] = SpendingPremise(user_id, before.available - balance.available, LIMITS)
        met = await process.books.accept(accepted, holds, premises, spending)
        self.predictions.extend(each.prediction for each in accepted if each.prediction.user_id in met)

    async def runs_the_bulk_lane(self, process: Adapters) -> None:
        token, short = uuid4(), self.dice.random() < 0.2
        picked = await process.work.pick(token=token, lease=LEASE, most=3, most_cost=6, short=short)
        await self._end(process, token, picked)

    async def runs_some(self, process: Adapters) -> None:
        token, some = uuid4(), self.dice.sample(self.predictions, min(4, len(self.predictions)))
        start = process.begin if self.dice.random() < 0.6 else process.claim
        await self._end(process, token, await start(*some, token=token))

    async def _end(self, process: Adapters, token: UUID, claimed: Sequence[Claimed]) -> None:
        """Settle or hand back these predictions, or die."""
        ids, chance = [each.prediction.id for each in claimed], self.dice.random()
        if self.dice.random() < 0.3:
            await process.work.renew(token, lease=LEASE, ids=ids)
        if chance < 0.2:
            await process.work.hand_back(token, ids)
        elif chance < 0.9:
            asked = [each.prediction for each in claimed]
            done = [finish(each, valid_rows=self.dice.randint(0, each.rows)) for each in asked]
            await process.work.settle(token, done)
            await process.batches.close({each.batch_id for each in asked if each.batch_id})

    async def cancels(self, process: Adapters) -> None:
        counters, events = PrometheusCounters(CollectorRegistry()), MemoryEvents()
        if self.predictions:
            some = self.dice.choice(self.predictions)
            cancel = CancelPrediction(counters=counters, books=process.books, events=events, clock=CLOCK)
            await cancel(user_id=some.user_id, prediction_id=some.id)

    async def cancels_a_batch(self, process: Adapters) -> None:
        counters, events = PrometheusCounters(CollectorRegistry()), MemoryEvents()
        if self.batches:
            user_id, batch_id = self.dice.choice(self.batches)
            cancel = CancelBatch(
                batches=process.batches, books=process.books, events=events, clock=CLOCK, counters=counters
            )
            await cancel(user_id=user_id, batch_id=batch_id)

    async def repairs(self, process: Adapters) -> None:
        queue = MemoryPredictionQueue(CLOCK)
        repairs = Repairs(
            batches=process.batches,
            queue=queue,
            events=MemoryEvents(),
            counters=PrometheusCounters(CollectorRegistry()),
        )
        await TakeOver(work=process.work, books=process.books, repairs=repairs, clock=CLOCK)()
        sweep = Sweep(
            books=process.books,
            bulk_lane=process.bulk_lane,
            queue=queue,
            repairs=repairs,
            clock=CLOCK,
            limits=Limits(),
        )
        await sweep(empty_since=CLOCK.now() + timedelta(minutes=1))

    async def acts(self, process: Adapters) -> None:
        acts: list[Callable[[Adapters], Awaitable[None]]] = [
            *(self.sends_a_batch, self.submits, self.submits, self.runs_the_bulk_lane),
            *(self.runs_the_bulk_lane, self.runs_some, self.runs_some),
            *(self.cancels, self.cancels_a_batch, self.repairs),
        ]
        for _ in range(10):
            for act in self.dice.sample(acts, len(acts)):
                with suppress(DomainError, Conflict):  # a refusal, or too late
                    await act(process)


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_meets_in_both_lanes_credits_and_limits_are_counted_once(
    pool: Pool, database_url: str, seed: int
) -> None:
    adapters = postgres_adapters(pool)
    await adapters.models.add(a_model())
    users = [await adapters.user(credits=150) for _ in range(3)]
    keys = {each: [await a_key(adapters, each, LIMITS) for _ in range(2)] for each in users}
    crowd = Crowd(random.Random(seed), keys)

    async with open_pool(PostgresSettings(url=database_url)) as second:
        processes = [adapters, postgres_adapters(second)]
        await asyncio.gather(*(crowd.acts(each) for each in processes for _ in range(3)))

    assert await adapters.deviations() == []
    for row in await pool.fetch(SPENT):
        assert row["day_spent"] == row["in_day"] <= 40
        assert row["month_spent"] == row["in_month"] <= 60
    assert await pool.fetchval("SELECT count(*) FROM predictions WHERE key_id IS NOT NULL") > 0
