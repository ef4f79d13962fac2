"""Trains the starter model when it is first needed, and offers it like any other."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from augury.application.models.change_model import ChangeModel
from augury.application.models.offering import Registered
from augury.application.models.ports.models import Models, ModelStore, ModelUnavailable
from augury.application.models.register_model import RegisterModel
from augury.bootstrap.config import ProcessSettings
from augury.bootstrap.operating import operator_on
from augury.bootstrap.progress import OnStep, progress
from augury.domain.audit import Author
from augury.domain.model import Model, ModelState
from augury.outbound.catboost.training import HELD_OUT_TEXTS, train_tone
from augury.outbound.postgres.settings import PostgresSettings

NAME = "tone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stock:
    """The state of the models on offer at a start."""

    added: Model | None = None
    """The starter model, if it was trained."""
    lost: Sequence[Model] = ()
    """Models on offer whose files are gone or were changed: predictions with them fail."""

    @property
    def losses(self) -> Sequence[str]:
        """A line for each lost model, which says what to do."""
        advice = "predictions with it fail: restore the models from a backup, or add it again"
        return [f"the file of {each.ref} is gone or was changed, and {advice}" for each in self.lost]


async def ensure_starter_of(process: ProcessSettings, database: PostgresSettings) -> Stock:
    """`ensure_starter` with its own connections, for `augury migrate`."""
    async with operator_on(database, process) as operator:
        return await ensure_starter(operator.models, operator.model_store, operator.register_model)


async def ensure_starter(models: Models, store: ModelStore, register: RegisterModel) -> Stock:
    """Train `tone` if there is no model at all, or if the file of the model that was trained here is lost.

    Each training makes another file, so the new model is the next version, and the lost one retires.
    """
    offered = await models.all()
    lost = [each for each in offered if each.serves and not await _has_file(store, each)]
    ours = [each for each in lost if each.ref.name == NAME and HELD_OUT_TEXTS in each.facts.metrics]
    if offered and not any(each.is_active for each in ours):
        return Stock(lost=lost)
    change, added = ChangeModel(models=models), await _train(register)
    for each in ours:
        await change(ref=each.ref, state=ModelState.RETIRED)
    if not added.is_active:  # the lost one may be too old to be compared with
        added = await change(ref=added.ref, state=ModelState.ACTIVE)
    return Stock(added=added, lost=[each for each in lost if each not in ours])


async def _has_file(store: ModelStore, model: Model) -> bool:
    try:
        await store.path(model.sha256)
    except ModelUnavailable:
        return False
    return True


async def _train(register: RegisterModel) -> Model:
    with progress(f"training the starter model, {NAME}") as on_step:
        made, _ = await train_starter(register, on_step)
    return made.model


async def train_starter(
    register: RegisterModel,
    on_step: OnStep,
    row_price: int | None = None,
    text_price: int | None = None,
    author: Author | None = None,
) -> tuple[Registered, Mapping[str, float]]:
    """Train `tone` and add it, at its previous prices unless others are given. Also returns its scores.

    `author` is the operator who asked for it, or None for the service itself.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{NAME}.cbm"
        metrics = await asyncio.to_thread(train_tone, file, on_step)
        made = await register(file=file, name=NAME, row_price=row_price, text_price=text_price, author=author)
        return made, metrics
