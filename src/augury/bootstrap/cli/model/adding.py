"""`augury model add`."""

from importlib.util import find_spec
from pathlib import Path

import click

from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model.arguments import (
    FILE,
    inactive_option,
    key_option,
    price_option,
    required,
    text_price_option,
)
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import Operator, operated, remembers_data
from augury.domain.answer_meaning import ReadAs


@click.command("add")
@click.argument("file", type=FILE)
@click.option("--name", required=True, help="The name that clients use.")
@price_option
@text_price_option
@inactive_option
@click.option(
    "--value",
    type=click.Choice([each.value for each in ReadAs]),
    help="For a file without a loss function: answer the raw value, or e to the power of it.",
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
@key_option
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
    With --url, the file is sent to a service that runs elsewhere; otherwise it goes to the local database.
    """
    if url is None:
        operated(_add_here)(file, name, price, text_price, value, categories, sample, inactive=inactive)
        return
    from augury.bootstrap.cli.model.remote_model import send_model  # only this speaks HTTP

    key = required(key)
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
    from augury.bootstrap.cli.model.file_facts import known_of, outcome, warn  # loads msgspec

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
        author=operator.author,
    )
    said, *warnings = outcome(made)
    say(said)
    for warning in warnings:
        warn(warning)
