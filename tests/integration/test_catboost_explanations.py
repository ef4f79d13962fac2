"""Nobody is told a wrong reason: contributions add up to the prediction, and are Shapley values."""

import json
from collections.abc import Generator
from dataclasses import replace
from datetime import date, timedelta
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catboost import CatBoost, CatBoostError, Pool, sum_models

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.answer_form import ModelTask
from augury.domain.dates import DatePart
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.row_errors import RowError, RowFault
from augury.outbound.catboost.explaining import explaining
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.forest import Forest
from augury.outbound.catboost.inspector import CatBoostInspector
from augury.outbound.catboost.metadata import OwnFacts
from augury.outbound.catboost.questions import answer
from augury.outbound.catboost.seen import category_hash
from augury.outbound.catboost.shares import Explainer, Shares, with_explanations
from tests.catboost_models import binary_model, loaded_model, numeric_pool, train
from tests.trained_tone import TrainedTone

ROWS = 80
CITIES = ("Paris", "Rome", "Oslo", "Perm")
FLAGS = np.arange(ROWS) % 2
KINDS: list[tuple[str, Any, ModelTask]] = [
    ("Logloss", FLAGS, ModelTask.CLASSIFICATION),
    ("MultiClass", np.arange(ROWS) % 3, ModelTask.CLASSIFICATION),
    (
        "MultiLogloss",
        np.stack([FLAGS, 1 - FLAGS, np.arange(ROWS) % 3 == 0], axis=1).astype(int),
        ModelTask.MULTILABEL,
    ),
    ("RMSE", np.arange(ROWS) / 7, ModelTask.REGRESSION),
    ("Poisson", np.arange(ROWS) % 5, ModelTask.REGRESSION),
    ("MultiRMSE", np.stack([FLAGS, np.arange(ROWS)], axis=1), ModelTask.MULTI_REGRESSION),
    ("RMSEWithUncertainty", np.arange(ROWS) / 7, ModelTask.UNCERTAIN_REGRESSION),
    ("QueryRMSE", FLAGS, ModelTask.RANKING),
]
POLICIES = ["SymmetricTree", "Depthwise", "Lossguide"]


def rows() -> list[list[Any]]:
    random = np.random.default_rng(4)
    return [
        [float("nan") if row % 6 == 0 else float(random.normal() + row % 2), CITIES[row % 4], float(row % 5)]
        for row in range(ROWS)
    ]


def pool(target: Any, **more: Any) -> Pool:
    return Pool(rows(), target, cat_features=[1], feature_names=["x", "city", "y"], **more)


def data() -> list[dict[str, Any]]:
    return [{"x": None if x != x else x, "city": city, "y": y} for x, city, y in rows()]


def at_once(steps: Generator[None, None, Outcome]) -> Outcome:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Outcome = end.value
            return found


def explain(file: Path, sent: object, top: int = 99) -> tuple[Any, Outcome]:
    model = loaded_model(file)
    single = not isinstance(sent, list)
    question = Question(Json(json.dumps(sent).encode()), single=single, explain=top)
    [outcome] = answer(model, [question], 10)
    found = at_once(explaining(model, Explainer(model.catboost, model.facts), question, outcome, 0.1))
    return json.loads(found.output or b"null"), found


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("loss", "target", "task"), KINDS, ids=[loss for loss, *_ in KINDS])
def test_the_contributions_of_every_row_add_up_to_its_prediction(
    tmp_path: Path, loss: str, target: Any, task: ModelTask, policy: str
) -> None:
    groups = {"group_id": np.repeat(np.arange(8), 10)} if task is ModelTask.RANKING else {}
    file = train(
        pool(target, **groups), tmp_path / "m.cbm", loss=loss, iterations=12, depth=4, grow_policy=policy,
        one_hot_max_size=9, learning_rate=0.4,
    )  # fmt: skip
    catboost = CatBoost().load_model(str(file))
    raw = np.asarray(catboost.predict(rows(), prediction_type="RawFormulaVal")).reshape(ROWS, -1)

    answers, outcome = explain(file, data())

    assert outcome.errors == ()
    for row, found in enumerate(answers):
        for place, each in enumerate(found["explanations"]):
            moved = sum(one["contribution"] for one in each["contributions"])
            assert each["base"] + moved == pytest.approx(each["total"], abs=1e-9)
            if loss == "Logloss":
                assert each["total"] == pytest.approx(raw[row, 0] * (1 if found["label"] == "1" else -1))
            elif loss == "MultiClass":
                assert each["of"] == found["label"]
                assert each["total"] == pytest.approx(raw[row, int(found["label"])])
            else:
                assert each["total"] == pytest.approx(raw[row, place])
        several = task in (ModelTask.MULTILABEL, ModelTask.MULTI_REGRESSION)
        assert len(found["explanations"]) == (raw.shape[1] if several else 1)


@pytest.mark.parametrize("policy", ["Depthwise", "Lossguide"])
def test_the_contributions_of_trees_that_are_not_symmetric_are_shapley_values(
    tmp_path: Path, policy: str
) -> None:
    """By the definition: over all coalitions, by hand."""
    file = train(
        pool(np.arange(ROWS) % 7), tmp_path / "m.cbm", loss="RMSE", iterations=5, depth=4, grow_policy=policy,
        one_hot_max_size=9, learning_rate=0.4,
    )  # fmt: skip
    catboost = CatBoost().load_model(str(file))
    catboost.save_model(str(tmp_path / "m.json"), format="json")
    exported = json.loads((tmp_path / "m.json").read_text())
    forest = Forest(exported)

    for x, city, y in rows()[:12]:
        numbers, hashes = {0: float(np.float32(x)), 2: y}, {1: category_hash(city)}
        found = forest.shapley(numbers, hashes, 3)[:, 0]
        assert found == pytest.approx(by_definition(exported, {**numbers, **hashes}), abs=1e-12)


def by_definition(exported: dict[str, Any], row: dict[int, Any]) -> list[float]:
    info = exported["features_info"]
    floats = [each["flat_feature_index"] for each in info["float_features"]]
    nan_holds = [each["nan_value_treatment"] == "AsTrue" for each in info["float_features"]]
    categories = [each["flat_feature_index"] for each in info["categorical_features"]]

    def weight(node: dict[str, Any]) -> float:
        return node["weight"] if "weight" in node else weight(node["left"]) + weight(node["right"])

    def value(node: dict[str, Any], known: frozenset[int]) -> float:
        if "split" not in node:
            return float(node["value"])
        split = node["split"]
        if split["split_type"] == "FloatFeature":
            index = split["float_feature_index"]
            feature, number = floats[index], row[floats[index]]
            holds = nan_holds[index] if number != number else number > split["border"]
        else:
            feature = categories[split["cat_feature_index"]]
            holds = row[feature] == split["value"]
        if feature in known:
            return value(node["right" if holds else "left"], known)
        left, right = weight(node["left"]), weight(node["right"])
        return (left * value(node["left"], known) + right * value(node["right"], known)) / (left + right)

    def game(known: tuple[int, ...]) -> float:
        return sum(value(tree, frozenset(known)) for tree in exported["trees"])

    features = sorted(row)
    count = len(features)
    return [
        sum(
            factorial(size) * factorial(count - size - 1) / factorial(count)
            * (game((*others, feature)) - game(others))
            for size in range(count)
            for others in combinations([each for each in features if each != feature], size)
        )
        for feature in features
    ]  # fmt: skip


def test_a_feature_that_raises_is_said_to_and_the_others_are_added_up(tmp_path: Path) -> None:
    file = train(numeric_pool(target=np.arange(60) * 1.0), tmp_path / "m.cbm", loss="RMSE", iterations=30)

    found, _ = explain(file, {"x": 0.5, "y": -0.5}, top=1)

    [explanation] = found["explanations"]
    [strongest] = explanation["contributions"]
    assert explanation["scale"] == "value"
    assert strongest["effect"] == ("raises" if strongest["contribution"] > 0 else "lowers")
    assert strongest["value"] == {"x": 0.5, "y": -0.5}[strongest["feature"]]
    assert abs(strongest["contribution"]) >= abs(explanation["others"])
    assert explanation["base"] + strongest["contribution"] + explanation["others"] == pytest.approx(
        found["value"]
    )


def test_the_words_of_a_text_are_left_out_one_by_one(tmp_path: Path) -> None:
    cells = [[float(row % 9), ("good day", "bad day", "day")[row % 3]] for row in range(ROWS)]
    texts = Pool(
        cells, [int(row % 3 == 0) for row in range(ROWS)], text_features=[1], feature_names=["age", "text"]
    )
    file = train(texts, tmp_path / "m.cbm", iterations=20)
    catboost = CatBoost().load_model(str(file))

    found, _ = explain(file, {"age": 33, "text": "good day good"})

    by_feature = {each["feature"]: each for each in found["explanations"][0]["contributions"]}
    assert "value" not in by_feature["text"]

    def odds(text: str) -> float:
        row = Pool([[33.0, text]], text_features=[1])
        return float(catboost.predict(row, prediction_type="RawFormulaVal")[0])

    sign = 1 if found["label"] == "1" else -1
    expected = {
        "good": sign * (odds("good day good") - odds("day")),
        "day": sign * (odds("good day good") - odds("good good")),
    }
    assert {each["word"]: each["contribution"] for each in by_feature["text"]["words"]} == pytest.approx(
        {word: effect for word, effect in expected.items() if effect}
    )


def test_categories_beside_texts_or_embeddings_are_not_explained(tmp_path: Path) -> None:
    """CatBoost mistakes one for the other: the contributions add up, and are those of other features."""
    cells = [[CITIES[row % 4], [row % 3 * 1.0, 1.0]] for row in range(ROWS)]
    mixed = Pool(cells, FLAGS, cat_features=[0], embedding_features=[1], feature_names=["city", "e"])
    for file in (binary_model(tmp_path / "text.cbm"), train(mixed, tmp_path / "embedding.cbm")):
        catboost = open_model(file)

        facts = with_explanations(catboost, facts_of(catboost))

        assert facts.explain_work is None
        assert facts.unexplained == Reason.of(ReasonCode.MIXED_FEATURES)


def test_an_invalid_row_has_no_explanation_and_the_others_have_theirs(tmp_path: Path) -> None:
    file = train(numeric_pool(target=np.arange(60) * 1.0), tmp_path / "m.cbm", loss="RMSE")

    answers, outcome = explain(file, [{"x": 1, "y": "?"}, {"x": 1, "y": None}])

    assert answers[0] is None
    assert len(answers[1]["explanations"][0]["contributions"]) == 2
    assert [(each.row, each.field) for each in outcome.errors] == [(0, "y")]


def test_a_row_whose_contributions_do_not_add_up_is_neither_answered_nor_charged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = train(numeric_pool(target=np.arange(60) * 1.0), tmp_path / "m.cbm", loss="RMSE")
    whole = Explainer.shares

    def wrong(self: Explainer, table: Any) -> Shares:
        shares = whole(self, table)
        moved = shares.contributions.copy()
        moved[1, 0, 0] += 1e-3
        return replace(shares, contributions=moved)

    monkeypatch.setattr(Explainer, "shares", wrong)
    answers, outcome = explain(file, [{"x": 1, "y": 2}, {"x": 2, "y": 2}])

    assert answers[0]["explanations"]
    assert answers[1] is None
    assert (outcome.valid_rows, outcome.errors) == (1, [RowError(1, None, RowFault.NOT_EXPLAINED)])


def test_a_row_that_catboost_cannot_explain_is_an_error_and_the_others_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = train(numeric_pool(target=np.arange(60) * 1.0), tmp_path / "m.cbm", loss="RMSE")
    whole = Explainer.shares

    def refusing(self: Explainer, table: Any) -> Shares:
        if any(row[0] == 1 for row in table):
            raise CatBoostError("not this one")
        return whole(self, table)

    monkeypatch.setattr(Explainer, "shares", refusing)
    answers, outcome = explain(file, [{"x": 1, "y": 2}, {"x": 2, "y": 2}, {"x": 3, "y": 2}])

    assert answers[0] is None
    assert all(each["explanations"] for each in answers[1:])
    assert (outcome.valid_rows, outcome.errors) == (2, [RowError(0, None, RowFault.NOT_EXPLAINED)])


@pytest.mark.parametrize("policy", POLICIES)
async def test_the_inspector_says_how_much_work_an_explanation_is(tmp_path: Path, policy: str) -> None:
    file = train(
        numeric_pool(target=np.arange(60) * 1.0), tmp_path / "m.cbm", loss="RMSE", iterations=5, depth=3,
        grow_policy=policy,
    )  # fmt: skip

    facts = await CatBoostInspector().inspect(file)

    assert facts.unexplained is None
    assert 0 < (facts.explain_work or 0) <= 5 * 2**3 if policy != "Lossguide" else facts.explain_work


def test_a_model_that_cannot_be_explained_rightly_says_why(tmp_path: Path) -> None:
    """Trees that are not symmetric and ask for statistics of categories: only CatBoost knows those."""
    file = train(pool(FLAGS), tmp_path / "m.cbm", iterations=20, grow_policy="Lossguide", one_hot_max_size=2)
    catboost = open_model(file)

    facts = with_explanations(catboost, facts_of(catboost))

    assert facts.explain_work is None
    assert facts.unexplained == Reason.of(ReasonCode.STATISTICS_OF_CATEGORIES)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize(("loss", "target", "task"), KINDS[:3], ids=[loss for loss, *_ in KINDS[:3]])
async def test_a_calibrated_model_is_explained_in_its_own_scale(
    tmp_path: Path, loss: str, target: Any, task: ModelTask, policy: str
) -> None:
    """CatBoost itself refuses to explain a model with a scale, which is how a file keeps its calibration."""
    plain = train(
        pool(target), tmp_path / "plain.cbm", loss=loss, iterations=12, grow_policy=policy, one_hot_max_size=9
    )
    calibrated = CatBoost().load_model(str(plain))
    bias = np.atleast_1d(calibrated.get_scale_and_bias()[1])
    calibrated.set_scale_and_bias(0.7, (0.7 * bias + 0.3 * np.arange(1, len(bias) + 1)).tolist())
    calibrated.save_model(str(tmp_path / "calibrated.cbm"))

    answers, outcome = explain(tmp_path / "calibrated.cbm", data())
    raw = np.asarray(calibrated.predict(rows(), prediction_type="RawFormulaVal")).reshape(ROWS, -1)

    assert outcome.errors == ()
    for found, values in zip(answers, raw.tolist(), strict=True):
        for each in found["explanations"]:
            moved = sum(one["contribution"] for one in each["contributions"])
            assert each["base"] + moved == pytest.approx(each["total"], abs=1e-9)
            assert min(abs(each["total"] - sign * value) for value in values for sign in (1, -1)) < 1e-9
    facts = await CatBoostInspector().inspect(tmp_path / "calibrated.cbm")
    assert facts.explain_work


def test_the_starter_model_is_explained(tone: TrainedTone) -> None:
    found, _ = explain(tone.file, {"text": "Great, works perfectly"})

    [explanation] = found["explanations"]
    assert explanation["of"] == found["label"]
    assert explanation["contributions"][0]["words"]


def test_a_sum_of_models_is_explained(tmp_path: Path) -> None:
    parts = []
    for seed in (1, 2):
        file = train(pool(np.arange(ROWS) * 1.0), tmp_path / "m.cbm", loss="RMSE", random_seed=seed)
        parts.append(CatBoost().load_model(str(file)))
    sum_models(parts, weights=[0.25, 0.75]).save_model(str(tmp_path / "sum.cbm"))

    answers, outcome = explain(tmp_path / "sum.cbm", data())

    assert outcome.errors == ()
    assert all(each["explanations"][0]["total"] == pytest.approx(each["value"]) for each in answers)


@pytest.mark.parametrize("policy", POLICIES)
async def test_the_parts_of_a_date_are_explained_as_the_date(tmp_path: Path, policy: str) -> None:
    days = [date(2026, 1, 1) + timedelta(days=3 * day) for day in range(ROWS)]
    cells = [[float(row % 7), day.month, day.weekday()] for row, day in enumerate(days)]
    target = [day.month + (day.weekday() == 2) for day in days]
    file = train(
        Pool(cells, target, feature_names=["x", "when.month", "when.weekday"]),
        tmp_path / "m.cbm",
        own=OwnFacts(dates={"when": (DatePart.MONTH, DatePart.WEEKDAY)}),
        loss="RMSE",
        iterations=30,
        learning_rate=0.3,
        grow_policy=policy,
    )

    answers, outcome = explain(file, [{"x": 1, "when": str(day)} for day in days])

    assert outcome.errors == ()
    for found, day in zip(answers, days, strict=True):
        [explanation] = found["explanations"]
        by_feature = {each["feature"]: each for each in explanation["contributions"]}
        assert by_feature["when"]["value"] == str(day)
        moved = sum(each["contribution"] for each in by_feature.values())
        assert explanation["base"] + moved == pytest.approx(found["value"])
    facts = await CatBoostInspector().inspect(file)
    assert facts.explain_work
