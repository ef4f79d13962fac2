"""The operator's commands for models."""

import click

from augury.bootstrap.cli.model.adding import add
from augury.bootstrap.cli.model.changing import describe, price, unsure
from augury.bootstrap.cli.model.serving import activate, canary, promote, retire, rollback
from augury.bootstrap.cli.model.showing import card, compare, list_
from augury.bootstrap.cli.model.training import train


@click.group()
def model() -> None:
    """Models: train, add, list, card, describe, price, roll out, retire."""


for each in (
    train,
    add,
    list_,
    card,
    describe,
    price,
    unsure,
    activate,
    canary,
    promote,
    rollback,
    compare,
    retire,
):
    model.add_command(each)
