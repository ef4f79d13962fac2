"""`augury model train`."""

import re
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import click

from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model.arguments import (
    FILE,
    OUTPUT,
    inactive_option,
    key_option,
    price_option,
    required,
    text_price_option,
)
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import Operator, operated, remembers_data
from augury.bootstrap.progress import progress
from augury.domain.training_plan import Cost, Plan, TrainingTask, kinds_of

MOST_NAME_CHARACTERS = 63


@click.command("train")
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
@click.option("--time", help="A column with times: test on the latest fifth of the rows.")
@click.option("--group", help="Keep rows with the same value of this column on one side of the split.")
@click.option("--positive", help="For two classes: the one that counts as positive.")
@click.option(
    "--cost",
    metavar="FP:FN",
    help="The costs of a false positive and of a false negative, such as 1:5. They set the threshold.",
)
@click.option(
    "--seconds",
    type=click.IntRange(min=1),
    default=180,
    show_default=True,
    help="About how long the training may take.",
)
@click.option(
    "--threads",
    type=click.IntRange(min=1),
    help="Processors to use. Default: 2. With --url, the worker decides.",
)
@click.option("--out", type=OUTPUT, help="Also save the model as this file (.cbm).")
@price_option
@text_price_option
@inactive_option
@click.option("--url", help="Send the table to the service at this address, where a worker trains.")
@key_option
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

    Prints how each column is used, and the scores of the model on a fifth of the rows, which the training
    does not use. `augury model card` prints more. Ctrl-C ends the training with the best model so far. With
    --url, the table is sent to a service that runs elsewhere, and one of its workers trains.

    Without TABLE, trains the starter model, `tone`.
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
        task=TrainingTask(task) if task else None,
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
    from augury.bootstrap.cli.model.remote_training import train_remotely  # neither database nor CatBoost

    key = required(key)
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
    from augury.bootstrap.cli.model.file_facts import outcome, warn
    from augury.bootstrap.cli.model.local_training import train_and_offer  # loads catboost
    from augury.bootstrap.cli.model.scores import scores_in_words

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
    from augury.bootstrap.cli.model.file_facts import outcome
    from augury.bootstrap.starter import train_starter  # loads catboost

    with progress("training tone") as on_step:
        made, metrics = await train_starter(
            operator.register_model, on_step, price, text_price, operator.author
        )
    scores = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
    say(f"{outcome(made)[0]} ({scores})")
