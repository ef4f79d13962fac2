"""The operator's commands for models."""

from importlib.util import find_spec
from pathlib import Path

import click

from augury.application.models.change_model import ChangeModel
from augury.application.models.describe_model import DescribeModel
from augury.bootstrap.cli.listing import Entry, json_option, say, show
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import Operator, operated, operates, remembers_data
from augury.bootstrap.progress import progress
from augury.domain.model import ModelRef, ModelState
from augury.domain.model_facts import ReadAs

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
PRICE = "Credits per row. Default: the price of the version before, or 1 for a new name."
TEXT_PRICE = (
    "Credits per kilobyte of text (1,000 bytes in UTF-8), on top of the price per row. "
    "Default: that of the version before, or 0 for a new name."
)
text_price_option = click.option("--text-price", type=click.IntRange(min=0), help=TEXT_PRICE)


@click.group()
def model() -> None:
    """Models: train, add, list, describe, price, activate, retire."""


@model.command("train")
@click.option("--price", type=click.IntRange(min=0), help=PRICE)
@text_price_option
@operates
async def train(operator: Operator, price: int | None, text_price: int | None) -> None:
    """Train the starter model and offer it as the next version of `tone`."""
    from augury.bootstrap.cli.model_file import outcome
    from augury.bootstrap.starter import train_starter  # loads catboost

    with progress("training tone") as on_step:
        made, metrics = await train_starter(operator.register_model, on_step, price, text_price)
    scores = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
    say(f"{outcome(made)[0]} ({scores})")


@model.command("add")
@click.argument("file", type=FILE)
@click.option("--name", required=True, help="The name that clients use.")
@click.option("--price", type=click.IntRange(min=0), help=PRICE)
@text_price_option
@click.option("--inactive", is_flag=True, help="Do not make it the active version.")
@click.option(
    "--value",
    type=click.Choice([each.value for each in ReadAs]),
    help="How to read the number of a file without a loss function: as it is, or as e to that power.",
)
@click.option(
    "--categories",
    type=FILE,
    help='A JSON file with the values of categorical features: {"city": ["Paris", "Oslo"]}.',
)
@click.option(
    "--sample",
    type=FILE,
    help="The CSV file that the model was trained on, to read the values of categorical features from it.",
)
@click.option("--url", help="Send the file to the service at this address, where a worker checks it.")
@click.option("--key", help="With --url: an administrator's API key.")
@remembers_data
def add(
    file: Path,
    name: str,
    price: int | None,
    text_price: int | None,
    value: str | None,
    categories: Path | None,
    sample: Path | None,
    url: str | None,
    key: str | None,
    *,
    inactive: bool,
) -> None:
    """Offer a trained CatBoost model (.cbm) as the next version of its name.

    It becomes the active version, unless its features or its answers differ from those of the active one.
    With --url it is sent to a service that runs elsewhere; without, it is added in this one's database.
    """
    if url is None:
        operated(_add_here)(file, name, price, text_price, value, categories, sample, inactive=inactive)
        return
    from augury.bootstrap.cli.remote_model import send_model  # only this speaks HTTP

    if key is None:
        raise OperatorError("--url needs --key, an administrator's API key")
    if categories is not None or sample is not None:
        raise OperatorError(
            "--categories and --sample cannot be used with --url: write the categories into the file, as "
            "docs/models.md shows"
        )
    asked = {"name": name, "row_price": price, "text_price": text_price, "value": value}
    send_model(url, key, file, asked | {"activate": str(not inactive).lower()})


async def _add_here(
    operator: Operator,
    file: Path,
    name: str,
    price: int | None,
    text_price: int | None,
    value: str | None,
    categories: Path | None,
    sample: Path | None,
    *,
    inactive: bool,
) -> None:
    from augury.bootstrap.cli.model_file import known_of, outcome, warn  # loads msgspec

    if find_spec("catboost") is None:  # else the inspecting process would blame the file
        raise ModuleNotFoundError(name="catboost")
    known = known_of(value, categories, sample)
    made = await operator.register_model(
        file=file,
        name=name,
        row_price=price,
        text_price=text_price,
        activate=not inactive,
        known=known,
    )
    said, *warnings = outcome(made)
    say(said)
    for warning in warnings:
        warn(warning)


@model.command("describe")
@click.argument("model")
@click.argument("texts", type=FILE)
@operates
async def describe(operator: Operator, model: str, texts: Path) -> None:
    """Replace the texts of MODEL (name@version) by those in the JSON file TEXTS.

    The bot and the API show them: {"description": {"en": "…", "ru": "…"}, "features": {"age":
    {"en": "Age, years", "ru": "Возраст, лет"}}, "labels": {"1": {"en": "Leaves", "ru": "Уйдёт"}}}. Each part
    and each language may be left out.
    """
    from augury.bootstrap.cli.model_file import texts_of

    described = await DescribeModel(models=operator.models)(ref=_ref(model), texts=texts_of(texts))
    say(f"{described.ref} has its new texts")


@model.command("list")
@json_option
@operates
async def list_(operator: Operator, *, as_json: bool) -> None:
    """Show every version of every model."""
    entries: list[Entry] = [
        {
            "model": str(each.ref),
            "state": each.state,
            "task": each.facts.task,
            "row_price": each.row_price,
            "text_price": each.text_price,
            "features": len(each.facts.schema.features),
            "sha256": each.sha256,
        }
        for each in await operator.models.all()
    ]
    columns = ("model", "state", "task", "row_price", "features", "sha256", "text_price")
    show(entries, columns=columns, as_json=as_json)


@model.command("price")
@click.argument("model")
@click.argument("credits", type=click.IntRange(min=0), required=False)
@click.option(
    "--text-price",
    type=click.IntRange(min=0),
    help="Credits per kilobyte of text (1,000 bytes in UTF-8), on top of the price per row. 0: text is free.",
)
@operates
async def price(operator: Operator, model: str, credits: int | None, text_price: int | None) -> None:
    """Set the price per row of MODEL (name@version), its price per kilobyte of text, or both.

    A price that is not given stays. Predictions that were accepted before keep their price.
    """
    from augury.bootstrap.cli.model_file import prices_of

    if credits is None and text_price is None:
        raise OperatorError("give a price per row, such as 2, or --text-price, or both")
    change = ChangeModel(models=operator.models)
    changed = await change(ref=_ref(model), row_price=credits, text_price=text_price)
    say(f"{changed.ref} costs {prices_of(changed)}")


@model.command("activate")
@click.argument("model")
@operates
async def activate(operator: Operator, model: str) -> None:
    """Let MODEL (name@version) serve requests that do not name a version."""
    changed = await ChangeModel(models=operator.models)(ref=_ref(model), state=ModelState.ACTIVE)
    say(f"{changed.ref} is active")


@model.command("retire")
@click.argument("model")
@operates
async def retire(operator: Operator, model: str) -> None:
    """Stop accepting predictions for MODEL (name@version). Accepted ones still run."""
    changed = await ChangeModel(models=operator.models)(ref=_ref(model), state=ModelState.RETIRED)
    say(f"{changed.ref} is retired")


def _ref(text: str) -> ModelRef:
    if "@" not in text:
        raise OperatorError(f"name the model with its version, such as {text}@1")
    return ModelRef.parse(text)
