import socket

import pytest
from hypothesis import settings

settings.register_profile("unit", max_examples=60, deadline=None, derandomize=True)
settings.load_profile("unit")


class NetworkTouched(Exception):
    """A unit test has tried to connect to something."""


def refuse(self: socket.socket, address: object) -> None:
    raise NetworkTouched(f"a unit test connects to {address!r}")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unit tests need no network. Any attempt to connect fails."""
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
