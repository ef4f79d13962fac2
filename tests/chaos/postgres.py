"""A PostgreSQL that can be stopped in the middle of anything and started again on the same data."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg

from augury.bootstrap.postgres.server import PostgresServer
from tests.postgres_server import new_server
from tests.processes import free_port

TEMPLATE = "template_of_chaos"
MAX_CONNECTIONS = 60


class StoppablePostgres:
    """Listens on a TCP port, so that clients see its end as over a network."""

    def __init__(self, made: PostgresServer) -> None:
        self._folder = made.folder
        self._account = made.account
        self._pg_ctl = made.programs / "pg_ctl"
        self._port = free_port()
        self._log = self._folder / "chaos.log"

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@127.0.0.1:{self._port}/{database}"

    def start(self) -> None:
        """Start it unless it runs, and wait until it has recovered."""
        if self._run("status").returncode == 0:
            return
        options = (
            f"-h 127.0.0.1 -p {self._port} -k {self._folder} -c max_connections={MAX_CONNECTIONS}"
            " -c superuser_reserved_connections=0"
        )
        started = self._run("start", "-w", "-t", "60", "-l", str(self._log), "-o", options)
        assert started.returncode == 0, self._log.read_text(errors="replace")[-3000:]

    def stop(self) -> None:
        """Stop it as in a crash, without a checkpoint."""
        self._run("stop", "-w", "-m", "immediate")

    def forget_settings(self) -> None:
        """Undo every `ALTER SYSTEM`, while it is stopped."""
        (self._folder / "postgresql.auto.conf").write_text("")

    async def execute(self, *statements: str, database: str = "postgres") -> None:
        connection = await asyncpg.connect(self.url(database))
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def fetch(self, database: str, statement: str, *values: object) -> list[Any]:
        connection = await asyncpg.connect(self.url(database))
        try:
            rows: list[Any] = await connection.fetch(statement, *values)
            return rows
        finally:
            await connection.close()

    def _run(self, command: str, *options: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self._pg_ctl, command, "-D", self._folder, *options],
            user=self._account.uid if self._account else None,
            group=self._account.gid if self._account else None,
            extra_groups=[] if self._account else None,
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )


@contextmanager
def stoppable_postgres() -> Iterator[StoppablePostgres]:
    """A server that exists while the block runs."""
    made = new_server()
    server = StoppablePostgres(made)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(made.folder.parent, ignore_errors=True)
