"""CatBoost without the service: what predicting takes at least."""

import statistics
import time
from collections.abc import Sequence
from pathlib import Path

ROUNDS = 3


def model_file(models: Path) -> Path:
    """The largest file of the folder."""
    return max((each for each in models.rglob("*") if each.is_file()), key=lambda each: each.stat().st_size)


def raw_catboost(file: Path, rows: Sequence[dict[str, str]]) -> float:
    """Seconds in which CatBoost predicts these rows of texts on one thread with the model in `file`: the
    median of some calls."""
    from catboost import CatBoostClassifier, Pool  # late, to keep the load generator lean

    model = CatBoostClassifier()
    model.load_model(str(file))
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        pool = Pool([[row["text"]] for row in rows], text_features=[0], feature_names=["text"])
        model.predict_proba(pool, thread_count=1)
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)
