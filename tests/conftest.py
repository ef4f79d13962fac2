import pytest

from tests.hexagon import Hexagon


@pytest.fixture
def hexagon() -> Hexagon:
    return Hexagon()
