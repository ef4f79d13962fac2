import pytest

from tests.hexagon import Hexagon
from tests.rabbitmq_server import rabbitmq, rabbitmq_url

__all__ = ["rabbitmq", "rabbitmq_url"]


@pytest.fixture
def hexagon() -> Hexagon:
    return Hexagon()
