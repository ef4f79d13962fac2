"""`augury up`: database, migrations, starter model, API, worker and queue in one process."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from dishka import AsyncContainer
from rich.console import Console
from rich.markup import escape

from augury.application.batches.ports import BatchStore
from augury.application.models.ports.models import Models, ModelStore
from augury.application.models.register_model import RegisterModel
from augury.application.operation.ports import ProcessRole
from augury.application.ports import Clock
from augury.application.predictions.sweep import Sweep
from augury.bootstrap.api import checks_of, end_listener, event_listener, http_settings, serve
from augury.bootstrap.config import ProcessSettings, is_set, read
from augury.bootstrap.container import requested_faults, up_container
from augury.bootstrap.container import telegram as telegram_provider
from augury.bootstrap.database import own_database
from augury.bootstrap.http.server import bound_socket
from augury.bootstrap.postgres.embedded import sole_owner
from augury.bootstrap.process import run
from augury.bootstrap.secret_keys import kept_secret
from augury.bootstrap.signals import stop_requested
from augury.bootstrap.starter import ensure_starter
from augury.bootstrap.topology import EVENTS, FINISHED
from augury.bootstrap.worker import consuming, keepers_of_models, sweeper, task_runner
from augury.concurrency.background import background
from augury.inbound.deliverer.deliverer import WebhookDeliverer
from augury.inbound.deliverer.settings import BasePath, DelivererSettings
from augury.inbound.events import EventListener
from augury.inbound.http.settings import HttpSettings
from augury.inbound.telegram.settings import TelegramSettings
from augury.inbound.worker.runner import WorkerSettings
from augury.outbound.catboost.inspector import InspectorSettings
from augury.outbound.catboost.predictor import CatBoostSettings
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.postgres.migrations import migrate
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.process_trainer import TrainerSettings
from augury.outbound.rabbitmq.publisher import RabbitSettings

GRACE = timedelta(seconds=1)
"""How long the work of the worker, the bot and the deliverer may go on after Ctrl-C. It is short, since a
person is waiting."""
ANYWHERE = ("127.0.0.1", "0.0.0.0", "::1", "::")  # noqa: S104  # to be printed, not to be listened on
BANNER = """
Augury is ready at [bold]{url}[/]
  Documentation   {url}/api/docs
  A prediction    curl -X POST "{url}/predictions/predict" -H "Content-Type: application/json" \\
                    -d '{{"data": {{"text": "Какой-то текст для предсказания"}}}}'
  Stop            Ctrl-C
"""
log = logging.getLogger(__name__)


def run_up(process: ProcessSettings) -> None:
    """Run until a signal. Raises `SettingError`, `DataFolderInUse`, `EmbeddedPostgresFailed`, …"""
    with ExitStack() as stack:
        stack.enter_context(sole_owner(process.data))
        listener = stack.enter_context(bound_socket(process.host, process.port))
        database = stack.enter_context(own_database(process))
        migrate(database.url, lock_timeout=database.lock_timeout)
        run(_up(process, database, listener))


async def _up(process: ProcessSettings, database: PostgresSettings, listener: socket.socket) -> None:
    stop = stop_requested()
    secret = None if is_set("AUGURY_SECRET_KEY") else kept_secret(process.data / "secret_key")
    rabbit = read(RabbitSettings) if is_set("AUGURY_RABBITMQ_URL") else None
    settings, telegram = read(WorkerSettings), read(TelegramSettings)
    http = http_settings(secret)
    bot = [telegram_provider()] if telegram.token else []
    container = up_container(
        *(process, database, settings, read(CatBoostSettings), read(InspectorSettings), *http),
        read(TrainerSettings),
        *(replace(read(DelivererSettings), grace=GRACE), BasePath(read(HttpSettings).base_path)),
        *([rabbit] if rabbit else []),
        *([telegram] if telegram.token else []),
        broker=rabbit is not None,
        overrides=(*bot, *requested_faults()),
    )
    try:
        await container.get(BatchStore)  # reports a wrong setting before anything is served
        models, store = await container.get(Models), await container.get(ModelStore)
        stock = await ensure_starter(models, store, await container.get(RegisterModel))
        for line in stock.losses:
            log.warning(line)
        async with AsyncExitStack() as stack:
            if rabbit:
                await stack.enter_async_context(event_listener(rabbit.urls, await end_listener(container)))
                await stack.enter_async_context(consuming(container, rabbit.urls, settings))
            else:
                await stack.enter_async_context(_consuming_in_process(container, settings))
            if telegram.token:
                await stack.enter_async_context(_bot(container, rabbit))
            await stack.enter_async_context(background((await container.get(WebhookDeliverer)).run()))
            _show_banner(process)
            await serve(
                container,
                listener,
                stop,
                await checks_of(container, broker=rabbit is not None),
                part=ProcessRole.UP,
            )
    finally:
        await container.close()


@asynccontextmanager
async def _bot(container: AsyncContainer, rabbit: RabbitSettings | None) -> AsyncIterator[None]:
    """Run the Telegram bot, which gets events about results in the same way as the API."""
    from augury.bootstrap.bot_serving import running  # loads aiogram
    from augury.inbound.telegram.deliverer import Deliverer

    deliverer = await container.get(Deliverer)
    async with AsyncExitStack() as stack:
        if rabbit:
            listener = EventListener(rabbit.urls, deliverer.tell, exchange=EVENTS, routing_key=FINISHED)
            await stack.enter_async_context(listener)
        else:
            events = await container.get(MemoryEvents)
            events.listen(deliverer.tell)
        await stack.enter_async_context(running(container, GRACE.total_seconds()))
        yield


def _show_banner(process: ProcessSettings) -> None:
    host = "localhost" if process.host in ANYWHERE else process.host
    url = f"http://[{host}]:{process.port}" if ":" in host else f"http://{host}:{process.port}"
    if process.log_format == "json":
        log.info("Augury is ready at %s", url)
    else:
        Console(stderr=True, highlight=False, soft_wrap=True).print(BANNER.format(url=escape(url)))


@asynccontextmanager
async def _consuming_in_process(container: AsyncContainer, settings: WorkerSettings) -> AsyncIterator[None]:
    """Hand the queue's tasks directly to the worker's code. Those left by an earlier run are queued first."""
    settings = replace(settings, grace=min(settings.grace, GRACE))
    queue, events = await container.get(MemoryPredictionQueue), await container.get(MemoryEvents)
    runner = await task_runner(container, settings)
    events.listen(await end_listener(container))
    queue.deliver_to(runner.handle, runner.handle_ticket)
    sweep, now = await container.get(Sweep), (await container.get(Clock)).now()
    while (await sweep(empty_since=now)).lost:  # one sweep repairs a limited number
        pass
    keepers = await keepers_of_models(container, settings)
    async with background(queue.run(), (await sweeper(container, settings)).run(), *keepers):
        yield
        await asyncio.gather(queue.stop(settings.grace), runner.stop())
