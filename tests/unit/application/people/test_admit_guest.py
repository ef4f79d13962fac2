from datetime import timedelta

import pytest

from augury.application.limits import Limits
from augury.domain.balance import Balance
from augury.domain.guest import GuestsNotServed, TooManyGuests
from augury.domain.user import Role
from tests.hexagon import Hexagon


async def test_a_guest_has_a_few_credits_to_try_the_service(hexagon: Hexagon) -> None:
    guest = await hexagon.users.get(await hexagon.admit_guest("address"))

    assert (guest.role, guest.email) == (Role.GUEST, None)
    assert await hexagon.balance_of(guest.id) == Balance(guest.id, available=hexagon.limits.guest_credits)
    prediction = await hexagon.request_prediction(guest.id)
    await hexagon.run_all()
    assert (await hexagon.prediction(prediction)).prediction.charged == 1
    assert await hexagon.balanced()


async def test_the_same_address_on_the_same_day_is_the_same_guest_with_what_is_left(hexagon: Hexagon) -> None:
    guest = await hexagon.admit_guest("address")
    await hexagon.request_prediction(guest)

    again = await hexagon.admit_guest("address")

    assert again == guest
    assert (await hexagon.balance_of(guest)).available == hexagon.limits.guest_credits - 1


async def test_another_address_or_day_is_another_guest(hexagon: Hexagon) -> None:
    guests = [await hexagon.admit_guest(key) for key in ("one", "other")]

    assert guests[0] != guests[1]


async def test_guests_can_be_turned_off() -> None:
    hexagon = Hexagon(Limits(guest_credits=0))

    with pytest.raises(GuestsNotServed):
        await hexagon.admit_guest("key")


async def test_only_so_many_guests_are_served_in_a_day() -> None:
    hexagon = Hexagon(Limits(guests_per_day=2))
    known = await hexagon.admit_guest("1")
    await hexagon.admit_guest("2")

    with pytest.raises(TooManyGuests):
        await hexagon.admit_guest("3")
    assert await hexagon.admit_guest("1") == known

    hexagon.clock.advance(timedelta(days=1))
    await hexagon.admit_guest("3")
