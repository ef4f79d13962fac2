"""Trains the starter model `tone`, the sentiment of a Russian or English text, in seconds.

It learns from texts that were written one by one (`tone.csv`) and from those that `phrases` makes. All
choices were made on these alone: by cross-validation, and by training on one kind and predicting the other.
Boosting is ordered, since plain boosting relies on features that have seen the row's own label.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from augury.domain.model_texts import ModelTexts
from augury.outbound.catboost.dictionaries import text_processing
from augury.outbound.catboost.library import CatBoostClassifier, Pool
from augury.outbound.catboost.metadata import OwnFacts, write_own_facts
from augury.outbound.catboost.phrases import phrases

TRAINING_FILE = Path(__file__).with_name("tone.csv")

HELD_OUT_TEXTS = "held_out_texts"
"""The metric with the number of texts on which the others were measured. Only this model has it."""
OnProgress = Callable[[int, int], None]
"""Called with the number of steps done and of all steps."""

_ITERATIONS = 150
_SCALE, _BIASES = 0.612, (-0.338, 0.0, -0.256)
"""Raw values are multiplied by `_SCALE`, and the bias of their class is added. These numbers fit texts of
another kind best: `tone.csv` for a model of the phrases, and the phrases for a model of `tone.csv`. The model
is less often right on such texts, and they are more often neutral. `python -m tests.bench.tone` finds these
numbers."""
UNSURE_BELOW = 0.5
"""A label with a lower probability is unsure."""
LABELS = ("negative", "neutral", "positive")
TEXTS = ModelTexts(
    description={
        "en": "Tells whether a Russian or English text sounds positive, negative or neutral.",
        "ru": "Определяет тон русского или английского текста: положительный, отрицательный или нейтральный.",
    },
    features={"text": {"en": "text", "ru": "текст"}},
    labels={
        "negative": {"en": "negative", "ru": "отрицательный"},
        "neutral": {"en": "neutral", "ru": "нейтральный"},
        "positive": {"en": "positive", "ru": "положительный"},
    },
)
"""How the bot and the pages show it. The English labels are the model's own."""
_HELD_OUT = 5  # one text in five
_SEED = 1


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    language: str
    label: str


class _Step(Protocol):
    """CatBoost's report after each step."""

    iteration: int
    """From 1."""


@dataclass(frozen=True, slots=True)
class _Progress:
    """Reports the progress of the training."""

    on_progress: OnProgress
    done_before: int

    def after_iteration(self, info: _Step) -> bool:
        self.on_progress(self.done_before + info.iteration, 2 * _ITERATIONS)
        return True


def train_tone(file: Path, on_progress: OnProgress | None = None) -> Mapping[str, float]:
    """Train `tone` and save it as `file`. Returns its scores on the held-out fifth of the written texts.

    Trains twice: without that fifth to measure it, and then on everything to save it. The same call makes the
    same model. Takes a few seconds of CPU time, so call it in a thread.
    """
    seen, held_out = _split(written_examples())
    made = made_examples()
    seen, examples = [*seen, *made], [*seen, *held_out, *made]
    measured = fit_tone(seen, _callbacks(on_progress, 0))
    metrics = scores(held_out, measured.classes_[measured.predict_proba(_texts(held_out)).argmax(axis=1)])
    model = fit_tone(examples, _callbacks(on_progress, _ITERATIONS))
    training = (
        f"{len(examples)} Russian and English texts: {len(examples) - len(made)} written for this project, "
        f"and {len(made)} made of its phrases; the metrics are those of the same training without "
        f"{len(held_out)} of the written ones, measured on these"
    )
    own = OwnFacts(metrics=metrics, training=training, unsure_below=UNSURE_BELOW, texts=TEXTS)
    write_own_facts(model, own)
    model.save_model(str(file))
    return metrics


def training_examples() -> list[Example]:
    return [*written_examples(), *made_examples()]


def written_examples() -> list[Example]:
    """The texts that were written one by one."""
    with TRAINING_FILE.open(encoding="utf-8", newline="") as lines:
        return [Example(line["text"], line["language"], line["label"]) for line in csv.DictReader(lines)]


def made_examples() -> list[Example]:
    """The texts made of phrases, without those that were also written."""
    written = {each.text.lower() for each in written_examples()}
    return [Example(*each) for each in phrases() if each[0].lower() not in written]


def fit_tone(
    examples: Sequence[Example], callbacks: Sequence[object] = (), *, is_calibrated: bool = True
) -> CatBoostClassifier:
    """Train a model on these examples, in an order that mixes them."""
    mixed = list(examples)
    random.Random(_SEED).shuffle(mixed)
    model = CatBoostClassifier(
        loss_function="MultiClass",
        iterations=_ITERATIONS,
        depth=3,
        learning_rate=0.1,
        boosting_type="Ordered",
        class_names=list(LABELS),
        text_processing=text_processing(least=8),
        random_seed=_SEED,
        thread_count=2,
        allow_writing_files=False,
        logging_level="Silent",
    )
    labels = [example.label for example in mixed]
    pool = Pool(_texts(mixed), labels, text_features=[0], feature_names=["text"])
    model.fit(pool, callbacks=list(callbacks) or None)
    if is_calibrated:
        model.set_scale_and_bias(_SCALE, list(_BIASES))
    return model


def scores(examples: Sequence[Example], predicted: Sequence[str]) -> dict[str, float]:
    """Accuracy and macro-averaged F1, for all examples and for each language."""
    languages = sorted({example.language for example in examples})
    result = {HELD_OUT_TEXTS: float(len(examples))} | _score(examples, predicted, "")
    for language in languages:
        mine = [index for index, example in enumerate(examples) if example.language == language]
        result |= _score([examples[i] for i in mine], [predicted[i] for i in mine], f"_{language}")
    return result


def _score(examples: Sequence[Example], predicted: Sequence[str], suffix: str) -> dict[str, float]:
    truth = np.array([example.label for example in examples])
    guess = np.array(predicted)
    f1 = [
        2 * np.sum((truth == label) & (guess == label)) / (np.sum(truth == label) + np.sum(guess == label))
        for label in np.unique(truth)
    ]
    return {
        f"accuracy{suffix}": round(float(np.mean(truth == guess)), 4),
        f"macro_f1{suffix}": round(float(np.mean(f1)), 4),
    }


def _split(examples: Sequence[Example]) -> tuple[list[Example], list[Example]]:
    """Split into training and held-out examples: a fifth of each label and language is held out."""
    groups: dict[tuple[str, str], list[Example]] = defaultdict(list)
    for example in examples:
        groups[example.language, example.label].append(example)
    seen, held_out = [], []
    for group in groups.values():
        random.Random(_SEED).shuffle(group)
        held_out += group[::_HELD_OUT]
        seen += [example for index, example in enumerate(group) if index % _HELD_OUT]
    return seen, held_out


def _texts(examples: Sequence[Example]) -> list[list[str]]:
    return [[example.text] for example in examples]


def _callbacks(on_progress: OnProgress | None, done_before: int) -> Sequence[_Progress]:
    return [_Progress(on_progress, done_before)] if on_progress else []
