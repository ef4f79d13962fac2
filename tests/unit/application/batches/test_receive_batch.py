"""A batch that is received: what is kept of it, and when a repeated request finds it again."""

import asyncio

import pytest

from augury.application.batches.accept_batch import Received, ReceivedSlice, ReplayedBatch
from augury.application.batches.ports import input_name
from augury.application.batches.receive_batch import Receipt
from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.domain.balance import Balance
from augury.domain.batch import Batch, TooManyBatches
from augury.domain.feature import Feature, FeatureKind
from augury.domain.idempotency import IdempotencyConflict, IdempotencyKey
from augury.domain.identifiers import UserId
from augury.domain.model import ModelNotFound, ModelRef, ModelState
from tests.hexagon import Hexagon, a_model

KEY = IdempotencyKey("key", b"print")


def received(receipt: Receipt, user_id: UserId, key: IdempotencyKey | None = KEY) -> Received:
    return Received(
        id=receipt.batch_id,
        user_id=user_id,
        model=receipt.model,
        slices=[ReceivedSlice(rows=2, text_bytes=0)],
        key=key,
    )


async def send(
    hexagon: Hexagon, user_id: UserId, *, key: IdempotencyKey | None = KEY
) -> Batch | ReplayedBatch:
    name = key.key if key else None
    async with hexagon.receive_batch(user_id=user_id, model="tone", key=name) as receipt:
        await hexagon.batch_store.put(receipt.batch_id, input_name(0), b"rows")
        answer = await hexagon.accept_batch(received(receipt, user_id, key))
        if isinstance(answer, Batch):
            receipt.keep()
    return answer


@pytest.mark.parametrize("error", [Unavailable("no answer to the commit"), asyncio.CancelledError()])
async def test_a_batch_whose_acceptance_was_not_heard_of_keeps_its_rows(
    hexagon: Hexagon, error: BaseException
) -> None:
    """The connection breaks after the commit, or the request is canceled just then."""
    user, accepted = await hexagon.user(credits=2), list[Batch | ReplayedBatch]()

    async def unheard() -> None:
        async with hexagon.receive_batch(user_id=user.id, model="tone", key=KEY.key) as receipt:
            await hexagon.batch_store.put(receipt.batch_id, input_name(0), b"rows")
            accepted.append(await hexagon.accept_batch(received(receipt, user.id)))
            raise error

    for _ in range(2):
        with pytest.raises(type(error)):
            await unheard()
    [batch, again] = accepted
    assert isinstance(batch, Batch)
    assert again == ReplayedBatch(batch.id)

    assert await send(hexagon, user.id) == ReplayedBatch(batch.id)
    assert (await hexagon.batches.get(batch.id, owner=user.id)).has_data
    assert list(hexagon.batch_store.objects) == [(batch.id, input_name(0))]
    assert await hexagon.balances.of(user.id) == Balance(user.id, held=2)


async def test_a_repeated_request_finds_its_batch_although_there_are_too_many(hexagon: Hexagon) -> None:
    hexagon = Hexagon(Limits(max_batches=1))
    user = await hexagon.user(credits=9)
    batch = await send(hexagon, user.id)
    assert isinstance(batch, Batch)

    assert await send(hexagon, user.id) == ReplayedBatch(batch.id)
    for key in (None, IdempotencyKey("other", b"print")):
        with pytest.raises(TooManyBatches):
            await send(hexagon, user.id, key=key)


async def test_a_repeated_request_finds_its_batch_although_the_model_has_retired(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=9)
    batch = await send(hexagon, user.id)
    assert isinstance(batch, Batch)
    await hexagon.change_model(ref=ModelRef("tone", 1), state=ModelState.RETIRED)

    assert await send(hexagon, user.id) == ReplayedBatch(batch.id)
    with pytest.raises(ModelNotFound):
        await send(hexagon, user.id, key=IdempotencyKey("other", b"print"))


async def test_batches_that_arrive_at_the_same_time_do_not_exceed_the_limit(hexagon: Hexagon) -> None:
    hexagon = Hexagon(Limits(max_batches=1))
    user = await hexagon.user(credits=9)
    async with (
        hexagon.receive_batch(user_id=user.id, model="tone") as one,
        hexagon.receive_batch(user_id=user.id, model="tone") as other,
    ):
        await hexagon.accept_batch(received(one, user.id, None))
        with pytest.raises(TooManyBatches):
            await hexagon.accept_batch(received(other, user.id, None))

    assert await hexagon.batches.unfinished(user.id) == 1
    assert await hexagon.balances.of(user.id) == Balance(user.id, available=7, held=2)


@pytest.mark.parametrize("other", ["size", "tone@2", "size@1"])
async def test_a_key_that_is_used_again_for_another_model_is_a_conflict(hexagon: Hexagon, other: str) -> None:
    """The rows are read by the columns of the model that they are for."""
    user = await hexagon.user(credits=9)
    await send(hexagon, user.id)
    length = Feature("length", FeatureKind.NUMERIC)
    await hexagon.models.add(a_model("size", features=[length]))
    await hexagon.models.add(a_model("tone", 2, features=[length], active=False))

    async with hexagon.receive_batch(user_id=user.id, model=other, key=KEY.key) as receipt:
        assert [each.name for each in receipt.model.facts.schema.features] == ["length"]
        with pytest.raises(IdempotencyConflict):
            await hexagon.accept_batch(received(receipt, user.id, IdempotencyKey(KEY.key, b"other")))


async def test_a_request_for_one_version_finds_its_batch(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=9)
    batch = await send(hexagon, user.id)
    assert isinstance(batch, Batch)
    await hexagon.change_model(ref=ModelRef("tone", 1), state=ModelState.RETIRED)

    async with hexagon.receive_batch(user_id=user.id, model="tone@1", key=KEY.key) as receipt:
        assert receipt.model.ref == ModelRef("tone", 1)
