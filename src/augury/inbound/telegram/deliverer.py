"""Sends the results of predictions. Events make that fast; stored notices make sure that none is missed."""

import asyncio
import logging
from collections.abc import Iterable
from datetime import timedelta
from pathlib import PurePath

from aiogram import Bot
from aiogram.exceptions import (
    AiogramError,
    TelegramBadRequest,
    TelegramEntityTooLarge,
    TelegramForbiddenError,
    TelegramRetryAfter,
)
from aiogram.types import BufferedInputFile

from augury.application.chats.ports.chats import Chats
from augury.application.chats.ports.results import Delivery, Notices, Reply
from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.money.ports import Balances
from augury.application.ports import Unavailable
from augury.application.ports.counters import Counters
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.reads import Predictions
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import PredictionNotFound, Status
from augury.inbound.telegram.client import without_long_waits
from augury.inbound.telegram.csv_rows import written_csv
from augury.inbound.telegram.deliveries import Deliveries
from augury.inbound.telegram.explaining import explanation_in, offered, show_picture
from augury.inbound.telegram.keyboards import keyboard
from augury.inbound.telegram.placeholders import become
from augury.inbound.telegram.results import in_words
from augury.inbound.telegram.settings import TelegramSettings
from augury.inbound.telegram.texts import Speech, in_lines, speech
from augury.inbound.telegram.topics import answering, in_topic

LOOK_EVERY = 1.0
"""Seconds between two reads of the notices, in case an event was missed."""
AT_ONCE = 30
"""Deliveries that run at the same time."""
PUT_OFF = timedelta(seconds=10)
"""The pause after a failed delivery."""
log = logging.getLogger(__name__)


class Deliverer:
    """Sends the results of predictions to the chats that asked for them."""

    def __init__(
        self,
        bot: Bot,
        *,
        notices: Notices,
        chats: Chats,
        balances: Balances,
        predictions: Predictions,
        models: Models,
        counters: Counters,
        settings: TelegramSettings,
        limits: Limits,
    ) -> None:
        self._bot = bot
        self._notices = notices
        self._chats = chats
        self._balances = balances
        self._predictions = predictions
        self._models = models
        self._counters = counters
        self._limits = limits
        self._files_at_once = settings.files_at_once
        self._files_under_way: set[PredictionId] = set()
        self._expected: set[PredictionId] = set()
        self._under_way: Deliveries[PredictionId] = Deliveries(self._ended)
        self._files: dict[PredictionId, tuple[Reply, UserId, str]] = {}
        self._files_sent: dict[PredictionId, bool] = {}
        """Whether Telegram accepted the file. Kept while the delivery's last message could not be sent
        yet."""

    def tell(self, ended: Iterable[Ended]) -> None:
        """Note that these predictions are final. Most of them do not belong to a chat."""
        if not self._expected.isdisjoint(each.prediction_id for each in ended):
            self._under_way.bell.set()

    def expect(self, reply: Reply, user_id: UserId, language: str) -> None:
        """Note that this prediction is under way. The message of a file shows its progress."""
        self._expected.add(reply.prediction_id)
        if reply.file_name is not None:
            self._files[reply.prediction_id] = (reply, user_id, language)
        self._under_way.bell.set()

    async def run(self) -> None:
        """Deliver until canceled."""
        await self._under_way.run(self._look, every=LOOK_EVERY, what="the results to deliver")

    async def stop(self, grace: float) -> None:
        """Let the deliveries end within `grace` seconds, and cancel the rest."""
        await self._under_way.stop(grace)

    async def _look(self) -> None:
        room = AT_ONCE - len(self._under_way)
        if room > 0:
            room_for_files = self._files_at_once - len(self._files_under_way)
            for delivery in await self._notices.due(
                room, most_files=room_for_files, but_not=tuple(self._under_way)
            ):
                if delivery.reply.file_name is not None:
                    self._files_under_way.add(delivery.prediction.id)
                self._under_way.begin(delivery.prediction.id, without_long_waits(self._deliver(delivery)))
        for prediction_id, (reply, user_id, language) in list(self._files.items()):
            if prediction_id not in self._under_way:
                await self._look_at_file(reply, user_id, speech(language))

    def _ended(self, prediction_id: PredictionId) -> None:
        self._files_under_way.discard(prediction_id)
        self._under_way.bell.set()

    async def _deliver(self, delivery: Delivery) -> None:
        prediction_id, chat_id = delivery.prediction.id, delivery.reply.chat_id
        try:
            try:
                if not delivery.gone:  # a person who comes back finds it in the history
                    await self._send(delivery)
            except TelegramForbiddenError as error:
                log.info("chat %d is gone: %s", chat_id, error)
                await self._chats.leave(chat_id)
            except TelegramBadRequest as error:
                log.error("chat %d refuses a result, which stays in the history: %s", chat_id, error)
                if "chat not found" in error.message:
                    await self._chats.leave(chat_id)
            await self._notices.delivered(prediction_id)
            self._counters.result_delivered()
        except (AiogramError, Unavailable) as error:
            log.warning("a result could not be delivered, trying again later: %s", error)
            wait = timedelta(seconds=error.retry_after) if isinstance(error, TelegramRetryAfter) else PUT_OFF
            await self._put_off(prediction_id, wait)
        except Exception:
            log.exception("a result could not be delivered, trying again later")
            await self._put_off(prediction_id, PUT_OFF)
        else:
            self._expected.discard(prediction_id)
            self._files.pop(prediction_id, None)
            self._files_sent.pop(prediction_id, None)

    async def _put_off(self, prediction_id: PredictionId, wait: timedelta) -> None:
        try:
            await self._notices.put_off(prediction_id, wait)
        except Unavailable:
            log.info("the delivery could not be put off and is tried again at once")

    async def _send(self, delivery: Delivery) -> None:
        say, prediction, reply = speech(delivery.language), delivery.prediction, delivery.reply
        is_sent = True
        if reply.file_name is not None and prediction.status is Status.SUCCEEDED and delivery.input:
            if prediction.id not in self._files_sent:
                self._files_sent[prediction.id] = await self._send_file(delivery, reply.file_name, say)
            is_sent = self._files_sent[prediction.id]
        left = (await self._balances.of(prediction.user_id)).spendable
        model = await self._models.version(prediction.model)
        if explanation := explanation_in(delivery):
            caption = in_lines(say("why-caption"), say("charged", charged=prediction.charged, left=left))
            texts = model.facts.texts
            await show_picture(self._bot, reply, explanation, texts, caption, say.language)
            return
        words = in_words(delivery, left, say, model.facts.texts, model.facts.unsure_below)
        if not is_sent:
            words = in_lines(words, say("batch-unsent", id=str(prediction.id)))
        why = offered(delivery, model, self._limits, say)
        await become(self._bot, reply, words, keyboard([why]) if why else None)

    async def _send_file(self, delivery: Delivery, name: str, say: Speech) -> bool:
        """Send the results as a file. Returns whether Telegram accepted it."""
        prediction, reply = delivery.prediction, delivery.reply
        file = BufferedInputFile(await asyncio.to_thread(written_csv, delivery, say), _result_name(name))
        try:
            await in_topic(
                reply.thread_id,
                lambda thread_id: self._bot.send_document(
                    reply.chat_id,
                    file,
                    caption=say("batch-caption", valid=prediction.valid_rows, rows=prediction.rows),
                    message_thread_id=thread_id,
                    reply_parameters=answering(reply.message_id),
                ),
            )
        except (TelegramBadRequest, TelegramEntityTooLarge) as error:
            log.error("a file of results could not be sent to chat %d: %s", reply.chat_id, error)
            return False
        return True

    async def _look_at_file(self, reply: Reply, user_id: UserId, say: Speech) -> None:
        try:
            prediction = (await self._predictions.get(reply.prediction_id, owner=user_id)).prediction
        except PredictionNotFound:
            self._files.pop(reply.prediction_id, None)
            return
        if prediction.status is Status.QUEUED:
            return
        self._files.pop(reply.prediction_id, None)
        if prediction.status is Status.PROCESSING:
            words = say("batch-running", file=reply.file_name, rows=prediction.rows)
            self._under_way.begin(reply.prediction_id, without_long_waits(self._show_progress(reply, words)))

    async def _show_progress(self, reply: Reply, words: str) -> None:
        try:
            await self._bot.edit_message_text(words, chat_id=reply.chat_id, message_id=reply.placeholder_id)
        except AiogramError as error:
            log.info("the progress of a file could not be shown: %s", error)


def _result_name(file_name: str) -> str:
    return PurePath(file_name).stem + "-predicted.csv"
