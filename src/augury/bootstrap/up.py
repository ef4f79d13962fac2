"""`augury up`: database, migrations, starter model, API, worker and queue in one process."""

import asyncio
import os
import socket
import sys
from contextlib import ExitStack
from dataclasses import replace

from asyncpg import Pool
from dishka import AsyncContainer
from rich.console import Console
from rich.progress import Progress

from augury.application.limits import Limits
from augury.application.ports import Models, Upkeep
from augury.application.register_model import RegisterModel
from augury.application.run_batch import RunBatch
from augury.application.sweep import Sweep
from augury.application.wait_for_prediction import WaitForPrediction
from augury.bootstrap.api import http_settings, serve
from augury.bootstrap.background import background
from augury.bootstrap.config import ProcessSettings, read
from augury.bootstrap.container import up_container
from augury.bootstrap.database import own_database
from augury.bootstrap.embedded_postgres import sole_owner
from augury.bootstrap.http_server import bound_socket
from augury.bootstrap.process import run
from augury.bootstrap.secret_keys import kept_secret
from augury.bootstrap.signals import stop_requested
from augury.bootstrap.starter import NAME, train_starter
from augury.inbound.worker.runner import TaskRunner, WorkerSettings
from augury.inbound.worker.sweeper import Sweeper
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.postgres.migrations import migrate
from augury.outbound.postgres.pool import PostgresSettings, ping

BANNER = """
Augury is ready at [bold]{url}[/]
  Documentation   {url}/api/docs
  A prediction    curl -X POST "{url}/predictions/predict" -H "Content-Type: application/json" \\
                    -d '{{"data": {{"text": "Какой-то текст для предсказания"}}}}'
  Stop            Ctrl-C
"""


def run_up(process: ProcessSettings) -> None:
    """Run until a signal; raises `SettingError`, `DataFolderInUse`, `EmbeddedPostgresFailed`, …"""
    with ExitStack() as stack:
        stack.enter_context(sole_owner(process.data))
        listener = stack.enter_context(bound_socket(process.host, process.port))
        database = stack.enter_context(own_database(process))
        migrate(database.url)
        run(_up(process, database, listener))


async def _up(process: ProcessSettings, database: PostgresSettings, listener: socket.socket) -> None:
    stop = stop_requested()
    secret = None if is_set("AUGURY_SECRET_KEY") else kept_secret(process.data / "secret_key")
    rabbit = read(RabbitSettings) if is_set("AUGURY_RABBITMQ_URL") else None
    container = up_container(
        process, database, read(WorkerSettings), *http_settings(secret), *filter(None, [rabbit])
    )
    try:
        await _train_if_needed(container)
        if rabbit:
            waiting = await container.get(WaitForPrediction)
            async with EventListener(rabbit.url, waiting.tell), consuming(container, rabbit):
                await _serve(container, process, stop, listener)
        else:
            async with _consuming_in_process(container):
                await _serve(container, process, stop, listener)
    finally:
        await container.close()


async def _serve(
    container: AsyncContainer, process: ProcessSettings, stop: asyncio.Event, listener: socket.socket
) -> None:
    host = "localhost" if process.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else process.host  # noqa: S104
    Console(stderr=True, highlight=False).print(BANNER.format(url=f"http://{host}:{process.port}"))
    await serve(container, listener, stop)


async def _train_if_needed(container: AsyncContainer) -> None:
    if await (await container.get(Models)).all():
        return
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task(f"training the starter model, {NAME}", total=None)
        await train_starter(
            await container.get(RegisterModel),
            row_price=1,
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )


@asynccontextmanager
async def _consuming_in_process(container: AsyncContainer) -> AsyncIterator[None]:
    """Hand the queue's tasks straight to the worker's code; what an earlier run left is queued first."""
    queue, events = await container.get(MemoryPredictionQueue), await container.get(MemoryEvents)
    events.listen((await container.get(WaitForPrediction)).tell_ended)
    async with working(container) as runner:
        queue.deliver_to(runner.handle)
        await (await container.get(Sweep))(early=True)
        async with background(queue.run()):
            yield
            await queue.stop()
