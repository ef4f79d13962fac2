"""Rounds probabilities to a number of significant digits."""

import numpy as np
import numpy.typing as npt

DIGITS = 8
"""Significant digits: as many as a float32 has, which is more than any model can justify."""
_BELOW_ONE = 1 - 10.0**-DIGITS
_EXACT_POWER = 22  # the largest power of ten that a double holds exactly


def shortened(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round to `DIGITS` significant digits, so that the shortest text of each double has no more digits.

    Rare events keep their probability: values above 0 stay above 0, and values below 1 stay below 1.
    """
    positive = np.where(probabilities > 0, probabilities, 1)
    places = DIGITS - 1 - np.floor(np.log10(positive))
    scale = 10.0 ** np.minimum(places, _EXACT_POWER)
    short: npt.NDArray[np.float64] = np.rint(probabilities * scale) / scale
    if places.max(initial=0) > _EXACT_POWER:
        for index in map(tuple, np.argwhere(places > _EXACT_POWER)):
            short[index] = float(f"{probabilities[index]:.{DIGITS}g}")
    short[(short == 1) & (probabilities < 1)] = _BELOW_ONE
    return short
