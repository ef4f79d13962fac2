from datetime import timedelta

import pytest

from augury.application.limits import Limits
from augury.application.people.tokens import Tokens
from augury.domain.balance import Balance
from augury.domain.email_address import EmailTaken, InvalidEmail
from augury.domain.password import InvalidPassword
from augury.domain.request_rate import TooManyTries
from augury.domain.user import Role
from tests.hexagon import Hexagon

EMAIL, PASSWORD, ADDRESS = "ann@example.org", "correct horse", "192.0.2.1"


async def test_who_registers_is_a_member_and_can_sign_in(hexagon: Hexagon) -> None:
    user = await hexagon.register_user(email=" Ann@Example.org", password=PASSWORD, address=ADDRESS)

    assert (user.email, user.role, user.created_at) == (EMAIL, Role.MEMBER, hexagon.clock.now())
    assert await hexagon.users.get(user.id) == user
    assert isinstance(await hexagon.sign_in(email=EMAIL, password=PASSWORD, address=ADDRESS), Tokens)


async def test_registering_grants_nothing_unless_it_is_set(hexagon: Hexagon) -> None:
    generous = Hexagon(Limits(welcome_credits=7))

    for each, welcome in ((hexagon, 0), (generous, 7)):
        user = await each.register_user(email=EMAIL, password=PASSWORD)
        assert await each.balance_of(user.id) == Balance(user.id, available=welcome)
        assert await each.balanced()


async def test_an_operator_may_register_an_administrator_as_often_as_needed() -> None:
    hexagon = Hexagon(Limits(registrations_per_hour=1))

    for number in range(3):
        user = await hexagon.register_user(email=f"{number}@example.org", password=PASSWORD, role=Role.ADMIN)
        user.require_admin()


async def test_an_address_can_be_registered_once_however_it_is_written(hexagon: Hexagon) -> None:
    await hexagon.register_user(email=EMAIL, password=PASSWORD)

    with pytest.raises(EmailTaken):
        await hexagon.register_user(email=EMAIL.upper(), password="another password")


async def test_a_bad_address_or_password_is_refused(hexagon: Hexagon) -> None:
    with pytest.raises(InvalidEmail):
        await hexagon.register_user(email="ann", password=PASSWORD)
    with pytest.raises(InvalidPassword):
        await hexagon.register_user(email=EMAIL, password="short")
    assert await hexagon.users.page(limit=1) == []


async def test_one_address_registers_only_so_many_an_hour() -> None:
    hexagon = Hexagon(Limits(registrations_per_hour=2))
    for number in range(2):
        await hexagon.register_user(email=f"{number}@example.org", password=PASSWORD, address=ADDRESS)

    with pytest.raises(TooManyTries) as refusal:
        await hexagon.register_user(email=EMAIL, password=PASSWORD, address=ADDRESS)

    assert refusal.value.retry_after == 3600
    await hexagon.register_user(email="other@example.org", password=PASSWORD, address="192.0.2.2")
    hexagon.clock.advance(timedelta(hours=1))
    await hexagon.register_user(email=EMAIL, password=PASSWORD, address=ADDRESS)
