"""The operator's commands for the queue on RabbitMQ. `replay` and `drop` also need the database, for the
audit log."""

from collections.abc import Coroutine

import click

from augury.application.predictions.drop_dead_letters import DropDeadLetters
from augury.application.predictions.ports.dead_letters import DeadLetters
from augury.application.predictions.replay_dead_letters import ReplayDeadLetters
from augury.bootstrap.cli.listing import json_option, show
from augury.bootstrap.config import SettingError, is_set, read
from augury.bootstrap.operating import Operator, operates
from augury.inbound.counts import counted


@click.group()
def queue() -> None:
    """The queue: dead, replay, drop, upgrade."""


def _must_be_set() -> None:
    from augury.bootstrap.process import process_settings  # imported here, because `--help` does not need it

    process_settings()
    if not is_set("AUGURY_RABBITMQ_URL"):
        raise SettingError(
            "AUGURY_RABBITMQ_URL is not set. Without a broker the queue is inside `augury up`: "
            "see GET /admin/queue"
        )


def _dead_letters() -> DeadLetters:
    _must_be_set()
    from augury.bootstrap.topology import TOPOLOGY
    from augury.outbound.rabbitmq.dead_letters import RabbitDeadLetters
    from augury.outbound.rabbitmq.publisher import RabbitSettings

    return RabbitDeadLetters(read(RabbitSettings), TOPOLOGY)


def _run(main: Coroutine[object, object, None]) -> None:
    from augury.bootstrap.process import run

    run(main)


@queue.command("dead")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="How many messages to list."
)
@json_option
def dead(limit: int, *, as_json: bool) -> None:
    """List dead letters, the oldest first: messages that no worker could handle. They stay where they are."""
    dead_letters = _dead_letters()

    async def list_them() -> None:
        lengths = await dead_letters.lengths()
        click.echo(
            f"{counted(lengths.dead, 'dead letter')}, {counted(lengths.ready, 'message')} ready", err=True
        )
        entries = [
            {
                "died_at": letter.died_at,
                "reason": letter.reason,
                "bytes": letter.size,
                "begins_with": ascii(letter.body)[2:-1],
            }
            for letter in await dead_letters.list(at_most=limit)
        ]
        show(entries, columns=("died_at", "reason", "bytes", "begins_with"), as_json=as_json)

    _run(list_them())


@queue.command("replay")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=1_000,
    show_default=True,
    help="At most this many messages are returned.",
)
@operates
async def replay(operator: Operator, limit: int) -> None:
    """Return dead letters to the queue, the oldest first."""
    replay_dead_letters = ReplayDeadLetters(dead_letters=_dead_letters(), audit_log=operator.audit_log)
    replayed = await replay_dead_letters(at_most=limit, author=operator.author)
    click.echo(f"{counted(replayed, 'message')} on the queue again")


@queue.command("drop")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), required=True, help="At most this many messages are deleted."
)
@operates
async def drop(operator: Operator, limit: int) -> None:
    """Delete dead letters, the oldest first.

    No prediction is lost: predictions that are still queued get a new message.
    """
    drop_dead_letters = DropDeadLetters(dead_letters=_dead_letters(), audit_log=operator.audit_log)
    dropped = await drop_dead_letters(at_most=limit, author=operator.author)
    click.echo(f"{counted(dropped, 'message')} deleted")


@queue.command("upgrade")
def upgrade() -> None:
    """Make the dead-letter queue a quorum queue, which survives the loss of a node, and keep its messages.

    Earlier versions made a classic queue, which in a cluster is unavailable while its node is down.
    """
    _must_be_set()
    from augury.bootstrap.topology import TOPOLOGY
    from augury.outbound.rabbitmq.publisher import RabbitSettings
    from augury.outbound.rabbitmq.upgrade import upgrade_dead_letters

    settings = read(RabbitSettings)

    async def move() -> None:
        moved = await upgrade_dead_letters(settings, TOPOLOGY)
        click.echo(
            f"{TOPOLOGY.dead.name} is already a quorum queue"
            if moved is None
            else f"{TOPOLOGY.dead.name} is now a quorum queue; {counted(moved, 'message')} moved"
        )

    _run(move())
