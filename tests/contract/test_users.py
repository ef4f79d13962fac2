import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from augury.application.people.ports.api_keys import KeyHolder
from augury.application.people.ports.credentials import Access
from augury.application.people.ports.sessions import RefreshToken, Rotation
from augury.application.people.ports.users import NewUser, Secret
from augury.domain.balance import Balance
from augury.domain.credentials import InvalidToken
from augury.domain.email_address import EmailTaken
from augury.domain.identifiers import UserId, uuid7
from augury.domain.transfer import Transfer, TransferKind
from augury.domain.user import Role, User, UserNotFound
from tests.adapters import Adapters, an_api_key

DAY = timedelta(days=1)


def a_user(role: Role = Role.MEMBER, *, email: str | None = None) -> User:
    user_id = UserId(uuid7())
    email = None if role is Role.GUEST else email or f"{user_id}@example.org"
    return User(id=user_id, role=role, email=email, created_at=datetime.now(UTC))


def a_guest(key: bytes) -> NewUser:
    user = a_user(Role.GUEST)
    return NewUser(
        user=user, guest_key=key, grant=Transfer(TransferKind.GRANT, user.id, 5, reference=user.id)
    )


async def test_a_user_comes_back_as_added_with_an_empty_balance(adapters: Adapters) -> None:
    user = a_user(email="анна@example.org")

    await adapters.users.add(NewUser(user=user, password_hash="hash"))

    assert await adapters.users.get(user.id) == user
    assert await adapters.users.secret(user.id) == Secret(user, "hash")
    assert await adapters.users.by_email("анна@example.org") == Secret(user, "hash")
    assert await adapters.balance(user.id) == Balance(user.id)
    async with adapters.books() as books:
        assert user.id in (await books.open([user.id])).balances


async def test_a_user_may_begin_with_a_grant(adapters: Adapters) -> None:
    user = a_user()
    grant = Transfer(TransferKind.GRANT, user.id, 5, reference=user.id)

    await adapters.users.add(NewUser(user=user, password_hash="hash", grant=grant))

    assert await adapters.balance(user.id) == Balance(user.id, available=5)
    assert [line.transfer for line in await adapters.balances.statement(user.id, limit=9)] == [grant]
    assert await adapters.deviations() == []


@pytest.mark.parametrize("at_once", [False, True])
async def test_an_address_belongs_to_one_user(adapters: Adapters, at_once: bool) -> None:
    new = [NewUser(user=a_user(email="ann@example.org"), password_hash="hash") for _ in range(3)]

    if at_once:
        answers = await asyncio.gather(*(adapters.users.add(each) for each in new), return_exceptions=True)
        assert [type(each) for each in answers if each] == [EmailTaken] * 2
    else:
        await adapters.users.add(new[0])
        with pytest.raises(EmailTaken):
            await adapters.users.add(new[1])

    assert len(await adapters.users.page(limit=10)) == 1


async def test_nobody_is_found_who_is_not_there(adapters: Adapters) -> None:
    for find in (adapters.users.get, adapters.users.secret):
        with pytest.raises(UserNotFound):
            await find(UserId(uuid7()))
    assert await adapters.users.by_email("nobody@example.org") is None


async def test_a_guest_has_credits_and_no_secret(adapters: Adapters) -> None:
    new = a_guest(b"address and day")

    guest = await adapters.users.add_guest(new, most_per_day=10)

    assert guest == new.user
    assert await adapters.users.get(new.user.id) == new.user
    assert await adapters.balance(new.user.id) == Balance(new.user.id, available=5)
    with pytest.raises(UserNotFound):
        await adapters.users.secret(new.user.id)


@pytest.mark.parametrize("at_once", [False, True])
async def test_the_same_key_is_the_same_guest_with_credits_given_once(
    adapters: Adapters, at_once: bool
) -> None:
    new = [a_guest(b"key") for _ in range(4)]

    if at_once:
        guests = await asyncio.gather(*(adapters.users.add_guest(each, most_per_day=10) for each in new))
    else:
        guests = [await adapters.users.add_guest(each, most_per_day=10) for each in new]

    assert len({guest.id for guest in guests if guest}) == 1
    assert None not in guests
    report = await adapters.ledger.verify()
    assert (report.users, report.transfers, report.deviations) == (1, 1, [])


async def test_only_so_many_guests_are_added_in_a_day(adapters: Adapters) -> None:
    first, second = a_guest(b"1"), a_guest(b"2")
    assert await adapters.users.add_guest(first, most_per_day=2) == first.user
    assert await adapters.users.add_guest(second, most_per_day=2) == second.user

    assert await adapters.users.add_guest(a_guest(b"3"), most_per_day=2) is None
    assert await adapters.users.add_guest(a_guest(b"1"), most_per_day=2) == first.user

    await adapters.pass_time(DAY)
    third = a_guest(b"3")
    assert await adapters.users.add_guest(third, most_per_day=2) == third.user


async def test_looking_for_a_guest_finds_who_is_there_and_adds_nobody(adapters: Adapters) -> None:
    first = a_guest(b"1")
    await adapters.users.add_guest(first, most_per_day=1)

    assert await adapters.users.guest(b"1") == first.user
    assert await adapters.users.guest(b"2") is None
    assert await adapters.users.add_guest(a_guest(b"2"), most_per_day=1) is None


async def test_no_guest_is_added_where_none_is_allowed(adapters: Adapters) -> None:
    assert await adapters.users.add_guest(a_guest(b"1"), most_per_day=0) is None


async def test_the_list_of_users_shows_no_guests_and_no_closed_accounts_newest_first_and_in_pages(
    adapters: Adapters,
) -> None:
    members = [a_user(Role.ADMIN if number == 2 else Role.MEMBER) for number in range(5)]
    for user in members:
        await adapters.users.add(NewUser(user=user, password_hash="hash"))
    await adapters.users.add_guest(a_guest(b"key"), most_per_day=1)
    closed = await adapters.users.get(await adapters.user())
    async with adapters.books() as books:
        await books.open([closed.id])
        await books.close(closed.close(at=datetime.now(UTC)))
    expected = sorted(members, key=lambda user: user.id, reverse=True)

    first = await adapters.users.page(limit=3)
    second = await adapters.users.page(limit=3, before=first[-1].id)

    assert [*first, *second] == expected
    assert len(first) == 3


async def test_a_new_password_takes_the_place_of_the_old_and_ends_the_users_sessions(
    adapters: Adapters,
) -> None:
    user_id, other = await adapters.user(), await adapters.user()
    digests = {each: uuid4().bytes for each in (user_id, other)}
    for each, digest in digests.items():
        await adapters.sessions.begin(
            RefreshToken(digest=digest, family=uuid4(), user_id=each, lifetime=DAY), password_hash="hash"
        )

    await adapters.users.change_password(user_id, "new hash")

    assert (await adapters.users.secret(user_id)).password_hash == "new hash"
    assert (await adapters.users.secret(other)).password_hash == "hash"
    rotations = {
        each: await adapters.sessions.rotate(digest, successor=uuid4().bytes, lifetime=DAY, grace=DAY)
        for each, digest in digests.items()
    }
    assert rotations == {user_id: (Rotation.UNKNOWN, None), other: (Rotation.ROTATED, Access(other, 0))}


async def test_a_role_can_be_changed(adapters: Adapters) -> None:
    user = await adapters.users.get(await adapters.user())

    await adapters.users.change_role(user.with_role(Role.ADMIN, by=None))

    assert await adapters.users.get(user.id) == replace(user, role=Role.ADMIN)


async def test_a_block_is_stored_and_ends_the_users_sessions(adapters: Adapters) -> None:
    user_id, other = await adapters.user(), await adapters.user()
    digests = {each: uuid4().bytes for each in (user_id, other)}

    def token(each: UserId, digest: bytes) -> RefreshToken:
        return RefreshToken(digest=digest, family=uuid4(), user_id=each, lifetime=DAY)

    for each, digest in digests.items():
        await adapters.sessions.begin(token(each, digest), password_hash="hash")
    user = await adapters.users.get(user_id)
    blocked = user.block(by=None, at=datetime.now(UTC))

    await adapters.users.change_access(blocked)

    assert await adapters.users.get(user_id) == blocked
    assert await adapters.users.by_email(user.email or "") == Secret(blocked, "hash")
    assert blocked in await adapters.users.page(limit=9)
    rotations = {
        each: await adapters.sessions.rotate(digest, successor=uuid4().bytes, lifetime=DAY, grace=DAY)
        for each, digest in digests.items()
    }
    assert rotations == {user_id: (Rotation.UNKNOWN, None), other: (Rotation.ROTATED, Access(other, 0))}
    assert not await adapters.sessions.begin(token(user_id, b"new"), password_hash="hash")

    await adapters.users.change_access(blocked.unblock())

    assert await adapters.users.get(user_id) == user
    assert await adapters.sessions.begin(token(user_id, b"new"), password_hash="hash")


async def test_the_owner_of_a_key_comes_with_the_block(adapters: Adapters) -> None:
    user = await adapters.users.get(await adapters.user())
    key = an_api_key(user.id)
    await adapters.api_keys.add(key, b"digest", most=1)
    assert await adapters.api_keys.owner(b"digest") == KeyHolder(user, key.terms)

    blocked = user.block(by=None, at=datetime.now(UTC))
    await adapters.users.change_access(blocked)

    assert await adapters.api_keys.owner(b"digest") == KeyHolder(blocked, key.terms)


async def test_nobodys_password_and_role_can_be_changed(adapters: Adapters) -> None:
    with pytest.raises(UserNotFound):
        await adapters.users.change_password(UserId(uuid7()), "hash")
    with pytest.raises(UserNotFound):
        await adapters.users.change_role(a_user(Role.ADMIN))
    with pytest.raises(UserNotFound):
        await adapters.users.change_access(a_user())


async def test_a_changed_password_ends_the_access_tokens_of_before(adapters: Adapters) -> None:
    user_id, other = await adapters.user(), await adapters.user()

    async def version(of: UserId) -> int:
        return (await adapters.users.get(of)).access_version

    assert await version(user_id) == 0
    await adapters.users.change_password(user_id, "new hash")
    assert await version(user_id) == 1
    stale = await adapters.users.get(user_id)
    await adapters.users.change_password(user_id, "newer hash")
    blocked = stale.block(by=None, at=datetime.now(UTC))
    await adapters.users.change_access(blocked)
    await adapters.users.change_access(stale.unblock())
    await adapters.users.change_role(stale.with_role(Role.ADMIN, by=None))
    assert await version(user_id) == 2, "what was read before the change does not undo it"
    assert await version(other) == 0

    token = RefreshToken(digest=b"token", family=uuid4(), user_id=user_id, lifetime=DAY)
    assert await adapters.sessions.begin(token, password_hash="newer hash")
    assert await adapters.sessions.rotate(b"token", successor=b"next", lifetime=DAY, grace=DAY) == (
        Rotation.ROTATED,
        Access(user_id, 2),
    )


async def test_a_changed_password_ends_keys_if_asked_and_links_that_nobody_used(adapters: Adapters) -> None:
    user_id, other = await adapters.user(), await adapters.user()
    for owner, digest in ((user_id, b"mine"), (other, b"others")):
        key = an_api_key(owner)
        await adapters.api_keys.add(key, digest, most=1)
        await adapters.links.issue(digest, owner, DAY)

    await adapters.users.change_password(user_id, "new hash")
    assert await adapters.api_keys.owner(b"mine")
    assert await adapters.links.owner(b"mine", 7) is None
    await adapters.users.change_password(user_id, "newer hash", end_api_keys=True)
    assert await adapters.api_keys.owner(b"mine") is None
    assert await adapters.api_keys.owner(b"others")
    assert await adapters.links.owner(b"others", 7) == other


async def test_no_key_is_made_with_an_access_token_that_has_ended(adapters: Adapters) -> None:
    user_id = await adapters.user()
    await adapters.users.change_password(user_id, "new hash", end_api_keys=True)
    key = an_api_key(user_id)
    with pytest.raises(InvalidToken):
        await adapters.api_keys.add(key, b"digest", most=1, version=0)
    assert await adapters.api_keys.of(user_id) == []
    assert await adapters.api_keys.add(key, b"digest", most=1, version=1)


async def test_users_are_found_by_the_beginning_of_their_address(adapters: Adapters) -> None:
    for name in ("ada", "adam", "bob", "a_a", "ёлка"):
        email = f"{name}@example.org"
        user = User(id=UserId(uuid7()), role=Role.MEMBER, email=email, created_at=datetime.now(UTC))
        await adapters.users.add(NewUser(user=user, password_hash="h"))

    async def found(prefix: str, *, limit: int = 10, after: str | None = None) -> list[str | None]:
        return [each.email for each in await adapters.users.with_email(prefix, limit=limit, after=after)]

    assert await found("ada") == ["ada@example.org", "adam@example.org"]
    assert await found("ada@example.org") == ["ada@example.org"]
    assert await found("ada", limit=1) == ["ada@example.org"]
    assert await found("ada", after="ada@example.org") == ["adam@example.org"]
    assert await found("a_") == ["a_a@example.org"]
    assert await found("%") == await found("\x00") == []
    assert await found("ё") == ["ёлка@example.org"]
