"""Transactions over the books that meet at a moment which only PostgreSQL's locks can choose."""

import asyncio
from collections.abc import Sequence

import pytest
from asyncpg import Pool

from augury.domain.balance import Balance
from augury.domain.transfer import Transfer
from tests.adapters import Adapters, postgres_adapters
from tests.contract.test_batches import a_batch
from tests.hexagon import a_model
from tests.integration.test_postgres_books import waiting_for_lock


@pytest.fixture
async def adapters(pool: Pool) -> Adapters:
    adapters = postgres_adapters(pool)
    await adapters.models.add(a_model())
    return adapters


@pytest.mark.parametrize("commits", [True, False])
async def test_who_gives_up_a_batch_waits_for_the_end_of_its_acceptance(
    adapters: Adapters, commits: bool
) -> None:
    """The connection broke in the middle of the commit, so its outcome is still open."""
    user_id = await adapters.user(credits=10)
    batch, slices = a_batch(user_id)
    await adapters.batches.receive(batch.id, owner=user_id, at=batch.created_at)
    holds: Sequence[Transfer] = [
        each for part in slices for each in Balance(user_id, 10).hold(part.price, reference=part.id)[1]
    ]

    async def accept() -> None:
        async with adapters.books() as books:
            await books.open([user_id])
            await books.accept_batch(batch, slices, holds, None, costs=[each.rows for each in slices])
            accepted.set()
            await waiting_for_lock(adapters)
            if not commits:
                raise ConnectionError

    async def give_up() -> bool:
        await accepted.wait()
        return await adapters.batches.give_up(batch.id)

    accepted = asyncio.Event()
    _, given_up = await asyncio.gather(accept(), give_up(), return_exceptions=True)

    assert given_up is not commits
    assert await adapters.batches.unfinished(user_id) == commits
    assert await adapters.deviations() == []
