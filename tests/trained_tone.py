"""The starter model, trained once in a run of all tests, for services that need a real model.

Training takes ten seconds of CPU time. `augury model train` does it for the first test, as an operator would.
The others get a copy of its rows and of its file.
"""

import asyncio
import fcntl
import os
import shutil
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import asyncpg
import pytest

from tests.postgres_server import fresh_database
from tests.processes import Service


@dataclass(frozen=True, slots=True)
class TrainedTone:
    folder: Path
    """Has the folder of models, and a file for each table of the database with what was put there."""

    @property
    def file(self) -> Path:
        [file] = (self.folder / "models").glob("*.cbm")
        return file

    def offer(self, service: Service) -> None:
        """Put the model where the service looks for it. The service's database must be migrated."""
        shutil.copytree(self.folder / "models", service.folder / "models", dirs_exist_ok=True)
        asyncio.run(self._restore(service.database_url))

    async def train(self) -> None:
        async with fresh_database() as url:
            with Service(url, "amqp://nowhere", self.folder) as service:
                await asyncio.to_thread(service.augury, "model", "train")
            await self._save(url)

    async def _save(self, url: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            for table in await _tables(connection):
                if await connection.fetchval(f'SELECT EXISTS (SELECT FROM "{table}")'):
                    await connection.copy_from_table(table, output=self.folder / f"{table}.rows")
        finally:
            await connection.close()

    async def _restore(self, url: str) -> None:
        connection = await asyncpg.connect(url)
        try:
            for file in self.folder.glob("*.rows"):
                await connection.copy_to_table(file.stem, source=BytesIO(file.read_bytes()))
        finally:
            await connection.close()


async def _tables(connection: "asyncpg.Connection[asyncpg.Record]") -> list[str]:
    """The tables that are empty in a migrated database."""
    found = await connection.fetch(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
    )
    return [each["tablename"] for each in found]


@pytest.fixture(scope="session")
def tone(tmp_path_factory: pytest.TempPathFactory) -> TrainedTone:
    """All workers of a run share it: the first that needs it trains it, and the others wait."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "tone"
    folder.mkdir(exist_ok=True)
    made = TrainedTone(folder)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "is-trained").exists():
            asyncio.run(made.train())
            (folder / "is-trained").touch()
    return made
