"""Signing in, refreshing, signing out, changing the password."""

from dataclasses import replace
from datetime import timedelta

import pytest

from augury.application.limits import Limits
from augury.application.people.ports.credentials import Access
from augury.application.people.ports.users import Secret
from augury.application.people.tokens import Tokens
from augury.domain.credentials import InvalidToken, WrongCredentials
from augury.domain.identifiers import UserId, uuid7
from augury.domain.password import InvalidPassword
from augury.domain.request_rate import TooManyTries
from augury.domain.user import User, UserNotFound
from augury.outbound.memory.passwords import MemoryPasswords
from tests.hexagon import PASSWORD, Hexagon

ADDRESS = "192.0.2.1"


async def sign_in(hexagon: Hexagon, user: User, password: str = PASSWORD, address: str = ADDRESS) -> Tokens:
    assert user.email is not None
    return await hexagon.sign_in(email=user.email, password=password, address=address)


async def test_who_signs_in_gets_tokens_that_name_the_user(hexagon: Hexagon) -> None:
    user = await hexagon.user()

    tokens = await sign_in(hexagon, user)

    assert hexagon.access_tokens.read(tokens.access).user_id == user.id
    assert len(tokens.refresh) >= 43, "256 bits"


async def test_the_address_may_be_written_in_any_way(hexagon: Hexagon) -> None:
    user = await hexagon.user(email="ann@example.org")

    tokens = await hexagon.sign_in(email="  ANN@example.ORG ", password=PASSWORD, address=ADDRESS)

    assert hexagon.access_tokens.read(tokens.access).user_id == user.id


@pytest.mark.parametrize(
    "email", ["ann@example.org", "nobody@example.org", "no address", "", "a\ud800@b.org"]
)
async def test_a_wrong_password_an_unknown_and_an_impossible_address_look_the_same(
    hexagon: Hexagon, email: str
) -> None:
    await hexagon.user(email="ann@example.org")

    for password in ("wrong password", "", "\ud800", "x" * 100_000):
        with pytest.raises(WrongCredentials):
            await hexagon.sign_in(email=email, password=password, address=ADDRESS)


class Attentive(MemoryPasswords):
    """Remembers the passwords that it verified."""

    def __init__(self) -> None:
        self.verified: list[str | None] = []

    async def verify(self, password: str, password_hash: str | None) -> bool:
        self.verified.append(password_hash)
        return await super().verify(password, password_hash)


async def test_an_unknown_address_costs_as_much_time_as_a_known_one(hexagon: Hexagon) -> None:
    passwords = Attentive()

    with pytest.raises(WrongCredentials):
        await replace(hexagon.sign_in, passwords=passwords)(
            email="nobody@example.org", password=PASSWORD, address=ADDRESS
        )

    assert passwords.verified == [None]


async def test_one_address_tries_only_so_often_and_so_do_many_for_one_account() -> None:
    hexagon = Hexagon(Limits(sign_ins_per_minute=3))
    ann, ben, cid = [await hexagon.user() for _ in range(3)]
    for user in (ann, ben, cid):
        await sign_in(hexagon, user, address="192.0.2.1")
    with pytest.raises(TooManyTries) as refusal:
        await sign_in(hexagon, ann, address="192.0.2.1")
    assert 0 < refusal.value.retry_after <= 60

    for number in (2, 3):
        await sign_in(hexagon, ben, address=f"192.0.2.{number}")
    with pytest.raises(TooManyTries):
        await sign_in(hexagon, ben, address="192.0.2.4")

    hexagon.clock.advance(timedelta(minutes=1))
    await sign_in(hexagon, ben, address="192.0.2.1")


async def test_an_address_that_is_refused_locks_nobody_out_of_an_account() -> None:
    hexagon = Hexagon(Limits(sign_ins_per_minute=3))
    ann, ben = [await hexagon.user() for _ in range(2)]
    for _ in range(3):
        await sign_in(hexagon, ben, address="192.0.2.1")
    for _ in range(4):
        with pytest.raises(TooManyTries):
            await sign_in(hexagon, ann, address="192.0.2.1")

    await sign_in(hexagon, ann, address="192.0.2.2")


async def test_a_refresh_token_is_exchanged_for_a_new_pair(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    first = await sign_in(hexagon, user)

    second = await hexagon.refresh_tokens(refresh=first.refresh)
    third = await hexagon.refresh_tokens(refresh=second.refresh)

    assert hexagon.access_tokens.read(third.access).user_id == user.id
    assert len({first.refresh, second.refresh, third.refresh}) == 3


async def test_a_lost_answer_signs_nobody_out(hexagon: Hexagon) -> None:
    tokens = await sign_in(hexagon, await hexagon.user())
    await hexagon.refresh_tokens(refresh=tokens.refresh)
    hexagon.clock.advance(hexagon.limits.refresh_grace / 2)

    again = await hexagon.refresh_tokens(refresh=tokens.refresh)

    await hexagon.refresh_tokens(refresh=again.refresh)


async def test_a_token_that_is_used_again_later_ends_the_whole_session(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    stolen, other = await sign_in(hexagon, user), await sign_in(hexagon, user)
    successor = await hexagon.refresh_tokens(refresh=stolen.refresh)
    hexagon.clock.advance(hexagon.limits.refresh_grace)

    for refresh in (stolen.refresh, successor.refresh):
        with pytest.raises(InvalidToken):
            await hexagon.refresh_tokens(refresh=refresh)
    await hexagon.refresh_tokens(refresh=other.refresh)


@pytest.mark.parametrize("refresh", ["", "unknown", "\ud800", "\x00", "x" * 100_000])
async def test_what_is_no_refresh_token_is_invalid_and_can_be_signed_out(
    hexagon: Hexagon, refresh: str
) -> None:
    with pytest.raises(InvalidToken):
        await hexagon.refresh_tokens(refresh=refresh)
    await hexagon.sign_out(refresh=refresh)


async def test_a_session_ends_unless_it_is_refreshed_in_its_lifetime(hexagon: Hexagon) -> None:
    tokens = await sign_in(hexagon, await hexagon.user())
    hexagon.clock.advance(hexagon.limits.refresh_lifetime)

    with pytest.raises(InvalidToken):
        await hexagon.refresh_tokens(refresh=tokens.refresh)


async def test_signing_out_ends_the_session_and_no_other(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    mine, other = await sign_in(hexagon, user), await sign_in(hexagon, user)

    await hexagon.sign_out(refresh=mine.refresh)

    with pytest.raises(InvalidToken):
        await hexagon.refresh_tokens(refresh=mine.refresh)
    await hexagon.refresh_tokens(refresh=other.refresh)


async def test_no_secret_is_stored_as_it_is(hexagon: Hexagon) -> None:
    tokens = await sign_in(hexagon, await hexagon.user())
    secret = await hexagon.create_api_key(user_id=(await hexagon.user()).id, name="key")
    state = hexagon.memory.state

    kept = repr((state.users, state.refresh_tokens, state.api_keys))

    for each in (PASSWORD, tokens.refresh, secret[1]):
        assert each not in kept


async def test_a_new_password_replaces_the_old_and_ends_every_session(hexagon: Hexagon) -> None:
    user = await hexagon.user()
    tokens = await sign_in(hexagon, user)

    await hexagon.change_password(user_id=user.id, current=PASSWORD, new="battery staple")

    with pytest.raises(InvalidToken):
        await hexagon.refresh_tokens(refresh=tokens.refresh)
    with pytest.raises(WrongCredentials):
        await sign_in(hexagon, user)
    await sign_in(hexagon, user, "battery staple")


class Slow(MemoryPasswords):
    """The password is changed while it is being checked."""

    def __init__(self, hexagon: Hexagon, user: User) -> None:
        self._hexagon, self._user = hexagon, user

    async def verify(self, password: str, password_hash: str | None) -> bool:
        await self._hexagon.change_password(user_id=self._user.id, current=None, new="battery staple")
        return await super().verify(password, password_hash)


async def test_a_sign_in_that_is_under_way_does_not_survive_the_change_of_the_password(
    hexagon: Hexagon,
) -> None:
    user = await hexagon.user()
    assert user.email is not None

    with pytest.raises(WrongCredentials):
        await replace(hexagon.sign_in, passwords=Slow(hexagon, user))(
            email=user.email, password=PASSWORD, address=ADDRESS
        )

    assert hexagon.memory.state.refresh_tokens == {}


async def test_whoever_does_not_know_the_password_cannot_change_it(hexagon: Hexagon) -> None:
    user = await hexagon.user()

    for wrong in ("wrong password", ""):
        with pytest.raises(WrongCredentials):
            await hexagon.change_password(user_id=user.id, current=wrong, new="battery staple")
    with pytest.raises(InvalidPassword):
        await hexagon.change_password(user_id=user.id, current=PASSWORD, new="short")

    assert isinstance(await hexagon.users.secret(user.id), Secret)
    await sign_in(hexagon, user)


async def test_a_password_is_not_guessed_through_its_change(hexagon: Hexagon) -> None:
    user = await hexagon.user()

    for _ in range(hexagon.limits.sign_ins_per_minute):
        with pytest.raises(WrongCredentials):
            await hexagon.change_password(user_id=user.id, current="wrong password", new="battery staple")
    with pytest.raises(TooManyTries):
        await hexagon.change_password(user_id=user.id, current=PASSWORD, new="battery staple")

    await sign_in(hexagon, user)


async def test_an_operator_changes_a_password_without_the_old_one(hexagon: Hexagon) -> None:
    user = await hexagon.user()

    await hexagon.change_password(user_id=user.id, current=None, new="battery staple")

    await sign_in(hexagon, user, "battery staple")


async def test_a_guest_has_no_password_to_change(hexagon: Hexagon) -> None:
    guest = await hexagon.admit_guest("address")

    for user_id in (guest, UserId(uuid7())):
        with pytest.raises(UserNotFound):
            await hexagon.change_password(user_id=user_id, current=None, new="battery staple")


async def test_no_access_token_outlives_its_password(hexagon: Hexagon) -> None:
    user = await hexagon.user(email="ada@example.org")
    first = await hexagon.sign_in(email="ada@example.org", password=PASSWORD, address="here")
    assert (await hexagon.identify_caller(first.access)).user_id == user.id

    await hexagon.change_password(user_id=user.id, current=PASSWORD, new="battery staple")

    with pytest.raises(InvalidToken):
        await hexagon.identify_caller(first.access)
    second = await hexagon.sign_in(email="ada@example.org", password="battery staple", address="here")
    third = await hexagon.refresh_tokens(refresh=second.refresh)
    for each in (second, third):
        assert await hexagon.identify_caller(each.access) == Access(user.id, 1)
