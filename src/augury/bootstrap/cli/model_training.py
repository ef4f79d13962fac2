"""Trains a model from a table for `augury model train FILE`."""

import asyncio
import re
import shutil
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from threading import Event

from augury.application.models.offering import Registered
from augury.bootstrap.cli.listing import say
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import Operator
from augury.bootstrap.progress import OnStep, progress
from augury.cards.card import Card
from augury.domain.model import InvalidModelName, ModelRef
from augury.inbound.tables.encoding import encoding_of
from augury.inbound.tables.unreadable import BrokenUtf8, NotText
from augury.outbound.catboost.trainer import train_table
from augury.outbound.training.plan import ColumnKind, Cost, Plan, Task, Untrainable, Watch
from augury.outbound.training.table import is_parquet

__all__ = ["Plan", "Task", "cost_of", "kinds_of", "name_of", "scores_in_words", "train_and_offer"]

MOST_NAME_CHARACTERS = 63
_STOPPING = "ending the training with the best model so far; press Ctrl-C again to give up"


def kinds_of(given: Sequence[str]) -> dict[str, ColumnKind]:
    """The kinds in arguments such as `zip=category`. Raises `OperatorError`."""
    kinds = {}
    for each in given:
        name, _, kind = each.rpartition("=")
        if not name or kind not in set(ColumnKind):
            raise OperatorError(f"--kind {each}: write COLUMN=KIND, with a kind of {', '.join(ColumnKind)}")
        kinds[name] = ColumnKind(kind)
    return kinds


def cost_of(given: str | None) -> Cost | None:
    """The costs of a false positive and of a false negative, written as `1:5`. Raises `OperatorError`."""
    if given is None:
        return None
    try:
        positive, negative = map(float, given.split(":"))
        return Cost(positive, negative)
    except (ValueError, Untrainable) as error:
        raise OperatorError(
            f"--cost {given}: write the cost of a false positive and of a false negative, such as 1:5"
        ) from error


def name_of(target: str) -> str:
    """A model's name that is made from the target's name. Raises `OperatorError` if no character fits."""
    name = re.sub(r"[^a-z0-9]+", "-", target.lower()).strip("-")[:MOST_NAME_CHARACTERS]
    if not name:
        raise OperatorError(f"the target {target!r} cannot become the model's name: give one with --name")
    return name


async def train_and_offer(
    operator: Operator,
    table: Path,
    plan: Plan,
    name: str,
    *,
    row_price: int | None,
    text_price: int | None,
    activate: bool,
    kept: Path | None,
) -> tuple[Registered, Card]:
    """Train on the table and offer the model as the next version of its name. `kept` also gets a copy.

    The first Ctrl-C ends the training with the best model so far, the second one ends the command. What would
    fail after the training is refused before it.
    """
    if not ModelRef(name, 1).is_valid:
        raise InvalidModelName(name=name)
    if kept is not None and not kept.parent.is_dir():
        raise OperatorError(f"--out {kept}: there is no folder {kept.parent}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.cbm"
        with progress(f"training {name}") as on_step:
            card = await _trained(table, plan, file, on_step)
        made = await operator.register_model(
            file=file,
            name=name,
            row_price=row_price,
            text_price=text_price,
            activate=activate,
            author=operator.author,
        )
        if kept is not None:
            await asyncio.to_thread(shutil.copyfile, file, kept)
        return made, card


async def _trained(table: Path, plan: Plan, file: Path, on_step: OnStep) -> Card:
    stop, loop = Event(), asyncio.get_running_loop()

    def end() -> None:
        say(_STOPPING, err=True)
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)  # the next one is a KeyboardInterrupt

    watch = Watch(on_step=on_step, on_found=lambda found: say(found, err=True), stop=stop)
    loop.add_signal_handler(signal.SIGINT, end)
    try:
        encoding = "" if is_parquet(table) else encoding_of(lambda: table.open("rb"))
        return await asyncio.to_thread(train_table, table, plan, file, watch, encoding=encoding)
    except BrokenUtf8 as error:
        raise OperatorError(f"{table}: line {error.line} has bytes that are not UTF-8") from error
    except NotText as error:
        raise OperatorError(f"{table} is not text in a known encoding: save it as UTF-8") from error
    except Untrainable as error:
        raise OperatorError(str(error)) from error
    finally:
        loop.remove_signal_handler(signal.SIGINT)


def scores_in_words(card: Card) -> list[str]:
    """A line for each score."""
    lines = [
        f"{each.name} {each.value:.4g} (95 %: {each.low:.4g} to {each.high:.4g}), "
        f"baseline {each.baseline:.4g}"
        for each in card.scores
    ]
    if (threshold := card.threshold) is not None:
        lines.append(
            f"threshold {threshold.value:.4g}: a test row costs {threshold.cost:.4g}, and "
            f"{threshold.cost_at_half:.4g} with a threshold of 0.5"
        )
    return [*lines, *card.notes]
