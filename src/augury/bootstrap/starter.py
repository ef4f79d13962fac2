"""The starter model: trained where it is first needed, offered like any other."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from dishka import AsyncContainer
from rich.console import Console
from rich.progress import Progress

from augury.application.limits import Limits
from augury.application.models.ports import Models
from augury.application.models.register_model import Registered, RegisterModel
from augury.bootstrap.config import ProcessSettings, read
from augury.bootstrap.container import operator_container
from augury.domain.model import Model
from augury.outbound.catboost.training import train_tone
from augury.outbound.postgres.pool import PostgresSettings

NAME = "tone"


async def add_starter(process: ProcessSettings, database: PostgresSettings) -> Model | None:
    """`train_if_needed`, for a process that does nothing else."""
    container = operator_container(process, database, read(Limits))
    try:
        return await train_if_needed(container)
    finally:
        await container.close()


async def train_if_needed(container: AsyncContainer) -> Model | None:
    """Train `tone` and offer it where there is no model at all; answers what was added."""
    if await (await container.get(Models)).all():
        return None
    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"training the starter model, {NAME}", total=None)
        made, _ = await train_starter(
            await container.get(RegisterModel),
            on_progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    return made.model


async def train_starter(
    register: RegisterModel, on_progress: Callable[[int, int], None], row_price: int | None = None
) -> tuple[Registered, Mapping[str, float]]:
    """Train `tone` and offer it, at the price it had before where none is given; answers its scores, too."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{NAME}.cbm"
        metrics = await asyncio.to_thread(train_tone, file, on_progress)
        return await register(file=file, name=NAME, row_price=row_price), metrics
