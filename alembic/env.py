"""Run by alembic, with the connection that `augury migrate` passes, or else with `AUGURY_DATABASE_URL`."""

import asyncio
import os
from datetime import timedelta

from alembic import context
from alembic.runtime.migration import MigrationInfo
from sqlalchemy import Connection

from augury.outbound.postgres.connecting import Connector
from augury.outbound.postgres.migrations import engine_for
from augury.outbound.postgres.pooler import UNPREPARED
from augury.outbound.postgres.schema import metadata


def run(connection: Connection) -> None:
    on_step = context.config.attributes.get("on_step")

    def applied(*, step: MigrationInfo, **_: object) -> None:
        if on_step and step.is_upgrade:
            on_step(step.up_revision_id)

    context.configure(connection=connection, target_metadata=metadata, on_version_apply=applied)
    with context.begin_transaction():
        context.run_migrations()


async def run_by_url(url: str) -> None:
    connect = Connector(url, timeout=timedelta(seconds=10), application_name="alembic", **UNPREPARED)
    async with engine_for(connect).connect() as connection:
        await connection.run_sync(run)
        await connection.commit()


if (given := context.config.attributes.get("connection")) is not None:
    run(given)
else:
    asyncio.run(run_by_url(os.environ["AUGURY_DATABASE_URL"]))
