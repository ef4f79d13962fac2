from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from litestar import Litestar

from augury.application.people.guest_keys import GuestKeys
from augury.inbound.http.app import create_app
from augury.inbound.http.settings import HttpSettings
from tests.hexagon import Hexagon
from tests.http_api import SETTINGS, http_container


async def test_what_lives_as_long_as_the_application_is_entered_first_and_left_last(hexagon: Hexagon) -> None:
    seen: list[str] = []

    @asynccontextmanager
    async def around(app: Litestar) -> AsyncIterator[None]:
        seen.append("in, handler " + str("submit_handler" in app.state))
        yield
        seen.append("out")

    container = http_container(hexagon)
    app = create_app(container=container, settings=SETTINGS, lifespan=[around])

    async with app.lifespan():
        assert seen == ["in, handler False"]
        assert "submit_handler" in app.state
    await container.close()

    assert seen == ["in, handler False", "out"]


@pytest.mark.parametrize("base_path", ["augury", "/augury/", "/"])
def test_a_base_path_that_would_make_wrong_addresses_is_refused(base_path: str) -> None:
    with pytest.raises(ValueError, match="base_path"):
        HttpSettings(base_path=base_path)


def test_a_guest_secret_that_could_be_guessed_is_refused_and_none_is_shown() -> None:
    with pytest.raises(ValueError, match="secret"):
        GuestKeys("short")
    assert "g" * 32 not in repr(GuestKeys("g" * 32))
