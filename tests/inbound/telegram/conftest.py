"""The bot over memory, in the test's own process, against the small Bot API server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from augury.application.chats.refund_payment import RefundPayment
from augury.inbound.telegram.bot import STOPPING, TelegramBot
from augury.inbound.telegram.client import create_bot
from augury.inbound.telegram.deliverer import Deliverer
from augury.inbound.telegram.desk import Desk, flight_of, submit_of
from augury.inbound.telegram.settings import TelegramSettings
from augury.outbound.memory.duty import MemoryDuty
from augury.outbound.telegram_payments import TelegramPayments
from tests.hexagon import Hexagon
from tests.polling import eventually
from tests.telegram.server import TOKEN, Person, Sent, TelegramServer

CHAT = 7


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--redraw", action="store_true", help="write the bot's documented screens anew")


class Town:
    """Where people talk to the bot: what it is made of, and what it says."""

    def __init__(self, hexagon: Hexagon, telegram: TelegramServer) -> None:
        self.hexagon = hexagon
        self.telegram = telegram

    def desk(self, settings: TelegramSettings) -> Desk:
        hexagon, bot = self.hexagon, create_bot(settings)
        ports: dict[str, Any] = {
            name: getattr(hexagon, name)
            for name in ("notices", "chats", "balances", "predictions", "counters")
        }
        deliverer = Deliverer(bot, **ports, models=hexagon.models)
        hexagon.events.listen(lambda ended: deliverer.tell([each.prediction_id for each in ended]))
        self.refund_payment = RefundPayment(
            books=hexagon.chat_books, payments=TelegramPayments(bot), clock=hexagon.clock
        )
        self.client = bot
        return Desk(
            **ports,
            dialogues=hexagon.dialogues,
            models=hexagon.models,
            register_chat=hexagon.register_chat,
            users=hexagon.users,
            preview_link=hexagon.preview_link,
            link_chat=hexagon.link_chat,
            refuse_link=hexagon.refuse_link,
            unlink_chat=hexagon.unlink_chat,
            close_account=hexagon.close_account,
            record_payment=hexagon.record_payment,
            refund_payment=self.refund_payment,
            redeem_promo_code=hexagon.redeem_promo_code,
            cancel_prediction=hexagon.cancel_prediction,
            flight=(flight := flight_of(hexagon.request_predictions)),
            submit_prediction=submit_of(hexagon.models, hexagon.books, flight, hexagon.limits),
            find_accepted=hexagon.find_accepted,
            deliverer=deliverer,
            limits=hexagon.limits,
            settings=settings,
        )

    @asynccontextmanager
    async def bot(self, stopping: float = STOPPING, **settings: Any) -> AsyncIterator[TelegramBot]:
        """A bot that runs for as long as the block, and `stopping` seconds more for what is under way."""
        given = {"poll_timeout": timedelta(seconds=1), "messages_per_minute": 0, **settings}
        made = TelegramSettings(token=TOKEN, api_url=self.telegram.url, **given)
        desk = self.desk(made)
        bot = TelegramBot(
            self.client, desk, self.hexagon.inbox, self.hexagon.links, MemoryDuty(self.hexagon.memory)
        )
        async with bot.running(stopping):
            yield bot

    def person(self, chat_id: int = CHAT, language: str = "en") -> Person:
        return self.telegram.person(chat_id, language)

    async def said(self, words: str, *, after: int = 0, chat_id: int = CHAT) -> Sent:
        """The bot's newest message that has these words now, once it is there."""

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
        """Wait until every update that was sent is done."""

        async def handled() -> bool:
            return not self.telegram.unacknowledged and not await self.hexagon.inbox.waiting()

        await eventually(handled, "the end of every update")


@pytest.fixture
def telegram() -> Any:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def town(hexagon: Hexagon, telegram: TelegramServer) -> Town:
    return Town(hexagon, telegram)
