"""Derives the meaning of a model's answer from its loss function.

`docs/models.md` describes the same for users.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import catboost
import msgspec
from catboost import CatBoost

from augury.domain.model import ModelRefused
from augury.domain.model_facts import ReadAs, ValueIs


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss function by CatBoost's name, with the parameters that the file gives."""

    name: str
    parameters: Mapping[str, str]

    def number(self, parameter: str, default: float) -> float:
        """Raises `ModelRefused` if it is not a number."""
        try:
            return float(self.parameters.get(parameter, default))
        except ValueError as error:
            raise ModelRefused(
                reason=f"{parameter} of its loss function {self.name} is not a number"
            ) from error


@dataclass(frozen=True, slots=True)
class Value:
    """The meaning of a regression's number, and how to read it. All None for a classifier."""

    is_: ValueIs | None = None
    alpha: float | None = None
    read_as: ReadAs | None = None


def loss_of(model: CatBoost) -> Loss | None:
    """The loss function of the training, or None if the file does not say."""
    metadata = model.get_metadata()
    parameters = _decoded(metadata.get("params"))
    return _loss(parameters.get("loss_function")) or _loss(_decoded(metadata.get("loss_function")))


def require_served(loss: Loss | None) -> None:
    """Raises `ModelRefused` if the loss does not lead to one label or one number per row."""
    if loss is None or loss.name in VALUES or loss.name in CLASSIFYING:
        return
    if loss.name in MANY_ANSWERS:
        raise ModelRefused(reason=f"it {MANY_ANSWERS[loss.name]} ({loss.name}); {_SERVED}")
    raise ModelRefused(
        reason=f"CatBoost {catboost.__version__} does not know the loss function {loss.name!r}. If it was a "
        "custom loss of an older CatBoost, load the model, del model.get_metadata()['params'], save it and "
        "add that file: its raw value is then served"
    )


def value_of(loss: Loss | None) -> Value:
    """The meaning of the number that a model without classes learns with this loss. Raises `ModelRefused`."""
    if loss is None:
        return Value(ValueIs.UNKNOWN)
    if loss.name not in VALUES:
        raise ModelRefused(reason=f"it classifies ({loss.name}), but the file does not name its classes")
    return VALUES[loss.name](loss)


def _decoded(text: str | None) -> Mapping[str, Any]:
    """Decode a JSON object, or answer an empty one: a sum of models has the key with an empty text."""
    try:
        found = msgspec.json.decode(text or "{}")
    except msgspec.MsgspecError:
        return {}
    return found if isinstance(found, dict) else {}


def _loss(found: object) -> Loss | None:
    match found:
        case {"type": str(name), "params": dict(parameters)}:
            return Loss(name, {str(key): str(value) for key, value in parameters.items()})
        case {"type": str(name)}:
            return Loss(name, {})
        case _:
            return None


def _always(is_: ValueIs, read_as: ReadAs = ReadAs.RAW) -> Callable[[Loss], Value]:
    return lambda _: Value(is_, read_as=read_as)


def _quantile(read_as: ReadAs) -> Callable[[Loss], Value]:
    def value(loss: Loss) -> Value:
        alpha = loss.number("alpha", 0.5)
        half = alpha == 0.5
        return Value(ValueIs.MEDIAN if half else ValueIs.QUANTILE, None if half else alpha, read_as)

    return value


def _expectile(loss: Loss) -> Value:
    alpha = loss.number("alpha", 0.5)
    if alpha == 0.5:
        return Value(ValueIs.MEAN, read_as=ReadAs.RAW)
    return Value(ValueIs.EXPECTILE, alpha, ReadAs.RAW)


def _lq(loss: Loss) -> Value:
    """The loss |error| to the power q: it leads to the median if q is 1, to the mean if q is 2."""
    is_ = {1.0: ValueIs.MEDIAN, 2.0: ValueIs.MEAN}.get(loss.number("q", 0), ValueIs.TYPICAL)
    return Value(is_, read_as=ReadAs.RAW)


_SERVED = "Augury serves models that answer one label or one number per row"
CLASSIFYING = {"Logloss", "CrossEntropy", "Focal", "MultiClass", "MultiClassOneVsAll"}
VALUES: Mapping[str, Callable[[Loss], Value]] = {
    "RMSE": _always(ValueIs.MEAN),
    "MAE": _always(ValueIs.MEDIAN),
    "Quantile": _quantile(ReadAs.RAW),
    # These three learn the logarithm of the target.
    "LogLinQuantile": _quantile(ReadAs.EXPONENT),
    "Poisson": _always(ValueIs.RATE, ReadAs.EXPONENT),
    "Tweedie": _always(ValueIs.MEAN, ReadAs.EXPONENT),
    "Expectile": _expectile,
    "Lq": _lq,
    "Huber": _always(ValueIs.TYPICAL),
    "LogCosh": _always(ValueIs.TYPICAL),
    "MAPE": _always(ValueIs.TYPICAL),
    "RMSPE": _always(ValueIs.TYPICAL),
    "Cox": _always(ValueIs.LOG_HAZARD),
    # Custom losses, from Python objects and C++ descriptors.
    "PythonUserDefinedPerObject": _always(ValueIs.SCORE),
    "UserPerObjMetric": _always(ValueIs.SCORE),
}
_RANKS = "ranks the rows of a group, and its number has no meaning for one row alone"
MANY_ANSWERS: Mapping[str, str] = {
    "MultiRMSE": "estimates several targets at once",
    "MultiRMSEWithMissingValues": "estimates several targets at once",
    "PythonUserDefinedMultiTarget": "estimates several targets at once",
    "MultiQuantile": "answers several quantiles at once",
    "RMSEWithUncertainty": "answers a mean and its uncertainty",
    "SurvivalAft": "estimates survival times from a lower and an upper bound",
    "MultiLogloss": "gives a row several labels at once",
    "MultiCrossEntropy": "gives a row several labels at once",
} | dict.fromkeys(
    (
        "GroupQuantile",
        "LambdaMart",
        "PairLogit",
        "PairLogitPairwise",
        "QueryCrossEntropy",
        "QueryRMSE",
        "QuerySoftMax",
        "StochasticFilter",
        "StochasticRank",
        "YetiRank",
        "YetiRankPairwise",
    ),
    _RANKS,
)
