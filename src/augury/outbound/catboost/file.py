"""Reads the facts of a CatBoost model file. A crafted file can crash the process that opens it, so untrusted
files go through `inspector` first.

Note for CatBoost 1.2.10: `n_features_in_` is 0 after loading, so we count the features by their names. The
shape of `predict` differs between two and more classes, while that of the probabilities does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ProbabilitiesAre, ReadAs, ValueIs
from augury.domain.dates import DatePart, part_name
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import GROUP, InputSchema
from augury.domain.model import ModelRefused
from augury.domain.model_facts import MOST_FEATURES, MOST_NAME_CHARACTERS, ModelFacts
from augury.domain.model_texts import UnfitForModel
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.text import is_storable
from augury.outbound.catboost.embeddings import embedding_lengths
from augury.outbound.catboost.formats import what_else
from augury.outbound.catboost.library import CatBoost, CatBoostClassifier, CatBoostError, words_of
from augury.outbound.catboost.loss import (
    INDEPENDENT,
    MULTILABEL,
    Loss,
    Value,
    forget_unknown,
    loss_of,
    value_of,
)
from augury.outbound.catboost.metadata import OWN_FACTS, OwnFacts, card_of, own_facts_of
from augury.outbound.catboost.nulls import NullPolicy
from augury.outbound.catboost.trial import PredictionType, neutral_answer, width_of

MOST_CLASSES = 1_000

_WIDTHS = {ModelTask.REGRESSION: 1, ModelTask.RANKING: 1, ModelTask.UNCERTAIN_REGRESSION: 2}
"""The number of raw values of a row, for tasks whose outputs have no names."""

MOST_OUTPUTS = 1_000
"""The most values of one answer."""


def open_model(file: Path) -> CatBoost:
    """Raises `ModelRefused` if CatBoost cannot read the file."""
    try:
        other = what_else(file)
    except OSError as error:
        raise ModelRefused(reason=Reason.of(ReasonCode.UNREADABLE, error=str(error.strerror))) from error
    if other is not None:
        raise ModelRefused(reason=Reason.of(other))
    model = CatBoost()
    try:
        model.load_model(str(file))
    except CatBoostError as error:
        raise ModelRefused(reason=Reason.of(ReasonCode.DAMAGED, error=words_of(error))) from error
    return model


def facts_of(model: CatBoost) -> ModelFacts:
    """Raises `ModelRefused` if the model cannot be served. Deletes a loss from the opened model that this
    CatBoost does not know."""
    own = own_facts_of(model)
    features = _with_dates(_features(model, own.categories), own.dates)
    loss = loss_of(model)
    forget_unknown(model, loss)
    classes = _classes(model)
    task, value = _task(loss, classes, width_of(model, features))
    found = ModelFacts(
        task=task,
        schema=InputSchema(features, is_grouped=task is ModelTask.RANKING and _may_be_grouped(features)),
        classes=classes,
        outputs=_outputs(own, value) if task is ModelTask.MULTI_REGRESSION else (),
        metrics=own.metrics,
        probabilities_are=_probabilities(loss) if classes else None,
        card=card_of(model),
        unsure_below=own.unsure_below if classes else None,
        value_is=value.is_,
        alpha=value.alpha,
        read_as=value.read_as,
        ignored=_misnamed(own.categories, features),
    )
    _try_out(model, found)
    try:
        found = found.described_by(own.texts)
    except UnfitForModel as unfit:
        reason = Reason.of(ReasonCode.METADATA_UNFIT, [unfit.reason], name=OWN_FACTS)
        raise ModelRefused(reason=reason) from unfit
    return replace(found, threshold=_threshold(model, found))


def prediction_type(facts: ModelFacts) -> PredictionType:
    """CatBoost's `prediction_type`: probabilities for a classifier, else values in the target's unit.
    CatBoost has no such type for several values or for a standard deviation."""
    if facts.classes:
        return "Probability"
    one_exponent = facts.task is ModelTask.REGRESSION and facts.read_as is ReadAs.EXPONENT
    return "Exponent" if one_exponent else "RawFormulaVal"


def _task(loss: Loss | None, classes: Sequence[str], width: int) -> tuple[ModelTask, Value]:
    """What the model answers, and what its values mean. It has `width` raw values for a row."""
    if classes:
        multilabel = loss is not None and loss.name in MULTILABEL
        return ModelTask.MULTILABEL if multilabel else ModelTask.CLASSIFICATION, Value()
    value = value_of(loss)
    if width > 1 and value.task is not ModelTask.UNCERTAIN_REGRESSION:
        outputs = value.outputs if len(value.outputs) == width else tuple(map(str, range(width)))
        return ModelTask.MULTI_REGRESSION, replace(value, outputs=outputs)
    if value.task is ModelTask.MULTI_REGRESSION:  # a single target
        return value.task, replace(value, outputs=value.outputs or ("0",))
    return value.task, value


def _probabilities(loss: Loss | None) -> ProbabilitiesAre:
    independent = loss is not None and loss.name in INDEPENDENT
    return ProbabilitiesAre.INDEPENDENT if independent else ProbabilitiesAre.EXCLUSIVE


def _outputs(own: OwnFacts, value: Value) -> tuple[str, ...]:
    """The names of several values: those from the model's author, or else those of the loss."""
    if len(value.outputs) > MOST_OUTPUTS:
        raise ModelRefused(
            reason=Reason.of(ReasonCode.OUTPUT_COUNT, count=len(value.outputs), most=MOST_OUTPUTS)
        )
    if own.outputs and len(own.outputs) != len(value.outputs):
        named, count = len(own.outputs), len(value.outputs)
        raise ModelRefused(
            reason=Reason.of(ReasonCode.OUTPUT_NAMES, name=OWN_FACTS, named=named, count=count)
        )
    # Quantiles keep their alphas as names.
    names = value.outputs if value.is_ is ValueIs.QUANTILE else own.outputs or value.outputs
    _require_good_names("output", names)
    return names


def _may_be_grouped(features: Sequence[Feature]) -> bool:
    """Whether a row may name its group beside the features. A feature of that name groups the rows itself."""
    return all(feature.name != GROUP for feature in features)


def _features(model: CatBoost, categories: Mapping[str, tuple[str, ...]]) -> tuple[Feature, ...]:
    names = [str(name) for name in model.feature_names_]
    if not 0 < len(names) <= MOST_FEATURES:
        raise ModelRefused(reason=Reason.of(ReasonCode.FEATURE_COUNT, count=len(names), most=MOST_FEATURES))
    _require_good_names("feature", names)
    kinds = dict.fromkeys(range(len(names)), FeatureKind.NUMERIC)
    kinds |= dict.fromkeys(model.get_cat_feature_indices(), FeatureKind.CATEGORICAL)
    kinds |= dict.fromkeys(model.get_text_feature_indices(), FeatureKind.TEXT)
    embeddings = list(model.get_embedding_feature_indices())
    kinds |= dict.fromkeys(embeddings, FeatureKind.EMBEDDING)
    found = embedding_lengths(model) if embeddings else {}
    lengths = {embeddings[place]: length for place, length in found.items()}
    nulls = NullPolicy(model)
    return tuple(
        Feature(
            name,
            kinds[index],
            categories.get(name, ()),
            nullable=not nulls.forbids(index),
            length=lengths.get(index),
        )
        for index, name in enumerate(names)
    )


def _with_dates(
    features: tuple[Feature, ...], dates: Mapping[str, tuple[DatePart, ...]]
) -> tuple[Feature, ...]:
    """Replace the parts of dates, which must be the last features, by the dates that customers send."""
    parts = [part_name(name, part) for name, each in dates.items() for part in each]
    rest, last = features[: len(features) - len(parts)], features[len(features) - len(parts) :]
    if [each.name for each in last] != parts or any(each.kind is not FeatureKind.NUMERIC for each in last):
        raise ModelRefused(reason=Reason.of(ReasonCode.NOT_DATE_PARTS))
    if not all(dates.values()):
        raise ModelRefused(reason=Reason.of(ReasonCode.UNUSED_DATE))
    _require_good_names("feature", [*(each.name for each in rest), *dates])
    return (*rest, *(Feature(name, FeatureKind.DATE) for name in dates))


def _misnamed(categories: Mapping[str, object], features: Sequence[Feature]) -> tuple[str, ...]:
    categorical = {feature.name for feature in features if feature.kind is FeatureKind.CATEGORICAL}
    return tuple(name for name in categories if name not in categorical)


def _classes(model: CatBoost) -> tuple[str, ...]:
    """The labels as texts, in the order of the probabilities. Empty for a regression."""
    classes = tuple(str(label) for label in model.classes_)
    if len(classes) > MOST_CLASSES:
        raise ModelRefused(reason=Reason.of(ReasonCode.CLASS_COUNT, count=len(classes), most=MOST_CLASSES))
    _require_good_names("class", classes)
    return classes


def _require_good_names(what: str, names: Sequence[str]) -> None:
    if len(set(names)) != len(names):
        raise ModelRefused(reason=Reason.of(ReasonCode.SAME_NAMES, what=what))
    for name in names:
        if not 0 < len(name) <= MOST_NAME_CHARACTERS or not is_storable(name):
            raise ModelRefused(reason=Reason.of(ReasonCode.BAD_NAME, what=what, most=MOST_NAME_CHARACTERS))


def _try_out(model: CatBoost, facts: ModelFacts) -> None:
    """Predict one neutral row. Raises `ModelRefused` if the shape is not that of one answer per row."""
    numbers = int(np.size(neutral_answer(model, facts.schema.features, prediction_type(facts))))
    # For a single label, CatBoost answers two probabilities: that it is missing, and that it is there.
    wanted = max(2, len(facts.classes)) if facts.classes else _WIDTHS.get(facts.task, len(facts.outputs))
    if numbers != wanted:
        if facts.classes:
            known = len(facts.classes)
            raise ModelRefused(reason=Reason.of(ReasonCode.CLASSES_AND_ANSWERS, classes=known, count=numbers))
        raise ModelRefused(reason=Reason.of(ReasonCode.TASK_AND_ANSWERS, task=facts.task, count=numbers))


def _threshold(model: CatBoost, facts: ModelFacts) -> float | None:
    """The decision threshold. Only a model with one raw value for its two classes has one."""
    is_binary = facts.task is ModelTask.CLASSIFICATION and len(facts.classes) == 2
    if not is_binary or width_of(model, facts.schema.features) != 1:
        return None
    threshold = float(CatBoostClassifier.get_probability_threshold(model))
    if not 0 <= threshold <= 1:
        raise ModelRefused(reason=Reason.of(ReasonCode.THRESHOLD, threshold=threshold))
    return threshold
