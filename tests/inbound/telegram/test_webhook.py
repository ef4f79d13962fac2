"""Deliveries to the webhook, over memory: which are trusted, what is stored before they are acknowledged, and
in which order."""

from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from augury.application.chats.ports.updates import ReceivedUpdate
from augury.application.ports import Unavailable
from augury.inbound.telegram.webhook import HEADER
from augury.outbound.memory.inbox import MemoryInbox
from tests.inbound.telegram.conftest import CHAT, Town
from tests.polling import eventually
from tests.processes import free_port

UPDATE = {"update_id": 5, "message": {"chat": {"id": CHAT}}}
SECRET = "a-secret"
WRONG = (b"", b"a guess", b"\xff\x80", "пароль".encode(), SECRET.encode() + b"\xff")


@asynccontextmanager
async def hooked(town: Town) -> AsyncIterator[httpx.AsyncClient]:
    """A bot that listens, and a client that knows its address."""
    port = free_port()
    via = f"http://127.0.0.1:{port}"
    async with (
        town.bot(webhook_url="https://augury.example/hook", webhook_port=port, webhook_secret=SECRET),
        httpx.AsyncClient(base_url=via, trust_env=False) as client,
    ):
        await eventually(lambda: town.telegram.webhook, "setWebhook")
        town.telegram.behind(f"{via}/hook")
        yield client


@pytest.mark.parametrize("headers", [{}, *({HEADER.encode(): said} for said in WRONG)])
async def test_only_who_knows_the_secret_is_believed_whatever_bytes_are_said(
    town: Town, headers: dict[bytes, bytes]
) -> None:
    async with hooked(town) as client:
        assert (await client.post("/hook", json=UPDATE, headers=headers)).status_code == 401
    assert not town.hexagon.memory.state.updates


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"1", b'{"update_id": "5"}', b"[" * 100_000, b"\xff\xfe", b'{"update_id": null}'],
)
async def test_what_is_no_update_is_refused(town: Town, body: bytes) -> None:
    async with hooked(town) as client:
        assert (await client.post("/hook", content=body, headers={HEADER: SECRET})).status_code == 400
        assert (await client.post("/elsewhere", json=UPDATE, headers={HEADER: SECRET})).status_code == 404
    assert not town.hexagon.memory.state.updates


async def test_there_is_no_yes_while_nothing_can_be_stored(town: Town) -> None:
    async with hooked(town) as client:
        town.hexagon.memory.away = True
        try:
            answer = await client.post("/hook", json=UPDATE, headers={HEADER: SECRET})
        except httpx.TransportError:
            return  # it has already noticed, and no longer listens
        assert answer.status_code == 503


async def test_an_update_whose_storing_was_not_answered_is_handled_when_it_comes_again(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    put, answers = MemoryInbox.put, [False]

    async def put_unanswered(self: MemoryInbox, updates: Sequence[ReceivedUpdate]) -> Collection[int]:
        new = await put(self, updates)
        if answers:
            answers.pop()
            raise Unavailable("the connection broke after the commit")
        return new

    monkeypatch.setattr(MemoryInbox, "put", put_unanswered)
    async with hooked(town):
        asked = town.person().says("good day")
        assert (await town.said("In the queue")).reply_to == asked
    assert not answers


async def test_a_persons_updates_are_delivered_and_handled_one_after_the_other(town: Town) -> None:
    async with hooked(town):
        ada = town.person()
        asked = [ada.says("good day") for _ in range(8)]
        await eventually(lambda: len(town.telegram.to(CHAT)) == 8, "every answer")
        assert [each.reply_to for each in town.telegram.to(CHAT)] == asked
