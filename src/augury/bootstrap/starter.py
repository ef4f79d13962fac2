"""The starter model: trained where it is first needed, offered like any other."""

import asyncio
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from augury.application.register_model import RegisterModel
from augury.domain.model import Model
from augury.outbound.catboost_training import train_tone

NAME = "tone"


async def train_starter(
    register: RegisterModel, row_price: int, on_progress: Callable[[int, int], None]
) -> tuple[Model, Mapping[str, float]]:
    """Train `tone`, offer it at `row_price` credits per row; the model and its measured scores."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{NAME}.cbm"
        metrics = await asyncio.to_thread(train_tone, file, on_progress)
        return await register(file=file, name=NAME, row_price=row_price), metrics
