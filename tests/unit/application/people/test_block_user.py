from dataclasses import replace

import pytest

from augury.application.people.known_callers import KnownCallers
from augury.domain.balance import Balance
from augury.domain.credentials import InvalidToken, WrongCredentials
from augury.domain.identifiers import UserId, uuid7
from augury.domain.prediction import Status
from augury.domain.user import AccountBlocked, OwnAccount, Role, UserNotFound
from tests.hexagon import PASSWORD, Hexagon


async def test_a_blocked_user_can_neither_sign_in_nor_use_tokens_and_keys(hexagon: Hexagon) -> None:
    user, address = await hexagon.user(), "192.0.2.1"
    assert user.email
    tokens = await hexagon.sign_in(email=user.email, password=PASSWORD, address=address)
    _, key = await hexagon.create_api_key(user_id=user.id, name="script")
    for credential in (tokens.access, key):
        assert (await hexagon.identify_caller(credential)).user_id == user.id

    await hexagon.block_user(user_id=user.id, by=None)

    for credential in (tokens.access, key):
        with pytest.raises(AccountBlocked):
            await hexagon.identify_caller(credential)
    with pytest.raises(InvalidToken):
        await hexagon.refresh_tokens(refresh=tokens.refresh)
    with pytest.raises(AccountBlocked):
        await hexagon.sign_in(email=user.email, password=PASSWORD, address=address)
    with pytest.raises(WrongCredentials):
        await hexagon.sign_in(email=user.email, password="wrong password", address=address)


async def test_access_comes_back_with_the_keys_but_not_with_the_sessions(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    assert user.email
    before = await hexagon.sign_in(email=user.email, password=PASSWORD, address="192.0.2.1")
    _, key = await hexagon.create_api_key(user_id=user.id, name="script")
    await hexagon.block_user(user_id=user.id, by=None)

    assert await hexagon.unblock_user(user_id=user.id) == user

    assert (await hexagon.identify_caller(key)).user_id == user.id
    with pytest.raises(InvalidToken):
        await hexagon.refresh_tokens(refresh=before.refresh)
    await hexagon.sign_in(email=user.email, password=PASSWORD, address="192.0.2.1")


async def test_another_process_notices_once_it_asks_again(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    token = hexagon.access_tokens.issue(user.id)
    elsewhere = replace(hexagon.identify_caller, known=KnownCallers(hexagon.limits))
    await elsewhere(token)

    await hexagon.block_user(user_id=user.id, by=None)

    assert (await elsewhere(token)).user_id == user.id
    elsewhere.known.accounts.forget(user.id)  # happens automatically after `Limits.identity_cache`
    with pytest.raises(AccountBlocked):
        await elsewhere(token)


async def test_what_a_blocked_user_was_promised_is_done(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=3)
    prediction = await hexagon.request_prediction(user.id)

    await hexagon.block_user(user_id=user.id, by=None)
    await hexagon.run_all()

    assert (await hexagon.prediction(prediction)).prediction.status is Status.SUCCEEDED
    assert await hexagon.balance_of(user.id) == Balance(user.id, available=2)
    assert await hexagon.balanced()


async def test_a_blocked_administrator_is_none_at_once(hexagon: Hexagon) -> None:
    admin = await hexagon.user(role=Role.ADMIN)

    await replace(hexagon.block_user, known=KnownCallers(hexagon.limits))(user_id=admin.id, by=None)

    with pytest.raises(AccountBlocked):
        await hexagon.authorize_admin(admin.id)


async def test_nobody_blocks_themselves_a_guest_or_nobody(hexagon: Hexagon) -> None:
    admin, guest = await hexagon.user(role=Role.ADMIN), await hexagon.admit_guest("192.0.2.1")

    with pytest.raises(OwnAccount):
        await hexagon.block_user(user_id=admin.id, by=admin.id)
    for user_id in (guest, UserId(uuid7())):
        with pytest.raises(UserNotFound):
            await hexagon.block_user(user_id=user_id, by=admin.id)
    with pytest.raises(UserNotFound):
        await hexagon.unblock_user(user_id=UserId(uuid7()))


async def test_a_second_block_keeps_the_time_of_the_first(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    first = await hexagon.block_user(user_id=user.id, by=None)
    hexagon.clock.advance(hexagon.limits.lease)

    assert await hexagon.block_user(user_id=user.id, by=None) == first
    assert (await hexagon.users.get(user.id)).blocked_at == first.blocked_at
