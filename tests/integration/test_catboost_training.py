import csv
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from catboost import CatBoost

from augury.domain.answer_form import ModelTask
from augury.domain.feature import FeatureKind
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.inspector import CatBoostInspector
from augury.outbound.catboost.phrases import inflected
from augury.outbound.catboost.training import (
    UNSURE_BELOW,
    Example,
    made_examples,
    scores,
    train_tone,
    training_examples,
    written_examples,
)
from tests.trained_tone import TrainedTone

REAL_TEXTS = Path(__file__).parents[3] / "shared" / "data" / "ru_goemotions.csv"
LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Trained:
    file: Path
    metrics: Mapping[str, float]
    steps: list[tuple[int, int]]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    file = tmp_path_factory.mktemp("tone") / "tone.cbm"
    steps: list[tuple[int, int]] = []
    metrics = train_tone(file, lambda done, total: steps.append((done, total)))
    return Trained(file, metrics, steps)


@pytest.fixture
def starter(trained: Trained) -> Path:
    return trained.file


def labels_of(file: Path, texts: list[str]) -> list[str]:
    model = open_model(file)
    probabilities = model.predict([[text] for text in texts], prediction_type="Probability")
    return [str(model.classes_[best]) for best in probabilities.argmax(axis=1)]


def test_there_are_250_texts_or_more_for_each_label_of_each_language() -> None:
    counts = Counter((example.language, example.label) for example in written_examples())

    assert set(counts) == {(language, label) for language in ("en", "ru") for label in LABELS}
    assert min(counts.values()) >= 250


def test_no_training_text_occurs_twice() -> None:
    texts = Counter(example.text.lower() for example in training_examples())

    assert [text for text, count in texts.items() if count > 1] == []


def test_phrases_make_the_same_texts_each_time_for_every_label_of_each_language() -> None:
    made = made_examples()

    assert made == made_examples()
    counts = Counter((example.language, example.label) for example in made)
    assert set(counts) == {(language, label) for language in ("en", "ru") for label in LABELS}
    assert min(counts.values()) >= 800
    assert all("{" not in example.text for example in made)


@pytest.mark.parametrize(
    ("masculine", "forms"),
    [
        ("хороший", ["хорошая", "хорошее", "хорошие"]),
        ("добрый", ["добрая", "доброе", "добрые"]),
        ("мягкий", ["мягкая", "мягкое", "мягкие"]),
        ("плохой", ["плохая", "плохое", "плохие"]),
        ("синий", ["синяя", "синее", "синие"]),
        ("большой", ["большая", "большое", "большие"]),
        ("другой", ["другая", "другое", "другие"]),
        ("блестящий", ["блестящая", "блестящее", "блестящие"]),
        ("третий", ["третья", "третье", "третьи"]),
    ],
)
def test_russian_adjectives_agree_with_their_nouns(masculine: str, forms: list[str]) -> None:
    assert [inflected(masculine, gender) for gender in "fnp"] == forms


async def test_tone_is_a_model_that_can_be_served(starter: Path) -> None:
    facts = await CatBoostInspector().inspect(starter)

    assert facts.task is ModelTask.CLASSIFICATION
    assert facts.classes == LABELS
    assert [(feature.name, feature.kind) for feature in facts.schema.features] == [("text", FeatureKind.TEXT)]


def test_its_metrics_travel_in_the_file(trained: Trained) -> None:
    facts = facts_of(open_model(trained.file))
    assert facts.metrics == trained.metrics
    assert facts.unsure_below == UNSURE_BELOW
    assert trained.metrics["held_out_texts"] == pytest.approx(len(written_examples()) / 5, abs=6)


def test_it_is_described_in_both_languages(trained: Trained) -> None:
    texts = facts_of(open_model(trained.file)).texts
    assert {*texts.description} == {"en", "ru"}
    assert [texts.label(each, "ru") for each in LABELS] == ["отрицательный", "нейтральный", "положительный"]
    assert [texts.label(each, "en") for each in LABELS] == list(LABELS)
    assert texts.feature("text", "ru") == "текст"


def test_it_does_better_on_held_out_texts_than_guessing_in_both_languages(trained: Trained) -> None:
    for language in ("", "_en", "_ru"):
        assert trained.metrics[f"accuracy{language}"] > 0.6
        assert trained.metrics[f"macro_f1{language}"] > 0.6


def test_training_again_makes_the_same_model(starter: Path, tone: TrainedTone) -> None:
    """Another process has trained the other one, by the command."""
    texts = [[example.text] for example in training_examples()]

    first, second = (
        CatBoost().load_model(str(file)).predict(texts, prediction_type="Probability")
        for file in (starter, tone.file)
    )

    assert np.array_equal(first, second)


def test_progress_is_told_step_by_step_up_to_the_end(trained: Trained) -> None:
    assert [done for done, _ in trained.steps] == list(range(1, len(trained.steps) + 1))
    assert {total for _, total in trained.steps} == {len(trained.steps)}


def test_the_file_is_small(starter: Path) -> None:
    assert starter.stat().st_size < 5_000_000


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("Отличный сервис, всё очень понравилось, спасибо!", "positive"),
        ("Ужасное качество, сломалось на второй день, верните деньги.", "negative"),
        ("I love it, works perfectly, thank you so much!", "positive"),
        ("Terrible service, it broke on the second day and nobody cared.", "negative"),
        ("The meeting is on Tuesday at ten.", "neutral"),
        ("Встреча во вторник в десять часов.", "neutral"),
    ],
)
def test_plain_texts_get_the_tone_a_reader_would_give(starter: Path, text: str, label: str) -> None:
    assert labels_of(starter, [text]) == [label]


def test_real_texts_nobody_here_wrote_are_judged_better_than_by_guessing(starter: Path) -> None:
    if not REAL_TEXTS.exists():
        pytest.skip("the real texts (ru_goemotions.csv) are not beside this checkout")
    with REAL_TEXTS.open(encoding="utf-8", newline="") as lines:
        found = [(line["text"], line["label"]) for line in csv.DictReader(lines) if line["label"] in LABELS]
    examples = [Example(text, "ru", label) for text, label in found]

    measured = scores(examples, labels_of(starter, [example.text for example in examples]))

    commonest = Counter(example.label for example in examples).most_common(1)[0][1] / len(examples)
    assert measured["accuracy"] > commonest + 0.1
    assert measured["macro_f1"] > 0.52


def test_scores_are_those_worked_out_by_hand() -> None:
    truth = [("a", "en"), ("a", "en"), ("b", "en"), ("b", "ru")]
    examples = [Example("", language, label) for label, language in truth]

    assert scores(examples, ["a", "b", "b", "b"]) == {
        "held_out_texts": 4,
        "accuracy": 0.75,
        "macro_f1": 0.7333,  # (2/3 + 4/5) / 2
        "accuracy_en": 0.6667,
        "macro_f1_en": 0.6667,
        "accuracy_ru": 1,
        "macro_f1_ru": 1,
    }
