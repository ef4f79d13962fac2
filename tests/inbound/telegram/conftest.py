"""The bot over memory, in the test's own process, against the small Bot API server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from dishka import Container, Provider, Scope, make_container

from augury.application.chats.ports.updates import Duty
from augury.application.chats.refund_payment import RefundPayment
from augury.bootstrap.container import telegram as telegram_provider
from augury.bootstrap.use_cases import BATCHES, CHATS, REQUESTS
from augury.inbound.telegram import batch_deliverer
from augury.inbound.telegram.bot import STOPPING, TelegramBot
from augury.inbound.telegram.deliverer import Deliverer
from augury.inbound.telegram.settings import TelegramSettings
from augury.outbound.memory.duty import MemoryDuty
from tests.hexagon import Hexagon
from tests.polling import eventually
from tests.telegram.server import TOKEN, Person, Sent, TelegramServer

CHAT = 7


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--redraw", action="store_true", help="write the bot's documented screens anew")


USE_CASES = tuple(each for each in (*REQUESTS, *BATCHES, *CHATS) if each is not RefundPayment)
"""The use cases that the hexagon has. `RefundPayment` needs Telegram."""


@cache
def wiring(parts: frozenset[type]) -> Container:
    """The bot as the bootstrap wires it, in a separate scope for each test, whose context has these parts."""
    given = Provider(scope=Scope.REQUEST)
    for each in parts:
        given.from_context(provides=each)
    return make_container(telegram_provider(scope=Scope.REQUEST), given)


class Town:
    """The bot, its parts, and the people who talk to it."""

    def __init__(self, hexagon: Hexagon, telegram: TelegramServer) -> None:
        self.hexagon = hexagon
        self.telegram = telegram

    @asynccontextmanager
    async def bot(self, stopping: float = STOPPING, **settings: Any) -> AsyncIterator[TelegramBot]:
        """A bot that runs while the block runs, and up to `stopping` seconds longer for work under way."""
        hexagon = self.hexagon
        given = {"poll_timeout": timedelta(seconds=1), "messages_per_minute": 0, **settings}
        own: dict[type, object] = {
            TelegramSettings: TelegramSettings(token=TOKEN, api_url=self.telegram.url, **given),
            Duty: MemoryDuty(hexagon.memory),
        }
        parts = own | hexagon.ports | hexagon.use_cases(USE_CASES)
        scope = wiring(frozenset(parts))(parts).__enter__()
        self.refund_payment = scope.get(RefundPayment)
        deliverer = scope.get(Deliverer)
        hexagon.events.listen(deliverer.tell)
        bot = scope.get(TelegramBot)
        async with bot.running(stopping):
            yield bot

    def person(self, chat_id: int = CHAT, language: str = "en") -> Person:
        return self.telegram.person(chat_id, language)

    async def said(self, words: str, *, after: int = 0, chat_id: int = CHAT) -> Sent:
        """The bot's newest message that contains these words. Waits for it."""

        def found() -> Sent | None:
            return next(
                (
                    each
                    for each in reversed(self.telegram.to(chat_id))
                    if words in each.text and each.message_id > after
                ),
                None,
            )

        try:
            return await eventually(found, f"“{words}”", within=15)
        except AssertionError:
            raise AssertionError((words, [each.text for each in self.telegram.to(chat_id)])) from None

    async def all_handled(self) -> None:
        """Wait until every update that was sent is handled."""

        async def handled() -> bool:
            return not self.telegram.unacknowledged and not await self.hexagon.inbox.waiting()

        await eventually(handled, "the end of every update")


@pytest.fixture
def telegram() -> Any:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot shows every change of a batch at once, although the test's clock stands still."""
    monkeypatch.setattr(batch_deliverer, "LOOK_EVERY", 0.05)
    monkeypatch.setattr(batch_deliverer, "PROGRESS_EVERY", timedelta())


@pytest.fixture
def town(hexagon: Hexagon, telegram: TelegramServer) -> Town:
    return Town(hexagon, telegram)
