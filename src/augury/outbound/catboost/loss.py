"""Derives the meaning of a model's answer from its loss function.

`docs/models.md` describes the same for users.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ReadAs, ValueIs
from augury.domain.model import ModelRefused
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.outbound.catboost.library import CatBoost


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
            reason = Reason.of(ReasonCode.LOSS_PARAMETER, parameter=parameter, loss=self.name)
            raise ModelRefused(reason=reason) from error


@dataclass(frozen=True, slots=True)
class Value:
    """The meaning of a regression's numbers, and how to read them. All None for a classifier."""

    is_: ValueIs | None = None
    alpha: float | None = None
    read_as: ReadAs | None = None
    task: ModelTask = ModelTask.REGRESSION
    outputs: tuple[str, ...] = ()
    """The names of several numbers, if the loss has names for them."""


def loss_of(model: CatBoost) -> Loss | None:
    """The loss function of the training, or None if the file does not say."""
    metadata = model.get_metadata()
    parameters = _decoded(metadata.get("params"))
    return _loss(parameters.get("loss_function")) or _loss(_decoded(metadata.get("loss_function")))


def forget_unknown(model: CatBoost, loss: Loss | None) -> None:
    """Delete another CatBoost version's loss from the opened model, since this version refuses to predict
    with it."""
    if loss is not None and loss.name not in VALUES and loss.name not in CLASSIFYING:
        del model.get_metadata()["params"]


def value_of(loss: Loss | None) -> Value:
    """The meaning of the numbers that a model without classes learns with this loss. Raises `ModelRefused`.

    A loss that this CatBoost does not know is a custom one.
    """
    if loss is None:
        return Value(ValueIs.UNKNOWN)
    return VALUES.get(loss.name, _always(ValueIs.SCORE))(loss)


def _decoded(text: str | None) -> Mapping[str, Any]:
    """Decode a JSON object. Returns an empty one for an empty text, which a sum of models has."""
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


def _always(
    is_: ValueIs, read_as: ReadAs = ReadAs.RAW, task: ModelTask = ModelTask.REGRESSION
) -> Callable[[Loss], Value]:
    return lambda _: Value(is_, read_as=read_as, task=task)


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


def _quantiles(loss: Loss) -> Value:
    """Several quantiles, named by their alphas as the file has them, such as `0.5` and `0.95`."""
    try:
        alphas = [float(each) for each in loss.parameters.get("alpha", "").split(",")]
    except ValueError as error:
        reason = Reason.of(ReasonCode.LOSS_NUMBERS, parameter="alpha", loss=loss.name)
        raise ModelRefused(reason=reason) from error
    return Value(ValueIs.QUANTILE, None, ReadAs.RAW, ModelTask.MULTI_REGRESSION, tuple(map(str, alphas)))


def _survival(loss: Loss) -> Value:
    """The logarithm of the time is the raw value plus noise. If the noise is symmetric, the exponent of the
    raw value is the median."""
    is_symmetric = loss.parameters.get("dist", "Normal") in ("Normal", "Logistic")
    return Value(ValueIs.MEDIAN if is_symmetric else ValueIs.TYPICAL, read_as=ReadAs.EXPONENT)


CLASSIFYING = {
    "Logloss",
    "CrossEntropy",
    "Focal",
    "MultiClass",
    "MultiClassOneVsAll",
    "MultiLogloss",
    "MultiCrossEntropy",
}
INDEPENDENT = {"MultiClassOneVsAll", "MultiLogloss", "MultiCrossEntropy"}
"""Losses whose probabilities do not add up to 1."""
MULTILABEL = {"MultiLogloss", "MultiCrossEntropy"}
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
    "PythonUserDefinedMultiTarget": _always(ValueIs.SCORE, task=ModelTask.MULTI_REGRESSION),
    "MultiRMSE": _always(ValueIs.MEAN, task=ModelTask.MULTI_REGRESSION),
    "MultiRMSEWithMissingValues": _always(ValueIs.MEAN, task=ModelTask.MULTI_REGRESSION),
    "MultiQuantile": _quantiles,
    "RMSEWithUncertainty": _always(ValueIs.MEAN, task=ModelTask.UNCERTAIN_REGRESSION),
    "SurvivalAft": _survival,
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
    _always(ValueIs.SCORE, task=ModelTask.RANKING),
)
