"""Neutral rows, with which a model is tried out."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from augury.domain.feature import Feature, FeatureKind
from augury.domain.model import ModelRefused
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.outbound.catboost.library import CatBoost, CatBoostError, words_of
from augury.outbound.catboost.metadata import dates_of

_NEUTRAL = {FeatureKind.NUMERIC: 0.0, FeatureKind.CATEGORICAL: "", FeatureKind.TEXT: ""}

PredictionType = Literal["Probability", "RawFormulaVal", "Exponent"]


def width_of(model: CatBoost, features: Sequence[Feature]) -> int:
    """How many raw values the model has for a row."""
    return int(np.size(neutral_answer(model, features, "RawFormulaVal")))


def neutral_row(model: CatBoost, features: Sequence[Feature]) -> npt.NDArray[np.object_]:
    """A table of one row without information, which any model with these features accepts."""
    plain = [each for each in features if each.kind is not FeatureKind.DATE]
    parts = sum(map(len, dates_of(model).values()))
    row = np.zeros((1, len(plain) + parts), dtype=object)
    for place, feature in enumerate(plain):
        is_list = feature.kind is FeatureKind.EMBEDDING
        row[0, place] = [0.0] * (feature.length or 1) if is_list else _NEUTRAL[feature.kind]
    return row


def neutral_answer(
    model: CatBoost, features: Sequence[Feature], asked: PredictionType
) -> npt.NDArray[np.float64]:
    """The answer to a neutral row, as CatBoost gives it. Raises `ModelRefused` if CatBoost cannot predict
    it."""
    row = neutral_row(model, features)
    try:
        answer: npt.NDArray[np.float64] = model.predict(row, prediction_type=asked, thread_count=1)
    except CatBoostError as error:
        raise ModelRefused(reason=Reason.of(ReasonCode.CANNOT_PREDICT, error=words_of(error))) from error
    return answer
