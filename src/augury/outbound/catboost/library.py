"""CatBoost without pandas, which takes as much memory as CatBoost itself and is only needed for batches.

CatBoost treats pandas as optional: without it, CatBoost works, but does not recognize DataFrames. Import
CatBoost from here, so that it is always loaded in this way.
"""

import re
from typing import Any

from augury.outbound.unimportable import unimportable

with unimportable("pandas"):
    import catboost
    from catboost import CatBoost, CatBoostClassifier, CatBoostError, Pool


def _recognize(pandas: Any) -> None:  # noqa: ANN401  # it has no types
    """Let CatBoost recognize the types of this module, in the places where it looks for them."""
    catboost.core.pd = catboost._catboost.pd = pandas  # noqa: SLF001
    catboost.core.ARRAY_TYPES = (*catboost.core.ARRAY_TYPES, pandas.DataFrame, pandas.Series)


def load_pandas() -> Any:  # noqa: ANN401
    """Load pandas, and let CatBoost recognize its DataFrames."""
    import pandas

    _recognize(pandas)
    return pandas


_recognize(catboost.core.pd)  # without pandas, CatBoost 1.2.10 puts a stand-in only into its Python half


_PLACE = re.compile(r"\b[\w./-]+\.(?:cpp|h|pyx):\d+: ")
MOST_REASON_CHARACTERS = 200


def words_of(error: CatBoostError) -> str:
    """The beginning of CatBoost's message, without places in its source code. The message may have forty
    lines that list everything CatBoost supports."""
    text = _PLACE.sub("", " ".join(str(error).split()))
    return text if len(text) <= MOST_REASON_CHARACTERS else text[:MOST_REASON_CHARACTERS] + "…"


__all__ = ["CatBoost", "CatBoostClassifier", "CatBoostError", "Pool", "load_pandas", "words_of"]
