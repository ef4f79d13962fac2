import pytest

from augury.application.money.ports import Moved
from augury.domain.balance import Balance
from augury.domain.idempotency import IdempotencyConflict, IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from augury.domain.payment import PaymentTaken
from augury.domain.transfer import MOST_CREDITS, InvalidAmount, TransferKind
from augury.domain.user import UserNotFound
from tests.hexagon import Hexagon


async def test_credits_are_added_and_stand_on_the_statement(hexagon: Hexagon) -> None:
    user, payment = await hexagon.user(credits=1), uuid7()

    moved = await hexagon.top_up(user_id=user.id, amount=5, payment=str(payment))

    assert moved == Moved(Balance(user.id, available=6), replayed=False)
    assert moved.balance == await hexagon.balance_of(user.id)
    [line, _] = await hexagon.balances.statement(user.id, limit=9)
    assert (line.transfer.kind, line.transfer.reference) == (TransferKind.TOP_UP, payment)
    assert await hexagon.balanced()


async def test_a_payment_is_credited_once_however_often_one_hears_of_it(hexagon: Hexagon) -> None:
    user, payment = await hexagon.user(), uuid7()

    answers = [await hexagon.top_up(user_id=user.id, amount=5, payment=str(payment)) for _ in range(3)]

    assert [answer.balance for answer in answers] == [Balance(user.id, available=5)] * 3
    assert [answer.replayed for answer in answers] == [False, True, True]
    assert await hexagon.balanced()


async def test_a_payment_is_not_taken_for_one_of_another_user_or_amount(hexagon: Hexagon) -> None:
    user, other, payment = await hexagon.user(), await hexagon.user(), uuid7()
    await hexagon.top_up(user_id=user.id, amount=5, payment=str(payment))

    for user_id, amount in ((other.id, 5), (user.id, 6)):
        with pytest.raises(PaymentTaken):
            await hexagon.top_up(user_id=user_id, amount=amount, payment=str(payment))

    assert await hexagon.balance_of(user.id) == Balance(user.id, available=5)
    assert await hexagon.balance_of(other.id) == Balance(other.id)


async def test_a_repeated_key_changes_nothing_and_answers_the_balance_as_it_stands(hexagon: Hexagon) -> None:
    user, key = await hexagon.user(), IdempotencyKey("key", b"print")
    await hexagon.top_up(user_id=user.id, amount=5, key=(user.id, key))
    await hexagon.top_up(user_id=user.id, amount=1)

    again = await hexagon.top_up(user_id=user.id, amount=5, key=(user.id, key))

    assert again == Moved(Balance(user.id, available=6), replayed=True)


async def test_a_key_used_for_another_request_is_a_conflict(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    await hexagon.top_up(user_id=user.id, amount=5, key=(user.id, IdempotencyKey("key", b"print")))

    with pytest.raises(IdempotencyConflict):
        await hexagon.top_up(user_id=user.id, amount=6, key=(user.id, IdempotencyKey("key", b"other")))

    assert await hexagon.balance_of(user.id) == Balance(user.id, available=5)


@pytest.mark.parametrize("amount", [0, -1, MOST_CREDITS + 1])
async def test_an_amount_that_is_not_positive_or_beyond_the_limit_is_refused(
    hexagon: Hexagon, amount: int
) -> None:
    user = await hexagon.user()

    with pytest.raises(InvalidAmount):
        await hexagon.top_up(user_id=user.id, amount=amount)


async def test_nobody_can_have_more_than_the_limit(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=MOST_CREDITS)

    with pytest.raises(InvalidAmount):
        await hexagon.top_up(user_id=user.id, amount=1)


async def test_who_is_not_there_cannot_be_credited(hexagon: Hexagon) -> None:
    with pytest.raises(UserNotFound):
        await hexagon.top_up(user_id=UserId(uuid7()), amount=1)


async def test_a_key_is_its_callers_own(hexagon: Hexagon) -> None:
    admin, user = await hexagon.user(), await hexagon.user()
    theirs, ours = IdempotencyKey("june", b"their request"), IdempotencyKey("june", b"our request")
    await hexagon.top_up(user_id=user.id, amount=1, key=(user.id, theirs))

    first = await hexagon.top_up(user_id=user.id, amount=5, key=(admin.id, ours))
    again = await hexagon.top_up(user_id=user.id, amount=5, key=(admin.id, ours))

    assert first == Moved(Balance(user.id, available=6), replayed=False)
    assert again == Moved(Balance(user.id, available=6), replayed=True)
