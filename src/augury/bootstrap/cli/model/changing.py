"""The commands that change what a version says and costs."""

from pathlib import Path

import click

from augury.application.models.change_model import ChangeModel
from augury.application.models.describe_model import DescribeModel
from augury.application.models.set_confidence import SetConfidence
from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model.arguments import FILE, ref_of
from augury.bootstrap.cli.options import NumberRange
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import Operator, operates


@click.command("describe")
@click.argument("model")
@click.argument("texts", type=FILE)
@operates
async def describe(operator: Operator, model: str, texts: Path) -> None:
    """Replace the texts of MODEL (name@version) with those in the JSON file TEXTS.

    The bot and the API show them: {"description": {"en": "…", "ru": "…"}, "features": {"age":
    {"en": "Age, years", "ru": "Возраст, лет"}}, "labels": {"1": {"en": "Leaves", "ru": "Уйдёт"}}}. Each part
    and each language may be left out.
    """
    from augury.bootstrap.cli.model.file_facts import texts_of

    described = await DescribeModel(models=operator.models)(
        ref=ref_of(model), texts=texts_of(texts), author=operator.author
    )
    say(f"{described.ref} has its new texts")


@click.command("price")
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
    help="Credits for the explanation of a row, on top of its price. "
    "Until it is set, an explanation costs as much as the row.",
)
@click.option(
    "--explain-at-row-price",
    is_flag=True,
    help="Undo --explain-price: an explanation costs as much as the row.",
)
@operates
async def price(
    operator: Operator,
    model: str,
    credits: int | None,
    text_price: int | None,
    explain_price: int | None,
    *,
    explain_at_row_price: bool,
) -> None:
    """Set prices of MODEL (name@version): per row, per kilobyte of text, or per explanation of a row.

    A price that is not given stays. Predictions that were accepted before keep their price.
    """
    from augury.bootstrap.cli.model.file_facts import prices_of

    if explain_price is not None and explain_at_row_price:
        raise OperatorError("--explain-price and --explain-at-row-price do not go together")
    if (credits, text_price, explain_price, explain_at_row_price) == (None, None, None, False):
        raise OperatorError(
            "give a price per row, such as 2, or --text-price, or --explain-price, or --explain-at-row-price"
        )
    change = ChangeModel(models=operator.models)
    changed = await change(
        ref=ref_of(model),
        row_price=credits,
        text_price=text_price,
        explain_price=explain_price,
        explains_at_row_price=explain_at_row_price,
        author=operator.author,
    )
    say(f"{changed.ref} costs {prices_of(changed)}")


@click.command("unsure")
@click.argument("model")
@click.argument("below", type=NumberRange(0, 1))
@operates
async def unsure(operator: Operator, model: str, below: float) -> None:
    """Call a label of MODEL (name@version) unsure if its probability is below BELOW.

    The bot and the pages say so beside the answer, which stays the same. 0 means never.
    """
    changed = await SetConfidence(models=operator.models)(
        ref=ref_of(model), unsure_below=below, author=operator.author
    )
    say(f"a label of {changed.ref} is unsure if its probability is below {below:g}")
