"""Gives operators' commands their database and their container."""

from collections.abc import Awaitable, Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, ParamSpec

import click
from dishka import AsyncContainer

from augury.bootstrap.cli.options import DATA
from augury.bootstrap.config import read

Given = ParamSpec("Given")


def _remember(context: click.Context, _: click.Parameter, data: Path | None) -> None:
    context.meta["data"] = data


def operates(
    command: Callable[Concatenate[AsyncContainer, Given], Awaitable[None]],
) -> Callable[Given, None]:
    """Make a command with the option --data from a coroutine that takes the operator's container first."""

    @click.option(
        "--data", type=click.Path(path_type=Path), help=DATA, expose_value=False, callback=_remember
    )
    @wraps(command)
    def in_process(*args: Given.args, **options: Given.kwargs) -> None:
        # Only now: `--help` needs none of it.
        from asyncpg import Pool

        from augury.application.limits import Limits
        from augury.bootstrap.container import operator_container
        from augury.bootstrap.database import existing_database
        from augury.bootstrap.process import process_settings, run
        from augury.outbound.postgres.schema_version import check_schema

        process = process_settings(data=click.get_current_context().meta["data"])

        async def with_container() -> None:
            container = operator_container(database, process, read(Limits))
            try:
                await check_schema(await container.get(Pool))
                await command(container, *args, **options)
            finally:
                await container.close()

        with existing_database(process) as database:
            run(with_container())

    return in_process
