"""Use cases alone identify callers, without a web framework."""

from dataclasses import replace
from datetime import timedelta

import pytest

from augury.application.limits import Limits
from augury.application.people.known_callers import KnownCallers
from augury.domain.api_key import ApiKeyNotFound
from augury.domain.credentials import InvalidToken
from augury.domain.guest import GuestsNotServed
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import NotAllowed, Role
from tests.hexagon import Hexagon


async def test_an_access_token_and_an_api_key_say_whose_they_are(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    _, key = await hexagon.create_api_key(user_id=user.id, name="script")

    assert (await hexagon.identify_caller(hexagon.access_tokens.issue(user.id))).user_id == user.id
    assert (await hexagon.identify_caller(key)).user_id == user.id


@pytest.mark.parametrize("wrong", ["", "aug_", "aug_unknown", "token", "é"], ids=repr)
async def test_another_credential_is_refused(hexagon: Hexagon, wrong: str) -> None:
    with pytest.raises(InvalidToken):
        await hexagon.identify_caller(wrong)


async def test_a_known_caller_is_believed_without_asking_the_books(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    _, key = await hexagon.create_api_key(user_id=user.id, name="script")
    credentials = [key, hexagon.access_tokens.issue(user.id)]
    for each in credentials:
        await hexagon.identify_caller(each)
    elsewhere = KnownCallers(hexagon.limits)

    await replace(hexagon.close_account, known=elsewhere)(user_id=user.id)

    for each in credentials:
        assert (await hexagon.identify_caller(each)).user_id == user.id
        with pytest.raises(InvalidToken):
            await replace(hexagon.identify_caller, known=elsewhere)(each)


async def test_a_deleted_key_is_refused_at_once(hexagon: Hexagon) -> None:
    user, other = await hexagon.user(), await hexagon.user()
    made, key = await hexagon.create_api_key(user_id=user.id, name="script")
    await hexagon.identify_caller(key)

    with pytest.raises(ApiKeyNotFound):
        await hexagon.delete_api_key(user_id=other.id, key_id=made.id)
    assert (await hexagon.identify_caller(key)).user_id == user.id
    await hexagon.delete_api_key(user_id=user.id, key_id=made.id)

    with pytest.raises(InvalidToken):
        await hexagon.identify_caller(key)


async def test_only_an_administrator_is_authorized_and_the_books_say_who_is(hexagon: Hexagon) -> None:
    admin, member = await hexagon.user(role=Role.ADMIN), await hexagon.user()

    await hexagon.authorize_admin(admin.id)
    with pytest.raises(NotAllowed):
        await hexagon.authorize_admin(member.id)
    with pytest.raises(InvalidToken):
        await hexagon.authorize_admin(UserId(uuid7()))
    await hexagon.change_role(user_id=admin.id, role=Role.MEMBER, by=None)
    with pytest.raises(NotAllowed):
        await hexagon.authorize_admin(admin.id)


async def test_the_guests_of_today_and_of_yesterday_are_found_and_none_is_made(hexagon: Hexagon) -> None:
    async def found(address: str) -> list[object]:
        return [each async for each in hexagon.find_guests(address)]

    yesterday = await hexagon.admit_guest("192.0.2.1")
    hexagon.clock.advance(timedelta(days=1))
    assert await found("192.0.2.1") == [yesterday]
    today = await hexagon.admit_guest("192.0.2.1")

    assert await found("192.0.2.1") == [today, yesterday]
    assert await found("192.0.2.2") == []


async def test_no_guests_are_found_where_none_are_served() -> None:
    hexagon = Hexagon(Limits(guest_credits=0))
    with pytest.raises(GuestsNotServed):
        await anext(hexagon.find_guests("192.0.2.1"))
