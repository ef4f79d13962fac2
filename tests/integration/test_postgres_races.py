"""Transactions over the books that meet at a moment which only PostgreSQL's locks can choose."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from asyncpg import Pool
from prometheus_client import CollectorRegistry

from augury.application.batches.accept_batch import AcceptBatch, Received, ReceivedSlice, ReplayedBatch
from augury.application.limits import Limits
from augury.application.webhooks.limit_events import LimitEvents
from augury.domain.balance import Balance
from augury.domain.batch import Batch
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import BatchId, UserId, uuid7
from augury.domain.promo_code import PromoCode
from augury.domain.transfer import Transfer, TransferKind
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.prometheus_counters import PrometheusCounters
from augury.outbound.system_clock import SystemClock
from tests.adapters import LEASE, Adapters, a_prediction, postgres_adapters
from tests.contract.test_batches import a_batch
from tests.contract.test_joined_accounts import Town
from tests.hexagon import a_model
from tests.integration.test_postgres_books import waiting_for_lock
from tests.postgres_server import server_log

CLOCK = SystemClock()


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

    assert is_deleted is (not commits)
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


@pytest.mark.parametrize(("credits", "max_batches"), [(10, 1), (5, 9)], ids=["no room", "no credits left"])
async def test_a_repeated_batch_that_waits_for_the_first_one_finds_it(
    adapters: Adapters, credits: int, max_batches: int
) -> None:
    user_id, key = await adapters.user(credits=credits), IdempotencyKey("key", b"the same")
    batch, slices = a_batch(user_id)
    again = BatchId(uuid7())
    for each in (batch.id, again):
        await adapters.batches.receive(each, owner=user_id, at=batch.created_at)
    holds: Sequence[Transfer] = [
        each for part in slices for each in Balance(user_id, credits).hold(part.price, reference=part.id)[1]
    ]
    accepting = AcceptBatch(
        books=adapters.books,
        queue=MemoryPredictionQueue(CLOCK),
        clock=CLOCK,
        limits=Limits(max_batches=max_batches),
        counters=PrometheusCounters(CollectorRegistry()),
        limit_events=LimitEvents(adapters.outbox),
    )

    async def accept() -> None:
        async with adapters.books() as books:
            await books.open([user_id])
            locked.set()
            await waiting_for_lock(adapters)
            await books.accept_batch(batch, slices, holds, key, costs=[each.rows for each in slices])

    async def repeat() -> Batch | ReplayedBatch:
        await locked.wait()
        slice_ = ReceivedSlice(rows=batch.rows, text_bytes=0)
        return await accepting(Received(id=again, user_id=user_id, model=a_model(), slices=[slice_], key=key))

    locked = asyncio.Event()
    _, answer = await asyncio.gather(accept(), repeat())

    assert answer == ReplayedBatch(batch.id)
    assert await adapters.deviations() == []


async def taken_back(adapters: Adapters, user_id: UserId, locked: asyncio.Event) -> None:
    """An administrator takes back the user's last top-up while somebody waits for the balance."""
    [line] = await adapters.balances.statement(user_id, limit=1)
    assert line.transfer.kind is TransferKind.TOP_UP
    async with adapters.books() as books:
        balance = (await books.open([user_id])).balance(user_id)
        locked.set()
        await waiting_for_lock(adapters)
        _, reversal = balance.take_back(line.transfer, None)
        await books.record(transfers=[reversal])


async def test_a_chat_that_leaves_takes_nothing_that_was_taken_back_just_before(adapters: Adapters) -> None:
    town, account = Town(adapters), await adapters.user(credits=60)
    chat = await town.chat(7)
    await town.link(chat, account)
    await town.pay(chat, 40)

    async def leave() -> Balance:
        await locked.wait()
        return await town.unlink(chat)

    locked = asyncio.Event()
    _, own = await asyncio.gather(taken_back(adapters, account, locked), leave())

    assert own == Balance(own.user_id)
    assert await adapters.balance(account) == Balance(account, available=60)
    assert await adapters.deviations() == []


@pytest.mark.parametrize("given_back", [True, False])
async def test_a_payment_that_was_taken_back_just_before_is_no_debt(
    adapters: Adapters, given_back: bool
) -> None:
    town = Town(adapters)
    chat = await town.chat(7)
    charge = await town.pay(chat, 40)

    async def refund() -> None:
        await locked.wait()
        await town.pay_back(charge, given_back=given_back)

    locked = asyncio.Event()
    await asyncio.gather(taken_back(adapters, chat.user_id, locked), refund())

    assert await adapters.balance(chat.user_id) == Balance(chat.user_id)
    assert await adapters.deviations() == []


async def test_a_chat_that_leaves_and_a_redemption_of_its_code_never_deadlock(adapters: Adapters) -> None:
    """The chat copies its account's redemptions while it holds the balance. Who redeems a code locks the code
    first."""
    town, account = Town(adapters), await adapters.user()
    chat = await town.chat(7)
    await town.link(chat, account)
    await adapters.promo_codes.add(PromoCode(code="SPRING", credits=5, most=9, created_at=CLOCK.now()))
    await town.redeem(account, "SPRING")
    before = server_log().count("deadlock detected")

    async def redeem() -> None:
        async with adapters.books() as books:
            await books.promo_code("SPRING", user_id=account)
            leaves_or_waits = [asyncio.create_task(leave()), asyncio.create_task(waiting_for_lock(adapters))]
            await asyncio.wait(leaves_or_waits, return_when=asyncio.FIRST_COMPLETED)
            leaves_or_waits[1].cancel()
            await books.open([account])
        await leaves_or_waits[0]

    async def leave() -> None:
        await town.unlink(chat)

    await redeem()

    assert server_log().count("deadlock detected") == before
    assert (await town.now(chat)).user_id != account
    assert await adapters.deviations() == []
