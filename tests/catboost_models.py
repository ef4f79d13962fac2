"""Small real CatBoost models for tests, trained in a few milliseconds each."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from catboost import CatBoost, Pool

from augury.domain.model import Model, ModelRef, ModelState
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.metadata import OwnFacts, write_own_facts
from augury.outbound.catboost.seen import seen_in
from augury.outbound.model_store import FolderModelStore

NAMES = ["age", "city", "text"]
CITIES = ("Paris", "Rome", "Oslo")
WORDS = ("good day", "bad day", "a day like any other")
ROW: dict[str, object] = {"age": 33, "city": "Paris", "text": "good day"}
TEXT_FEATURES = {
    "tokenizers": [{"tokenizer_id": "words", "separator_type": "BySense", "lowercasing": "true"}],
    "dictionaries": [{"dictionary_id": "words", "occurrence_lower_bound": "1"}],
    "feature_processing": {
        "default": [
            {
                "tokenizers_names": ["words"],
                "dictionaries_names": ["words"],
                "feature_calcers": ["NaiveBayes", "BM25"],
            }
        ]
    },
}


def train(
    pool: Pool, file: Path, *, own: OwnFacts | None = None, loss: str = "Logloss", **parameters: object
) -> Path:
    """A model of five small trees, saved as `file`."""
    model = CatBoost(
        {
            "loss_function": loss,
            "iterations": 5,
            "depth": 2,
            "random_seed": 1,
            "thread_count": 1,
            "allow_writing_files": False,
            "logging_level": "Silent",
            **parameters,
        }
    )
    model.fit(pool)
    if own is not None:
        write_own_facts(model, own)
    model.save_model(str(file))
    return file


def mixed_rows(count: int = 90) -> list[list[Any]]:
    """Rows of a number, a category and a text, in that order."""
    return [[20.0 + index % 50, CITIES[index % 3], WORDS[index % 3]] for index in range(count)]


def mixed_pool(labels: list[Any]) -> Pool:
    """`mixed_rows`, one for each label."""
    return Pool(
        mixed_rows(len(labels)), labels, cat_features=[1], text_features=[2], feature_names=list(NAMES)
    )


def binary_model(file: Path, own: OwnFacts | None = None) -> Path:
    """Labels 0 and 1 from a number, a category and a text; Paris and "good day" are 1."""
    labels = [int(index % 3 == 0) for index in range(90)]
    return train(mixed_pool(labels), file, own=own, text_processing=TEXT_FEATURES)


def many_classes_model(file: Path) -> Path:
    """Labels "negative", "neutral" and "positive" from a text alone."""
    rows = [[WORDS[index % 3]] for index in range(90)]
    labels = [("positive", "negative", "neutral")[index % 3] for index in range(90)]
    pool = Pool(rows, labels, text_features=[0], feature_names=["text"])
    return train(pool, file, loss="MultiClass", text_processing=TEXT_FEATURES, learning_rate=0.3)


def numeric_pool(*, target: np.ndarray[Any, Any], **parameters: object) -> Pool:
    """Two numbers, "x" and "y", for each of the targets."""
    features = np.random.default_rng(1).normal(size=(len(target), 2))
    return Pool(features, target, feature_names=["x", "y"], **parameters)


def regression_model(file: Path, loss: str = "RMSE") -> Path:
    """Predicts a number between about 1 and 4 from two numbers."""
    target = np.random.default_rng(1).uniform(1, 4, size=60)
    return train(numeric_pool(target=target), file, loss=loss)


async def registered(file: Path, store: FolderModelStore) -> Model:
    """Store the file and return its model. Opens it in this process, since it was made here."""
    return Model(
        ref=ModelRef("tested", 1),
        facts=facts_of(open_model(file)),
        sha256=await store.put(file),
        row_price=1,
        state=ModelState.ACTIVE,
        created_at=datetime.now(UTC),
    )


def loaded_model(file: Path) -> LoadedModel:
    """The model as a worker loads it."""
    catboost = open_model(file)
    found = facts_of(catboost)
    return LoadedModel.of(catboost, found, found, seen_in(file), 1)
