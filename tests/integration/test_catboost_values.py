"""A regression answers in the target's unit if CatBoost supports that, and says which value it is."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catboost import CatBoost, CatBoostRegressor, sum_models

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Question
from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ReadAs, ValueIs
from augury.domain.model import Model, ModelRef
from augury.outbound.catboost.loss import CLASSIFYING, VALUES
from augury.outbound.catboost.predictor import CatBoostPredictor
from augury.outbound.model_store import FolderModelStore
from tests.catboost_models import numeric_pool, registered, regression_model

TARGET = np.random.default_rng(2).uniform(1, 4, size=60)
ROW = [0.5, -0.5]
QUIET = {"iterations": 5, "depth": 2, "verbose": False, "allow_writing_files": False}


@pytest.fixture
async def predictor(tmp_path: Path) -> AsyncIterator[CatBoostPredictor]:
    predictor = CatBoostPredictor(FolderModelStore(tmp_path / "models"))
    yield predictor
    predictor.close()


async def value(predictor: CatBoostPredictor, model: Model) -> float:
    data = Json(json.dumps(dict(zip("xy", ROW, strict=True))).encode())
    [outcome] = await predictor.predict(model, [Question(data, single=True)])
    assert outcome.output is not None
    return float(json.loads(outcome.output)["value"])


def raw_value(file: Path) -> float:
    return float(CatBoost().load_model(str(file)).predict([ROW], prediction_type="RawFormulaVal")[0])


@pytest.mark.parametrize(
    ("loss", "is_", "alpha", "of_raw"),
    [
        ("RMSE", ValueIs.MEAN, None, float),
        ("MAE", ValueIs.MEDIAN, None, float),
        ("Quantile:alpha=0.9", ValueIs.QUANTILE, 0.9, float),
        ("Quantile", ValueIs.MEDIAN, None, float),
        ("LogLinQuantile:alpha=0.9", ValueIs.QUANTILE, 0.9, np.exp),
        ("LogLinQuantile", ValueIs.MEDIAN, None, np.exp),
        ("Expectile:alpha=0.7", ValueIs.EXPECTILE, 0.7, float),
        ("Expectile:alpha=0.5", ValueIs.MEAN, None, float),
        ("Poisson", ValueIs.RATE, None, np.exp),
        ("Tweedie:variance_power=1.5", ValueIs.MEAN, None, np.exp),
        ("Lq:q=1", ValueIs.MEDIAN, None, float),
        ("Lq:q=2", ValueIs.MEAN, None, float),
        ("Lq:q=1.5", ValueIs.TYPICAL, None, float),
        ("Huber:delta=1.0", ValueIs.TYPICAL, None, float),
        ("LogCosh", ValueIs.TYPICAL, None, float),
        ("MAPE", ValueIs.TYPICAL, None, float),
        ("RMSPE", ValueIs.TYPICAL, None, float),
        ("Cox", ValueIs.LOG_HAZARD, None, float),
    ],
)
async def test_a_value_is_in_the_targets_unit_and_says_what_it_is(
    predictor: CatBoostPredictor,
    tmp_path: Path,
    loss: str,
    is_: ValueIs,
    alpha: float | None,
    of_raw: Callable[[float], float],
) -> None:
    file = regression_model(tmp_path / "m.cbm", loss)
    model = await registered(file, FolderModelStore(tmp_path / "models"))

    assert (model.facts.value_is, model.facts.alpha) == (is_, alpha)
    assert await value(predictor, model) == pytest.approx(of_raw(raw_value(file)), rel=1e-12)


async def test_a_sum_of_models_of_one_loss_is_read_as_each_of_them(
    predictor: CatBoostPredictor, tmp_path: Path
) -> None:
    parts = [CatBoost({"loss_function": "Poisson", "random_seed": seed, **QUIET}) for seed in (1, 2)]
    for part in parts:
        part.fit(numeric_pool(target=TARGET))
    file = tmp_path / "m.cbm"
    sum_models(parts, weights=[0.5, 0.5]).save_model(str(file))
    model = await registered(file, FolderModelStore(tmp_path / "models"))

    assert model.facts.value_is is ValueIs.RATE
    assert await value(predictor, model) == pytest.approx(np.exp(raw_value(file)))


@pytest.mark.parametrize(("read_as", "of_raw"), [(ReadAs.RAW, float), (ReadAs.EXPONENT, np.exp)])
async def test_a_file_without_a_loss_is_unknown_and_read_as_the_operator_says(
    predictor: CatBoostPredictor, tmp_path: Path, read_as: ReadAs, of_raw: Callable[[float], float]
) -> None:
    parts = [CatBoost({"loss_function": loss, **QUIET}) for loss in ("Poisson", "RMSE")]
    for part in parts:
        part.fit(numeric_pool(target=TARGET))
    file = tmp_path / "m.cbm"
    sum_models(parts).save_model(str(file))
    model = await registered(file, FolderModelStore(tmp_path / "models"))

    assert (model.facts.value_is, model.facts.read_as) == (ValueIs.UNKNOWN, None)
    told = replace(model, facts=replace(model.facts, read_as=read_as))
    assert await value(predictor, told) == pytest.approx(of_raw(raw_value(file)))


async def test_what_is_told_of_a_version_counts_although_it_is_loaded_already(
    predictor: CatBoostPredictor, tmp_path: Path
) -> None:
    file = regression_model(tmp_path / "m.cbm")
    model = await registered(file, FolderModelStore(tmp_path / "models"))
    before = await value(predictor, model)

    told = replace(model, facts=replace(model.facts, read_as=ReadAs.EXPONENT))
    other = replace(told, ref=ModelRef("other", 1))

    assert await value(predictor, told) == pytest.approx(np.exp(before))
    assert await value(predictor, model) == before
    assert await value(predictor, other) == pytest.approx(np.exp(before))


async def test_a_version_that_was_added_before_its_unit_was_asked_for_is_read_as_its_file_says(
    predictor: CatBoostPredictor, tmp_path: Path
) -> None:
    file = regression_model(tmp_path / "m.cbm", "LogLinQuantile")
    model = await registered(file, FolderModelStore(tmp_path / "models"))
    old = replace(model, facts=replace(model.facts, value_is=None, read_as=None))

    assert await value(predictor, old) == pytest.approx(np.exp(raw_value(file)))


class Own:
    """A custom loss: half the squared error."""

    def calc_ders_range(self, approxes: Any, targets: Any, weights: Any) -> list[tuple[float, float]]:
        return [(target - approx, -1.0) for approx, target in zip(approxes, targets, strict=True)]


async def test_a_loss_of_ones_own_answers_its_raw_score(predictor: CatBoostPredictor, tmp_path: Path) -> None:
    file = tmp_path / "m.cbm"
    model = CatBoostRegressor(loss_function=Own(), eval_metric="RMSE", **QUIET)
    model.fit(numeric_pool(target=TARGET))
    model.save_model(str(file))
    served = await registered(file, FolderModelStore(tmp_path / "models"))

    assert (served.facts.task, served.facts.value_is) == (ModelTask.REGRESSION, ValueIs.SCORE)
    assert await value(predictor, served) == pytest.approx(raw_value(file))


def custom_loss_of_an_older_catboost(file: Path) -> Path:
    regression_model(file)
    model = CatBoost().load_model(str(file))
    parameters = json.loads(model.get_metadata()["params"])
    parameters["loss_function"]["type"] = "Custom"
    model.get_metadata()["params"] = json.dumps(parameters)
    model.save_model(str(file))
    return file


async def test_a_loss_that_this_catboost_does_not_know_answers_its_raw_score(
    predictor: CatBoostPredictor, tmp_path: Path
) -> None:
    file = custom_loss_of_an_older_catboost(tmp_path / "m.cbm")
    served = await registered(file, FolderModelStore(tmp_path / "models"))

    assert (served.facts.task, served.facts.value_is) == (ModelTask.REGRESSION, ValueIs.SCORE)
    assert await value(predictor, served) == raw_value(regression_model(tmp_path / "same.cbm"))


def test_the_documentation_says_of_every_loss_what_is_answered() -> None:
    page = (Path(__file__).parents[2] / "docs/models.md").read_text(encoding="utf-8")

    assert [name for name in (*VALUES, *CLASSIFYING) if f"`{name}`" not in page] == []


def test_every_loss_that_catboost_trains_has_its_place() -> None:
    """CatBoost's error message names every loss and metric. Each one that it can train with has an entry in
    our tables."""
    with pytest.raises(Exception, match="Valid options are") as listed:
        CatBoost({"loss_function": "Nothing", **QUIET}).fit(numeric_pool(target=TARGET))
    names = str(listed.value).split("Valid options are: ")[1].rstrip(".").replace("'", "").split(", ")

    placed = set(VALUES) | CLASSIFYING
    assert placed - set(names) == set()
    for name in set(names) - placed:
        with pytest.raises(Exception, match="oss"):
            CatBoost({"loss_function": name, **QUIET}).fit(numeric_pool(target=TARGET))
