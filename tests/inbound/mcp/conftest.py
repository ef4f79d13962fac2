from collections.abc import Iterator

import pytest

from tests.inbound.mcp.agents import AgentService


@pytest.fixture(scope="module")
def service() -> Iterator[AgentService]:
    made = AgentService()
    yield made
    made.stop()
