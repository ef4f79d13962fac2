"""`augury api`: serves HTTP over the books and RabbitMQ."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from asyncpg import Pool
from dishka import AsyncContainer
from litestar import Litestar

from augury.application.batches.follow_batch import FollowBatch
from augury.application.batches.ports import BatchStore
from augury.application.limits import Limits
from augury.application.models.follow_training import FollowTraining
from augury.application.models.follow_upload import FollowUpload
from augury.application.operation.check_books import CheckBooks
from augury.application.operation.keep_figures import KeepFigures
from augury.application.operation.ports import ProcessRole
from augury.application.people.guest_keys import GuestKeys
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.follow_prediction import FollowPrediction
from augury.application.predictions.follow_predictions import FollowPredictions
from augury.application.predictions.places import Places
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.application.webhooks.settings import WebhookSettings
from augury.bootstrap.agents import agents_app
from augury.bootstrap.config import ProcessSettings, read
from augury.bootstrap.container import api_container, requested_faults
from augury.bootstrap.http.server import HttpServer, bound_socket, connections_possible
from augury.bootstrap.pages import pages_of
from augury.bootstrap.process import give_large_blocks_back, spare_the_collector
from augury.bootstrap.secret_keys import derived, webhook_secrets
from augury.bootstrap.signals import stop_requested
from augury.bootstrap.topology import EVENTS, FINISHED
from augury.concurrency.background import background
from augury.domain.webhook_signature import WebhookSecrets
from augury.inbound.events import EventListener
from augury.inbound.http.app import create_app
from augury.inbound.http.edge.connections import Connections, ConnectionSettings
from augury.inbound.http.edge.metrics import Metrics
from augury.inbound.http.operation.health import Checks
from augury.inbound.http.settings import HttpSettings
from augury.inbound.mcp.settings import McpSettings
from augury.inbound.tables.elsewhere.table_process import TableProcess
from augury.inbound.tables.elsewhere.workplace import Workplace
from augury.inbound.web.settings import WebSettings
from augury.outbound.jwt_tokens import JwtSettings
from augury.outbound.postgres.pool import ping
from augury.outbound.postgres.schema_version import check_schema
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.rabbitmq.publisher import RabbitPublisher, RabbitSettings


async def run_api(process: ProcessSettings) -> None:
    """Serve until a signal. Raises `SettingError`, `Unavailable`, `SchemaMismatch` at start-up."""
    give_large_blocks_back()
    stop = stop_requested()
    rabbit = read(RabbitSettings)
    container = api_container(
        *(process, read(PostgresSettings), rabbit, *http_settings()), overrides=requested_faults()
    )
    tables = TableProcess(most=2 * (await container.get(HttpSettings)).max_batch_uploads)
    with bound_socket(process.host, process.port) as listener:
        try:
            await check_schema(await container.get(Pool))
            await container.get(BatchStore)  # reports a wrong setting before anything is served
            async with event_listener(rabbit.urls, await end_listener(container)):
                await serve(container, listener, stop, await checks_of(container), tables=tables)
        finally:
            await tables.close()
            await container.close()


def http_settings(
    secret: str | None = None,
) -> tuple[
    HttpSettings,
    WebSettings,
    ConnectionSettings,
    GuestKeys,
    JwtSettings,
    Limits,
    WebhookSecrets,
    WebhookSettings,
]:
    """The settings of the API. A given `secret` replaces `AUGURY_SECRET_KEY`."""
    secret = read(JwtSettings).secret if secret is None else secret
    webhooks = read(WebhookSettings)
    return (
        read(HttpSettings),
        read(WebSettings),
        read(ConnectionSettings),
        GuestKeys(derived(secret, "guests")),
        read(JwtSettings, secret=derived(secret, "access tokens")),
        read(Limits),
        webhook_secrets(webhooks.key or secret),
        webhooks,
    )


async def end_listener(container: AsyncContainer) -> Callable[[Sequence[Ended]], None]:
    """A function that wakes the requests and event streams that wait for the given predictions."""
    told = await container.get(WaitForPrediction), *await stream_use_cases(container)

    def tell(ended: Sequence[Ended]) -> None:
        for each in told:
            each.tell(ended)

    return tell


async def stream_use_cases(container: AsyncContainer) -> tuple[FollowPrediction, FollowPredictions]:
    """The use cases of event streams, which learn of finished predictions."""
    return await container.get(FollowPrediction), await container.get(FollowPredictions)


def event_listener(urls: Sequence[str], tell: Callable[[Sequence[Ended]], None]) -> EventListener:
    """A listener for events from the workers."""
    return EventListener(urls, tell, exchange=EVENTS, routing_key=FINISHED)


async def serve(
    container: AsyncContainer,
    listener: socket.socket,
    stop: asyncio.Event,
    checks: Checks,
    *,
    part: ProcessRole = ProcessRole.API,
    tables: Workplace | None = None,
) -> None:
    """Serve the API on `listener` until `stop`. Then answer the requests that wait for a prediction, and end
    the event streams. Files of batches are read and written at `tables`; None: in threads of this process."""
    waiting, backlog = await container.get(WaitForPrediction), await container.get(Backlog)
    places = await container.get(Places)
    unheard = await container.get(FollowBatch), await container.get(FollowUpload)
    trainings = await container.get(FollowTraining)
    followed = *await stream_use_cases(container), *unheard, trainings

    def before_stop() -> None:
        for each in (waiting, *followed):
            each.stop()

    settings = await container.get(HttpSettings)
    pages = pages_of(container, settings, await container.get(WebSettings), lambda: app.state)
    # People who run everything at once look at the pages next. Elsewhere the first visitor loads them.
    opening = [pages.open()] if pages and part is ProcessRole.UP else []
    app: Litestar = create_app(
        container=container,
        settings=settings,
        asyncapi=_asyncapi,
        checks=checks,
        pages=pages,
        agents=agents_app(container, settings, read(McpSettings)),
        tables=tables,
    )
    limits = await container.get(ConnectionSettings)
    metrics: Metrics = app.state.metrics
    limited = Connections(
        replace(limits, max_connections=connections_possible(limits.max_connections)),
        patience=settings.read_patience,
        trusted=settings.trusted_proxies,
        refused=metrics.limited,
    )
    metrics.show_connections(lambda: limited.open)
    spare_the_collector()
    keep_figures, check_books = await container.get(KeepFigures), await container.get(CheckBooks)
    async with background(
        *(each.look() for each in (waiting, *followed)),
        places.watch(),
        backlog.watch(),
        keep_figures.run(part),
        check_books.until_canceled(),
        *opening,
    ):
        server = HttpServer(app, before_stop=before_stop, keep_alive=settings.keep_alive, limited=limited)
        await server.run_until(stop, listener)


@cache
def _asyncapi() -> dict[str, Any]:
    """The document of the broker's messages, made when somebody asks for it: that loads FastStream."""
    from augury.bootstrap.asyncapi import asyncapi_document

    return asyncapi_document()


async def checks_of(container: AsyncContainer, *, broker: bool = True) -> Checks:
    """The checks of readiness: one for each dependency, by name."""
    pool = await container.get(Pool)
    checks: dict[str, Callable[[], Awaitable[None]]] = {"database": lambda: ping(pool)}
    if broker:
        checks["broker"] = (await container.get(RabbitPublisher)).ping
    if (await container.get(ProcessSettings)).store_url is not None:
        checks["store"] = (await container.get(BatchStore)).ping
    return checks
