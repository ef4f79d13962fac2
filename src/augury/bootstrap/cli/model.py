"""The operator's commands for models."""

import asyncio
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import click

from augury.application.models.change_model import ChangeModel
from augury.application.models.compare_versions import MOST_MINUTES, CompareVersions
from augury.application.models.describe_model import DescribeModel
from augury.application.models.promote_model import PromoteModel
from augury.application.models.roll_back_model import RollBackModel
from augury.application.models.set_confidence import SetConfidence
from augury.application.models.start_canary import StartCanary
from augury.bootstrap.cli.listing import Entry, echo_json, json_option, say, show
from augury.bootstrap.cli.options import NumberRange
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import Operator, operated, operates, remembers_data
from augury.bootstrap.progress import progress
from augury.domain.model import CardNotFound, Model, ModelRef, ModelState
from augury.domain.model_facts import ReadAs
from augury.domain.model_upload import ModelUpload
from augury.domain.training_plan import Cost, Plan, Task, kinds_of

MOST_NAME_CHARACTERS = 63
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
OUTPUT = click.Path(dir_okay=False, writable=True, path_type=Path)
PRICE = "Credits per row. Default: the price of the version before, or 1 for a new name."
TEXT_PRICE = (
    "Credits per kilobyte of text (1,000 bytes in UTF-8), on top of the price per row. "
    "Default: the price of the version before, or 0 for a new name."
)
text_price_option = click.option("--text-price", type=click.IntRange(min=0), help=TEXT_PRICE)


@click.group()
def model() -> None:
    """Models: train, add, list, card, describe, price, roll out, retire."""


@model.command("train")
@click.argument("table", type=FILE, required=False)
@click.option("--target", help="The column to predict.")
@click.option("--name", help="The name that clients use. Default: made of the target's name.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="COLUMN=KIND",
    help="Use the column as a number, category, text or date, or skip it. Give it once per column.",
)
@click.option(
    "--task",
    type=click.Choice(["classes", "number"]),
    help="What the target is. Default: classes if it has words or few whole numbers.",
)
@click.option("--time", help="Test on the latest fifth by this column, as the model will be used.")
@click.option("--group", help="Keep rows with the same value of this column on one side of the split.")
@click.option("--positive", help="For two classes: the one that counts as positive.")
@click.option(
    "--cost",
    metavar="FP:FN",
    help="The costs of a false positive and of a false negative, such as 1:5: they set the threshold.",
)
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    default=180,
    show_default=True,
    help="About how long the training may take.",
)
@click.option("--threads", type=click.IntRange(min=1), help="Default: 2. With --url, the worker decides.")
@click.option("--out", type=OUTPUT, help="Also save the model as this file (.cbm).")
@click.option("--price", type=click.IntRange(min=0), help=PRICE)
@text_price_option
@click.option("--inactive", is_flag=True, help="Do not make it the active version.")
@click.option("--url", help="Send the table to the service at this address, where a worker trains.")
@click.option("--key", help="With --url: an administrator's API key.")
@remembers_data
def train(
    table: Path | None,
    target: str | None,
    name: str | None,
    kinds: Sequence[str],
    task: str | None,
    time: str | None,
    group: str | None,
    positive: str | None,
    cost: str | None,
    seconds: int,
    threads: int | None,
    out: Path | None,
    price: int | None,
    text_price: int | None,
    url: str | None,
    key: str | None,
    *,
    inactive: bool,
) -> None:
    """Train a model from TABLE (CSV or Parquet) and offer it as the next version of its name.

    Says how it uses each column, and measures the model on a fifth of the rows, which had no part in any
    choice. Its card is read with `augury model card`. Ctrl-C ends the training with the best model so far.
    With --url the table is sent to a service that runs elsewhere, and one of its workers trains.

    Without a TABLE it trains the starter model, `tone`.
    """
    if table is None:
        if target is not None or name is not None or url is not None:
            raise OperatorError("name the table to train from: augury model train TABLE --target COLUMN")
        operated(_train_starter)(price, text_price)
        return
    if target is None:
        raise OperatorError("say what to predict: --target COLUMN")
    plan = Plan(
        target=target,
        kinds=kinds_of(kinds),
        task=Task(task) if task else None,
        time=time,
        group=group,
        positive=positive,
        cost=None if cost is None else Cost.parse(cost),
        time_limit=timedelta(seconds=seconds),
        threads=threads or 2,
    )
    name = name or name_of(target)
    if url is None:
        operated(_train_here)(table, plan, name, price, text_price, out, inactive=inactive)
        return
    from augury.bootstrap.cli.remote_training import train_remotely  # neither database nor CatBoost

    if key is None:
        raise OperatorError("--url needs --key, an administrator's API key")
    if out is not None or threads is not None:
        raise OperatorError("--out and --threads cannot be used with --url")
    asked = {"name": name, "row_price": price, "text_price": text_price}
    train_remotely(url, key, table, plan, asked | {"activate": str(not inactive).lower()})


async def _train_here(
    operator: Operator,
    table: Path,
    plan: Plan,
    name: str,
    price: int | None,
    text_price: int | None,
    out: Path | None,
    *,
    inactive: bool,
) -> None:
    from augury.bootstrap.cli.model_file import outcome, warn
    from augury.bootstrap.cli.model_training import train_and_offer  # loads catboost
    from augury.bootstrap.cli.scores import scores_in_words

    made, card = await train_and_offer(
        *(operator, table, plan, name),
        row_price=price,
        text_price=text_price,
        activate=not inactive,
        kept=out,
    )
    for line in scores_in_words(card):
        say(line)
    said, *warnings = outcome(made)
    say(said)
    say(f"its card: augury model card {made.model.ref}")
    for warning in warnings:
        warn(warning)


def name_of(target: str) -> str:
    """A model's name that is made from the target's name. Raises `OperatorError` if no character fits."""
    name = re.sub(r"[^a-z0-9]+", "-", target.lower()).strip("-")[:MOST_NAME_CHARACTERS]
    if not name:
        raise OperatorError(f"the target {target!r} cannot become the model's name: give one with --name")
    return name


async def _train_starter(operator: Operator, price: int | None, text_price: int | None) -> None:
    from augury.bootstrap.cli.model_file import outcome
    from augury.bootstrap.starter import train_starter  # loads catboost

    with progress("training tone") as on_step:
        made, metrics = await train_starter(
            operator.register_model, on_step, price, text_price, operator.author
        )
    scores = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
    say(f"{outcome(made)[0]} ({scores})")


@model.command("card")
@click.argument("model")
@click.option("--html", type=OUTPUT, help="Save the card as a page for people.")
@operates
async def card(operator: Operator, model: str, html: Path | None) -> None:
    """Print the card of MODEL (name or name@version) as JSON: its data, its scores and their intervals."""
    from augury.cards.card import decoded
    from augury.cards.page import page

    ref = (await operator.models.get(model)).ref
    text = await operator.models.card(ref)
    if text is None:
        raise CardNotFound(model=str(ref))
    if html is None:
        echo_json(json.loads(text))
        return
    await asyncio.to_thread(html.write_text, page(decoded(text), str(ref)), "utf-8")
    say(f"the card of {ref} is in {html}")


@model.command("add")
@click.argument("file", type=FILE)
@click.option("--name", required=True, help="The name that clients use.")
@click.option("--price", type=click.IntRange(min=0), help=PRICE)
@text_price_option
@click.option("--inactive", is_flag=True, help="Do not make it the active version.")
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
    With --url, the file is sent to a service that runs elsewhere; otherwise it goes to the local database.
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
        author=operator.author,
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

    described = await DescribeModel(models=operator.models)(
        ref=_ref(model), texts=texts_of(texts), author=operator.author
    )
    say(f"{described.ref} has its new texts")


@model.command("list")
@json_option
@operates
async def list_(operator: Operator, *, as_json: bool) -> None:
    """Show every version of every model, including files that are being checked or were refused."""
    uploads = {
        each.ref: each for each in await operator.model_uploads.all() if each.state is not ModelState.READY
    }
    versions: dict[ModelRef, Model | ModelUpload] = {**uploads}
    versions |= {each.ref: each for each in await operator.models.all()}
    entries = [_entry(each) for _, each in sorted(versions.items(), key=lambda each: _place(each[0]))]
    columns = ("model", "state", "task", "row_price", "features", "sha256", "text_price", "reason")
    show(entries, columns=columns, as_json=as_json)


def _place(ref: ModelRef) -> tuple[str, int]:
    return ref.name, ref.version


def _entry(version: Model | ModelUpload) -> Entry:
    offered = version if isinstance(version, Model) else None
    terms = version if isinstance(version, Model) else version.terms
    return {
        "model": str(version.ref),
        "state": version.state,
        "task": offered.facts.task if offered else None,
        "row_price": terms.row_price,
        "text_price": terms.text_price,
        "features": len(offered.facts.schema.features) if offered else None,
        "sha256": version.sha256,
        "reason": version.reason if isinstance(version, ModelUpload) else None,
    }


@model.command("price")
@click.argument("model")
@click.argument("credits", type=click.IntRange(min=0), required=False)
@click.option(
    "--text-price",
    type=click.IntRange(min=0),
    help="Credits per kilobyte of text (1,000 bytes in UTF-8), on top of the price per row. 0: text is free.",
)
@click.option(
    "--explain-price",
    type=click.IntRange(min=0),
    help="Credits for the explanation of a row, on top of its price. Default: the price of the row.",
)
@operates
async def price(
    operator: Operator,
    model: str,
    credits: int | None,
    text_price: int | None,
    explain_price: int | None,
) -> None:
    """Set prices of MODEL (name@version): per row, per kilobyte of text, or per explanation of a row.

    A price that is not given stays. Predictions that were accepted before keep their price.
    """
    from augury.bootstrap.cli.model_file import prices_of

    if credits is None and text_price is None and explain_price is None:
        raise OperatorError("give a price per row, such as 2, or --text-price, or --explain-price")
    change = ChangeModel(models=operator.models)
    changed = await change(
        ref=_ref(model),
        row_price=credits,
        text_price=text_price,
        explain_price=explain_price,
        author=operator.author,
    )
    say(f"{changed.ref} costs {prices_of(changed)}")


@model.command("unsure")
@click.argument("model")
@click.argument("below", type=NumberRange(0, 1))
@operates
async def unsure(operator: Operator, model: str, below: float) -> None:
    """Let the bot say that it is not sure of a label of MODEL (name@version) with a probability below BELOW.

    The answer stays the same. 0 means never.
    """
    changed = await SetConfidence(models=operator.models)(
        ref=_ref(model), unsure_below=below, author=operator.author
    )
    say(f"{changed.ref} is not sure of a label below {below:g}")


@model.command("activate")
@click.argument("model")
@operates
async def activate(operator: Operator, model: str) -> None:
    """Let MODEL (name@version) serve requests that do not name a version."""
    changed = await ChangeModel(models=operator.models)(
        ref=_ref(model), state=ModelState.ACTIVE, author=operator.author
    )
    say(f"{changed.ref} is active")


@model.command("canary")
@click.argument("model")
@click.option("--share", required=True, type=NumberRange(1, 50), help="Percent of the users that it serves.")
@operates
async def canary(operator: Operator, model: str, share: float) -> None:
    """Let MODEL (name@version) serve some of the users whose requests do not name a version.

    They are always the same users. Those of a small share are also in a larger one.
    """
    changed = await StartCanary(models=operator.models)(
        ref=_ref(model), share=share / 100, author=operator.author
    )
    say(f"{changed.ref} serves {share:g} % of the users")


@model.command("promote")
@click.argument("model")
@operates
async def promote(operator: Operator, model: str) -> None:
    """Make the canary MODEL (name@version) the active version. The active one stays ready, for a rollback."""
    changed = await PromoteModel(models=operator.models)(_ref(model), author=operator.author)
    say(f"{changed.ref} is active")


@model.command("rollback")
@click.argument("model")
@operates
async def rollback(operator: Operator, model: str) -> None:
    """End the canary MODEL (name@version). If MODEL is active, activate its predecessor instead."""
    serving = await RollBackModel(models=operator.models)(_ref(model), author=operator.author)
    say(f"{serving.ref} serves all users")


@model.command("compare")
@click.argument("name")
@click.option(
    "--minutes",
    type=click.IntRange(1, MOST_MINUTES),
    default=60,
    show_default=True,
    help="How far to look back, at most a week.",
)
@json_option
@operates
async def compare(operator: Operator, name: str, minutes: int, *, as_json: bool) -> None:
    """Compare the versions of NAME: failures, durations and answers."""
    from augury.bootstrap.cli.model_health import COLUMNS, health_entry

    compared = CompareVersions(models=operator.models, counts=operator.version_counts)
    found = await compared(name, minutes=minutes)
    show([health_entry(each) for each in found], columns=COLUMNS, as_json=as_json)


@model.command("retire")
@click.argument("model")
@operates
async def retire(operator: Operator, model: str) -> None:
    """Stop accepting predictions for MODEL (name@version). Accepted ones still run."""
    changed = await ChangeModel(models=operator.models)(
        ref=_ref(model), state=ModelState.RETIRED, author=operator.author
    )
    say(f"{changed.ref} is retired")


def _ref(text: str) -> ModelRef:
    if "@" not in text:
        raise OperatorError(f"name the model with its version, such as {text}@1")
    return ModelRef.parse(text)
