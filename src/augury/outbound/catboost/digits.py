"""Shortens probabilities without changing them as float32 numbers."""

import numpy as np
import numpy.typing as npt

DIGITS = 9
"""Significant digits: as many as tell one float32 from the next, which is more than any model can justify."""
_BELOW_ONE = 1 - 10.0**-DIGITS
_EXACT_POWER = 22  # the largest power of ten that a double holds exactly


def shortened(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round to `DIGITS` significant digits, so that the shortest text of each double has no more digits. As
    float32 numbers they stay the same.

    Rare events keep their probability: values above 0 stay above 0, and values below 1 stay below 1.
    """
    short, exact = _rounded(probabilities), probabilities.astype(np.float32)
    moved = (short.astype(np.float32) != exact) & (exact > 0)
    if moved.any():  # the rounding crossed the midpoint between two float32 numbers
        short[moved] = _rounded(exact[moved].astype(np.float64))
    short[(short == 1) & (probabilities < 1)] = _BELOW_ONE
    return short


def _rounded(probabilities: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    positive = np.where(probabilities > 0, probabilities, 1)
    places = DIGITS - 1 - np.floor(np.log10(positive))
    scale = 10.0 ** np.minimum(places, _EXACT_POWER)
    short: npt.NDArray[np.float64] = np.rint(probabilities * scale) / scale
    if places.max(initial=0) > _EXACT_POWER:
        for index in map(tuple, np.argwhere(places > _EXACT_POWER)):
            short[index] = float(f"{probabilities[index]:.{DIGITS}g}")
    return short
