"""The reference pages that are made from the code: settings, commands, `.env.example`.

`python -m tests.reference_pages` writes them; `test_reference_pages.py` holds them equal to the code.
"""

import ast
import dataclasses
import inspect
import re
import textwrap
from collections.abc import Iterator, Mapping
from datetime import timedelta
from ipaddress import IPv4Network
from pathlib import Path

import click

from augury.application.limits import Limits
from augury.application.webhooks.settings import WebhookSettings
from augury.bootstrap.cli.root import OPERATOR_GROUPS, main
from augury.bootstrap.config import ProcessSettings, variable
from augury.inbound.deliverer.settings import DelivererSettings
from augury.inbound.http.edge.connections import ConnectionSettings
from augury.inbound.http.settings import HttpSettings
from augury.inbound.mcp.settings import McpSettings
from augury.inbound.telegram.settings import TelegramSettings
from augury.inbound.web.settings import WebSettings
from augury.inbound.worker.runner import WorkerSettings
from augury.outbound.catboost.inspector import InspectorSettings
from augury.outbound.catboost.predictor import CatBoostSettings
from augury.outbound.jwt_tokens import JwtSettings
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.process_trainer import TrainerSettings
from augury.outbound.rabbitmq.publisher import RabbitSettings

ROOT = Path(__file__).parents[1]
ROOMS: Mapping[str, tuple[type, ...]] = {
    "Every process": (ProcessSettings,),
    "PostgreSQL": (PostgresSettings,),
    "RabbitMQ": (RabbitSettings,),
    "The API": (HttpSettings, ConnectionSettings, JwtSettings),
    "The pages": (WebSettings,),
    "Agents": (McpSettings,),
    "Limits": (Limits,),
    "Workers": (WorkerSettings, CatBoostSettings, InspectorSettings, TrainerSettings),
    "The Telegram bot": (TelegramSettings,),
    "Webhooks": (WebhookSettings, DelivererSettings),
}
"""The dataclasses of settings, under the heading of their section."""
SETTINGS_HEAD = """# Settings

Every setting is an environment variable. A process that lacks one, or finds a wrong value, ends at once
with one line that names the variable. A variable may be given as a file that holds the value:
`AUGURY_SECRET_KEY_FILE=/run/secrets/key`. Then `AUGURY_SECRET_KEY` itself must not be set. An unknown
`AUGURY_…` variable is named in a warning at the start, with the one that may be meant. Durations are numbers
of seconds.

This page is made from the code by `python -m tests.reference_pages`.
"""
COMMANDS_HEAD = """# Commands

Every error is one line on standard error and a non-zero exit code. Lists print a table on a terminal and
one tab-separated line per entry in a pipe; `--json` prints JSON. Without `AUGURY_DATABASE_URL`, `augury
migrate` and the operator's commands use the embedded database of `./.augury` (or `--data FOLDER`), whether
`augury up` runs or not.

This page is made from the code by `python -m tests.reference_pages`.
"""
ENV_HEAD = """\
# Settings of Augury's processes. The lines that are commented out show the defaults. Any value can also be
# given as a file that holds it: AUGURY_SECRET_KEY_FILE=/run/secrets/key
#
# Copy this file to `.env` in the folder in which you start `augury`. `augury up` and all other commands read
# it, but only variables that begin with AUGURY_: those that begin with AWS_ must be in the environment.
# Variables of the environment take precedence, even empty ones. Containers do not read this file: their
# settings are in docker/app, docker/worker and docker/bot, in the `.env.example` of each.
"""
ENV_OTHERS = "# --- docker-compose only\n"
"""The line from which `.env.example` is written by hand."""


@dataclasses.dataclass(frozen=True, slots=True)
class Setting:
    variable: str
    default: str
    """As it would be set. Empty if there is no default."""
    required: bool
    meaning: str


def pages() -> Mapping[Path, str]:
    """Every page with the text that it should have."""
    example = ROOT / ".env.example"
    by_hand = example.read_text(encoding="utf-8").partition(ENV_OTHERS)[2]
    return {
        ROOT / "docs/settings.md": settings_page(),
        ROOT / "docs/commands.md": commands_page(),
        example: f"{env_example()}\n{ENV_OTHERS}{by_hand}",
    }


def settings_page() -> str:
    parts = [SETTINGS_HEAD]
    for title, rooms in ROOMS.items():
        parts.append(f"## {title}\n\n| variable | default | meaning |\n|---|---|---|")
        parts += [
            f"| `{each.variable}` | {_shown(each)} | {each.meaning.replace('|', chr(92) + '|')} |"
            for each in settings_of(rooms)
        ]
        parts.append("")
    return "\n".join(parts).rstrip("\n") + "\n"


def env_example() -> str:
    parts = [ENV_HEAD]
    for title, rooms in ROOMS.items():
        parts.append(f"\n# --- {title}")
        for each in settings_of(rooms):
            parts += textwrap.wrap(each.meaning, 110, initial_indent="# ", subsequent_indent="# ")
            parts.append(f"#{each.variable}={each.default}")
    return "\n".join(parts) + "\n"


def settings_of(rooms: tuple[type, ...]) -> Iterator[Setting]:
    for room in rooms:
        meanings = _meanings(room)
        for field in dataclasses.fields(room):
            name = variable(room, field.name)
            assert field.name in meanings, f"{room.__name__}.{field.name} has no docstring"
            yield Setting(
                name,
                _as_set(field.default),
                field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
                meanings[field.name],
            )


def commands_page() -> str:
    context = click.Context(main, info_name="augury")
    parts = [COMMANDS_HEAD]
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None
        if name in OPERATOR_GROUPS:
            assert isinstance(command, click.Group)
            parts.append(f"## augury {name}\n\n{_help(command)}\n")
            inner = click.Context(command, info_name=name, parent=context)
            for verb in sorted(command.commands):
                parts += _command(command.commands[verb], verb, inner, "###")
        else:
            parts += _command(command, name, context, "##")
    return "\n".join(parts).rstrip("\n") + "\n"


def _command(command: click.Command, name: str, parent: click.Context, level: str) -> Iterator[str]:
    context = click.Context(command, info_name=name, parent=parent)
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    yield f"{level} {context.command_path}\n\n```\n{usage}\n```\n\n{_help(command)}\n"
    records = [each.get_help_record(context) for each in command.params if isinstance(each, click.Option)]
    options = [each for each in records if each is not None]
    if options:
        rows = "\n".join(
            f"| `{option.replace('|', chr(92) + '|')}` | {meaning.replace('|', chr(92) + '|')} |"
            for option, meaning in options
        )
        yield f"| option | meaning |\n|---|---|\n{rows}\n"


def _help(command: click.Command) -> str:
    return inspect.cleandoc(command.help or "").replace("\f", "").replace("\b\n", "")


def _meanings(room: type) -> Mapping[str, str]:
    """The docstring below each field, in one line. The names of other fields become their variables."""
    [node] = ast.parse(textwrap.dedent(inspect.getsource(room))).body
    assert isinstance(node, ast.ClassDef)
    found = {}
    for field, after in zip(node.body, node.body[1:], strict=False):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[field.target.id] = " ".join(str(after.value.value).split())
    names = "|".join(field.name for field in dataclasses.fields(room))
    return {
        field: re.sub(rf"`({names})`", lambda match: f"`{variable(room, match[1])}`", words)
        for field, words in found.items()
    }


def _as_set(default: object) -> str:
    if isinstance(default, timedelta):
        return f"{default.total_seconds():.15g}"
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, tuple):
        return ",".join(str(each) for each in default if isinstance(each, IPv4Network | str))
    return str(default) if isinstance(default, int | float | str | Path) else ""


def _shown(setting: Setting) -> str:
    return "required" if setting.required else f"`{setting.default}`" if setting.default else "none"


if __name__ == "__main__":
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
