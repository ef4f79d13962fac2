"""Trains the starter model `tone`, the sentiment of a Russian or English text, in seconds.

All choices were made by cross-validation on the training file alone. The text features are frequencies of
words, word pairs and sequences of 3 and 4 letters in a class. Boosting is ordered, since plain boosting
relies on features that have seen the row's own label (accuracy 0.62 instead of 0.74). Punctuation is used,
since "!" and "?" express a tone, too.
"""

import csv
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from augury.outbound.catboost.file import OwnFacts, write_own_facts
from augury.outbound.catboost.library import CatBoostClassifier, Pool

TRAINING_FILE = Path(__file__).with_name("tone.csv")

HELD_OUT_TEXTS = "held_out_texts"
"""The metric with the number of texts on which the others were measured. Only this model has it."""
OnProgress = Callable[[int, int], None]
"""Called with the steps done and the steps in all."""

_ITERATIONS = 150
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
    """Train `tone` and save it as `file`. Answers its scores on the held-out fifth of the texts.

    Trains twice: on four fifths to measure it, and then on everything to save it. The same call makes the
    same model. Takes a second or two of CPU time, so call it in a thread.
    """
    examples = training_examples()
    seen, held_out = _split(examples)
    measured = fit_tone(seen, _callbacks(on_progress, 0))
    metrics = scores(held_out, measured.classes_[measured.predict_proba(_texts(held_out)).argmax(axis=1)])
    model = fit_tone(examples, _callbacks(on_progress, _ITERATIONS))
    training = (
        f"{len(examples)} Russian and English texts written for this project; the metrics are those of the "
        f"same training on {len(seen)} of them, measured on the other {len(held_out)}"
    )
    write_own_facts(model, OwnFacts(metrics=metrics, training=training))
    model.save_model(str(file))
    return metrics


def training_examples() -> list[Example]:
    """The packaged training texts."""
    with TRAINING_FILE.open(encoding="utf-8", newline="") as lines:
        return [Example(line["text"], line["language"], line["label"]) for line in csv.DictReader(lines)]


def fit_tone(examples: Sequence[Example], callbacks: Sequence[object] = ()) -> CatBoostClassifier:
    """Train a model on these examples."""
    model = CatBoostClassifier(
        loss_function="MultiClass",
        iterations=_ITERATIONS,
        depth=3,
        learning_rate=0.1,
        boosting_type="Ordered",
        text_processing=_text_processing(),
        random_seed=_SEED,
        thread_count=2,
        allow_writing_files=False,
        logging_level="Silent",
    )
    labels = [example.label for example in examples]
    pool = Pool(_texts(examples), labels, text_features=[0], feature_names=["text"])
    return model.fit(pool, callbacks=list(callbacks) or None)


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


def _text_processing() -> dict[str, Any]:
    dictionaries = [
        _dictionary("words", "Word", 1, least=1),
        _dictionary("word_pairs", "Word", 2, least=2),
        _dictionary("letters_3", "Letter", 3, least=2),
        _dictionary("letters_4", "Letter", 4, least=2),
    ]
    tokenizer = {
        "tokenizer_id": "by_sense",
        "separator_type": "BySense",
        "lowercasing": "true",
        "token_types": ["Word", "Number", "Unknown", "Punctuation"],
    }
    processing = [
        {
            "tokenizers_names": [tokenizer["tokenizer_id"]],
            "dictionaries_names": [dictionary["dictionary_id"]],
            "feature_calcers": ["NaiveBayes", "BM25"],
        }
        for dictionary in dictionaries
    ]
    return {
        "tokenizers": [tokenizer],
        "dictionaries": dictionaries,
        "feature_processing": {"default": processing},
    }


def _dictionary(name: str, level: str, length: int, *, least: int) -> dict[str, str]:
    """A dictionary of sequences of `length` words or letters that occur in at least `least` texts."""
    return {
        "dictionary_id": name,
        "token_level_type": level,
        "gram_order": str(length),
        "occurrence_lower_bound": str(least),
        "max_dictionary_size": "50000",
    }
