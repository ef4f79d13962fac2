"""Reads CSV files that wait for a confirmation: first for their price, later for their rows."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from augury.application.limits import Limits
from augury.application.ports import Json
from augury.domain.answer_form import ModelTask
from augury.domain.errors import DomainError
from augury.domain.model import Model, ModelNotFound
from augury.domain.request import NoValidRow, TooManyRows
from augury.inbound.tables.unreadable import Unreadable
from augury.inbound.telegram.csv_rows import CsvRows, CsvSurvey, read_csv, survey_csv
from augury.inbound.telegram.dialogue import WaitingFile
from augury.inbound.telegram.downloading import FileGone, downloaded
from augury.inbound.telegram.file_intake import FileSurvey
from augury.inbound.telegram.talk import Talk

MOST_RANKED_BYTES = 5_000_000
"""The largest file whose rows are ranked: that takes all rows at once."""
log = logging.getLogger(__name__)
Found = TypeVar("Found")


async def read_or_refused(
    waiting: WaitingFile, talk: Talk, read: Callable[[Path], Awaitable[Found]]
) -> Found | None:
    """The result of `read`. If the file is refused, tells the person why and returns None."""
    to = waiting.message_id
    try:
        async with downloaded(waiting.file_id, talk.bot) as path:
            return await read(path)
    except DomainError as refusal:
        await talk.send(talk.say.refusal(refusal), to=to)
    except Unreadable as wrong:
        await talk.send(talk.say("csv-not-csv", reason=talk.say.unreadable(wrong)), to=to)
    except FileGone as error:
        log.warning("Telegram does not give out a file: %r", error.__cause__)
        await talk.send(talk.say("csv-gone"), to=to)
    return None


async def is_useless(found: FileSurvey | CsvSurvey, waiting: WaitingFile, talk: Talk) -> bool:
    """Whether no row can be predicted. If so, tells the person."""
    if found.error_count < found.size:
        return False
    refusal = NoValidRow(errors=tuple(found.errors[:1]), error_count=found.error_count)
    await talk.send(talk.say.refusal(refusal), to=waiting.message_id)
    return True


async def surveyed(path: Path, *, model: Model, talk: Talk) -> FileSurvey:
    found = await asyncio.to_thread(_short, path, model, talk.desk.limits)
    if found is None:
        return await talk.desk.file_intake.survey(path, model)
    return FileSurvey.of(found, price=model.price(found.size, found.text_bytes))


def _short(path: Path, model: Model, limits: Limits) -> CsvSurvey | None:
    """The survey of a file that becomes a single prediction; None of one that becomes a batch. Small work is
    one prediction, because it is answered sooner. Rows that are ranked are one, because each rank depends on
    the others."""
    is_ranked = model.facts.task is ModelTask.RANKING
    most = limits.max_rows if is_ranked else min(limits.small_rows, limits.max_rows)
    if path.stat().st_size > (MOST_RANKED_BYTES if is_ranked else limits.small_bytes):
        return None
    try:
        return survey_csv(lambda: path.open("rb"), model.facts.schema, most=most, max_text=limits.max_text)
    except TooManyRows:
        return None


async def rows_of(path: Path, *, model: Model, talk: Talk) -> CsvRows:
    """Raises `Unreadable`, `TooManyRows`."""
    limits = talk.desk.limits
    return await asyncio.to_thread(
        read_csv, lambda: path.open("rb"), model.facts.schema, most=limits.max_rows, max_text=limits.max_text
    )


async def sheet_again(waiting: WaitingFile, talk: Talk) -> Json | None:
    """The file's format and other columns, for rows that were accepted before. None if the file or its model
    is gone: the results then lack them."""
    try:
        model = await talk.desk.models.get(waiting.model, user_id=talk.chat.user_id)
        async with downloaded(waiting.file_id, talk.bot) as path:
            return sheet_of(await rows_of(path, model=model, talk=talk))
    except (ModelNotFound, Unreadable, TooManyRows, FileGone) as error:
        log.info("results are sent without their file's other columns: %r", error)
        return None


def sheet_of(rows: CsvRows) -> Json:
    return Json(msgspec.json.encode(rows.sheet))
