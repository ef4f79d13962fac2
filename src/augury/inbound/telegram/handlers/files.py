"""CSV files: each is a batch that is checked, priced, confirmed with a button and answered with a file."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol, TypeVar

import msgspec
from aiogram import F, Router
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import CallbackQuery, Message
from aiohttp import ClientError, ClientResponseError
from msgspec import structs

from augury.application.ports import Json, Unavailable
from augury.domain.model import Model, ModelNotFound
from augury.domain.model_facts import InputSchema
from augury.domain.prediction import NoValidRow, TooManyRows
from augury.inbound.tables.encoding import NAMES, Source
from augury.inbound.tables.unreadable import Unreadable
from augury.inbound.telegram.csv_rows import CsvRows, CsvSurvey, read_csv, survey_csv
from augury.inbound.telegram.dialogue import WaitingFile, with_file, without_file
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.lanes import CONFIRMS_FILE
from augury.inbound.telegram.submitting import Batch, resumed, submit, was_accepted
from augury.inbound.telegram.talk import Talk

MOST_MISTAKES_SHOWN = 5
MOST_NAME_CHARACTERS = 100
log = logging.getLogger(__name__)
ENDINGS = (".csv", ".tsv", ".txt")


Found = TypeVar("Found", covariant=True)


class Reading(Protocol[Found]):
    """`survey_csv` or `read_csv`."""

    def __call__(self, source: Source, schema: InputSchema, *, most: int, max_text: int) -> Found: ...


class _Gone(Exception):
    """Telegram permanently refuses to give out this file."""


def files_router() -> Router:
    router = Router(name="files")
    router.message(F.document)(read_document)
    router.callback_query(F.data.startswith(CONFIRMS_FILE))(confirm)
    return router


async def read_document(message: Message, talk: Talk) -> None:
    """Check a file and ask for a confirmation of its price; each file of an album is asked for separately."""
    document, message_id = message.document, message.message_id
    assert document is not None
    if message_id <= talk.known.files_seen and talk.waiting_file(message_id) is None:
        return  # handled again: it was confirmed or canceled before
    name = document.file_name or "rows.csv"
    if not name.lower().endswith(ENDINGS):
        await talk.send(talk.say("csv-only"), to=message_id)
        return
    model = await talk.desk.model_of(talk.chat)
    waiting = WaitingFile(
        message_id=message_id,
        file_id=document.file_id,
        file_name=name[:MOST_NAME_CHARACTERS],
        model=str(model.ref),
        row_price=model.row_price,
        text_price=model.text_price,
    )
    most = talk.desk.settings.max_file_bytes
    if (document.file_size or 0) > most:
        await talk.send(talk.say("csv-too-large", most=most), to=message_id)
        return
    found = await _read_or_refused(waiting, model, talk, survey_csv)
    if found is None or await _is_useless(found, waiting, talk):
        return
    await talk.remember_all(with_file(talk.known, waiting))
    await _ask(waiting, found, model, talk)


async def confirm(query: CallbackQuery, talk: Talk) -> None:
    """Submit the file. The message with the button then shows the progress, and later the result."""
    message_id = int((query.data or "").removeprefix(CONFIRMS_FILE))
    waiting = talk.waiting_file(message_id)
    if waiting is None or query.message is None:
        await talk.send(talk.say("stale"))
        return
    batch = Batch(waiting.file_name, query.message.message_id)
    if await was_accepted(talk, message_id):
        await resumed(talk, message_id, replace(batch, sheet=await _sheet_again(waiting, talk)))
        await talk.remember_all(without_file(talk.known, message_id))
        return
    model = await talk.desk.models.get(waiting.model, user_id=talk.chat.user_id)
    rows = await _read_or_refused(waiting, model, talk, read_csv)
    if rows is None or await _is_useless(rows.survey, waiting, talk):
        return
    if not waiting.is_priced_as(model):
        waiting = structs.replace(waiting, row_price=model.row_price, text_price=model.text_price)
        await talk.remember_all(with_file(talk.known, waiting))
        await talk.send(talk.say("price-changed"))
        await _ask(waiting, rows.survey, model, talk)
        return
    batch = replace(batch, sheet=_stored(rows))
    await submit(talk, list(rows.rows), model=model, named=waiting.model, message_id=message_id, batch=batch)
    await talk.remember_all(without_file(talk.known, message_id))


async def _read_or_refused(
    waiting: WaitingFile, model: Model, talk: Talk, read: Reading[Found]
) -> Found | None:
    """The result of `read`. If the file cannot be read, tells the person why and returns None."""
    to = waiting.message_id
    try:
        return await _read(waiting, model, talk, read)
    except TooManyRows as refusal:
        await talk.send(talk.say.refusal(refusal), to=to)
    except Unreadable as wrong:
        await talk.send(talk.say("csv-not-csv", reason=talk.say.unreadable(wrong)), to=to)
    except _Gone as error:
        log.warning("Telegram does not give out a file: %s", error)
        await talk.send(talk.say("csv-gone"), to=to)
    return None


async def _is_useless(found: CsvSurvey, waiting: WaitingFile, talk: Talk) -> bool:
    """Whether no row can be predicted. If so, tells the person."""
    if found.error_count < found.size:
        return False
    refusal = NoValidRow(errors=tuple(found.errors[:1]), error_count=found.error_count)
    await talk.send(talk.say.refusal(refusal), to=waiting.message_id)
    return True


async def _read(waiting: WaitingFile, model: Model, talk: Talk, read: Reading[Found]) -> Found:
    """Read the file from a disk, as a stream. Raises `Unreadable`, `TooManyRows`, `_Gone`."""
    with TemporaryDirectory(prefix="augury-") as folder:
        path = Path(folder) / "file"
        await _download(waiting.file_id, path, talk)
        limits = talk.desk.limits
        return await asyncio.to_thread(
            read,
            lambda: path.open("rb"),
            model.facts.schema,
            most=limits.max_rows,
            max_text=limits.max_text,
        )


async def _sheet_again(waiting: WaitingFile, talk: Talk) -> Json | None:
    """The file's format and other columns, for rows that were accepted before. None if the file or its model
    is gone: then the results do without them."""
    try:
        return _stored(
            await _read(
                waiting, await talk.desk.models.get(waiting.model, user_id=talk.chat.user_id), talk, read_csv
            )
        )
    except (ModelNotFound, Unreadable, TooManyRows, _Gone) as error:
        log.info("results are sent without their file's other columns: %r", error)
        return None


def _stored(rows: CsvRows) -> Json:
    return Json(msgspec.json.encode(rows.sheet))


async def _download(file_id: str, path: Path, talk: Talk) -> None:
    """Raises `_Gone` if Telegram no longer has the file, `Unavailable` if another attempt may succeed."""
    try:
        await talk.bot.download(file_id, path)
    except TelegramBadRequest as error:
        raise _Gone from error
    except (ClientError, TimeoutError) as error:
        if isinstance(error, ClientResponseError) and error.status in (401, 403, 404, 410):
            raise _Gone from error
        raise Unavailable(f"Telegram's files: {error!r}") from error


async def _ask(waiting: WaitingFile, found: CsvSurvey, model: Model, talk: Talk) -> None:
    say = talk.say
    lines = [
        say(
            "csv-confirm",
            file=waiting.file_name,
            rows=found.size,
            model=model.ref.name,
            price=model.price(found.size, found.text_bytes),
            bad=found.error_count,
        )
    ]
    if found.encoding in NAMES:
        lines.append(say("csv-encoding", encoding=NAMES[found.encoding]))
    lines += [
        say("csv-bad-line", row=error.row + 1, reason=say.reason(error))
        for error in found.errors[:MOST_MISTAKES_SHOWN]
    ]
    if found.error_count > MOST_MISTAKES_SHOWN:
        lines.append(say("more-classes", count=found.error_count - MOST_MISTAKES_SHOWN))
    yes = button(say.plain("button-confirm"), f"{CONFIRMS_FILE}{waiting.message_id}")
    no = button(say.plain("button-cancel"), f"stop:{waiting.message_id}:0")
    await talk.send("\n".join(lines), keyboard([yes, no]), to=waiting.message_id)
