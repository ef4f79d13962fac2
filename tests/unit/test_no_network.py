import asyncio
import socket

import pytest


def test_unit_tests_cannot_connect_a_socket() -> None:
    with socket.socket() as client, pytest.raises(Exception, match="connects to"):
        client.connect(("127.0.0.1", 9))


async def test_unit_tests_cannot_open_a_connection_through_the_event_loop() -> None:
    with pytest.raises(Exception, match="connects to"):
        await asyncio.open_connection("127.0.0.1", 9)
