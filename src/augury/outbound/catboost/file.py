"""Reads the facts of a CatBoost model file. A crafted file can crash the process that opens it, so untrusted
files go through `inspector` first.

Note for CatBoost 1.2.10: `n_features_in_` is 0 after loading, so we count the features by their names. The
shape of `predict` differs between two and more classes, while that of the probabilities does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt
from catboost import CatBoost, CatBoostClassifier, CatBoostError

from augury.domain.model import ModelRefused
from augury.domain.model_facts import Feature, FeatureKind, InputSchema, ModelFacts, ReadAs, Task
from augury.domain.model_texts import ModelTexts, UnfitForModel
from augury.domain.text import is_storable
from augury.outbound.catboost.formats import what_else
from augury.outbound.catboost.loss import Value, loss_of, require_served, value_of
from augury.outbound.catboost.nulls import NullPolicy

MOST_FEATURES = 10_000
MOST_CLASSES = 1_000
MOST_NAME_CHARACTERS = 256
MOST_REASON_CHARACTERS = 200
SCHEMA_VERSION = 1

_OWN_FACTS = "augury"  # the key of our own facts among the file's metadata
_NEUTRAL = {FeatureKind.NUMERIC: 0.0, FeatureKind.CATEGORICAL: "", FeatureKind.TEXT: ""}

PredictionType = Literal["Probability", "RawFormulaVal", "Exponent"]


class OwnFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Facts that CatBoost does not store itself. The model's author writes them to the file's metadata."""

    schema_version: int = SCHEMA_VERSION
    metrics: dict[str, float] = {}
    categories: dict[str, tuple[str, ...]] = {}
    """The values of categorical features that the model was trained on."""
    training: str = ""
    """How it was trained, for people."""
    texts: ModelTexts = msgspec.field(default_factory=ModelTexts)
    """Display names and descriptions, by language."""


def write_own_facts(model: CatBoost, facts: OwnFacts) -> None:
    """Put the facts into the model's metadata, which is saved with it."""
    model.get_metadata()[_OWN_FACTS] = msgspec.json.encode(facts).decode()


def open_model(file: Path) -> CatBoost:
    """Raises `ModelRefused` if CatBoost cannot read the file."""
    try:
        other = what_else(file)
    except OSError as error:
        raise ModelRefused(reason=f"it cannot be read: {error.strerror}") from error
    if other is not None:
        raise ModelRefused(reason=other)
    model = CatBoost()
    try:
        model.load_model(str(file))
    except CatBoostError as error:
        raise ModelRefused(
            reason=f"it is damaged, or was written by a CatBoost that this one cannot read: {_short(error)}"
        ) from error
    return model


def _short(error: CatBoostError) -> str:
    """The beginning of its text, which may have forty lines that list everything CatBoost supports."""
    text = " ".join(str(error).split())
    return text if len(text) <= MOST_REASON_CHARACTERS else text[:MOST_REASON_CHARACTERS] + "…"


def facts_of(model: CatBoost) -> ModelFacts:
    """Raises `ModelRefused` if the model cannot be served."""
    own = _own_facts(model)
    features = _features(model, own.categories)
    loss = loss_of(model)
    require_served(loss)
    classes = _classes(model)
    value = Value() if classes else value_of(loss)
    found = ModelFacts(
        task=Task.CLASSIFICATION if classes else Task.REGRESSION,
        schema=InputSchema(features),
        classes=classes,
        metrics=own.metrics,
        value_is=value.is_,
        alpha=value.alpha,
        read_as=value.read_as,
        ignored=_misnamed(own.categories, features),
    )
    _try_out(model, found)
    try:
        found = found.described_by(own.texts)
    except UnfitForModel as unfit:
        raise ModelRefused(reason=f'its metadata "{_OWN_FACTS}": {unfit.reason}') from unfit
    return replace(found, threshold=_threshold(model, found))


def prediction_type(facts: ModelFacts) -> PredictionType:
    """CatBoost's `prediction_type`: probabilities for a classifier, else values in the target's unit."""
    if facts.task is Task.CLASSIFICATION:
        return "Probability"
    return "Exponent" if facts.read_as is ReadAs.EXPONENT else "RawFormulaVal"


def _own_facts(model: CatBoost) -> OwnFacts:
    text = model.get_metadata().get(_OWN_FACTS)
    if text is None:
        return OwnFacts()
    try:
        facts = msgspec.json.decode(text, type=OwnFacts)
    except msgspec.MsgspecError as error:
        raise ModelRefused(reason=f'its metadata "{_OWN_FACTS}" cannot be read: {error}') from error
    if facts.schema_version != SCHEMA_VERSION:
        raise ModelRefused(reason=f"its facts are of version {facts.schema_version}, not {SCHEMA_VERSION}")
    if not all(map(is_storable, [*facts.metrics, *chain.from_iterable(facts.categories.values())])):
        raise ModelRefused(reason=f'its metadata "{_OWN_FACTS}" contains NUL or half of a surrogate pair')
    return facts


def _features(model: CatBoost, categories: Mapping[str, tuple[str, ...]]) -> tuple[Feature, ...]:
    names = [str(name) for name in model.feature_names_]
    if model.get_embedding_feature_indices():
        raise ModelRefused(reason="it takes embeddings; numbers, categories and texts can be served")
    if not 0 < len(names) <= MOST_FEATURES:
        raise ModelRefused(reason=f"it takes {len(names)} features; 1 to {MOST_FEATURES} can be served")
    _require_good_names("feature", names)
    kinds = dict.fromkeys(range(len(names)), FeatureKind.NUMERIC)
    kinds |= dict.fromkeys(model.get_cat_feature_indices(), FeatureKind.CATEGORICAL)
    kinds |= dict.fromkeys(model.get_text_feature_indices(), FeatureKind.TEXT)
    nulls = NullPolicy(model)
    return tuple(
        Feature(name, kinds[index], categories.get(name, ()), nullable=not nulls.forbids(index))
        for index, name in enumerate(names)
    )


def _misnamed(categories: Mapping[str, object], features: Sequence[Feature]) -> tuple[str, ...]:
    categorical = {feature.name for feature in features if feature.kind is FeatureKind.CATEGORICAL}
    return tuple(name for name in categories if name not in categorical)


def _classes(model: CatBoost) -> tuple[str, ...]:
    """The labels as texts, in the order of the probabilities. Empty for a regression."""
    classes = tuple(str(label) for label in model.classes_)
    if classes and not 1 < len(classes) <= MOST_CLASSES:
        raise ModelRefused(reason=f"it knows {len(classes)} classes; 2 to {MOST_CLASSES} can be served")
    _require_good_names("class", classes)
    return classes


def _require_good_names(what: str, names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        raise ModelRefused(reason=f"two of its {what} names are the same")
    for name in names:
        if not 0 < len(name) <= MOST_NAME_CHARACTERS or not is_storable(name):
            raise ModelRefused(reason=f"a {what} name must be 1 to {MOST_NAME_CHARACTERS} characters of text")


def _try_out(model: CatBoost, facts: ModelFacts) -> None:
    """Predict one neutral row. Raises `ModelRefused` if the shape is not that of one answer per row."""
    shape = np.shape(_neutral_answer(model, facts, prediction_type(facts)))
    wanted = (1, len(facts.classes)) if facts.classes else (1,)
    if shape != wanted:
        raise ModelRefused(reason=_misshapen(shape[-1], len(facts.classes)))


def _misshapen(numbers: int, classes: int) -> str:
    if classes:
        return f"it names {classes} classes, but answers {numbers} numbers per row"
    return f"it answers {numbers} numbers per row, and the file names neither its classes nor its loss"


def _threshold(model: CatBoost, facts: ModelFacts) -> float | None:
    """The decision threshold. Only a model with one raw value for its two classes has one."""
    if len(facts.classes) != 2 or np.shape(_neutral_answer(model, facts, "RawFormulaVal")) != (1,):
        return None
    threshold = float(CatBoostClassifier.get_probability_threshold(model))
    if not 0 <= threshold <= 1:
        raise ModelRefused(reason=f"its decision threshold is {threshold}, which is not a probability")
    return threshold


def _neutral_answer(model: CatBoost, facts: ModelFacts, asked: PredictionType) -> npt.NDArray[np.float64]:
    row: list[Any] = [_NEUTRAL[feature.kind] for feature in facts.schema.features]
    try:
        answer: npt.NDArray[np.float64] = model.predict([row], prediction_type=asked, thread_count=1)
    except CatBoostError as error:
        raise ModelRefused(reason=f"it cannot predict: {_short(error)}") from error
    return answer
