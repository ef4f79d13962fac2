"""The operator's commands about the queue on RabbitMQ; they need no database."""

import click
from rich.console import Console
from rich.table import Table

from augury.application.predictions.ports import DeadLetters
from augury.bootstrap.config import SettingError, is_set, read
from augury.bootstrap.process import process_settings, run
from augury.bootstrap.topology import TOPOLOGY
from augury.outbound.rabbitmq.dead_letters import RabbitDeadLetters
from augury.outbound.rabbitmq.publisher import RabbitSettings


@click.group()
def queue() -> None:
    """The queue: dead, replay."""


def _dead_letters() -> DeadLetters:
    process_settings()
    if not is_set("AUGURY_RABBITMQ_URL"):
        raise SettingError(
            "AUGURY_RABBITMQ_URL is not set; without a broker the queue is inside `augury up`: "
            "see GET /admin/queue"
        )
    return RabbitDeadLetters(read(RabbitSettings), TOPOLOGY)


@queue.command("dead")
@click.option("--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many.")
def dead(limit: int) -> None:
    """List the oldest messages that could not be handled; they stay where they are."""
    dead_letters = _dead_letters()

    async def show() -> None:
        lengths = await dead_letters.lengths()
        table = Table("died", "reason", "size", "begins with")
        for letter in await dead_letters.list(at_most=limit):
            died = f"{letter.died_at:%Y-%m-%d %H:%M:%S}" if letter.died_at else ""
            table.add_row(died, letter.reason, str(letter.size), ascii(letter.body)[2:-1])
        click.echo(f"{lengths.dead} dead letters, {lengths.ready} messages ready")
        if lengths.dead:
            Console(markup=False).print(table)

    run(show())


@queue.command("replay")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=1_000, show_default=True, help="How many at most."
)
def replay(limit: int) -> None:
    """Put the oldest messages that could not be handled on the queue again."""
    dead_letters = _dead_letters()

    async def put_again() -> None:
        click.echo(f"{await dead_letters.replay(at_most=limit)} messages are on the queue again")

    run(put_again())
