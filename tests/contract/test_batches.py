"""Batches in the books, and the store of their slices."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.domain.balance import Balance
from augury.domain.batch import Batch, BatchNotFound, SlicePlace
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import BatchId, PredictionId, UserId, uuid7
from augury.domain.prediction import Prediction, Status
from augury.domain.transfer import Transfer, TransferKind
from tests.adapters import MODEL, Adapters, a_prediction, finish

KEEP = timedelta(days=7)


def a_batch(user_id: UserId, rows: Sequence[int] = (2, 2, 1)) -> tuple[Batch, list[Prediction]]:
    batch_id = BatchId(uuid7())
    now = datetime.now(UTC)
    slices = [
        replace(a_prediction(user_id, rows=each, expires_at=now + timedelta(days=1)), batch_id=batch_id)
        for each in rows
    ]
    batch = Batch(
        id=batch_id,
        user_id=user_id,
        model=MODEL,
        rows=sum(rows),
        slices=len(rows),
        price=sum(rows),
        created_at=now,
    )
    return batch, slices


async def accept(
    adapters: Adapters, batch: Batch, slices: Sequence[Prediction], key: IdempotencyKey | None = None
) -> None:
    await adapters.batches.receive(batch.id, owner=batch.user_id, at=batch.created_at)
    await accept_received(adapters, batch, slices, key)


async def accept_received(
    adapters: Adapters, batch: Batch, slices: Sequence[Prediction], key: IdempotencyKey | None = None
) -> None:
    async with adapters.books() as books:
        balance = (await books.open([batch.user_id])).balance(batch.user_id)
        holds: list[Transfer] = []
        for each in slices:
            balance, held = balance.hold(each.price, reference=each.id)
            holds += held
        await books.accept_batch(batch, slices, holds, key, costs=[each.rows for each in slices])


async def test_slices_of_two_users_take_turns_in_the_bulk_lane(adapters: Adapters) -> None:
    batches = [a_batch(await adapters.user(credits=10)) for _ in range(2)]
    for batch, slices in batches:
        await accept(adapters, batch, slices)
    waiting = await adapters.bulk_lane.waiting(most_users=10)
    assert [(user.waiting, user.cost) for user in waiting.by_user] == [(3, 5), (3, 5)]

    picked = [
        claimed
        for _ in range(6)
        for claimed in await adapters.work.pick(
            token=uuid4(), lease=timedelta(minutes=1), most=10, most_cost=2
        )
    ]

    owners = [each.prediction.user_id for each in picked]
    assert owners[0::2] == [owners[0]] * 3
    assert owners[1::2] == [owners[1]] * 3
    assert [each.slice for each in picked if each.prediction.user_id == batches[0][0].user_id] == [
        SlicePlace(batches[0][0].id, number) for number in range(3)
    ]
    assert not await adapters.work.pick(token=uuid4(), lease=timedelta(minutes=1), most=10, most_cost=2)


async def test_an_accepted_batch_is_read_with_its_slices_in_order(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    batch, slices = a_batch(user_id)
    await adapters.batches.receive(batch.id, owner=user_id, at=batch.created_at)
    with pytest.raises(BatchNotFound):
        await adapters.batches.get(batch.id, owner=user_id)

    batch, slices = a_batch(user_id)
    await accept(adapters, batch, slices)

    stored = await adapters.batches.get(batch.id, owner=user_id)
    assert stored.batch == batch
    assert stored.progress.status is Status.QUEUED
    assert stored.progress.queued == 3
    found = await adapters.batches.slices(batch.id, first=0, limit=10)
    assert [(each.number, each.first_row, each.rows, each.prediction_id) for each in found] == [
        (0, 0, 2, slices[0].id),
        (1, 2, 2, slices[1].id),
        (2, 4, 1, slices[2].id),
    ]
    assert await adapters.batches.slices(batch.id, first=1, limit=1) == [found[1]]
    balance = await adapters.balance(user_id)
    assert (balance.available, balance.held, balance.pending) == (5, 5, 0)
    assert not (await adapters.predictions.page(user_id, limit=10)).items
    assert not await adapters.deviations()
    with pytest.raises(BatchNotFound):
        await adapters.batches.get(batch.id, owner=await adapters.user())


async def test_slices_are_claimed_with_their_place_and_settled_one_by_one(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    batch, slices = a_batch(user_id)
    await accept(adapters, batch, slices)
    token = uuid4()

    claimed = await adapters.claim(*slices[:2], token=token)
    assert [each.slice for each in claimed] == [SlicePlace(batch.id, 0), SlicePlace(batch.id, 1)]
    assert claimed[0].prediction.batch_id == batch.id
    done = [finish(claimed[0].prediction, output=None), finish(claimed[1].prediction, valid_rows=1)]
    await adapters.work.settle(token, done)

    progress = (await adapters.batches.get(batch.id, owner=user_id)).progress
    assert (progress.done, progress.failed, progress.charged) == (3, 1, 3)
    assert progress.status is Status.PROCESSING
    assert progress.started_at is not None
    await adapters.batches.close([batch.id])
    assert await adapters.batches.unfinished(user_id) == 1
    with_errors = await adapters.batches.slices(batch.id, first=0, limit=9, only_with_errors=True)
    assert [each.number for each in with_errors] == [1]
    await adapters.settled(slices[2])
    before = await adapters.batches.get(batch.id, owner=user_id)
    await adapters.batches.close([batch.id])
    assert await adapters.batches.get(batch.id, owner=user_id) == before
    assert before.progress.status is Status.SUCCEEDED
    assert await adapters.batches.unfinished(user_id) == 0
    balance = await adapters.balance(user_id)
    assert (balance.available, balance.held, balance.pending) == (6, 0, 0)
    assert not await adapters.deviations()


async def test_queued_slices_are_canceled_in_parts_and_released(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    batch, slices = a_batch(user_id)
    await accept(adapters, batch, slices)
    await adapters.settled(slices[0])

    for wanted in (1, 1, 0):
        async with adapters.books() as books:
            queued = await books.queued_slices(batch.id, limit=1)
            assert len(queued) == wanted
            canceled = [each.cancel(at=datetime.now(UTC)) for each in queued]
            if canceled:
                transfers = [transfer for each in canceled for transfer in each.settlement()]
                await books.record(changed=canceled, transfers=transfers)

    await adapters.batches.close([batch.id])
    progress = (await adapters.batches.get(batch.id, owner=user_id)).progress
    assert (progress.status, progress.done, progress.failed) == (Status.CANCELED, 2, 3)
    assert (await adapters.balance(user_id)).available == 8
    assert not await adapters.deviations()


async def test_a_key_refers_to_its_batch(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    batch, slices = a_batch(user_id)
    key = IdempotencyKey("k", b"f" * 32)
    await accept(adapters, batch, slices, key)

    async with adapters.books() as books:
        opened = await books.open([user_id], [(user_id, "k")])
    assert opened.remembered[user_id, "k"].reference == batch.id
    assert not await adapters.deviations()


@pytest.mark.parametrize("row_price", [0, 1])
async def test_a_batch_settles_a_debt_first(adapters: Adapters, row_price: int) -> None:
    user_id = await adapters.user(credits=15)
    async with adapters.books() as books:
        before = (await books.open([user_id])).balance(user_id)
        reference = uuid7()
        balance, paid = before.top_up(4, reference=reference)
        await books.record(transfers=[*paid, Transfer(TransferKind.DEBT, user_id, 4, reference)])
    batch, slices = a_batch(user_id)
    slices = [replace(each, row_price=row_price) for each in slices]
    batch = replace(batch, price=5 * row_price)

    await accept(adapters, batch, slices)

    held = 5 * row_price
    assert await adapters.balance(user_id) == Balance(
        user_id, available=balance.available - 4 - held, held=held
    )
    assert await adapters.deviations() == []
    while claimed := await adapters.work.pick(token=(token := uuid4()), lease=KEEP, most=9, most_cost=9):
        await adapters.work.settle(token, [finish(each.prediction) for each in claimed])
    assert await adapters.balance(user_id) == Balance(user_id, available=balance.available - 4 - held)
    assert await adapters.deviations() == []


async def test_a_batch_is_accepted_or_given_up_but_never_both(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    batch, slices = a_batch(user_id)
    await accept(adapters, batch, slices)
    assert not await adapters.batches.give_up(batch.id)
    assert (await adapters.batches.get(batch.id, owner=user_id)).has_data

    batch, slices = a_batch(user_id)
    await adapters.batches.receive(batch.id, owner=user_id, at=batch.created_at)
    assert await adapters.batches.give_up(batch.id)
    with pytest.raises(LookupError):
        await accept_received(adapters, batch, slices)
    assert await adapters.balance(user_id) == Balance(user_id, available=5, held=5)
    await adapters.batches.purged(batch.id)
    assert await adapters.batches.unfinished(user_id) == 1
    assert await adapters.deviations() == []


async def test_only_its_user_is_accepted_a_batch_and_only_once(adapters: Adapters) -> None:
    user_id, other = await adapters.user(credits=20), await adapters.user(credits=20)
    batch, slices = a_batch(user_id)
    await adapters.batches.receive(batch.id, owner=user_id, at=batch.created_at)
    again = [replace(each, id=PredictionId(uuid7())) for each in slices]

    with pytest.raises(LookupError):
        await accept_received(
            adapters, replace(batch, user_id=other), [replace(each, user_id=other) for each in again]
        )
    await accept_received(adapters, batch, slices)
    with pytest.raises(LookupError):
        await accept_received(adapters, batch, again)

    assert await adapters.balance(user_id) == Balance(user_id, available=15, held=5)
    assert await adapters.balance(other) == Balance(other, available=20)
    assert len(await adapters.batches.slices(batch.id, first=0, limit=9)) == 3
    assert await adapters.deviations() == []


async def test_a_batch_that_is_not_recorded_will_never_be_accepted(adapters: Adapters) -> None:
    gone = BatchId(uuid7())

    await adapters.batches.purged(gone)

    assert await adapters.batches.give_up(gone)


async def test_what_was_given_up_but_not_erased_is_outdated_after_a_day(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    batch, slices = a_batch(user_id)
    given_up, _ = a_batch(user_id)
    for each in (batch, given_up):
        await adapters.batches.receive(each.id, owner=user_id, at=each.created_at)
    assert await adapters.batches.give_up(given_up.id)
    assert not await adapters.batches.outdated(keep=KEEP, limit=10)
    await adapters.pass_time(timedelta(days=2))

    for _ in range(2):
        assert set(await adapters.batches.outdated(keep=KEEP, limit=10)) == {batch.id, given_up.id}
    with pytest.raises(LookupError):
        await accept_received(adapters, batch, slices)
    for each in (batch, given_up):
        await adapters.batches.purged(each.id)

    assert not await adapters.batches.outdated(keep=KEEP, limit=10)
    assert await adapters.balance(user_id) == Balance(user_id, available=10)


async def test_the_books_count_unfinished_batches(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    for number in range(2):
        async with adapters.books() as books:
            await books.open([user_id])
            assert await books.unfinished_batches(user_id) == number
        await accept(adapters, *a_batch(user_id))


async def test_an_open_batch_is_known_until_its_end(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)

    async def has_open_batch() -> bool:
        async with adapters.books() as books:
            return await books.has_open_batch(user_id)

    batch, slices = a_batch(user_id)
    assert not await has_open_batch()
    await accept(adapters, batch, slices)
    assert await has_open_batch()
    await adapters.settled(*slices)
    assert not await has_open_batch()


async def test_batches_are_listed_newest_first(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=100)
    ids = []
    for _ in range(3):
        batch, slices = a_batch(user_id)
        await accept(adapters, batch, slices)
        ids.append(batch.id)

    page = await adapters.batches.page(user_id, limit=2)
    rest = await adapters.batches.page(user_id, limit=2, before=page[-1].batch.id)

    assert [each.batch.id for each in [*page, *rest]] == ids[::-1]
    assert not await adapters.batches.page(await adapters.user(), limit=2)


async def test_running_batches_are_found_behind_those_that_have_ended(adapters: Adapters) -> None:
    user_id, other = await adapters.user(credits=100), await adapters.user(credits=100)
    made = [a_batch(user_id) for _ in range(4)]
    for batch, slices in made:
        await accept(adapters, batch, slices)
    await accept(adapters, *a_batch(other))
    for batch, slices in made[2:]:
        await adapters.settled(*slices)
        await adapters.batches.close([batch.id])

    running = await adapters.batches.running(user_id, limit=2)

    assert [each.batch.id for each in running] == [made[1][0].id, made[0][0].id]
    assert [each.batch.id for each in await adapters.batches.running(user_id, limit=1)] == [made[1][0].id]


async def test_ended_and_abandoned_batches_are_outdated_after_their_time(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=100)
    ended, slices = a_batch(user_id)
    await accept(adapters, ended, slices)
    await adapters.settled(*slices)
    await adapters.batches.close([ended.id])
    received, _ = a_batch(user_id)
    await adapters.batches.receive(received.id, owner=user_id, at=datetime.now(UTC))
    assert not await adapters.batches.outdated(keep=KEEP, limit=10)

    await adapters.pass_time(timedelta(days=2))
    assert await adapters.batches.outdated(keep=KEEP, limit=10) == [received.id]
    await adapters.batches.purged(received.id)
    await adapters.pass_time(timedelta(days=6))
    assert await adapters.batches.outdated(keep=KEEP, limit=10) == [ended.id]
    await adapters.batches.purged(ended.id)

    assert not await adapters.batches.outdated(keep=KEEP, limit=10)
    stored = await adapters.batches.get(ended.id, owner=user_id)
    assert not stored.has_data
    assert stored.progress.done == 5


async def test_several_batches_are_read_at_once_whoever_owns_them(adapters: Adapters) -> None:
    made = [a_batch(await adapters.user(credits=10)) for _ in range(2)]
    for batch, slices in made:
        await accept(adapters, batch, slices)
    received = BatchId(uuid7())
    await adapters.batches.receive(received, owner=made[0][0].user_id, at=datetime.now(UTC))

    found = await adapters.batches.several([made[1][0].id, received, BatchId(uuid7()), made[0][0].id])

    expected = [await adapters.batches.get(batch.id, owner=batch.user_id) for batch, _ in made]
    assert sorted(found, key=lambda each: each.batch.id) == sorted(expected, key=lambda each: each.batch.id)
    assert not await adapters.batches.several([])
