"""Caches the categories of a feature as pandas has them.

Slices of a batch mostly have the same ones. pandas would index those of each slice anew, which takes as long
as reading their cells.
"""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

MOST = 128
"""The most categories of a feature that are cached. For each slice, CatBoost looks at all of them."""
Dtype: TypeAlias = Any
"""A pandas `CategoricalDtype`, which has no types."""


class Vocabulary:
    def __init__(self) -> None:
        self._known: tuple[dict[object, int], Dtype] = {}, None

    def codes(self, texts: Sequence[object]) -> tuple[npt.NDArray[np.intp], Dtype]:
        """The code of each category (some may be equal), and the type to which the codes belong. Several
        threads may call this."""
        places, dtype = self._known
        if dtype is None or not all(text in places for text in texts):
            places = {text: place for place, text in enumerate(dict.fromkeys([*places, *texts]))}
            if len(places) > MOST:
                places = {text: place for place, text in enumerate(dict.fromkeys(texts))}
            dtype = _dtype(places)
            if len(places) <= MOST:
                self._known = places, dtype
        return np.fromiter((places[text] for text in texts), dtype=np.intp, count=len(texts)), dtype


def _dtype(texts: dict[object, int]) -> Dtype:
    import pandas as pd  # `columns` has loaded it

    return pd.CategoricalDtype(pd.Index(list(texts), dtype=object))
