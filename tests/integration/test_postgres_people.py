"""People and their credentials, if many processes act at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from asyncpg import Pool

from augury.application.people.ports.sessions import RefreshToken, Rotation
from augury.application.people.ports.users import NewUser
from augury.domain.balance import Balance
from augury.domain.email_address import EmailTaken
from augury.domain.identifiers import UserId, uuid7
from augury.domain.user import Role, User
from tests.adapters import Adapters, an_api_key, postgres_adapters
from tests.polling import eventually

DAY = timedelta(days=1)


@pytest.fixture
def adapters(pool: Pool) -> Adapters:
    return postgres_adapters(pool)


def a_user(role: Role, email: str | None = None) -> User:
    return User(id=UserId(uuid7()), role=role, email=email, created_at=datetime.now(UTC))


def a_guest(key: bytes) -> NewUser:
    user = a_user(Role.GUEST)
    _, (grant,) = Balance(user.id).grant(5, reference=user.id)
    return NewUser(user=user, guest_key=key, grant=grant)


async def test_one_guest_who_comes_many_times_at_once_is_one_user(adapters: Adapters, pool: Pool) -> None:
    guests = await asyncio.gather(
        *(adapters.users.add_guest(a_guest(b"key"), most_per_day=100) for _ in range(10))
    )

    assert len({guest.id for guest in guests if guest}) == 1
    assert await pool.fetchval("SELECT count(*) FROM users") == 1
    assert await adapters.deviations() == []


async def test_no_more_guests_than_allowed_are_added_at_once(adapters: Adapters, pool: Pool) -> None:
    guests = await asyncio.gather(
        *(adapters.users.add_guest(a_guest(bytes([number])), most_per_day=4) for number in range(10))
    )

    assert sum(guest is not None for guest in guests) == 4
    assert await pool.fetchval("SELECT count(*) FROM users") == 4


async def test_one_address_that_registers_twice_at_once_has_one_account(adapters: Adapters) -> None:
    outcomes = await asyncio.gather(
        *(
            adapters.users.add(NewUser(user=a_user(Role.MEMBER, "same@example.org"), password_hash="hash"))
            for _ in range(5)
        ),
        return_exceptions=True,
    )

    assert sum(outcome is None for outcome in outcomes) == 1
    assert sum(isinstance(outcome, EmailTaken) for outcome in outcomes) == 4


async def test_no_more_api_keys_than_allowed_are_made_at_once(adapters: Adapters) -> None:
    user_id = await adapters.user()
    made = await asyncio.gather(
        *(adapters.api_keys.add(an_api_key(user_id), bytes([number]), most=3) for number in range(10))
    )

    assert sum(made) == 3
    assert len(await adapters.api_keys.of(user_id)) == 3


async def test_a_session_that_ends_while_it_is_rotated_has_no_successor(
    adapters: Adapters, pool: Pool
) -> None:
    user_id = await adapters.user()
    for number in range(20):
        token, successor = f"token {number}".encode(), f"successor {number}".encode()
        await adapters.sessions.begin(
            RefreshToken(digest=token, family=uuid4(), user_id=user_id, lifetime=DAY), password_hash="hash"
        )
        (rotation, _), _ = await asyncio.gather(
            adapters.sessions.rotate(token, successor=successor, lifetime=DAY, grace=timedelta(0)),
            adapters.sessions.end(token),
        )
        assert rotation in (Rotation.ROTATED, Rotation.UNKNOWN)

    assert await pool.fetchval("SELECT count(*) FROM refresh_tokens") == 0


async def test_a_session_that_begins_during_a_change_of_the_password_waits_for_it(
    adapters: Adapters, pool: Pool
) -> None:
    user_id = await adapters.user()
    token = RefreshToken(digest=b"token", family=uuid4(), user_id=user_id, lifetime=DAY)
    async with pool.acquire() as changing, changing.transaction():
        await changing.execute("UPDATE users SET password_hash = 'new'")
        beginning = asyncio.create_task(adapters.sessions.begin(token, password_hash="hash"))

        async def waits_or_is_done() -> bool:
            return beginning.done() or await pool.fetchval(
                """
                SELECT count(*) > 0 FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'
                """
            )

        await eventually(waits_or_is_done, "the wait for the change")

    assert not await beginning
    assert await pool.fetchval("SELECT count(*) FROM refresh_tokens") == 0


async def test_tries_at_once_are_all_counted(adapters: Adapters) -> None:
    waits = await asyncio.gather(
        *(
            adapters.throttle.hit(
                ["address", "account"] if number % 2 else ["account", "address"], most=7, window=DAY
            )
            for number in range(20)
        )
    )

    assert sum(wait is None for wait in waits) == 7


async def test_the_use_of_an_api_key_is_noted_at_most_once_a_minute(adapters: Adapters, pool: Pool) -> None:
    user_id = await adapters.user()
    await adapters.api_keys.add(an_api_key(user_id), b"digest", most=3)

    owners = await asyncio.gather(*(adapters.key_owner(b"digest") for _ in range(10)))

    assert set(owners) == {user_id}
    written = await pool.fetchval("SELECT xmin FROM api_keys")
    await adapters.key_owner(b"digest")
    assert await pool.fetchval("SELECT xmin FROM api_keys") == written
