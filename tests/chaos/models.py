"""The models of a chaos run, in separate files. Some give the same answers."""

from dataclasses import replace
from pathlib import Path

from catboost import Pool

from augury.domain.model import ModelRef
from augury.outbound.model_store import FolderModelStore
from augury.outbound.postgres.models import PostgresModels
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from tests.catboost_models import TEXT_FEATURES, WORDS, registered, train

NAMES = ("tone", "first", "second", "third")
"""Damage to the files of the others does not affect `tone`."""


async def offer_models(url: str, folder: Path) -> None:
    """Train them, in milliseconds, and offer each for a credit a row."""
    labels = [("positive", "negative", "neutral")[index % 3] for index in range(90)]
    async with open_pool(PostgresSettings(url=url)) as pool:
        for iterations, name in enumerate(NAMES, start=5):
            texts = Pool(
                [[WORDS[index % 3]] for index in range(90)], labels, text_features=[0], feature_names=["text"]
            )
            file = train(
                texts,
                folder / f"{name}.bin",
                loss="MultiClass",
                text_processing=TEXT_FEATURES,
                learning_rate=0.3,
                iterations=iterations,
            )
            made = await registered(file, FolderModelStore(folder))
            await PostgresModels(pool).add(replace(made, ref=ModelRef(name, 1)))
