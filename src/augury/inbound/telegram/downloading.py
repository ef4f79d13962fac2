"""Downloads files from Telegram into the temporary folder."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiohttp import ClientError, ClientResponseError

from augury.application.ports import Unavailable
from augury.concurrency.held_folder import HeldFolder

RECEIVING = 300
"""Seconds that the download of one file may take."""


class FileGone(Exception):
    """Telegram permanently refuses to give out this file."""


@asynccontextmanager
async def downloaded(file_id: str, bot: Bot) -> AsyncIterator[Path]:
    """The file on a disk, while the block runs.

    Raises `FileGone` if Telegram no longer has the file, `Unavailable` if another attempt may succeed.
    """
    with HeldFolder("augury-download-") as folder:
        path = folder.path / "file"
        await _download(file_id, path, bot)
        yield path


async def _download(file_id: str, path: Path, bot: Bot) -> None:
    try:
        await bot.download(file_id, path, timeout=RECEIVING)
    except TelegramBadRequest as error:
        raise FileGone from error
    except (ClientError, TimeoutError) as error:
        if isinstance(error, ClientResponseError) and error.status in (401, 403, 404, 410):
            raise FileGone from error
        raise Unavailable(f"Telegram's files: {error!r}") from error
