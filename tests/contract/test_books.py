import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.application.people.ports.sessions import RefreshToken, Rotation
from augury.application.people.ports.users import NewUser
from augury.application.ports.books import AlreadyRecorded, Opened
from augury.application.predictions.ports.acceptance import Accepted
from augury.application.predictions.ports.reads import StoredPrediction
from augury.application.retrying import retried
from augury.domain.balance import Balance, NotEnoughCredits
from augury.domain.idempotency import IdempotencyKey, Remembered
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.prediction import Prediction, PredictionNotFound, Status
from augury.domain.transfer import BooksDisagree, Transfer, TransferKind
from augury.domain.user import UserNotFound
from tests.adapters import INPUT, Adapters, a_prediction, an_api_key


class Broken(Exception):
    """The error that a test raises inside a transaction."""


async def open_one(adapters: Adapters, user_id: UserId, *keys: str) -> Opened:
    async with adapters.books() as books:
        return await books.open([user_id], [(user_id, key) for key in keys])


async def test_opening_answers_the_balances_of_those_who_have_one(adapters: Adapters) -> None:
    rich, poor, unknown = await adapters.user(credits=5), await adapters.user(), UserId(uuid7())

    async with adapters.books() as books:
        opened = await books.open([unknown, poor, rich])

    assert opened.balances == {rich: Balance(rich, available=5), poor: Balance(poor)}
    assert opened.remembered == {}


async def test_opening_nothing_answers_nothing(adapters: Adapters) -> None:
    async with adapters.books() as books:
        assert await books.open([]) == Opened({}, {})


async def test_what_is_accepted_is_stored_queued_and_pending_with_its_price_held(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    later = datetime(2030, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
    prediction = a_prediction(user_id, rows=3, row_price=2, expires_at=later)

    await adapters.accept(user_id, prediction)

    stored = await adapters.predictions.get(prediction.id, owner=user_id)
    assert stored == StoredPrediction(prediction, None)
    assert await adapters.balance(user_id) == Balance(user_id, available=4, held=6, pending=1)
    assert await adapters.deviations() == []


async def test_an_error_rolls_everything_back(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=5)
    [prediction] = await adapters.predictions_of(user_id, 1)

    async def cancel_in_vain() -> None:
        async with adapters.books() as books:
            await books.open([user_id])
            canceled = prediction.cancel(at=datetime.now(UTC))
            key = IdempotencyKey("key", b"print")
            await books.record(
                changed=[canceled], transfers=canceled.settlement(), keys={user_id: (key, prediction.id)}
            )
            raise Broken

    with pytest.raises(Broken):
        await cancel_in_vain()

    assert await adapters.now(prediction) == prediction
    assert await adapters.balance(user_id) == Balance(user_id, available=4, held=1, pending=1)
    assert (await open_one(adapters, user_id, "key")).remembered == {}
    assert await adapters.deviations() == []


async def test_nobody_sees_what_is_not_committed(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=5)
    [prediction] = await adapters.predictions_of(user_id, 1)
    async with adapters.books() as books:
        canceled = (await books.prediction(prediction.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[canceled], transfers=canceled.settlement())

        assert await adapters.now(prediction) == prediction
        assert await adapters.balance(user_id) == Balance(user_id, available=4, held=1, pending=1)

    assert await adapters.now(prediction) == canceled
    assert await adapters.balance(user_id) == Balance(user_id, available=5)


async def test_a_key_finds_its_prediction_again_and_is_its_users_alone(adapters: Adapters) -> None:
    user_id, other = await adapters.user(credits=2), await adapters.user(credits=2)
    prediction = a_prediction(user_id)
    await adapters.accept(user_id, prediction, key=IdempotencyKey("key", b"\x00print"))

    opened = await open_one(adapters, user_id, "key", "another")

    assert opened.remembered == {(user_id, "key"): Remembered(b"\x00print", prediction.id)}
    assert (await open_one(adapters, other, "key")).remembered == {}


async def test_a_key_can_name_a_transfer(adapters: Adapters) -> None:
    user_id = await adapters.user()
    reference = uuid7()
    async with adapters.books() as books:
        balance = (await books.open([user_id])).balances[user_id]
        _, (transfer,) = balance.top_up(7, reference=reference)
        await books.record(transfers=[transfer], keys={user_id: (IdempotencyKey("pay", b"print"), reference)})

    opened = await open_one(adapters, user_id, "pay")

    assert opened.remembered == {(user_id, "pay"): Remembered(b"print", reference)}
    assert opened.balances == {user_id: Balance(user_id, available=7)}
    assert await adapters.deviations() == []


async def test_twins_with_one_key_make_one_prediction(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=10)
    key = IdempotencyKey("key", b"print")

    async def submit() -> PredictionId:
        opened = await adapters.books.read([user_id], [(user_id, key.key)])
        if known := opened.remembered.get((user_id, key.key)):
            return PredictionId(known.reference)
        prediction = a_prediction(user_id)
        await adapters.accept(user_id, prediction, key=key)
        return prediction.id

    answers = await asyncio.gather(*(retried(submit) for _ in range(5)))

    assert len(set(answers)) == 1
    assert await adapters.balance(user_id) == Balance(user_id, available=9, held=1, pending=1)


async def test_a_prediction_is_read_by_its_owner_or_by_the_house(adapters: Adapters) -> None:
    user_id, stranger = await adapters.user(credits=1), await adapters.user()
    [prediction] = await adapters.predictions_of(user_id, 1)

    async with adapters.books() as books:
        assert await books.prediction(prediction.id) == prediction
        assert await books.prediction(prediction.id, owner=user_id) == prediction
    for prediction_id, owner in ((prediction.id, stranger), (PredictionId(uuid7()), user_id)):
        with pytest.raises(PredictionNotFound) as refusal:
            async with adapters.books() as books:
                await books.prediction(prediction_id, owner=owner)
        assert refusal.value.prediction_id == prediction_id


async def test_a_changed_prediction_is_stored_and_pending_no_more_once_final(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=5)
    prediction = a_prediction(user_id, rows=5)
    await adapters.accept(user_id, prediction)

    async with adapters.books() as books:
        canceled = (await books.prediction(prediction.id)).cancel(at=datetime.now(UTC))
        await books.record(changed=[canceled], transfers=canceled.settlement())

    assert await adapters.now(prediction) == canceled
    assert await adapters.balance(user_id) == Balance(user_id, available=5)
    assert await adapters.predictions.waiting(at_most=10) == 0
    assert await adapters.deviations() == []


@pytest.mark.parametrize("at_once", [False, True])
async def test_a_transfer_happens_only_once(adapters: Adapters, at_once: bool) -> None:
    user_id, reference = await adapters.user(), uuid7()

    async def pay() -> None:
        async with adapters.books() as books:
            balance = (await books.open([user_id])).balance(user_id)
            _, (transfer,) = balance.top_up(5, reference=reference)
            await books.record(transfers=[transfer])

    if at_once:
        outcomes = await asyncio.gather(*(pay() for _ in range(4)), return_exceptions=True)
        assert [type(each) for each in outcomes if each] == [AlreadyRecorded] * 3
    else:
        await pay()
        with pytest.raises(AlreadyRecorded):
            await pay()

    assert await adapters.balance(user_id) == Balance(user_id, available=5)
    assert len(await adapters.balances.statement(user_id, limit=10)) == 1
    async with adapters.books() as books:
        assert await books.transfer(reference, TransferKind.TOP_UP) == Transfer(
            TransferKind.TOP_UP, user_id, 5, reference
        )
        assert await books.transfer(reference, TransferKind.GRANT) is None


async def test_one_reference_may_stand_for_transfers_of_different_kinds(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=5)
    [prediction] = await adapters.settled(*(await adapters.predictions_of(user_id, 1)))

    async with adapters.books() as books:
        _, refund = (await books.open([user_id])).balances[user_id].refund(1, reference=prediction.id)
        await books.record(transfers=[refund])

    assert await adapters.balance(user_id) == Balance(user_id, available=5)


@pytest.mark.parametrize("kind", [TransferKind.HOLD, TransferKind.REVERSAL, TransferKind.CAPTURE])
async def test_no_transfer_takes_more_than_there_is(adapters: Adapters, kind: TransferKind) -> None:
    user_id = await adapters.user(credits=5)

    with pytest.raises(BooksDisagree):
        async with adapters.books() as books:
            await books.record(transfers=[Transfer(kind, user_id, 6, uuid7())])

    assert await adapters.balance(user_id) == Balance(user_id, available=5)
    assert await adapters.deviations() == []


async def test_nobody_without_a_balance_can_be_credited(adapters: Adapters) -> None:
    unknown = UserId(uuid7())

    with pytest.raises(LookupError):
        async with adapters.books() as books:
            await books.record(transfers=[Transfer(TransferKind.TOP_UP, unknown, 6, uuid7())])

    assert await adapters.balances.statement(unknown, limit=10) == []
    assert await adapters.deviations() == []


async def test_a_merge_moves_credits_between_two_users(adapters: Adapters) -> None:
    absorbed, other = await adapters.user(credits=5), await adapters.user(credits=1)

    async with adapters.books() as books:
        balances = (await books.open([absorbed, other])).balances
        _, _, transfers = balances[absorbed].merge_into(balances[other])
        await books.record(transfers=transfers)

    assert await adapters.balance(absorbed) == Balance(absorbed)
    assert await adapters.balance(other) == Balance(other, available=6)
    assert await adapters.deviations() == []
    for user_id in (absorbed, other):
        [line, _] = await adapters.balances.statement(user_id, limit=10)
        assert line.transfer == transfers[0]


async def test_a_hundred_who_can_pay_for_fifty_get_exactly_fifty(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=50)

    async def submit() -> bool:
        try:
            await adapters.accept(user_id, a_prediction(user_id))
        except NotEnoughCredits:
            return False
        return True

    answers = await asyncio.gather(*(submit() for _ in range(100)))

    assert sum(answers) == 50
    assert await adapters.balance(user_id) == Balance(user_id, held=50, pending=50)


async def test_transactions_that_cross_each_other_all_come_to_their_end(adapters: Adapters) -> None:
    users = [await adapters.user(credits=100) for _ in range(4)]
    predictions = {user_id: await adapters.predictions_of(user_id, 6) for user_id in users}
    dice = random.Random(7)

    async def cancel(prediction: Prediction) -> None:
        async with adapters.books() as books:
            canceled = (await books.prediction(prediction.id)).cancel(at=datetime.now(UTC))
            await books.record(changed=[canceled], transfers=canceled.settlement())

    async def submit(order: list[UserId]) -> None:
        await adapters.accept_all([Accepted(a_prediction(user_id), INPUT) for user_id in order])

    async def run(mine: list[Prediction]) -> None:
        await adapters.settled(*mine)

    tasks = [submit(dice.sample(users, k=4)) for _ in range(10)]
    tasks += [cancel(predictions[user_id][number]) for user_id in users for number in (0, 1)]
    tasks += [
        run([predictions[user_id][number] for user_id in dice.sample(users, 4)]) for number in (2, 3, 4)
    ]
    dice.shuffle(tasks)

    await asyncio.gather(*tasks)

    for user_id in users:
        assert await adapters.balance(user_id) == Balance(user_id, available=86, held=11, pending=11)
    assert await adapters.deviations() == []


async def test_a_closed_account_keeps_its_books_and_nothing_personal(adapters: Adapters) -> None:
    user_id, other = await adapters.user(credits=2), await adapters.user(credits=1)
    [done] = await adapters.settled(*(await adapters.predictions_of(user_id, 1)))
    [others] = await adapters.settled(*(await adapters.predictions_of(other, 1)))
    user = await adapters.users.get(user_id)
    digest = uuid4().bytes
    await adapters.sessions.begin(
        RefreshToken(digest=digest, family=uuid4(), user_id=user_id, lifetime=timedelta(days=1)),
        password_hash="hash",
    )
    await adapters.api_keys.add(
        an_api_key(user_id),
        digest,
        most=1,
    )
    async with adapters.books() as books:
        balance = (await books.open([user_id])).balances[user_id]
        _, reversal = balance.reverse(1, reference=user_id)
        await books.record(transfers=[reversal], keys={user_id: (IdempotencyKey("key", b"print"), user_id)})
        await books.close(user.close(at=datetime.now(UTC)))

    with pytest.raises(UserNotFound):
        await adapters.users.get(user_id)
    with pytest.raises(UserNotFound):
        await adapters.users.secret(user_id)
    assert user.email is not None
    assert await adapters.users.by_email(user.email) is None
    rotation, _ = await adapters.sessions.rotate(
        digest, successor=b"next", lifetime=timedelta(days=1), grace=timedelta(seconds=10)
    )
    assert rotation is Rotation.UNKNOWN
    assert await adapters.key_owner(digest) is None
    assert await adapters.api_keys.of(user_id) == []
    assert (await open_one(adapters, user_id, "key")).remembered == {}
    stored = await adapters.predictions.get(done.id, owner=user_id)
    assert (stored.prediction.status, stored.output) == (Status.SUCCEEDED, None)
    assert (await adapters.predictions.get(others.id, owner=other)).output is not None
    assert await adapters.balance(user_id) == Balance(user_id)
    assert await adapters.deviations() == []


async def test_who_waits_for_a_balance_that_is_closed_finds_none(adapters: Adapters) -> None:
    user = await adapters.users.get(await adapters.user())

    async def late() -> Opened:
        async with adapters.books() as books:
            return await books.open([user.id])

    async with adapters.books() as books:
        await books.open([user.id])
        waiting = asyncio.create_task(late())
        await asyncio.sleep(0.1)
        await books.close(user.close(at=datetime.now(UTC)))

    with pytest.raises(UserNotFound):
        (await waiting).balance(user.id)
    assert await adapters.deviations() == []


async def test_the_address_of_a_closed_account_can_be_used_again(adapters: Adapters) -> None:
    user = await adapters.users.get(await adapters.user())
    async with adapters.books() as books:
        await books.open([user.id])
        await books.close(user.close(at=datetime.now(UTC)))

    await adapters.users.add(NewUser(user=replace(user, id=UserId(uuid7())), password_hash="hash"))

    assert user.email is not None
    assert await adapters.users.by_email(user.email)
