"""A CSV file is a batch: checked, priced, confirmed with a button, answered with a file."""

import asyncio
import io
import logging

from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import CallbackQuery, Message
from aiohttp import ClientError, ClientResponseError
from msgspec.structs import replace

from augury.application.ports import Unavailable
from augury.domain.model import Model
from augury.domain.prediction import NoValidRow
from augury.inbound.telegram.csv_rows import CsvRows, NotCsv, read_csv
from augury.inbound.telegram.dialogue import Confirming, Over
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.submitting import Batch, resumed, submit
from augury.inbound.telegram.talk import Talk

MOST_MISTAKES_SHOWN = 5
MOST_NAME_CHARACTERS = 100
log = logging.getLogger(__name__)
ENDINGS = (".csv", ".tsv", ".txt")


class _Gone(Exception):
    """Telegram does not give out this file, and never will."""


def files_router() -> Router:
    router = Router(name="files")
    router.message(F.document)(read_document)
    router.callback_query(F.data.startswith("csv:"))(confirm)
    return router


async def read_document(message: Message, talk: Talk) -> None:
    document = message.document
    assert document is not None
    if talk.was_applied(message.message_id) and not isinstance(talk.dialogue, Confirming):
        return  # confirmed or left before: it is being handled again
    name = document.file_name or "rows.csv"
    if not name.lower().endswith(ENDINGS):
        await talk.send(talk.say("csv-only"))
        return
    model = await talk.desk.model_of(talk.chat)
    rows = await _rows(document.file_id, document.file_size, model, talk)
    if rows is None:
        return
    waiting = Confirming(
        message_id=message.message_id,
        file_id=document.file_id,
        file_name=name[:MOST_NAME_CHARACTERS],
        model=str(model.ref),
        row_price=model.row_price,
        seen=message.message_id,
    )
    await talk.remember(waiting)
    await _ask(waiting, rows, model, talk)


async def confirm(query: CallbackQuery, talk: Talk) -> None:
    """The message with the button becomes first the progress and then the result."""
    waiting = talk.dialogue
    message_id = int((query.data or "").removeprefix("csv:"))
    if not isinstance(waiting, Confirming) or waiting.message_id != message_id or query.message is None:
        await talk.send(talk.say("stale"))
        return
    batch = Batch(waiting.file_name, query.message.message_id)
    if await resumed(talk, message_id, batch):
        await talk.remember(Over(seen=waiting.seen))
        return
    model = await talk.desk.models.get(waiting.model)
    rows = await _rows(waiting.file_id, None, model, talk)
    if rows is None:
        return
    if model.row_price != waiting.row_price:
        waiting = replace(waiting, row_price=model.row_price)
        await talk.remember(waiting)
        await talk.send(talk.say("price-changed"))
        await _ask(waiting, rows, model, talk)
        return
    await submit(talk, list(rows.rows), model=model, named=waiting.model, message_id=message_id, batch=batch)
    await talk.remember(Over(seen=waiting.seen))


async def _rows(file_id: str, size: int | None, model: Model, talk: Talk) -> CsvRows | None:
    """The file's rows, checked; None where it was said why there are none."""
    most = talk.desk.settings.max_file_bytes
    if (size or 0) > most:
        await talk.send(talk.say("csv-too-large", most=most))
        return None
    try:
        content = await _downloaded(file_id, talk)
        rows = await asyncio.to_thread(read_csv, content, model.facts.schema, most=talk.desk.limits.max_rows)
    except NotCsv as wrong:
        await talk.send(talk.say("csv-not-csv", reason=talk.say(wrong.message, **wrong.values)))
        return None
    except _Gone as error:
        log.warning("a file is not to be had: %s", error)
        await talk.send(talk.say("csv-gone"))
        return None
    if len(rows.errors) == len(rows.rows):
        raise NoValidRow(errors=tuple(rows.errors))
    return rows


async def _downloaded(file_id: str, talk: Talk) -> bytes:
    """Raises `_Gone` where Telegram has it no more, `Unavailable` where it may have it later."""
    content = io.BytesIO()
    try:
        await talk.bot.download(file_id, content)
    except TelegramBadRequest as error:
        raise _Gone from error
    except (ClientError, TimeoutError) as error:
        if isinstance(error, ClientResponseError) and error.status in (401, 403, 404, 410):
            raise _Gone from error
        raise Unavailable(f"Telegram's files: {error!r}") from error
    return content.getvalue()


async def _ask(waiting: Confirming, rows: CsvRows, model: Model, talk: Talk) -> None:
    say, count = talk.say, len(rows.rows)
    lines = [
        say(
            "csv-confirm",
            file=waiting.file_name,
            rows=count,
            model=model.ref.name,
            price=model.price(count),
            bad=len(rows.errors),
        )
    ]
    lines += [
        say("csv-bad-line", row=error.row + 1, reason=say.reason(error))
        for error in rows.errors[:MOST_MISTAKES_SHOWN]
    ]
    if len(rows.errors) > MOST_MISTAKES_SHOWN:
        lines.append(say("more-classes", count=len(rows.errors) - MOST_MISTAKES_SHOWN))
    yes = button(say.plain("button-confirm"), f"csv:{waiting.message_id}")
    no = button(say.plain("button-cancel"), f"stop:{waiting.message_id}:0")
    await talk.send("\n".join(lines), keyboard([yes, no]), to=waiting.message_id)
