from datetime import timedelta

import pytest

from augury.domain.balance import Balance
from augury.domain.credentials import WrongCredentials
from augury.domain.identifiers import UserId, uuid7
from augury.domain.transfer import TransferKind
from augury.domain.user import CreditsLeft, PredictionsUnderWay, UserNotFound
from tests.hexagon import PASSWORD, Hexagon, a_model


async def test_what_is_left_goes_back_and_the_books_still_balance(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)
    await hexagon.request_prediction(user.id)
    await hexagon.run_all()

    await hexagon.close_account(user_id=user.id, forfeit=5)

    assert await hexagon.balance_of(user.id) == Balance(user.id)
    [last, *_] = await hexagon.balances.statement(user.id, limit=1)
    assert (last.transfer.kind, last.transfer.amount) == (TransferKind.REVERSAL, 4)
    assert await hexagon.balanced()


async def test_credits_are_lost_with_an_account_only_where_that_is_meant(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=5)

    for forfeit in (0, 4):
        with pytest.raises(CreditsLeft) as refusal:
            await hexagon.close_account(user_id=user.id, forfeit=forfeit)
        assert refusal.value.available == 5
        assert (await hexagon.balance_of(user.id)).available == 5

    await hexagon.close_account(user_id=user.id, forfeit=5)
    assert await hexagon.balanced()


async def test_an_empty_account_is_closed_without_a_transfer(hexagon: Hexagon) -> None:
    user = await hexagon.user()

    await hexagon.close_account(user_id=user.id)

    assert await hexagon.balances.statement(user.id, limit=1) == []


async def test_nobody_comes_in_through_a_closed_account(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1, email="ann@example.org")

    await hexagon.close_account(user_id=user.id, forfeit=5)

    with pytest.raises(WrongCredentials):
        await hexagon.sign_in(email="ann@example.org", password=PASSWORD, address="192.0.2.1")
    for again in (hexagon.close_account(user_id=user.id), hexagon.top_up(user_id=user.id, amount=1)):
        with pytest.raises(UserNotFound):
            await again


async def test_nothing_personal_is_left_of_a_closed_account(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1, email="ann@example.org")
    await hexagon.sign_in(email="ann@example.org", password=PASSWORD, address="192.0.2.1")
    await hexagon.create_api_key(user_id=user.id, name="of Ann")
    prediction = await hexagon.request_prediction(user.id, [{"text": "I am Ann"}])
    await hexagon.run_all()

    await hexagon.close_account(user_id=user.id, forfeit=5)
    hexagon.clock.advance(timedelta(hours=1))
    await hexagon.upkeep.purge()

    kept = repr(hexagon.memory.state)
    assert str(prediction.id) in kept
    assert "ann@example.org" not in kept
    assert "Ann" not in kept


async def test_the_address_is_free_for_a_new_account(hexagon: Hexagon) -> None:
    user = await hexagon.user(email="ann@example.org")
    await hexagon.close_account(user_id=user.id, forfeit=5)

    again = await hexagon.register_user(email="ann@example.org", password=PASSWORD)

    assert again.id != user.id


async def test_an_account_with_predictions_under_way_stays_open(hexagon: Hexagon) -> None:
    paying, free = await hexagon.user(credits=3), await hexagon.user()
    await hexagon.request_prediction(paying.id)
    await hexagon.request_prediction(free.id, model=a_model(row_price=0))

    for user in (paying, free):
        with pytest.raises(PredictionsUnderWay) as refusal:
            await hexagon.close_account(user_id=user.id, forfeit=5)
        assert refusal.value.pending == 1
        assert await hexagon.users.get(user.id) == user
    assert (await hexagon.balance_of(paying.id)).available == 2


async def test_nobodys_account_cannot_be_closed(hexagon: Hexagon) -> None:
    with pytest.raises(UserNotFound):
        await hexagon.close_account(user_id=UserId(uuid7()))
