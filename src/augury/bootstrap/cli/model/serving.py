"""The commands that decide which version serves."""

import click

from augury.application.models.change_model import ChangeModel
from augury.application.models.promote_model import PromoteModel
from augury.application.models.roll_back_model import RollBackModel
from augury.application.models.start_canary import StartCanary
from augury.bootstrap.cli.listing import say
from augury.bootstrap.cli.model.arguments import ref_of
from augury.bootstrap.cli.options import NumberRange
from augury.bootstrap.operating import Operator, operates
from augury.domain.model import ModelState


@click.command("activate")
@click.argument("model")
@operates
async def activate(operator: Operator, model: str) -> None:
    """Let MODEL (name@version) serve requests that do not name a version."""
    changed = await ChangeModel(models=operator.models)(
        ref=ref_of(model), state=ModelState.ACTIVE, author=operator.author
    )
    say(f"{changed.ref} is active")


@click.command("canary")
@click.argument("model")
@click.option("--share", required=True, type=NumberRange(1, 50), help="Percent of the users that it serves.")
@operates
async def canary(operator: Operator, model: str, share: float) -> None:
    """Let MODEL (name@version) serve some of the users whose requests do not name a version.

    They are always the same users. A larger share keeps those of a smaller one.
    """
    changed = await StartCanary(models=operator.models)(
        ref=ref_of(model), share=share / 100, author=operator.author
    )
    say(f"{changed.ref} serves {share:g} % of the users")


@click.command("promote")
@click.argument("model")
@operates
async def promote(operator: Operator, model: str) -> None:
    """Make the canary MODEL (name@version) the active version. The active one stays ready, for a rollback."""
    changed = await PromoteModel(models=operator.models)(ref_of(model), author=operator.author)
    say(f"{changed.ref} is active")


@click.command("rollback")
@click.argument("model")
@operates
async def rollback(operator: Operator, model: str) -> None:
    """End the canary MODEL (name@version). If MODEL is active, activate its predecessor instead."""
    serving = await RollBackModel(models=operator.models)(ref_of(model), author=operator.author)
    if serving.is_active:
        say(f"{serving.ref} serves all users")
    else:
        say(f"{serving.ref} is no longer a canary; no version of {serving.ref.name} is active")


@click.command("retire")
@click.argument("model")
@operates
async def retire(operator: Operator, model: str) -> None:
    """Stop accepting predictions for MODEL (name@version). Accepted ones still run."""
    changed = await ChangeModel(models=operator.models)(
        ref=ref_of(model), state=ModelState.RETIRED, author=operator.author
    )
    say(f"{changed.ref} is retired")
