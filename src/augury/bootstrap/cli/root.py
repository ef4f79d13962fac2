"""The command line: `augury …`. Every error is one line and a non-zero exit code.

Each command and `--help` import this module, so a command imports what it needs in its own function.
"""

import gc
import io
import os
import sys
from datetime import timedelta
from importlib import import_module
from typing import Any

import click
from typing_extensions import override

from augury.bootstrap.cli.options import NumberRange, data_option, host, port
from augury.bootstrap.env_file import read_env_file
from augury.domain.text import is_storable

OPERATOR_GROUPS = {
    "batch": "Batches at a service: run, cancel.",
    "ledger": "The books: verify.",
    "model": "Models: train, add, list, card, describe, price, roll out, retire.",
    "payment": "Payments made in Telegram Stars.",
    "promo": "Promo codes: create, list, disable, enable.",
    "queue": "The queue: dead, replay, drop, upgrade.",
    "user": "Accounts: create, show, promote, set-password, top-up, reverse, share, block, unblock.",
}
"""The groups of commands, with the first sentence of their help. Each is in the module of its name."""
MOST_WAIT = 86_400
"""Seconds that `augury migrate` can wait."""
PROCESSES = ("api", "bot", "deliver", "migrate", "up", "worker")
"""Commands that run unattended and obey `AUGURY_LOG_FORMAT`. A person calls the others."""


class Augury(click.Group):
    """Prints one line for errors that a person can fix, and loads a group of commands when it is used."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *OPERATOR_GROUPS])

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in OPERATOR_GROUPS:
            return super().get_command(ctx, cmd_name)
        gc.set_threshold(50_000)  # collecting while importing takes a seventh of a short command
        group: click.Group = getattr(import_module(f"augury.bootstrap.cli.{cmd_name}"), cmd_name)
        return group

    @override
    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Like click's own, but without loading the groups."""
        own = {name: each.get_short_help_str(formatter.width) for name, each in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted((own | OPERATOR_GROUPS).items()))

    @override
    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click handles these itself
        except Exception as error:
            from augury.bootstrap.cli.failures import line_about
            from augury.bootstrap.cli.listing import say

            if (line := line_about(error) or _line_about_words(sys.argv[1:])) is None:
                raise
            say(f"augury: {line}", err=True)
            ctx.exit(1)


def _line_about_words(words: list[str]) -> str | None:
    """The message for words that are not text. Only the name of a file may have other bytes."""
    wrong = next((word for word in words if not is_storable(word)), None)
    return None if wrong is None else f"{wrong!r} is not text in UTF-8"


def open_missing_streams() -> None:
    """Give a process that was started without a standard stream (`>&-`) an empty one. Otherwise the next file
    or connection gets its number, and libraries write their output there. Children inherit it."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # in this order, each gets its own number
            stream = open(os.devnull, mode)  # noqa: SIM115, PTH123  # as long as the process
            os.set_inheritable(stream.fileno(), True)
            setattr(sys, name, stream)


@click.group(cls=Augury)
@click.version_option(package_name="augury", prog_name="augury")
def main() -> None:
    """Machine-learning predictions for credits."""
    open_missing_streams()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # its encoding may lack some letters
            stream.reconfigure(errors="backslashreplace")
    read_env_file()
    asked = click.get_current_context().invoked_subcommand
    if asked in PROCESSES and os.environ.get("AUGURY_LOG_FORMAT") == "json":
        from augury.bootstrap.logs import log_what_is_printed

        log_what_is_printed()


@main.command()
@host
@port
@data_option
def up(**options: object) -> None:
    """Start everything in one process: database, API, worker and queue."""
    from augury.bootstrap.early_refusals import refuse_wrong_settings

    refuse_wrong_settings("up", options)
    from augury.bootstrap.process import leave, process_settings
    from augury.bootstrap.up import run_up

    run_up(process_settings(**options))
    leave()


@main.command()
@host
@port
def api(**options: object) -> None:
    """Serve the API."""
    from augury.bootstrap.early_refusals import refuse_wrong_settings, require_library

    require_library("litestar")
    refuse_wrong_settings("api", options)
    from augury.bootstrap.api import run_api
    from augury.bootstrap.process import process_settings, run

    run(run_api(process_settings(**options)))


@main.command()
@data_option
def worker(**options: object) -> None:
    """Run predictions from the queue."""
    from augury.bootstrap.early_refusals import refuse_wrong_settings, require_library

    require_library("numpy")
    refuse_wrong_settings("worker", options)
    from augury.bootstrap.process import leave, process_settings, run
    from augury.bootstrap.worker import run_worker

    run(run_worker(process_settings(**options)))
    leave()


@main.command()
def deliver() -> None:
    """Send webhooks. Several deliverers may run side by side."""
    from augury.bootstrap.early_refusals import refuse_wrong_settings

    refuse_wrong_settings("deliver", {})
    from augury.bootstrap.deliver import run_deliverer
    from augury.bootstrap.process import leave, process_settings, run

    run(run_deliverer(process_settings()))
    leave()


@main.command()
def bot() -> None:
    """Serve the Telegram bot. Without AUGURY_TELEGRAM_TOKEN it only waits."""
    from augury.bootstrap.early_refusals import require_library

    require_library("aiogram")
    from augury.bootstrap.bot import run_bot
    from augury.bootstrap.process import process_settings, run

    run(run_bot(process_settings()))


@main.command()
@click.option("--starter-model", is_flag=True, help="Also train the starter model if there is no model.")
@click.option(
    "--wait",
    type=NumberRange(0, MOST_WAIT),
    default=60,
    show_default=True,
    help="Seconds to wait for another `augury migrate`.",
)
@data_option
def migrate(*, starter_model: bool, wait: float, **options: object) -> None:
    """Migrate the database's schema."""
    import asyncio

    from augury.bootstrap.database import existing_database
    from augury.bootstrap.process import process_settings
    from augury.outbound.postgres.migrations import migrate as migrated

    process = process_settings(**options)
    with existing_database(process) as database:
        steps = migrated(database.url, wait=timedelta(seconds=wait), lock_timeout=database.lock_timeout)
        click.echo(f"migrated: {', '.join(steps)}" if steps else "the schema is up to date")
        if starter_model:
            from augury.bootstrap.starter import ensure_starter_of  # loads catboost

            stock = asyncio.run(ensure_starter_of(process, database))
            click.echo(f"{stock.added.ref} is active" if stock.added else "no starter model is needed")
            for line in stock.losses:
                click.echo(line, err=True)
