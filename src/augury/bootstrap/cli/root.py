"""The command line: `augury …`. Every error is one line and a non-zero exit."""

import asyncio
import os
from datetime import timedelta
from importlib import import_module
from typing import Any

import click
from typing_extensions import override

from augury.application.ports import Unavailable
from augury.bootstrap.config import OperatorError
from augury.bootstrap.logs import log_what_is_printed
from augury.bootstrap.process import data_option, leave, process_settings, run
from augury.domain.errors import DomainError
from augury.outbound.postgres.schema_version import SchemaMismatch

OPERATOR_GROUPS = {
    "ledger": "ledger",
    "model": "model",
    "payment": "payment",
    "promo": "promo",
    "queue": "queue",
    "user": "user",
}
"""Which module has the group."""


PROCESSES = ("api", "bot", "migrate", "up", "worker")
"""What runs by itself, and is read by machines where `AUGURY_LOG_FORMAT` says so; the rest a person calls."""
HAS = {"aiogram": "telegram-bot", "catboost": "ml-worker", "litestar": "app", "numpy": "ml-worker"}
"""The service whose image has what others do without."""


class Augury(click.Group):
    """One line for whatever a person can mend; a group of commands is loaded when asked for."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *OPERATOR_GROUPS])

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in OPERATOR_GROUPS:
            return super().get_command(ctx, cmd_name)
        # Only now: a long-running process has no use for their tables and bars. `augury --help` imports them
        # all, in every image: what one image does without is imported inside the command.
        module = import_module(f"augury.bootstrap.cli.{OPERATOR_GROUPS[cmd_name]}")
        group: click.Group = getattr(module, cmd_name)
        return group

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DomainError as error:
            facts = ", ".join(f"{name} {value}" for name, value in vars(error).items())
            click.echo(f"augury: {error}" + (f" ({facts})" if facts else ""), err=True)
            ctx.exit(1)
        except (OperatorError, SchemaMismatch, Unavailable) as error:
            click.echo(f"augury: {error}", err=True)
            ctx.exit(1)
        except ModuleNotFoundError as error:
            library = (error.name or "").partition(".")[0]
            if library not in HAS:
                raise
            click.echo(f"augury: not in this image: {library}; that of {HAS[library]} has it", err=True)
            ctx.exit(1)


host = click.option("--host", help="Address to listen on (AUGURY_HOST, 127.0.0.1).")
port = click.option("--port", type=click.IntRange(1, 65535), help="Port to listen on (AUGURY_PORT, 8000).")


@click.group(cls=Augury)
@click.version_option(package_name="augury", prog_name="augury")
def main() -> None:
    """Machine-learning predictions for credits."""
    asked = click.get_current_context().invoked_subcommand
    if asked in PROCESSES and os.environ.get("AUGURY_LOG_FORMAT") == "json":
        log_what_is_printed()


@main.command()
@host
@port
@data_option
def up(**options: object) -> None:
    """Start everything in this one process: database, API, worker and queue."""
    from augury.bootstrap.up import run_up  # each process loads only what it needs

    run_up(process_settings(**options))
    leave()


@main.command()
@host
@port
def api(**options: object) -> None:
    """Serve the API."""
    from augury.bootstrap.api import run_api

    run(run_api(process_settings(**options)))


@main.command()
@data_option
def worker(**options: object) -> None:
    """Run predictions from the queue."""
    from augury.bootstrap.worker import run_worker

    run(run_worker(process_settings(**options)))
    leave()


@main.command()
def bot() -> None:
    """Serve people in Telegram; does nothing without AUGURY_TELEGRAM_TOKEN."""
    from augury.bootstrap.bot import run_bot

    run(run_bot(process_settings()))


@main.command()
@click.option("--starter-model", is_flag=True, help="Train the starter model, too, if there is no model.")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    help="Seconds to wait for another `augury migrate`.",
)
@data_option
def migrate(*, starter_model: bool, wait: float, **options: object) -> None:
    """Bring the database's schema up to date."""
    from augury.bootstrap.database import existing_database
    from augury.outbound.postgres.migrations import migrate as migrated

    process = process_settings(**options)
    with existing_database(process) as database:
        steps = migrated(database.url, wait=timedelta(seconds=wait), lock_timeout=database.lock_timeout)
        click.echo(f"migrated: {', '.join(steps)}" if steps else "the schema is up to date")
        if starter_model:
            from augury.bootstrap.starter import add_starter  # loads catboost

            made = asyncio.run(add_starter(process, database))
            click.echo(f"{made.ref} is active" if made else "no starter model is needed")
