"""Finds the calibration of the starter model, and measures it on texts from elsewhere.

`python -m tests.bench.tone` prints the scale and the biases that fit best to texts of another kind: those
that were written one by one for a model of the phrases, and the other way round. `--judge FILE` also
measures the model on a CSV file with `text` and `label`, which plays no part in the training.
"""

import argparse
import csv
import resource
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from catboost import CatBoost
from scipy.optimize import minimize

from augury.outbound.catboost.calibrating import probabilities
from augury.outbound.catboost.training import (
    LABELS,
    Example,
    fit_tone,
    made_examples,
    train_tone,
    written_examples,
)
from augury.outbound.training.scores import class_scores

Numbers = npt.NDArray[np.float64]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--judge", type=Path)
    asked = options.parse_args()
    written, made = written_examples(), made_examples()
    other = [crossed(written, made), crossed(made, written)]
    found = minimize(lambda given: np.mean([balanced_loss(given, *each) for each in other]), [1.0, 0.0, 0.0])
    print(f"scale {found.x[0]:.3f}, biases {found.x[1]:.3f}, 0, {found.x[2]:.3f}")
    if asked.judge is not None:
        with asked.judge.open(encoding="utf-8", newline="") as lines:
            rows = [line for line in csv.DictReader(lines) if line["label"] in LABELS]
        judge([Example(row["text"], "", row["label"]) for row in rows])


def crossed(learned: Sequence[Example], other: Sequence[Example]) -> tuple[Numbers, Numbers]:
    """Raw values and classes of the `other` texts."""
    model = fit_tone(learned, is_calibrated=False)
    return model.predict(texts(other), prediction_type="RawFormulaVal"), truth(other)


def balanced_loss(given: Numbers, raw: Numbers, classes: Numbers) -> float:
    """The mean over the classes of their log losses."""
    shares = probabilities(given[0] * raw + np.array([given[1], 0, given[2]]))
    losses = -np.log(shares[np.arange(len(raw)), classes.astype(int)])
    return float(np.mean([losses[classes == each].mean() for each in range(len(LABELS))]))


def judge(examples: Sequence[Example]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "tone.cbm"
        before = spent()
        print("held out:", dict(train_tone(file)))
        print(f"training: {spent() - before:.1f} s of CPU, {file.stat().st_size:,} bytes")
        model: Any = CatBoost().load_model(str(file))
    shares = model.predict(texts(examples), prediction_type="Probability")
    for name, score in class_scores(truth(examples), shares, None).items():
        print(f"{name}: {score(np.ones(len(examples))):.3f}")
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == truth(examples)
    for least in (0.4, 0.5, 0.6, 0.7, 0.8):
        kept = sure >= least
        print(
            f"probability of {least} or more: {kept.mean():.0%} of the texts, {right[kept].mean():.1%} right"
        )


def texts(examples: Sequence[Example]) -> list[list[str]]:
    return [[each.text] for each in examples]


def truth(examples: Sequence[Example]) -> Numbers:
    return np.array([LABELS.index(each.label) for each in examples], dtype=np.float64)


def spent() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
