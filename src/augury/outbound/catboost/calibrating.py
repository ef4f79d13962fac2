"""Calibrates a classifier: scales its raw values so that its probabilities match the observed shares.

CatBoost keeps a scale and a bias in the file, so that the served probabilities are the calibrated ones.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from augury.outbound.catboost.library import CatBoost

Numbers = npt.NDArray[np.float64]
_LEAST_GAIN = 0.001
"""If the loss falls by a smaller share than this, the values are not scaled."""
_SCALES = (0.2, 3.0)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Each raw value is multiplied by `scale`, and `bias` is added."""

    scale: float = 1.0
    bias: float = 0.0

    def apply(self, model: CatBoost) -> None:
        """Write the calibration into the model."""
        scale, bias = model.get_scale_and_bias()
        biases = (
            [self.scale * each + self.bias for each in bias]
            if isinstance(bias, list)
            else (self.scale * bias + self.bias)
        )
        model.set_scale_and_bias(self.scale * scale, biases)


def calibrate(raw: Numbers, truth: Numbers) -> Calibration:
    """The calibration with the least log loss on rows that the model did not learn from.

    `raw` has one value per row for two classes, and is rows by classes for more. `truth` has the index of
    each row's class. More than two classes only get a scale, so that the likeliest class stays the same.
    """
    if raw.ndim > 1:

        def loss(given: Numbers) -> float:
            return float(
                -np.mean(np.log(probabilities(raw * given[0])[np.arange(len(raw)), truth.astype(int)]))
            )

        start, bounds = [1.0], [_SCALES]
    else:

        def loss(given: Numbers) -> float:
            scaled = given[0] * raw + given[1]
            return float(np.mean(np.logaddexp(0, scaled) - truth * scaled))

        start, bounds = [1.0, 0.0], [_SCALES, (-3.0, 3.0)]
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    if not found.success or found.fun > loss(np.array(start)) * (1 - _LEAST_GAIN):
        return Calibration()
    return Calibration(*(float(each) for each in found.x))


def probabilities(raw: Numbers) -> Numbers:
    """The probabilities that belong to raw values, rows by classes. `raw` is as for `calibrate`."""
    if raw.ndim == 1:
        second = 1 / (1 + np.exp(-np.clip(raw, -500, 500)))
        return np.column_stack([1 - second, second])
    exponents = np.exp(raw - raw.max(axis=1, keepdims=True))
    shares: Numbers = np.maximum(exponents / exponents.sum(axis=1, keepdims=True), 1e-300)
    return shares
