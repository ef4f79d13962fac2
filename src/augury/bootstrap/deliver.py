"""`augury deliver`: sends webhooks.

It needs only PostgreSQL, so busy workers and an unavailable broker do not delay deliveries. Slow receivers
delay nothing else.
"""

import logging

from asyncpg import Pool
from prometheus_client import CollectorRegistry

from augury.application.limits import Limits
from augury.application.webhooks.settings import WebhookSettings
from augury.bootstrap.config import ProcessSettings, read
from augury.bootstrap.container import deliverer_container
from augury.bootstrap.health import health_page
from augury.bootstrap.process import spare_the_collector
from augury.bootstrap.secret_keys import webhook_secrets
from augury.bootstrap.signals import stop_requested
from augury.concurrency.background import background
from augury.inbound.deliverer.deliverer import WebhookDeliverer
from augury.inbound.deliverer.settings import BasePath, DelivererSettings
from augury.inbound.http.settings import HttpSettings
from augury.outbound.jwt_tokens import JwtSettings
from augury.outbound.postgres.schema_version import check_schema
from augury.outbound.postgres.settings import PostgresSettings

log = logging.getLogger(__name__)


async def run_deliverer(process: ProcessSettings) -> None:
    """Send until a signal. Raises `SettingError`, `Unavailable`, `SchemaMismatch` at start-up."""
    stop, webhooks = stop_requested(), read(WebhookSettings)
    container = deliverer_container(
        *(process, read(PostgresSettings), read(Limits), webhooks, read(DelivererSettings)),
        *(webhook_secrets(webhooks.key or read(JwtSettings).secret), BasePath(read(HttpSettings).base_path)),
    )
    try:
        await check_schema(await container.get(Pool))
        deliverer = await container.get(WebhookDeliverer)
        counted = await container.get(CollectorRegistry)
        async with background(deliverer.run()), health_page(process, lambda: deliverer.alive, counted):
            spare_the_collector()
            log.info("the deliverer is running")
            await stop.wait()
    finally:
        await container.close()
