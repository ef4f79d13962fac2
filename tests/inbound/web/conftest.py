from collections.abc import AsyncIterator

import pytest

from augury.inbound.web import try_model
from tests.hexagon import Hexagon
from tests.inbound.web.site import Site, shown


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is predicted before a test says so: it would be waited for in vain."""
    monkeypatch.setattr(try_model, "PATIENCE", 0.0)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with shown(Hexagon()) as made:
        yield made
