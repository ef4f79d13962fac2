import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.application.chats.ports.chats import Chat
from augury.application.people.ports.api_keys import ApiKey
from augury.application.people.ports.users import NewUser
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import Role, User, UserNotFound
from tests.adapters import Adapters, an_api_key

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)


def a_key(user_id: UserId, *, expires_at: datetime | None = None) -> ApiKey:
    return an_api_key(user_id, name="робот", expires_at=expires_at)


async def test_a_key_comes_back_as_added_and_leads_to_its_owner(adapters: Adapters) -> None:
    user_id, other = await adapters.user(), await adapters.user()
    key = a_key(user_id, expires_at=datetime.now(UTC) + HOUR)
    digest = uuid4().bytes

    assert await adapters.api_keys.add(key, digest, most=5)

    assert await adapters.api_keys.of(user_id) == [key]
    assert await adapters.api_keys.of(other) == []
    assert await adapters.key_owner(digest) == user_id
    assert await adapters.key_owner(b"unknown") is None


async def test_keys_are_listed_newest_first(adapters: Adapters) -> None:
    user_id = await adapters.user()
    keys = [a_key(user_id) for _ in range(4)]
    for key in keys:
        await adapters.api_keys.add(key, uuid4().bytes, most=5)

    listed = await adapters.api_keys.of(user_id)

    assert [key.id for key in listed] == sorted((key.id for key in keys), reverse=True)


async def test_a_user_has_no_more_keys_than_allowed(adapters: Adapters) -> None:
    user_id, other = await adapters.user(), await adapters.user()

    added = await asyncio.gather(
        *(adapters.api_keys.add(a_key(user_id), uuid4().bytes, most=2) for _ in range(5))
    )

    assert sum(added) == 2
    assert len(await adapters.api_keys.of(user_id)) == 2
    assert await adapters.api_keys.add(a_key(other), uuid4().bytes, most=2)


async def test_an_expired_key_opens_nothing(adapters: Adapters) -> None:
    user_id = await adapters.user()
    digest = uuid4().bytes
    await adapters.api_keys.add(a_key(user_id, expires_at=datetime.now(UTC) + HOUR), digest, most=5)
    assert await adapters.key_owner(digest) == user_id

    await adapters.pass_time(2 * HOUR)

    assert await adapters.key_owner(digest) is None


async def test_a_use_is_noted_at_most_once_a_minute(adapters: Adapters) -> None:
    user_id = await adapters.user()
    digest = uuid4().bytes
    await adapters.api_keys.add(a_key(user_id), digest, most=5)
    [unused] = await adapters.api_keys.of(user_id)
    assert unused.last_used_at is None

    await adapters.key_owner(digest)
    [used] = await adapters.api_keys.of(user_id)
    assert used.last_used_at is not None
    await adapters.key_owner(digest)
    assert await adapters.api_keys.of(user_id) == [used]

    await adapters.pass_time(61 * SECOND)
    [before] = await adapters.api_keys.of(user_id)
    assert before.last_used_at is not None
    await adapters.key_owner(digest)
    [after] = await adapters.api_keys.of(user_id)
    assert after.last_used_at is not None
    assert after.last_used_at - before.last_used_at >= 60 * SECOND
    assert replace(after, last_used_at=None) == replace(before, last_used_at=None)


async def test_a_removed_key_opens_nothing_and_only_its_owner_removes_it(adapters: Adapters) -> None:
    user_id, stranger = await adapters.user(), await adapters.user()
    key, digest = a_key(user_id), uuid4().bytes
    await adapters.api_keys.add(key, digest, most=1)

    assert not await adapters.api_keys.remove(stranger, key.id)
    assert not await adapters.api_keys.remove(user_id, uuid7())
    assert await adapters.key_owner(digest) == user_id
    assert await adapters.api_keys.remove(user_id, key.id)
    assert not await adapters.api_keys.remove(user_id, key.id)

    assert await adapters.key_owner(digest) is None
    assert await adapters.api_keys.add(a_key(user_id), uuid4().bytes, most=1)


async def test_a_closed_account_gets_no_key(adapters: Adapters) -> None:
    user_id = await adapters.user()
    user = await adapters.users.get(user_id)
    async with adapters.books() as books:
        await books.open([user_id])
        await books.close(user.close(at=datetime.now(UTC)))
    digest = uuid4().bytes

    for nobody in (user_id, UserId(uuid7())):
        with pytest.raises(UserNotFound):
            await adapters.api_keys.add(a_key(nobody), digest, most=5)

    assert await adapters.api_keys.of(user_id) == []
    assert await adapters.key_owner(digest) is None


async def test_a_key_of_an_account_that_was_absorbed_opens_nothing(adapters: Adapters) -> None:
    absorbed = User(id=UserId(uuid7()), role=Role.MEMBER, email=None, created_at=datetime.now(UTC))
    await adapters.chats.add(Chat(id=7, user_id=absorbed.id, language="en"), NewUser(user=absorbed))
    digest = uuid4().bytes
    await adapters.api_keys.add(a_key(absorbed.id), digest, most=5)
    assert await adapters.key_owner(digest) == absorbed.id
    into = await adapters.user()

    async with adapters.chat_books() as books:
        await books.open([absorbed.id, into])
        await books.hand_over(7, absorbed=absorbed.id, into=into, at=datetime.now(UTC))

    assert await adapters.key_owner(digest) is None
