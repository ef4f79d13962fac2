"""Trains on the real tables of ../shared/data, beside CatBoost's own defaults on the same split.

`python -m tests.bench.training [NAME …]` prints a table. `--without-defaults` leaves the comparison out.
"""

import argparse
import csv
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from catboost import CatBoost

from augury.domain.training_plan import Plan
from augury.outbound.catboost.calibrating import probabilities
from augury.outbound.catboost.fitting import Fitting, Recipe, Steps
from augury.outbound.catboost.trainer import train_table
from augury.outbound.training.preparing import prepare
from augury.outbound.training.reporting import scores_of
from augury.outbound.training.table import read_table
from augury.outbound.training.watch import Watch

DATA = Path(__file__).parents[3] / "shared" / "data"


@dataclass(frozen=True)
class Aim:
    target: str
    score: str
    least: float
    without: str | None = None
    """A label whose rows are left out."""


AIMS: Mapping[str, Aim] = {
    "adult": Aim("income", "auc", 0.925),
    "sms_spam": Aim("label", "accuracy", 0.985),
    "ru_goemotions": Aim("label", "macro_f1", 0.58, without="ambiguous"),
}


class Defaults(Fitting):
    """CatBoost as it comes: no setting but the seed, the threads and what the table is."""

    def _settings(self, recipe: Recipe, trees: int) -> dict[str, Any]:
        settings = super()._settings(recipe, trees)
        settings.pop("text_processing", None)
        settings.pop("auto_class_weights", None)
        return settings


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", default=list(AIMS))
    options.add_argument("--data", type=Path, default=DATA, help="the folder of the tables")
    options.add_argument("--without-defaults", action="store_true")
    asked = options.parse_args()
    print(
        "| table | score | aim | reached (95 %) | baseline | CatBoost's defaults | seconds | theirs | trees |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in asked.names:
        print(
            line(asked.data / f"{name}.csv", AIMS[name], with_defaults=not asked.without_defaults), flush=True
        )


def line(source: Path, aim: Aim, *, with_defaults: bool) -> str:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / source.name
        copy(source, file, aim)
        plan = Plan(target=aim.target)
        began = time.monotonic()
        card = train_table(file, plan, Path(folder) / "model.cbm")
        took = time.monotonic() - began
        mine = {each.name: each for each in card.scores}[aim.score]
        theirs, theirs_took = defaults(file, plan, aim.score) if with_defaults else (float("nan"), 0.0)
    return (
        f"| {source.stem} | {aim.score} | {aim.least} | {mine.value:.4f} ({mine.low:.4f}–{mine.high:.4f}) | "
        f"{mine.baseline:.4f} | {theirs:.4f} | {took:.0f} | {theirs_took:.0f} | {card.trees} |"
    )


def defaults(file: Path, plan: Plan, score: str) -> tuple[float, float]:
    """The score of CatBoost's defaults, and the seconds that they took."""
    prepared = prepare(read_table(file), plan, Watch())
    split, target = prepared.split, prepared.target
    fitting = Defaults(prepared.features, target, plan, Steps(Watch(), 1))
    began = time.monotonic()
    model: CatBoost = fitting.fit(Recipe({}), split.train, trees=1000).model
    took = time.monotonic() - began
    answers = probabilities(fitting.raw(model, split.test))
    found, _ = scores_of(target, split.train, split.test, answers, None, np.arange(len(target.values)))
    return {each.name: each.value for each in found}[score], took


def copy(source: Path, to: Path, aim: Aim) -> None:
    with (
        source.open(encoding="utf-8", newline="") as lines,
        to.open("w", encoding="utf-8", newline="") as kept,
    ):
        rows = csv.DictReader(lines)
        writer = csv.DictWriter(kept, rows.fieldnames or [])
        writer.writeheader()
        writer.writerows(row for row in rows if row[aim.target] != aim.without)


if __name__ == "__main__":
    main()
