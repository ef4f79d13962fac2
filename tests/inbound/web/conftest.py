from collections.abc import AsyncIterator

import pytest

from tests.hexagon import Hexagon
from tests.inbound.web.site import Site, shown


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with shown(Hexagon()) as made:
        yield made
