"""Facts about the training in a model file: unseen categories, numbers that were never missing."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catboost import CatBoost, Pool, sum_models

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.model import Model
from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning
from augury.outbound.catboost.metadata import OwnFacts
from augury.outbound.catboost.predictor import CatBoostPredictor, CatBoostSettings
from augury.outbound.catboost.seen import Seen, category_hashes, seen_in
from augury.outbound.model_store import FolderModelStore
from tests.catboost_models import numeric_pool, registered, train

CITIES = (
    "Москва",
    "Paris",
    "Rome",
    "Oslo",
    "",
    "a city with a name that is longer than thirty-two characters",
)
UNSEEN, NULL = RowDoubt.UNSEEN_CATEGORY, RowDoubt.UNSEEN_NULL


@pytest.fixture
def store(tmp_path: Path) -> FolderModelStore:
    return FolderModelStore(tmp_path / "models")


@pytest.fixture
async def predictor(store: FolderModelStore) -> AsyncIterator[CatBoostPredictor]:
    predictor = CatBoostPredictor(store, CatBoostSettings(max_warnings=3))
    yield predictor
    predictor.close()


def category_model(file: Path, categories: Sequence[object], own: OwnFacts | None = None) -> Path:
    """Predicts a number from the category "kind" alone: its index in `categories`, times ten."""
    rows = [[category] for _ in range(30) for category in categories]
    target = [10.0 * place for _ in range(30) for place in range(len(categories))]
    pool = Pool(rows, target, cat_features=[0], feature_names=["kind"])
    return train(pool, file, own=own, loss="RMSE", learning_rate=1)


def many(rows: Sequence[object]) -> Question:
    return Question(Json(json.dumps(rows).encode()), single=False)


def kinds(*values: object) -> Question:
    return many([{"kind": value} for value in values])


def output(outcome: Outcome) -> list[Any]:
    assert outcome.output is not None
    found: list[Any] = json.loads(outcome.output)
    return found


async def answers(predictor: CatBoostPredictor, model: Model, *values: object) -> list[float]:
    [outcome] = await predictor.predict(model, [kinds(*values)])
    return [answer["value"] for answer in output(outcome)]


def test_a_files_tables_have_every_category_of_the_training_and_no_other(tmp_path: Path) -> None:
    [seen] = seen_in(category_model(tmp_path / "m.cbm", CITIES)).categories.values()

    assert seen.is_complete
    assert len(seen.hashes) == len(CITIES)
    assert seen.has(category_hashes(CITIES)).all()
    assert not seen.has(category_hashes(["Atlantis", "paris", "0", "Paris "])).any()


def test_one_hot_values_are_known_but_may_not_be_all(tmp_path: Path) -> None:
    [seen] = seen_in(category_model(tmp_path / "m.cbm", ["yes", "no"])).categories.values()

    assert seen.has(category_hashes(["yes", "no"])).any()
    assert not seen.is_complete


@pytest.mark.parametrize("content", [b"", b"CBM1", b"CBM1" + b"\xff" * 50, b"no model at all"])
def test_a_file_that_cannot_be_read_tells_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.cbm").write_bytes(content)

    assert seen_in(tmp_path / "m.cbm") == Seen()


def test_a_file_that_was_cut_off_anywhere_tells_nothing_or_what_it_has(tmp_path: Path) -> None:
    content = category_model(tmp_path / "m.cbm", CITIES).read_bytes()
    for size in range(0, len(content), 7):
        (tmp_path / "cut.cbm").write_bytes(content[:size])

        assert isinstance(seen_in(tmp_path / "cut.cbm"), Seen)


async def test_a_category_that_was_never_seen_is_predicted_and_named(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    model = await registered(category_model(tmp_path / "m.cbm", CITIES), store)

    [first, second] = await predictor.predict(model, [kinds("Paris", "Atlantis", 7), kinds(*CITIES)])

    assert (first.valid_rows, second.valid_rows) == (3, len(CITIES))
    assert first.warnings == (RowWarning(1, "kind", UNSEEN), RowWarning(2, "kind", UNSEEN))
    assert second.warnings == ()


async def test_only_so_many_warnings_are_listed_and_the_rest_are_counted(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    model = await registered(category_model(tmp_path / "m.cbm", CITIES), store)

    [outcome, other] = await predictor.predict(model, [kinds(*"abcdefg"), kinds("a")])

    assert [each.row for each in outcome.warnings] == [0, 1, 2, None]
    assert outcome.warnings[-1] == RowWarning(None, None, RowDoubt.MORE, 4)
    assert other.warnings == (RowWarning(0, "kind", UNSEEN),)


async def test_warnings_count_rows_as_they_were_sent_with_bad_rows_among_them(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    model = await registered(category_model(tmp_path / "m.cbm", CITIES), store)
    bad = {"kind": None}

    [first, second] = await predictor.predict(
        model, [many([bad, {"kind": "Atlantis"}]), many([{"kind": "Paris"}, bad, bad, {"kind": "Atlantis"}])]
    )

    assert list(first.errors) == [RowError(0, "kind", RowFault.NOT_A_CATEGORY)]
    assert first.warnings == (RowWarning(1, "kind", UNSEEN),)
    assert second.warnings == (RowWarning(3, "kind", UNSEEN),)


@pytest.mark.parametrize(
    ("trained", "sent"),
    [
        ([1, 2, 3], ["1.0", 2.0, "3"]),
        (["1.0", "2.0", "3.0"], [1, "2", 3.0]),
        (["True", "False", "unknown"], [True, False, "unknown"]),
        (["0", "1", "2"], [False, True, "2"]),
        (["0", "1", "2"], ["False", "True", 2]),
        ([1, 0], [True, False]),
        (["True", "False"], [True, False]),
        (["1.0", "0.0"], [True, False]),
        (["1", "0"], ["True", "False"]),
    ],
)
async def test_what_is_surely_meant_is_what_the_model_was_trained_on(
    predictor: CatBoostPredictor,
    store: FolderModelStore,
    tmp_path: Path,
    trained: list[object],
    sent: list[object],
) -> None:
    file = category_model(tmp_path / "m.cbm", trained)
    expected = CatBoost().load_model(str(file)).predict([[str(each)] for each in trained])
    assert expected[0] != expected[1]
    model = await registered(file, store)

    [outcome] = await predictor.predict(model, [kinds(*sent)])

    assert [answer["value"] for answer in output(outcome)] == pytest.approx(list(expected))
    assert outcome.warnings == ()


async def test_the_categories_of_the_files_own_metadata_are_all_there_are(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    own = OwnFacts(categories={"kind": ("yes", "no")})
    model = await registered(category_model(tmp_path / "m.cbm", ["yes", "no"], own), store)

    [outcome] = await predictor.predict(model, [kinds("yes", "no", "maybe")])

    assert outcome.warnings == (RowWarning(2, "kind", UNSEEN),)


async def test_the_categories_that_the_operator_told_are_all_there_are(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    model = await registered(category_model(tmp_path / "m.cbm", ["yes", "no"]), store)
    [before] = await predictor.predict(model, [kinds("yes", "no", "maybe")])

    told = replace(model, facts=model.facts.knowing({"kind": ["yes", "no"]}))
    [after] = await predictor.predict(told, [kinds("yes", "no", "maybe")])

    assert (before.warnings, after.warnings) == ((), (RowWarning(2, "kind", UNSEEN),))
    assert output(before) == output(after)


async def test_a_batch_of_many_kinds_of_values_is_answered_as_each_alone(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    model = await registered(category_model(tmp_path / "m.cbm", ["1", "0", "2.0", "x"]), store)
    values = [True, 1, 1.0, "1", "1.0", "True", False, 2, "2", 2.0, "x", "y"]

    alone = [(await answers(predictor, model, value))[0] for value in values]

    assert await answers(predictor, model, *values) == alone


def numbers(file: Path, *, missing: bool = False, **parameters: Any) -> Path:
    """Predicts a number from "x" and "y". With `missing`, some values of "x" are missing."""
    target = np.random.default_rng(1).uniform(1, 4, size=60)
    pool = numeric_pool(target=target)
    features = pool.get_features().copy()
    if missing:
        features[::5, 0] = np.nan
    return train(Pool(features, target, feature_names=["x", "y"]), file, loss="RMSE", **parameters)


async def test_a_number_that_is_missing_is_named_where_none_was_missing_in_training(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    whole = await registered(numbers(tmp_path / "whole.cbm"), store)
    holes = await registered(numbers(tmp_path / "holes.cbm", missing=True), store)
    rows = many([{"x": None, "y": 1}, {"x": 1, "y": None}, {"x": 1, "y": 1}])

    [of_whole] = await predictor.predict(whole, [rows])
    [of_holes] = await predictor.predict(holes, [rows])

    assert of_whole.valid_rows == of_holes.valid_rows == 3
    assert of_whole.warnings == (RowWarning(0, "x", NULL), RowWarning(1, "y", NULL))
    assert of_holes.warnings == (RowWarning(1, "y", NULL),)


async def test_a_number_that_must_not_be_missing_is_refused(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    model = await registered(numbers(tmp_path / "m.cbm", nan_mode="Forbidden"), store)

    [outcome] = await predictor.predict(model, [many([{"x": None, "y": 1}, {"x": 1, "y": 1}])])

    assert [feature.nullable for feature in model.facts.schema.features] == [False, False]
    assert list(outcome.errors) == [RowError(0, "x", RowFault.NULL)]
    assert (outcome.valid_rows, outcome.warnings) == (1, ())


async def test_one_feature_alone_may_forbid_it(store: FolderModelStore, tmp_path: Path) -> None:
    file = numbers(tmp_path / "m.cbm", per_float_feature_quantization=["1:nan_mode=Forbidden"])

    model = await registered(file, store)

    assert [feature.nullable for feature in model.facts.schema.features] == [True, False]


def test_a_sum_of_models_has_missed_what_one_of_them_has(tmp_path: Path) -> None:
    files = numbers(tmp_path / "a.cbm"), numbers(tmp_path / "b.cbm", missing=True)
    both = sum_models([CatBoost().load_model(str(file)) for file in files])
    both.save_model(str(tmp_path / "sum.cbm"))

    assert seen_in(files[0]).never_null == {0, 1}
    assert seen_in(tmp_path / "sum.cbm").never_null == {1}


async def test_a_rare_event_keeps_its_probability(
    predictor: CatBoostPredictor, store: FolderModelStore, tmp_path: Path
) -> None:
    target = np.array([1] + [0] * 2_499)
    file = train(numeric_pool(target=target), tmp_path / "m.cbm", iterations=200, learning_rate=0.5)
    expected = CatBoost().load_model(str(file)).predict([[0.0, 0.0]], prediction_type="Probability")
    assert expected[0][1] < 5e-7  # six decimals would make it 0
    model = await registered(file, store)

    [outcome] = await predictor.predict(model, [many([{"x": 0.0, "y": 0.0}])])

    told = output(outcome)[0]["probabilities"]
    assert told["1"] == pytest.approx(expected[0][1], rel=1e-7)
    assert 0.9999 < told["0"] < 1
