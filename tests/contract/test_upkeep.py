from datetime import UTC, datetime, timedelta
from uuid import uuid4

from augury.application.identity_ports import ApiKey, RefreshToken
from augury.application.ports import IdempotencyKey
from augury.domain.identifiers import UserId, uuid7
from tests.adapters import Adapters, a_prediction

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


async def remembered(adapters: Adapters, user_id: UserId) -> bool:
    async with adapters.books() as books:
        return bool((await books.open([user_id], [(user_id, "key")])).remembered)


async def test_an_idempotency_key_is_kept_for_a_day(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    await adapters.accept(user_id, a_prediction(user_id), key=IdempotencyKey("key", b"print"))

    await adapters.pass_time(23 * HOUR)
    assert await adapters.upkeep.purge() == 0
    assert await remembered(adapters, user_id)

    await adapters.pass_time(2 * HOUR)
    assert await adapters.upkeep.purge() == 1
    assert not await remembered(adapters, user_id)
    assert await adapters.deviations() == []


async def test_a_chats_key_is_kept_for_as_long_as_its_reply(adapters: Adapters) -> None:
    user_id = await adapters.user(credits=1)
    await adapters.accept(user_id, a_prediction(user_id), key=IdempotencyKey("telegram:7:1", b"print"))

    await adapters.pass_time(8 * DAY)
    assert await adapters.upkeep.purge() == 0
    await adapters.pass_time(2 * DAY)
    assert await adapters.upkeep.purge() == 1


async def test_what_has_ended_is_deleted_and_what_lives_is_kept(adapters: Adapters) -> None:
    user_id = await adapters.user()
    now = datetime.now(UTC)
    for lifetime in (HOUR, 10 * DAY):
        await adapters.sessions.begin(
            RefreshToken(digest=uuid4().bytes, family=uuid4(), user_id=user_id, lifetime=lifetime)
        )
    digests = {}
    for expires_at in (None, now + HOUR, now + 10 * DAY):
        key = ApiKey(
            id=uuid7(), user_id=user_id, name="key", hint="aug_", created_at=now, expires_at=expires_at
        )
        digests[expires_at] = uuid4().bytes
        await adapters.api_keys.add(key, digests[expires_at], most=3)
    await adapters.throttle.hit(["short"], most=1, window=HOUR)
    await adapters.throttle.hit(["long"], most=1, window=10 * DAY)
    await adapters.pass_time(2 * HOUR)

    assert await adapters.upkeep.purge() == 3
    assert await adapters.upkeep.purge() == 0

    assert [await adapters.api_keys.owner(digest) for digest in digests.values()] == [user_id, None, user_id]
    assert len(await adapters.api_keys.of(user_id)) == 2
    assert await adapters.throttle.hit(["long"], most=1, window=10 * DAY)
