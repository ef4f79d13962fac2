"""Gives operators' commands their database, and the adapters that they build their use cases from.

A person waits for these commands, and imports take most of their time. So each command builds only the use
case that it runs, and each adapter is imported when it is first asked for. A container of dependencies would
import all of them.
"""

import asyncio
import getpass
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Any, Concatenate, ParamSpec

import click

from augury.application.limits import Limits
from augury.application.models.ports.counts import VersionCounts
from augury.application.models.ports.models import Models, ModelStore
from augury.application.models.ports.uploads import ModelUploads
from augury.application.models.register_model import RegisterModel
from augury.application.money.ports import Balances, Ledger, PromoCodes
from augury.application.operation.ports import AuditLog
from augury.application.people.known_callers import KnownCallers
from augury.application.people.ports.credentials import PasswordHasher
from augury.application.people.ports.throttle import Throttle
from augury.application.people.ports.users import Users
from augury.application.ports import Clock
from augury.application.ports.books import OpenBooks
from augury.application.predictions.ports.lanes import BulkLane
from augury.application.predictions.ports.reads import Predictions
from augury.bootstrap.cli.options import DATA
from augury.bootstrap.config import ProcessSettings, read
from augury.domain.audit import Author
from augury.domain.identifiers import uuid7
from augury.outbound.system_clock import SystemClock

Given = ParamSpec("Given")


@dataclass(frozen=True)
class Operator:
    """The database and the adapters of an operator's command."""

    pool: Any
    """asyncpg's pool. Its type is not named, because `--help` would then import asyncpg."""
    process: ProcessSettings
    limits: Limits

    @cached_property
    def author(self) -> Author:
        """The person at the command line, for the audit log: the name of the system user."""
        try:
            name = getpass.getuser()
        except OSError:  # a container's user id may have no name
            name = str(os.getuid())
        return Author(system_user=name, request_id=str(uuid7()))

    @property
    def clock(self) -> Clock:
        return SystemClock()

    @property
    def known_callers(self) -> KnownCallers:
        """A cache of this process only: other processes look again within `Limits.identity_cache`."""
        return KnownCallers(self.limits)

    @property
    def _reads(self) -> Any:  # noqa: ANN401  # `Reads`, which would load the database
        from augury.outbound.postgres.reads import Reads

        return Reads(self.pool)

    @property
    def users(self) -> Users:
        from augury.outbound.postgres.users import PostgresUsers

        return PostgresUsers(self.pool, self._reads)

    @property
    def passwords(self) -> PasswordHasher:
        from augury.outbound.argon2_passwords import Argon2Passwords

        return Argon2Passwords()

    @property
    def throttle(self) -> Throttle:
        from augury.outbound.postgres.throttle import PostgresThrottle

        return PostgresThrottle(self.pool)

    @property
    def books(self) -> OpenBooks:
        from augury.outbound.postgres.books import PostgresOpenBooks

        return PostgresOpenBooks(self.pool)

    @property
    def balances(self) -> Balances:
        from augury.outbound.postgres.balances import PostgresBalances

        return PostgresBalances(self.pool, self._reads)

    @property
    def ledger(self) -> Ledger:
        from augury.outbound.postgres.ledger import PostgresLedger

        return PostgresLedger(self.pool, self.limits)

    @property
    def audit_log(self) -> AuditLog:
        from augury.outbound.postgres.audit_log import PostgresAuditLog

        return PostgresAuditLog(self.pool, self._reads)

    @property
    def promo_codes(self) -> PromoCodes:
        from augury.outbound.postgres.promo_codes import PostgresPromoCodes

        return PostgresPromoCodes(self.pool, self._reads)

    @property
    def predictions(self) -> Predictions:
        from augury.outbound.postgres.predictions import PostgresPredictions

        return PostgresPredictions(self.pool, self._reads)

    @property
    def bulk_lane(self) -> BulkLane:
        from augury.outbound.postgres.bulk_lane import PostgresBulkLane

        return PostgresBulkLane(self.pool)

    @property
    def models(self) -> Models:
        from augury.outbound.postgres.models import PostgresModels

        return PostgresModels(self.pool)

    @property
    def model_uploads(self) -> ModelUploads:
        from augury.outbound.postgres.model_uploads import PostgresModelUploads

        return PostgresModelUploads(self.pool)

    @property
    def version_counts(self) -> VersionCounts:
        from augury.outbound.postgres.version_counts import PostgresVersionCounts

        return PostgresVersionCounts(self.pool)

    @property
    def model_store(self) -> ModelStore:
        from augury.outbound.model_store import FolderModelStore
        from augury.outbound.postgres.model_files import PostgresModelFiles

        return FolderModelStore(self.process.model_files, PostgresModelFiles(self.pool))

    @property
    def register_model(self) -> RegisterModel:
        from augury.outbound.catboost.inspector import CatBoostInspector, InspectorSettings

        inspector = CatBoostInspector(read(InspectorSettings))
        return RegisterModel(
            models=self.models, store=self.model_store, inspector=inspector, clock=self.clock
        )


@asynccontextmanager
async def operator_on(database: Any, process: ProcessSettings) -> AsyncIterator[Operator]:  # noqa: ANN401  # PostgresSettings
    """Open the pool of the database with the settings `database`. Raises `Unavailable`, `SchemaMismatch`."""
    from augury.outbound.postgres.opening import open_pool
    from augury.outbound.postgres.schema_version import check_schema

    async with open_pool(database) as pool:
        await check_schema(pool)
        yield Operator(pool, process, read(Limits))


def _remember(context: click.Context, _: click.Parameter, data: Path | None) -> None:
    context.meta["data"] = data


remembers_data = click.option(
    "--data", type=click.Path(path_type=Path), help=DATA, expose_value=False, callback=_remember
)
"""Gives a command the option --data, for `operated`."""


def operates(
    command: Callable[Concatenate[Operator, Given], Awaitable[None]],
) -> Callable[Given, None]:
    """Make a command with the option --data from a coroutine that takes the `Operator` first."""
    return remembers_data(operated(command))


def operated(
    command: Callable[Concatenate[Operator, Given], Awaitable[None]],
) -> Callable[Given, None]:
    """Run the coroutine with the `Operator` for the command's --data."""

    @wraps(command)
    def in_process(*args: Given.args, **options: Given.kwargs) -> None:
        from augury.bootstrap.database import existing_database  # imported here: `--help` does not need it
        from augury.bootstrap.process import process_settings

        process = process_settings(data=click.get_current_context().meta["data"])
        with existing_database(process) as database:

            async def with_operator() -> None:
                async with operator_on(database, process) as operator:
                    await command(operator, *args, **options)

            asyncio.run(with_operator())  # uvloop would cost more to import than it saves

    return in_process
