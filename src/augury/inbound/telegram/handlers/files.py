"""CSV files: each is checked, priced, confirmed with a button and answered with a file. A short one is a
single prediction, a longer one a batch."""

from dataclasses import replace
from functools import partial
from pathlib import PurePath
from uuid import UUID

from aiogram import F, Router
from aiogram.types import CallbackQuery, Message
from msgspec import structs

from augury.application.chats.ports.results import BatchReply
from augury.domain.identifiers import BatchId
from augury.domain.model import Model
from augury.inbound.tables.encoding import NAMES
from augury.inbound.telegram.batch_deliverer import CANCELS_BATCH
from augury.inbound.telegram.dialogue import WaitingFile, with_file, without_file
from augury.inbound.telegram.file_intake import FileSurvey
from augury.inbound.telegram.keyboards import button, keyboard
from augury.inbound.telegram.lanes import CONFIRMS_FILE
from augury.inbound.telegram.submitting import ShortFile, key_name, resumed, submit, was_accepted
from augury.inbound.telegram.talk import Talk
from augury.inbound.telegram.waiting_files import (
    is_useless,
    read_or_refused,
    rows_of,
    sheet_again,
    sheet_of,
    surveyed,
)

MOST_MISTAKES_SHOWN = 5
MOST_NAME_CHARACTERS = 100
ENDINGS = (".csv", ".tsv", ".txt")


def files_router() -> Router:
    router = Router(name="files")
    router.message(F.document)(read_document)
    router.callback_query(F.data.startswith(CONFIRMS_FILE))(confirm)
    router.callback_query(F.data.startswith(CANCELS_BATCH))(cancel)
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
        file_name=_cut(name),
        model=str(model.ref),
        row_price=model.row_price,
        text_price=model.text_price,
    )
    most = talk.desk.settings.max_file_bytes
    if (document.file_size or 0) > most:
        await talk.send(talk.say("csv-too-large", most=most), to=message_id)
        return
    await _check_and_ask(waiting, model, talk)


async def confirm(query: CallbackQuery, talk: Talk) -> None:
    """Submit the file. The message with the button then shows the progress, and later the result."""
    message_id = int((query.data or "").removeprefix(CONFIRMS_FILE))
    waiting = talk.waiting_file(message_id)
    if waiting is None or query.message is None:
        await talk.send(talk.say("stale"))
    elif waiting.price is None:
        await _predict(waiting, ShortFile(waiting.file_name, query.message.message_id), talk)
    else:
        await _accept(waiting, waiting.price, query.message.message_id, talk)


async def cancel(query: CallbackQuery, talk: Talk) -> None:
    """Cancel the parts of a batch that no worker has started. Its message then shows the result."""
    batch_id = BatchId(UUID((query.data or "").removeprefix(CANCELS_BATCH)))
    await talk.desk.cancel_batch(user_id=talk.chat.user_id, batch_id=batch_id)
    talk.desk.batch_deliverer.ring()


async def _predict(waiting: WaitingFile, file: ShortFile, talk: Talk) -> None:
    """Submit a short file as one prediction."""
    message_id = waiting.message_id
    if await was_accepted(talk, message_id):
        await resumed(talk, message_id, replace(file, sheet=await sheet_again(waiting, talk)))
        await talk.remember_all(without_file(talk.known, message_id))
        return
    model = await _priced_as_told(waiting, talk)
    if model is None:
        return
    rows = await read_or_refused(waiting, talk, partial(rows_of, model=model, talk=talk))
    if rows is None or await is_useless(rows.survey, waiting, talk):
        return
    file = replace(file, sheet=sheet_of(rows))
    await submit(talk, list(rows.rows), model=model, named=waiting.model, message_id=message_id, file=file)
    await talk.remember_all(without_file(talk.known, message_id))


async def _accept(waiting: WaitingFile, price: int, placeholder_id: int, talk: Talk) -> None:
    """Accept a longer file as a batch, once for its message, whatever happens meanwhile."""
    desk, user_id, key = talk.desk, talk.chat.user_id, f"{key_name(talk, waiting.message_id)}:file"
    known = await desk.find_accepted(user_id=user_id, key=key)
    if known is None:
        if await _priced_as_told(waiting, talk) is None:
            return
        accept = partial(
            desk.file_intake.accept, user_id=user_id, model=waiting.model, max_price=price, key=key
        )
        accepted = await read_or_refused(waiting, talk, accept)
        if accepted is None:
            return
    else:
        accepted = BatchId(known)
    await desk.batch_replies.expect(
        BatchReply(
            chat_id=talk.chat.id,
            message_id=waiting.message_id,
            batch_id=accepted,
            placeholder_id=placeholder_id,
            file_name=waiting.file_name,
            thread_id=talk.thread_id,
        )
    )
    await talk.remember_all(without_file(talk.known, waiting.message_id))
    desk.batch_deliverer.ring()


async def _priced_as_told(waiting: WaitingFile, talk: Talk) -> Model | None:
    """The model. None if its price has changed: then the person is told the new price and asked again."""
    model = await talk.desk.models.get(waiting.model, user_id=talk.chat.user_id)
    if waiting.is_priced_as(model):
        return model
    await talk.send(talk.say("price-changed"))
    await _check_and_ask(waiting, model, talk)
    return None


async def _check_and_ask(waiting: WaitingFile, model: Model, talk: Talk) -> None:
    """Check a file and ask for a confirmation of its price. Remembers what the person was told."""
    found = await read_or_refused(waiting, talk, partial(surveyed, model=model, talk=talk))
    if found is None or await is_useless(found, waiting, talk):
        return
    price = found.price if found.is_batch else None
    told = structs.replace(waiting, row_price=model.row_price, text_price=model.text_price, price=price)
    await talk.remember_all(with_file(talk.known, told))
    await _ask(told, found, model, talk)


async def _ask(waiting: WaitingFile, found: FileSurvey, model: Model, talk: Talk) -> None:
    say = talk.say
    lines = [
        say(
            "csv-confirm",
            file=waiting.file_name,
            rows=found.size,
            model=model.ref.name,
            price=found.price,
            bad=found.error_count,
        )
    ]
    if found.checked < found.size:
        lines.append(say("csv-checked", checked=found.checked))
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


def _cut(name: str) -> str:
    """The name of a file, cut before its ending: the names of the results are made from what is before it."""
    ending = PurePath(name).suffix
    return name if len(name) <= MOST_NAME_CHARACTERS else name[: MOST_NAME_CHARACTERS - len(ending)] + ending
