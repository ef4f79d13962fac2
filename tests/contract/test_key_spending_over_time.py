"""Spending limits of API keys at the ends of UTC days and UTC months, with a clock that tests move."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import cast
from uuid import UUID

import asyncpg
import pytest

from augury.domain.api_key import Spending, SpendingLimits
from augury.domain.identifiers import UserId
from augury.domain.prediction import Prediction
from augury.outbound.memory.predictions import MemoryPredictions
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from tests.adapters import Adapters, a_prediction, memory_adapters, postgres_adapters
from tests.contract.test_key_spending import a_key, accept
from tests.hexagon import SettableClock
from tests.postgres_server import fresh_database

LIMITS = SpendingLimits(day=5, month=12)
STEPS = 40
# `now()` is first looked for in the schema `moved`.
MOVABLE = """
CREATE SCHEMA moved;
CREATE TABLE moved.clock AS SELECT pg_catalog.now() AS at;
CREATE FUNCTION moved.now() RETURNS timestamptz STABLE LANGUAGE sql AS 'SELECT at FROM moved.clock';
DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET search_path = moved, public, pg_catalog', current_database());
END $$;
"""
SetClock = Callable[[datetime], Awaitable[object]]


@pytest.fixture(params=["memory", "postgres"])
async def movable(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Adapters, SetClock]]:
    """All adapters, and a function that sets their clock."""
    if request.param == "memory":
        adapters = memory_adapters()
        clock = cast("SettableClock", cast("MemoryPredictions", adapters.predictions).memory.clock)

        async def set_clock(at: datetime) -> None:
            clock.set(at)

        yield adapters, set_clock
        return
    async with fresh_database() as url:
        connection = await asyncpg.connect(url)
        await connection.execute(MOVABLE)
        async with open_pool(PostgresSettings(url=url)) as pool:
            yield postgres_adapters(pool), lambda at: connection.execute("UPDATE moved.clock SET at = $1", at)
        await connection.close()


@dataclass(slots=True)
class Expected:
    """What a key has spent, by the simplest rule: each price counts on its day until it is released."""

    prices: dict[Prediction, date] = field(default_factory=dict)

    def at(self, today: date) -> Spending:
        days = self.prices.items()
        return Spending(
            sum(each.price for each, day in days if day == today),
            sum(each.price for each, day in days if (day.year, day.month) == (today.year, today.month)),
        )


def moved(now: datetime, dice: random.Random) -> datetime:
    """A later time: often just before or at midnight, sometimes the last or the first moment of a month."""
    midnight = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    first = datetime.combine((now.date().replace(day=1) + timedelta(days=32)).replace(day=1), time(), UTC)
    moment = timedelta(microseconds=1)
    ends = [max(now, each - moment) for each in (midnight, first)]
    return dice.choice([now, now + timedelta(hours=3), midnight, first, *ends])


async def release(adapters: Adapters, prediction: Prediction, at: datetime) -> None:
    async with adapters.books() as books:
        canceled = (await books.prediction(prediction.id)).cancel(at=at)
        await books.open([prediction.user_id])
        await books.record(changed=[canceled], transfers=canceled.settlement())


async def spend(adapters: Adapters, user_id: UserId, key_id: UUID, price: int) -> Prediction | None:
    """The prediction if the limits allow its price."""
    prediction = a_prediction(user_id, rows=price)
    return prediction if await accept(adapters, key_id, prediction, limits=LIMITS) else None


@pytest.mark.parametrize(
    "begin",
    [
        datetime(2028, 2, 27, 23, tzinfo=UTC),  # a leap year
        datetime(2027, 2, 27, 23, tzinfo=UTC),
        datetime(2026, 12, 30, 23, tzinfo=UTC),
    ],
    ids=str,
)
async def test_each_price_counts_on_its_own_day_and_month_until_it_is_released(
    movable: tuple[Adapters, SetClock], begin: datetime
) -> None:
    adapters, set_clock = movable
    dice, now, expected = random.Random(str(begin)), begin, Expected()
    user_id = await adapters.user(credits=1_000)
    key_id = await a_key(adapters, user_id, LIMITS)
    refused = 0
    for _ in range(STEPS):
        now = moved(now, dice)
        await set_clock(now)
        today = now.date()
        if expected.prices and dice.random() < 0.3:
            prediction = dice.choice(list(expected.prices))
            await release(adapters, prediction, now)
            del expected.prices[prediction]
        else:
            price, before = dice.randint(1, 4), expected.at(today)
            found = await spend(adapters, user_id, key_id, price)
            fits = before.day + price <= 5 and before.month + price <= 12
            assert (found is not None) is fits, (now, before, price)
            if found:
                expected.prices[found] = today
            refused += not fits
        assert await adapters.spent(key_id) == expected.at(today), now
    assert refused, "the limits were reached"
    assert await adapters.deviations() == []


@pytest.mark.parametrize("movable", ["postgres"], indirect=True)  # in memory a statement takes no time
async def test_a_statement_that_began_before_midnight_counts_for_the_day_that_others_have_begun(
    movable: tuple[Adapters, SetClock],
) -> None:
    """Otherwise the old day would begin anew, and the new one, too: both limits could be spent twice."""
    adapters, set_clock = movable
    midnight = datetime(2028, 3, 1, tzinfo=UTC)
    before = midnight - timedelta(seconds=1)
    user_id = await adapters.user(credits=100)
    key_id = await a_key(adapters, user_id, LIMITS)
    await set_clock(before)
    assert await spend(adapters, user_id, key_id, 4)
    await set_clock(midnight)
    assert await spend(adapters, user_id, key_id, 3)
    await set_clock(before)
    assert await spend(adapters, user_id, key_id, 3) is None
    late = await spend(adapters, user_id, key_id, 2)
    await set_clock(midnight)
    assert await adapters.spent(key_id) == Spending(5, 5)
    assert late is not None
    await release(adapters, late, midnight)
    assert await adapters.spent(key_id) == Spending(3, 3)
