from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres_server import database_url
from tests.processes import Process, Service
from tests.telegram.server import TOKEN, TelegramServer

__all__ = ["database_url"]


class BotService(Service):
    """API, workers and the bot."""

    def bot(self) -> Process:
        return self._start("bot")


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def service(
    database_url: str, rabbitmq_url: str, tmp_path: Path, telegram: TelegramServer
) -> Iterator[BotService]:
    """A service whose bot talks to `telegram`; nothing runs yet."""
    settings: dict[str, object] = {
        "telegram_token": TOKEN,
        "telegram_api_url": telegram.url,
        "telegram_poll_timeout": 2,
        "telegram_request_timeout": 5,
    }
    with BotService(database_url, rabbitmq_url, tmp_path, settings) as running:
        yield running
