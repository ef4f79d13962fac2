"""The operator's commands: people, models, the books. They find the database by themselves."""

from collections.abc import Awaitable, Callable
from functools import wraps
from importlib.util import find_spec
from pathlib import Path
from typing import Concatenate, ParamSpec

import click
from asyncpg import Pool
from dishka import AsyncContainer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from augury.application.change_model import ChangeModel
from augury.application.change_password import ChangePassword
from augury.application.change_role import ChangeRole
from augury.application.identity_ports import Secret, Users
from augury.application.limits import Limits
from augury.application.ports import Ledger
from augury.application.register_model import RegisterModel
from augury.application.register_user import RegisterUser
from augury.application.running_ports import Models
from augury.application.top_up import TopUp
from augury.bootstrap.config import OperatorError, read
from augury.bootstrap.container import operator_container
from augury.bootstrap.database import existing_database
from augury.bootstrap.process import DATA, process_settings, run
from augury.domain.model import ModelRef
from augury.domain.user import Role, UserNotFound, normalized_email
from augury.outbound.postgres.schema_version import check_schema

WIDE = 200
"""Columns of a table that goes into a pipe, where no terminal says how many there are."""
Given = ParamSpec("Given")


def _remember(context: click.Context, _: click.Parameter, data: Path | None) -> None:
    context.meta["data"] = data


def operates(
    command: Callable[Concatenate[AsyncContainer, Given], Awaitable[None]],
) -> Callable[Given, None]:
    """Make a command, with the option --data, of a coroutine that takes the operator's container first."""

    @click.option(
        "--data", type=click.Path(path_type=Path), help=DATA, expose_value=False, callback=_remember
    )
    @wraps(command)
    def in_process(*args: Given.args, **options: Given.kwargs) -> None:
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


@click.group()
def user() -> None:
    """Accounts: create, promote, set-password, top-up."""


async def _known(container: AsyncContainer, email: str) -> Secret:
    users: Users = await container.get(Users)
    secret = await users.by_email(normalized_email(email))
    if secret is None:
        raise UserNotFound
    return secret


@user.command("create")
@click.argument("email")
@click.option("--admin", is_flag=True, help="Make an administrator.")
@click.password_option()
@operates
async def create(container: AsyncContainer, email: str, password: str, *, admin: bool) -> None:
    """Open an account; asks for the password unless --password is given."""
    register = await container.get(RegisterUser)
    role = Role.ADMIN if admin else Role.MEMBER
    made = await register(email=email, password=password, role=role)
    click.echo(f"created {made.email} ({made.role}), id {made.id}")


@user.command("promote")
@click.argument("email")
@operates
async def promote(container: AsyncContainer, email: str) -> None:
    """Make an account an administrator's."""
    secret = await _known(container, email)
    await (await container.get(ChangeRole))(user_id=secret.user.id, role=Role.ADMIN, by=None)
    click.echo(f"{secret.user.email} is an administrator now")


@user.command("set-password")
@click.argument("email")
@click.password_option()
@operates
async def set_password(container: AsyncContainer, email: str, password: str) -> None:
    """Replace a password and end the account's sessions."""
    secret = await _known(container, email)
    await (await container.get(ChangePassword))(user_id=secret.user.id, current=None, new=password)
    click.echo(f"the password of {secret.user.email} is changed, its sessions are ended")


@user.command("top-up")
@click.argument("email")
@click.argument("credits", type=click.IntRange(min=1))
@operates
async def top_up(container: AsyncContainer, email: str, credits: int) -> None:
    """Add credits to an account's balance."""
    secret = await _known(container, email)
    moved = await (await container.get(TopUp))(user_id=secret.user.id, amount=credits)
    click.echo(f"{secret.user.email} has {moved.balance.available} credits available")


@click.group()
def model() -> None:
    """Models: train, add, list, price, activate, retire."""


@model.command("train")
@click.option("--price", type=click.IntRange(min=0), default=1, show_default=True, help="Credits per row.")
@operates
async def train(container: AsyncContainer, price: int) -> None:
    """Train the starter model and offer it as the next version of `tone`."""
    from augury.bootstrap.starter import train_starter  # loads catboost

    with Progress(transient=True) as progress:
        task = progress.add_task("training tone", total=None)
        made, metrics = await train_starter(
            await container.get(RegisterModel),
            price,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    scores = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
    click.echo(f"{made.ref} is active ({scores})")


@model.command("add")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--name", required=True, help="What clients call it.")
@click.option("--price", type=click.IntRange(min=0), default=1, show_default=True, help="Credits per row.")
@click.option("--inactive", is_flag=True, help="Do not let it take the active version's place.")
@operates
async def add(container: AsyncContainer, file: Path, name: str, price: int, *, inactive: bool) -> None:
    """Offer a trained CatBoost model (.cbm) as the next version of its name."""
    if find_spec("catboost") is None:  # the process that opens the file would say that the file is refused
        raise ModuleNotFoundError(name="catboost")
    register = await container.get(RegisterModel)
    made = await register(file=file, name=name, row_price=price, activate=not inactive)
    features = ", ".join(f"{feature.name} ({feature.kind})" for feature in made.facts.schema.features)
    click.echo(f"added {made.ref}: {made.facts.task}, {features}")


@model.command("list")
@operates
async def list_(container: AsyncContainer) -> None:
    """Show every version of every model."""
    table = Table("model", "state", "task", "row price", "features", "sha256")
    for each in await (await container.get(Models)).all():
        state = "retired" if each.retired else "active" if each.active else "ready"
        features = str(len(each.facts.schema.features))
        table.add_row(str(each.ref), state, each.facts.task, str(each.row_price), features, each.sha256[:12])
    console = Console()
    console.print(table, width=None if console.is_terminal else WIDE)


@model.command("price")
@click.argument("model")
@click.argument("credits", type=click.IntRange(min=0))
@operates
async def price(container: AsyncContainer, model: str, credits: int) -> None:
    """Set the price per row of MODEL (name@version), for predictions from now on."""
    changed = await (await container.get(ChangeModel))(ref=_ref(model), row_price=credits)
    click.echo(f"{changed.ref} costs {changed.row_price} per row")


@model.command("activate")
@click.argument("model")
@operates
async def activate(container: AsyncContainer, model: str) -> None:
    """Let MODEL (name@version) serve requests that name no version."""
    changed = await (await container.get(ChangeModel))(ref=_ref(model), activate=True)
    click.echo(f"{changed.ref} is active")


@model.command("retire")
@click.argument("model")
@operates
async def retire(container: AsyncContainer, model: str) -> None:
    """Accept no more predictions for MODEL (name@version); accepted ones still run."""
    changed = await (await container.get(ChangeModel))(ref=_ref(model), retire=True)
    click.echo(f"{changed.ref} is retired")


def _ref(text: str) -> ModelRef:
    if "@" not in text:
        raise OperatorError(f"write the model with its version, such as {text}@1")
    return ModelRef.parse(text)


@click.group()
def ledger() -> None:
    """The books."""


@ledger.command("verify")
@operates
async def verify(container: AsyncContainer) -> None:
    """Recompute every balance from the transfers; exit code 1 on any deviation."""
    with Progress(transient=True) as progress:
        task = progress.add_task("verifying the books", total=None)
        report = await (await container.get(Ledger)).verify(
            lambda done, total: progress.update(task, completed=done, total=total)
        )
    for deviation in report.deviations:
        click.echo(deviation, err=True)
    counted = f"{report.users} balances, {report.transfers} transfers, {report.predictions} predictions"
    if report.deviations:
        raise OperatorError(f"the books do not balance: {len(report.deviations)} deviations in {counted}")
    click.echo(f"the books balance: {counted}")
