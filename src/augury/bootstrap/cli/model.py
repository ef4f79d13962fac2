"""The operator's commands about models."""

from importlib.util import find_spec
from pathlib import Path

import click
from dishka import AsyncContainer
from rich.progress import Progress

from augury.application.models.change_model import ChangeModel
from augury.application.models.ports import Models
from augury.application.models.register_model import RegisterModel
from augury.bootstrap.cli.listing import json_option, show
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import operates
from augury.domain.model import ModelRef


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
@json_option
@operates
async def list_(container: AsyncContainer, *, as_json: bool) -> None:
    """Show every version of every model."""
    entries = [
        {
            "model": str(each.ref),
            "state": "retired" if each.retired else "active" if each.active else "ready",
            "task": each.facts.task,
            "row_price": each.row_price,
            "features": len(each.facts.schema.features),
            "sha256": each.sha256,
        }
        for each in await (await container.get(Models)).all()
    ]
    show(entries, columns=("model", "state", "task", "row_price", "features", "sha256"), as_json=as_json)


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
