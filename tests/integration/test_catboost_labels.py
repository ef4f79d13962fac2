"""Labels equal CatBoost's own, even if a probability is exactly the threshold."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catboost import CatBoost, CatBoostClassifier, Pool

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Question
from augury.domain.model import ModelRefused
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.predictor import CatBoostPredictor
from augury.outbound.model_store import FolderModelStore
from tests.catboost_models import numeric_pool, registered, train

Numbers = np.ndarray[Any, Any]
X = np.random.default_rng(1).normal(size=(60, 2))
TWO = (X[:, 0] + X[:, 1] > 0).astype(int)
THREE = np.digitize(X[:, 0], [-0.5, 0.5])
KINDS: list[tuple[str, Numbers]] = [
    ("Logloss", TWO),
    ("Logloss", TWO.astype(bool)),
    ("Logloss", TWO * 1.5),
    ("Logloss", np.where(TWO, "True", "False")),
    ("CrossEntropy", TWO),
    ("Focal:focal_alpha=0.5;focal_gamma=2.0", TWO),
    ("MultiClass", TWO),
    ("MultiClass", THREE),
    ("MultiClass", np.array(["ham", "spam", "eggs"])[THREE]),
    ("MultiClassOneVsAll", THREE),
]


@pytest.fixture
async def predictor(tmp_path: Path) -> AsyncIterator[CatBoostPredictor]:
    predictor = CatBoostPredictor(FolderModelStore(tmp_path / "models"))
    yield predictor
    predictor.close()


def with_threshold(file: Path, threshold: object) -> CatBoost:
    """Save the file with another threshold. Returns the model as CatBoost then loads it."""
    model = CatBoost().load_model(str(file))
    model.get_metadata()["binclass_probability_threshold"] = str(threshold)
    model.save_model(str(file))
    return CatBoost().load_model(str(file))


async def labels(predictor: CatBoostPredictor, file: Path, rows: Numbers) -> list[str]:
    model = await registered(file, FolderModelStore(file.parent / "models"))
    data = Json(json.dumps([{"x": x, "y": y} for x, y in rows.tolist()]).encode())
    [outcome] = await predictor.predict(model, [Question(data, single=False)])
    assert outcome.output is not None
    return [answer["label"] for answer in json.loads(outcome.output)]


def catboosts_labels(model: CatBoost, rows: Numbers) -> list[str]:
    return [str(label) for label in model.predict(rows, prediction_type="Class").ravel().tolist()]


async def test_the_stored_threshold_decides(predictor: CatBoostPredictor, tmp_path: Path) -> None:
    model = CatBoostClassifier(iterations=30, allow_writing_files=False, verbose=False)
    model.fit(Pool(X, TWO, feature_names=["x", "y"]))
    model.set_probability_threshold(0.9)
    model.save_model(str(tmp_path / "m.cbm"))

    found = await labels(predictor, tmp_path / "m.cbm", X)

    assert facts_of(open_model(tmp_path / "m.cbm")).threshold == 0.9
    assert found == [str(label) for label in model.predict(X).tolist()]
    assert found != [str(label) for label in model.predict_proba(X).argmax(axis=1).tolist()]


@pytest.mark.parametrize(("loss", "target"), KINDS, ids=lambda value: str(value)[:12])
async def test_labels_are_catboosts_at_any_threshold(
    predictor: CatBoostPredictor, tmp_path: Path, loss: str, target: Numbers
) -> None:
    file = train(Pool(X, target, feature_names=["x", "y"]), tmp_path / "m.cbm", loss=loss, learning_rate=0.5)
    reached = CatBoost().load_model(str(file)).predict(X, prediction_type="Probability")[:, 1]
    thresholds = [*np.unique(reached).tolist(), np.nextafter(reached[0], 1), 0.0, 0.001, 0.5, 0.999, 1.0]
    assert len(thresholds) > 9

    for threshold in thresholds:
        raw = with_threshold(file, threshold)
        assert await labels(predictor, file, X) == catboosts_labels(raw, X), threshold


async def test_classes_whose_probabilities_are_the_same_number_are_told_apart_as_catboost_does(
    predictor: CatBoostPredictor, tmp_path: Path
) -> None:
    file = train(Pool(X, THREE, feature_names=["x", "y"]), tmp_path / "m.cbm", loss="MultiClassOneVsAll")
    model = CatBoost().load_model(str(file))
    model.set_scale_and_bias(1.0, [100.0, 101.0, 101.0])
    model.save_model(str(file))
    probabilities = model.predict(X, prediction_type="Probability")
    assert (probabilities == 1).all()

    found = await labels(predictor, file, X)

    assert found == catboosts_labels(model, X)
    assert set(found) == {"1", "2"}


@pytest.mark.parametrize("threshold", ["2", "-0.5"])
def test_a_threshold_that_is_no_probability_is_refused(tmp_path: Path, threshold: str) -> None:
    file = train(numeric_pool(target=TWO), tmp_path / "m.cbm")
    with_threshold(file, threshold)

    with pytest.raises(ModelRefused) as refused:
        facts_of(open_model(file))
    assert "not a probability" in str(refused.value.reason)


def test_only_two_classes_with_one_raw_value_have_a_threshold(tmp_path: Path) -> None:
    found = {
        loss: facts_of(
            open_model(train(numeric_pool(target=target), tmp_path / "m.cbm", loss=loss))
        ).threshold
        for loss, target in (
            ("Logloss", TWO),
            ("MultiClass", TWO),
            ("MultiClassOneVsAll", THREE),
            ("RMSE", X[:, 0]),
        )
    }

    assert found == {"Logloss": 0.5, "MultiClass": None, "MultiClassOneVsAll": None, "RMSE": None}
