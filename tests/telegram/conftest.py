import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TypeVar

import pytest
from asyncpg import Pool

from augury.application.limits import Limits
from augury.application.money.top_up import TopUp
from augury.domain.identifiers import UserId
from augury.domain.model import ModelRef
from augury.outbound.catboost.metadata import OwnFacts
from augury.outbound.model_store import FolderModelStore
from augury.outbound.postgres.books import PostgresOpenBooks
from augury.outbound.postgres.ledger import PostgresLedger
from augury.outbound.postgres.models import PostgresModels
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.reads import Reads
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.postgres.users import PostgresUsers
from tests.catboost_models import CITIES, binary_model, many_classes_model, registered
from tests.postgres_server import database_url
from tests.processes import Process, Service
from tests.telegram.server import TOKEN, TelegramServer

__all__ = ["database_url"]

Answer = TypeVar("Answer")


@cache
def trained() -> dict[str, Path]:
    """The models of this run, as files: `tone` takes a text and answers negative, neutral or positive,
    `mixed` takes a number, a category and a text and answers 0 or 1."""
    folder = Path(tempfile.mkdtemp(prefix="augury-models-"))
    return {
        "tone": many_classes_model(folder / "tone.cbm"),
        "mixed": binary_model(folder / "mixed.cbm", OwnFacts(categories={"city": CITIES})),
    }


class BotService(Service):
    """API, workers and the bot. Operators' actions run in this process, which is faster than a command."""

    def bot(self) -> Process:
        return self._start("bot")

    def has(self, name: str, *, price: int = 1) -> None:
        """Offer one of the trained models."""

        async def offer(pool: Pool) -> None:
            model = await registered(trained()[name], FolderModelStore(self.folder / "models"))
            await PostgresModels(pool).add(replace(model, ref=ModelRef(name, 1), row_price=price))

        self.with_pool(offer)

    def top_up(self, user_id: UserId, amount: int) -> None:
        async def credit(pool: Pool) -> None:
            await TopUp(users=PostgresUsers(pool, Reads(pool)), books=PostgresOpenBooks(pool))(
                user_id=user_id, amount=amount
            )

        self.with_pool(credit)

    def deviations(self) -> list[str]:
        """The deviations of the recomputed books."""

        async def verify(pool: Pool) -> list[str]:
            return [str(each) for each in (await PostgresLedger(pool, Limits()).verify()).deviations]

        return self.with_pool(verify)

    def with_pool(self, work: Callable[[Pool], Awaitable[Answer]]) -> Answer:
        async def run() -> Answer:
            async with open_pool(PostgresSettings(url=self.database_url)) as pool:
                return await work(pool)

        return asyncio.run(run())


@pytest.fixture
def telegram() -> Iterator[TelegramServer]:
    with TelegramServer() as server:
        yield server


@pytest.fixture
def service(
    database_url: str, rabbitmq_url: str, tmp_path: Path, telegram: TelegramServer
) -> Iterator[BotService]:
    """A service whose bot uses `telegram`. No process runs yet."""
    settings: dict[str, object] = {
        "telegram_token": TOKEN,
        "telegram_api_url": telegram.url,
        "telegram_poll_timeout": 2,
        "telegram_request_timeout": 5,
    }
    with BotService(database_url, rabbitmq_url, tmp_path, settings) as running:
        yield running
