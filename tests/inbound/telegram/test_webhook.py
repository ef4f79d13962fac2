"""The webhook, as anybody on the network may call it."""

import httpx
import pytest

from augury.application.telegram_ports import ReceivedUpdate
from augury.inbound.telegram.lanes import Lanes
from augury.inbound.telegram.settings import TelegramSettings
from augury.inbound.telegram.webhook import HEADER, webhook
from tests.hexagon import Hexagon
from tests.processes import free_port

UPDATE = {"update_id": 1, "message": {"chat": {"id": 7}}}


async def nothing(_: ReceivedUpdate) -> None:
    pass


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"the-secret", 200),
        (b"", 401),
        (b"a-guess", 401),
        (b"\xff\x80", 401),
        ("секрет".encode(), 401),
        (b"the-secret\xff", 401),
    ],
)
async def test_only_who_knows_the_secret_is_believed_whatever_bytes_are_said(
    hexagon: Hexagon, said: bytes, status: int
) -> None:
    port = free_port()
    settings = TelegramSettings(
        webhook_url="https://augury.example/hook", webhook_secret="the-secret", webhook_port=port
    )
    lanes = Lanes(nothing, hexagon.inbox, give_up=nothing)

    async with webhook(settings, hexagon.inbox, lanes), httpx.AsyncClient() as client:
        answer = await client.post(
            f"http://127.0.0.1:{port}/hook", json=UPDATE, headers={HEADER.encode(): said}
        )
    await lanes.stop(5)

    assert answer.status_code == status
    assert (1 in hexagon.memory.state.updates) == (status == 200)
