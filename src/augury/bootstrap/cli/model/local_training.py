"""Trains a model from a table for `augury model train FILE`."""

import asyncio
import shutil
import signal
import tempfile
from pathlib import Path
from threading import Event

from augury.application.models.offering import Registered
from augury.bootstrap.cli.listing import say
from augury.bootstrap.config import OperatorError
from augury.bootstrap.operating import Operator
from augury.bootstrap.progress import OnStep, progress
from augury.cards.card import Card
from augury.domain.model import InvalidModelName, ModelRef
from augury.domain.training_plan import Plan
from augury.inbound.tables.encoding import encoding_of
from augury.inbound.tables.unreadable import BrokenUtf8, NotText
from augury.outbound.catboost.trainer import train_table
from augury.outbound.training.table import is_parquet
from augury.outbound.training.watch import Untrainable, Watch

_STOPPING = "ending the training with the best model so far; press Ctrl-C again to give up"


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
    """Train on the table and offer the model as the next version of its name. Also copy it to `kept`.

    The first Ctrl-C ends the training with the best model so far, the second one ends the command. Raises
    `InvalidModelName`, and `OperatorError` if the folder of `kept` is missing, before the training; and
    `OperatorError` if the table cannot be used, or the copy cannot be written.
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
            try:
                await asyncio.to_thread(shutil.copyfile, file, kept)
            except OSError as error:
                said = (
                    f"{made.model.ref} is on offer, but its file cannot be saved as {kept}: {error.strerror}"
                )
                raise OperatorError(said) from error
        return made, card


async def _trained(table: Path, plan: Plan, file: Path, on_step: OnStep) -> Card:
    stop, loop = Event(), asyncio.get_running_loop()

    def end() -> None:
        say(_STOPPING, err=True)
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)  # the next one is a KeyboardInterrupt

    watch = Watch(on_step=on_step, on_found=lambda found: say(str(found), err=True), stop=stop)
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
