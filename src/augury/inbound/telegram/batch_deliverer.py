"""Shows the progress of large files, and sends their results. What is still to be sent is stored, so that no
result is missed."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import PurePath

from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramBadRequest, TelegramEntityTooLarge, TelegramRetryAfter
from aiogram.types import InlineKeyboardMarkup

from augury.application.batches.ports import Batches, StoredBatch
from augury.application.chats.ports.chats import Chats
from augury.application.chats.ports.results import BatchDelivery, BatchReplies, BatchReply
from augury.application.money.ports import Balances
from augury.application.ports import Clock, Unavailable
from augury.application.ports.counters import Counters
from augury.domain.batch import BatchPurged
from augury.domain.identifiers import BatchId
from augury.inbound.telegram.batch_words import in_progress, in_the_end
from augury.inbound.telegram.client import without_long_waits
from augury.inbound.telegram.deliveries import Deliveries
from augury.inbound.telegram.file_results import FileResults, Pieces, StreamedFile, Written
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.lanes import is_nobody_left
from augury.inbound.telegram.placeholders import become
from augury.inbound.telegram.settings import TelegramSettings
from augury.inbound.telegram.texts import Markup, Speech, in_lines, speech
from augury.inbound.telegram.topics import answering, in_topic

LOOK_EVERY = 1.0
"""Seconds between two searches for batches that are due."""
AT_ONCE = 30
"""Batches that one search takes, so that at most this many messages are changed in a second."""
PROGRESS_EVERY = timedelta(seconds=3)
"""The pause between two changes of the same message."""
PUT_OFF = timedelta(seconds=10)
"""The pause after a failed delivery."""
SENDING = 300
"""Seconds that Telegram may take to receive one file."""
CANCELS_BATCH = "xb:"
log = logging.getLogger(__name__)


class BatchDeliverer:
    """Writes each batch's message. Nothing else writes it, so that no late progress replaces a result."""

    def __init__(
        self,
        bot: Bot,
        *,
        replies: BatchReplies,
        batches: Batches,
        results: FileResults,
        chats: Chats,
        balances: Balances,
        counters: Counters,
        clock: Clock,
        settings: TelegramSettings,
    ) -> None:
        self._bot = bot
        self._replies = replies
        self._batches = batches
        self._results = results
        self._chats = chats
        self._balances = balances
        self._counters = counters
        self._clock = clock
        self._settings = settings
        self._room_for_files = asyncio.Semaphore(settings.files_at_once)
        self._under_way: Deliveries[BatchId] = Deliveries()
        self._shown: dict[BatchId, str] = {}
        """The progress that each message shows."""
        self._refused: dict[BatchId, set[int]] = {}
        """The numbers of files that Telegram refused. Kept while the last message could not be sent yet."""

    def ring(self) -> None:
        """Note that a batch was accepted."""
        self._under_way.bell.set()

    async def run(self) -> None:
        """Deliver until canceled."""
        await self._under_way.run(self._look, every=LOOK_EVERY, what="the batches of chats")

    async def stop(self, grace: float) -> None:
        """Let the deliveries end within `grace` seconds, and cancel the rest."""
        await self._under_way.stop(grace)

    async def _look(self) -> None:
        room = min(AT_ONCE, 2 * AT_ONCE - len(self._under_way))
        if room <= 0:
            return
        due = await self._replies.due(room, but_not=tuple(self._under_way))
        if not due:
            return
        stored = {
            each.batch.id: each for each in await self._batches.several([of.reply.batch_id for of in due])
        }
        unfinished = [each for each in due if not stored[each.reply.batch_id].progress.is_final]
        if unfinished:
            await self._replies.put_off([each.reply.batch_id for each in unfinished], PROGRESS_EVERY)
        for each in due:
            batch = stored[each.reply.batch_id]
            if batch.progress.is_final:
                self._under_way.begin(batch.batch.id, without_long_waits(self._deliver(each, batch)))
            else:
                self._under_way.begin(batch.batch.id, self._show_progress(each, batch))

    async def _show_progress(self, delivery: BatchDelivery, stored: StoredBatch) -> None:
        reply, batch_id, say = delivery.reply, stored.batch.id, speech(delivery.language)
        words = in_progress(reply, stored, say, self._clock.now())
        if delivery.gone or self._shown.get(batch_id) == words:
            return
        try:
            await self._bot.edit_message_text(
                words,
                chat_id=reply.chat_id,
                message_id=reply.placeholder_id,
                reply_markup=_stop(batch_id, say),
            )
        except AiogramError as error:
            log.info("the progress of a batch could not be shown: %s", error)
        self._shown[batch_id] = words

    async def _deliver(self, delivery: BatchDelivery, stored: StoredBatch) -> None:
        batch_id, chat_id = stored.batch.id, delivery.reply.chat_id
        try:
            if not delivery.gone:  # a person who comes back finds the batch in the history
                await self._sent_or_refused(delivery, stored)
            await self._replies.delivered(batch_id)
            self._counters.result_delivered()
        except (AiogramError, Unavailable) as error:
            log.warning("results could not be sent to chat %d, trying again later: %s", chat_id, error)
            wait = timedelta(seconds=error.retry_after) if isinstance(error, TelegramRetryAfter) else PUT_OFF
            await self._put_off(batch_id, wait)
        except Exception:
            log.exception("results could not be sent to chat %d, trying again later", chat_id)
            await self._put_off(batch_id, PUT_OFF)
        else:
            self._shown.pop(batch_id, None)
            self._refused.pop(batch_id, None)

    async def _sent_or_refused(self, delivery: BatchDelivery, stored: StoredBatch) -> None:
        """Send the results, unless the chat is gone or refuses them for good."""
        chat_id = delivery.reply.chat_id
        try:
            async with self._room_for_files:
                await self._send(delivery.reply, stored, speech(delivery.language))
        except AiogramError as error:
            if is_nobody_left(error):
                log.info("chat %d is gone: %s", chat_id, error)
                await self._chats.leave(chat_id)
            elif isinstance(error, TelegramBadRequest):
                log.error("chat %d refuses the results of a batch: %s", chat_id, error)
            else:
                raise

    async def _put_off(self, batch_id: BatchId, wait: timedelta) -> None:
        try:
            await self._replies.put_off([batch_id], wait)
        except Unavailable:
            log.info("the delivery could not be put off and is tried again at once")

    async def _send(self, reply: BatchReply, stored: StoredBatch, say: Speech) -> None:
        try:
            written = await self._results.written(stored, say)
        except BatchPurged:
            written = None
        remarks = await self._send_files(reply, stored, written, say) if written else [say("batch-forgotten")]
        left = (await self._balances.of(stored.batch.user_id)).spendable
        lines = [in_the_end(reply, stored, say), *remarks]
        lines.append(say("charged", charged=stored.progress.charged, left=left))
        await become(self._bot, reply, in_lines(*lines))

    async def _send_files(
        self, reply: BatchReply, stored: StoredBatch, written: Written, say: Speech
    ) -> Sequence[Markup]:
        """Send the files that were not sent before. Returns remarks for the message, which are the same when
        it is sent again."""
        valid, rows = stored.progress.done, stored.batch.rows
        name = PurePath(reply.file_name).stem
        files: list[tuple[Pieces, int, str, Markup]] = []
        if valid:
            caption = say("batch-caption", valid=valid, rows=rows)
            files.append((written.results, written.size, f"{name}-predicted.csv", caption))
        if written.error_count:
            caption = say("batch-errors-caption", count=written.error_count)
            files.append((written.errors, written.errors_size, f"{name}-errors.csv", caption))
        remarks = [say("batch-warnings", count=written.warnings)] if written.warnings else []
        refused = self._refused.setdefault(stored.batch.id, set())
        for number, (pieces, size, file_name, caption) in enumerate(files, 1):
            is_small = size <= self._settings.max_result_bytes
            if is_small and number > reply.files_sent:
                if not await self._send_file(reply, StreamedFile(pieces, file_name), caption):
                    refused.add(number)
                await self._replies.sent(stored.batch.id, number)
            if not is_small or number in refused:
                path = f"/batches/{stored.batch.id}/{'results' if pieces is written.results else 'errors'}"
                remarks.append(say("batch-not-sent", file=file_name, size=-(-size // 1_000_000), path=path))
        return remarks

    async def _send_file(self, reply: BatchReply, file: StreamedFile, caption: Markup) -> bool:
        """Returns whether Telegram accepted the file."""
        try:
            await in_topic(
                reply.thread_id,
                lambda thread_id: self._bot.send_document(
                    reply.chat_id,
                    file,
                    caption=caption,
                    message_thread_id=thread_id,
                    reply_parameters=answering(reply.message_id),
                    request_timeout=SENDING,
                ),
            )
        except (TelegramBadRequest, TelegramEntityTooLarge) as error:
            if is_nobody_left(error):
                raise
            log.error("a file of results could not be sent to chat %d: %s", reply.chat_id, error)
            return False
        return True


def _stop(batch_id: BatchId, say: Speech) -> InlineKeyboardMarkup:
    return keyboard([button(say.plain("button-cancel"), f"{CANCELS_BATCH}{batch_id}")])
