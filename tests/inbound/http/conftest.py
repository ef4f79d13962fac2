from collections.abc import AsyncIterator

import pytest

from tests.hexagon import Hexagon
from tests.http_api import Api, serving


@pytest.fixture
def hexagon() -> Hexagon:
    return Hexagon()


@pytest.fixture
async def api(hexagon: Hexagon) -> AsyncIterator[Api]:
    async with serving(hexagon) as api:
        yield api
