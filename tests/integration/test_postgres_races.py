"""Transactions over the books that meet at a moment which only PostgreSQL's locks can choose."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from asyncpg import Pool

from augury.domain.balance import Balance
from augury.domain.identifiers import BatchId
from augury.domain.transfer import Transfer
from tests.adapters import LEASE, Adapters, a_prediction, postgres_adapters
from tests.contract.test_batches import a_batch
from tests.hexagon import a_model
from tests.integration.test_postgres_books import waiting_for_lock
from tests.postgres_server import server_log


@pytest.fixture
async def adapters(pool: Pool) -> Adapters:
    adapters = postgres_adapters(pool)
    await adapters.models.add(a_model())
    return adapters


async def gives_up(adapters: Adapters, batch_id: BatchId) -> bool:
    """The connection broke in the middle of the commit, so its outcome is still open."""
    return await adapters.batches.give_up(batch_id)


async def purges(adapters: Adapters, batch_id: BatchId) -> bool:
    """The batch was received a day ago, and is accepted just now."""
    return batch_id in await adapters.batches.outdated(keep=timedelta(days=7), limit=9)


@pytest.mark.parametrize("commits", [True, False])
@pytest.mark.parametrize("deletes", [gives_up, purges])
async def test_who_deletes_a_batch_waits_for_the_end_of_its_acceptance(
    adapters: Adapters, commits: bool, deletes: Callable[[Adapters, BatchId], Awaitable[bool]]
) -> None:
    user_id = await adapters.user(credits=10)
    batch, slices = a_batch(user_id)
    await adapters.batches.receive(batch.id, owner=user_id, at=batch.created_at)
    holds: Sequence[Transfer] = [
        each for part in slices for each in Balance(user_id, 10).hold(part.price, reference=part.id)[1]
    ]

    if deletes is purges:
        await adapters.pass_time(timedelta(days=2))

    async def accept() -> None:
        async with adapters.books() as books:
            await books.open([user_id])
            await books.accept_batch(batch, slices, holds, None, costs=[each.rows for each in slices])
            accepted.set()
            await waiting_for_lock(adapters)
            if not commits:
                raise ConnectionError

    async def delete() -> bool:
        await accepted.wait()
        return await deletes(adapters, batch.id)

    accepted = asyncio.Event()
    _, is_deleted = await asyncio.gather(accept(), delete(), return_exceptions=True)

    assert is_deleted is not commits
    assert await adapters.batches.unfinished(user_id) == commits
    assert await adapters.deviations() == []


async def test_a_cancel_a_submit_and_a_pick_of_one_user_never_deadlock(adapters: Adapters) -> None:
    """Each holds a prediction, the balance or the turn in the bulk lane, and wants another of them."""
    user_id = await adapters.user(credits=10)
    first, second = (a_prediction(user_id) for _ in range(2))
    await adapters.accept(user_id, first, bulk_cost=4)
    before = server_log().count("deadlock detected")

    async def cancel() -> None:
        async with adapters.books() as books:
            canceled = (await books.prediction(first.id)).cancel(at=datetime.now(UTC))
            locked.set()
            submits_or_waits = [submits, asyncio.create_task(waiting_for_lock(adapters, at_least=2))]
            await asyncio.wait(submits_or_waits, return_when=asyncio.FIRST_COMPLETED)
            submits_or_waits[1].cancel()
            await books.record(changed=[canceled], transfers=canceled.settlement())

    async def pick() -> list[UUID]:
        await locked.wait()
        picked = await adapters.work.pick(token=uuid4(), lease=LEASE, most=9, most_cost=9)
        return [each.prediction.id for each in picked]

    async def submit() -> None:
        await locked.wait()
        await waiting_for_lock(adapters)
        await adapters.accept(user_id, second, bulk_cost=4)

    locked = asyncio.Event()
    submits = asyncio.create_task(submit())
    _, picked, _ = await asyncio.gather(cancel(), pick(), submits)

    assert picked == [second.id]
    assert server_log().count("deadlock detected") == before
    assert await adapters.deviations() == []


async def test_each_of_two_picks_finds_work_although_others_lock_all_of_it(adapters: Adapters) -> None:
    users = [await adapters.user(credits=10) for _ in range(2)]
    first, second = work = [a_prediction(user_id) for user_id in users]
    for prediction in work:
        await adapters.accept(prediction.user_id, prediction, bulk_cost=4)

    async def pick() -> list[UUID]:
        picked = await adapters.work.pick(token=uuid4(), lease=LEASE, most=9, most_cost=9)
        return [each.prediction.id for each in picked]

    async with adapters.books() as holder:
        await holder.prediction(second.id)
        async with adapters.books() as other_holder:
            await other_holder.prediction(first.id)
            picks = [asyncio.create_task(pick()) for _ in range(2)]
            await waiting_for_lock(adapters, at_least=2)
        await asyncio.wait(picks, return_when=asyncio.FIRST_COMPLETED)
        await waiting_for_lock(adapters)

    assert sorted(await asyncio.gather(*picks)) == sorted([[first.id], [second.id]])
