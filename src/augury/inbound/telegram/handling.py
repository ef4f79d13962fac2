"""Handles one update: parses it, and finds the handler of its kind."""

import json
import logging

from aiogram import Bot, Dispatcher
from aiogram.exceptions import AiogramError
from aiogram.types import Update
from pydantic import ValidationError

from augury.application.chats.ports.updates import ReceivedUpdate
from augury.inbound.telegram.desk import Desk
from augury.inbound.telegram.flood import FloodGate
from augury.inbound.telegram.handlers.account import account_router
from augury.inbound.telegram.handlers.files import files_router
from augury.inbound.telegram.handlers.linking import linking_router
from augury.inbound.telegram.handlers.money import money_router
from augury.inbound.telegram.handlers.predicting import predicting_router
from augury.inbound.telegram.handlers.privacy import privacy_router
from augury.inbound.telegram.handlers.rest import rest_router
from augury.inbound.telegram.handlers.signing_in import signing_in_router
from augury.inbound.telegram.handlers.why import why_router
from augury.inbound.telegram.lanes import is_payment
from augury.inbound.telegram.person import Person
from augury.inbound.telegram.texts import DEFAULT, speech
from augury.inbound.telegram.topics import in_topic

log = logging.getLogger(__name__)


class UpdateHandling:
    def __init__(self, bot: Bot, desk: Desk) -> None:
        self._bot = bot
        self._desk = desk
        self._dispatcher = _dispatcher(desk)

    async def handle(self, update: ReceivedUpdate) -> None:
        try:
            understood = Update.model_validate_json(update.payload, context={"bot": self._bot})
        except ValidationError as error:
            if is_payment(update):  # keep it: a later version may understand it
                raise
            log.error("update %d cannot be parsed: %s", update.id, error)
            return
        await self._dispatcher.feed_update(self._bot, understood)
        self._desk.counters.update_done(handled=True)

    async def give_up(self, update: ReceivedUpdate) -> None:
        """Tell the person. If a prediction was accepted nevertheless, its result replaces this message."""
        self._desk.counters.update_done(handled=False)
        if update.lane <= 0:
            return
        chat = await self._desk.chats.get(update.lane)
        say = speech(chat.language if chat else DEFAULT)
        try:
            sent = await in_topic(
                _thread_of(update),
                lambda thread_id: self._bot.send_message(
                    update.lane, say("trouble"), message_thread_id=thread_id
                ),
            )
        except AiogramError as error:
            log.warning("the chat could not be told that update %d failed: %s", update.id, error)
        else:
            await self._desk.notices.place_rest(update.lane, sent.message_id)


def _dispatcher(desk: Desk) -> Dispatcher:
    dispatcher = Dispatcher(disable_fsm=True, desk=desk)
    person = Person(desk, FloodGate(desk.settings.messages_per_minute))
    dispatcher.message.outer_middleware(person)
    dispatcher.callback_query.outer_middleware(person)
    dispatcher.include_routers(
        money_router(),
        linking_router(),
        signing_in_router(),
        privacy_router(),
        account_router(),
        files_router(),
        predicting_router(),
        why_router(),
        rest_router(),
    )
    return dispatcher


def _thread_of(update: ReceivedUpdate) -> int | None:
    """The update's topic, read from the raw JSON because the update may not be parsable."""
    match json.loads(update.payload):
        case {"message": {"is_topic_message": True, "message_thread_id": int(thread_id)}}:
            return thread_id
        case {"callback_query": {"message": {"is_topic_message": True, "message_thread_id": int(thread_id)}}}:
            return thread_id
    return None
