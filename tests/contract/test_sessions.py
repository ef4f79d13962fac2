import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from augury.application.people.ports.credentials import Access
from augury.application.people.ports.sessions import RefreshToken, Rotation
from augury.domain.identifiers import UserId, uuid7
from tests.adapters import Adapters

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
GRACE = 10 * SECOND


async def begin(adapters: Adapters, user_id: UserId, lifetime: timedelta = DAY) -> bytes:
    digest = uuid4().bytes
    await adapters.sessions.begin(
        RefreshToken(digest=digest, family=uuid4(), user_id=user_id, lifetime=lifetime), password_hash="hash"
    )
    return digest


async def rotate(adapters: Adapters, digest: bytes, lifetime: timedelta = DAY) -> tuple[Rotation, bytes]:
    successor = uuid4().bytes
    rotation, _ = await adapters.sessions.rotate(digest, successor=successor, lifetime=lifetime, grace=GRACE)
    return rotation, successor


async def test_a_token_is_replaced_by_its_successor_which_belongs_to_the_same_user(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user()
    digest = await begin(adapters, user_id)

    assert await adapters.sessions.rotate(digest, successor=b"next", lifetime=DAY, grace=GRACE) == (
        Rotation.ROTATED,
        Access(user_id, 0),
    )
    assert (await rotate(adapters, b"next"))[0] is Rotation.ROTATED


async def test_a_session_begins_only_under_the_password_that_holds(adapters: Adapters) -> None:
    user_id, closed = await adapters.user(), await adapters.user()
    await adapters.users.change_password(user_id, "new hash")
    async with adapters.books() as books:
        await books.open([closed])
        await books.close((await adapters.users.get(closed)).close(at=datetime.now(UTC)))

    for owner in (user_id, closed, UserId(uuid7())):
        token = RefreshToken(digest=uuid4().bytes, family=uuid4(), user_id=owner, lifetime=DAY)
        assert not await adapters.sessions.begin(token, password_hash="hash")
        assert (await rotate(adapters, token.digest))[0] is Rotation.UNKNOWN

    token = RefreshToken(digest=uuid4().bytes, family=uuid4(), user_id=user_id, lifetime=DAY)
    assert await adapters.sessions.begin(token, password_hash="new hash")
    assert (await rotate(adapters, token.digest))[0] is Rotation.ROTATED


async def test_an_unknown_token_is_unknown(adapters: Adapters) -> None:
    assert await adapters.sessions.rotate(b"no", successor=b"next", lifetime=DAY, grace=GRACE) == (
        Rotation.UNKNOWN,
        None,
    )
    assert (await rotate(adapters, b"next"))[0] is Rotation.UNKNOWN


async def test_a_token_ends_with_its_lifetime_and_each_successor_has_its_own(adapters: Adapters) -> None:
    user_id = await adapters.user()
    expired = await begin(adapters, user_id)
    rotated = await begin(adapters, user_id)
    await adapters.pass_time(DAY / 2)
    _, successor = await rotate(adapters, rotated)
    await adapters.pass_time(DAY * 3 / 4)

    assert (await rotate(adapters, expired))[0] is Rotation.UNKNOWN
    assert (await rotate(adapters, successor))[0] is Rotation.ROTATED


async def test_within_the_grace_a_replaced_token_still_works_and_both_successors_live(
    adapters: Adapters,
) -> None:
    digest = await begin(adapters, await adapters.user())
    _, first = await rotate(adapters, digest)
    await adapters.pass_time(5 * SECOND)

    again, second = await rotate(adapters, digest)

    assert again is Rotation.ROTATED
    assert (await rotate(adapters, first))[0] is Rotation.ROTATED
    assert (await rotate(adapters, second))[0] is Rotation.ROTATED


async def test_the_grace_is_not_made_longer_by_using_it(adapters: Adapters) -> None:
    digest = await begin(adapters, await adapters.user())
    await rotate(adapters, digest)
    await adapters.pass_time(7 * SECOND)
    assert (await rotate(adapters, digest))[0] is Rotation.ROTATED
    await adapters.pass_time(7 * SECOND)

    assert (await rotate(adapters, digest))[0] is Rotation.REUSED


async def test_after_the_grace_a_replaced_token_ends_its_whole_family_and_no_other(
    adapters: Adapters,
) -> None:
    user_id = await adapters.user()
    stolen, other = await begin(adapters, user_id), await begin(adapters, user_id)
    _, successor = await rotate(adapters, stolen)
    _, last = await rotate(adapters, successor)
    await adapters.pass_time(11 * SECOND)

    assert (await rotate(adapters, stolen))[0] is Rotation.REUSED

    for dead in (stolen, successor, last):
        assert (await rotate(adapters, dead))[0] is Rotation.UNKNOWN
    assert (await rotate(adapters, other))[0] is Rotation.ROTATED


async def test_ending_a_session_ends_its_family_and_no_other(adapters: Adapters) -> None:
    user_id = await adapters.user()
    digest, other = await begin(adapters, user_id), await begin(adapters, user_id)
    _, successor = await rotate(adapters, digest)

    await adapters.sessions.end(digest)
    await adapters.sessions.end(digest)
    await adapters.sessions.end(b"unknown")

    assert (await rotate(adapters, digest))[0] is Rotation.UNKNOWN
    assert (await rotate(adapters, successor))[0] is Rotation.UNKNOWN
    assert (await rotate(adapters, other))[0] is Rotation.ROTATED


async def test_two_tabs_that_refresh_at_once_both_stay_signed_in(adapters: Adapters) -> None:
    digest = await begin(adapters, await adapters.user())

    answers = await asyncio.gather(*(rotate(adapters, digest) for _ in range(4)))

    assert {rotation for rotation, _ in answers} == {Rotation.ROTATED}
    for _, successor in answers:
        assert (await rotate(adapters, successor))[0] is Rotation.ROTATED


async def test_the_sessions_of_a_user_are_listed_and_ended(adapters: Adapters) -> None:
    user_id, other = await adapters.user(), await adapters.user()
    program = await begin(adapters, user_id)
    browser = RefreshToken(
        digest=uuid4().bytes, family=uuid4(), user_id=user_id, lifetime=DAY, client="Firefox, Linux"
    )
    assert await adapters.sessions.begin(browser, password_hash="hash")
    await begin(adapters, other)
    _, successor = await rotate(adapters, program)

    listed = await adapters.sessions.of(user_id, limit=10)

    assert {each.client for each in listed} == {None, "Firefox, Linux"}
    assert all(each.begun_at and each.expires_at > each.begun_at for each in listed)
    assert len(await adapters.sessions.of(user_id, limit=1)) == 1
    assert not await adapters.sessions.end_of(other, browser.family)
    assert await adapters.sessions.end_of(user_id, browser.family)
    assert not await adapters.sessions.end_of(user_id, browser.family)
    assert [each.client for each in await adapters.sessions.of(user_id, limit=10)] == [None]
    assert (await rotate(adapters, successor))[0] is Rotation.ROTATED


async def test_a_session_has_an_owner_until_it_is_replaced_or_ends(adapters: Adapters) -> None:
    user_id = await adapters.user()
    digest = await begin(adapters, user_id)
    owner = await adapters.sessions.owner(digest)
    assert owner is not None
    assert owner.id == user_id
    assert await adapters.sessions.owner(b"unknown") is None
    assert await adapters.sessions.owner(await begin(adapters, user_id, lifetime=-SECOND)) is None

    _, successor = await rotate(adapters, digest)
    assert await adapters.sessions.owner(digest) is None
    assert await adapters.sessions.owner(successor) is not None

    await adapters.sessions.end_all(user_id)
    assert await adapters.sessions.owner(successor) is None
    user = await adapters.users.get(user_id)
    assert user.access_version == owner.access_version + 1

    blocked = await begin(adapters, user_id)
    await adapters.users.change_access(user.block(by=None, at=datetime.now(UTC)))
    assert await adapters.sessions.owner(blocked) is None
