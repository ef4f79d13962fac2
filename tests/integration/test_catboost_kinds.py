"""Every kind of model answers what CatBoost answers, from every kind of feature, with missing values."""

import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catboost import CatBoost, MultiTargetCustomObjective, Pool, sum_models
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.answer_form import ModelTask
from augury.domain.answer_meaning import ProbabilitiesAre, ValueIs
from augury.domain.feature import FeatureKind
from augury.domain.lane import SliceLimit
from augury.domain.model import ModelRefused
from augury.domain.row_errors import RowDoubt, RowError, RowFault
from augury.inbound.tables.results.ndjson_results import NdjsonWriter
from augury.inbound.tables.results.words import ResultWords
from augury.inbound.tables.results.writer import RawPart
from augury.inbound.tables.uploads.csv_upload import CsvUpload
from augury.inbound.tables.uploads.ndjson_upload import NdjsonUpload
from augury.inbound.tables.uploads.parquet_upload import ParquetFile
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.metadata import OwnFacts
from augury.outbound.catboost.predictor import CatBoostPredictor
from augury.outbound.catboost.questions import answer
from augury.outbound.catboost.ranking import ranked
from augury.outbound.catboost.slices import answer_slice
from augury.outbound.model_store import FolderModelStore
from augury.slices.arrow import Answers
from augury.slices.sheet import encode_sheet
from tests.catboost_models import CITIES, WORDS, loaded_model, numeric_pool, registered, train

ROWS = 60
FLAGS = np.arange(ROWS) % 2
TARGET = np.random.default_rng(3).uniform(1, 4, size=ROWS)
GROUPS = np.repeat(np.arange(6), 10)
BAG_OF_WORDS = {
    "tokenizers": [{"tokenizer_id": "words", "separator_type": "BySense", "lowercasing": "true"}],
    "dictionaries": [{"dictionary_id": "words", "occurrence_lower_bound": "1"}],
    "feature_processing": {
        "default": [
            {"tokenizers_names": ["words"], "dictionaries_names": ["words"], "feature_calcers": ["BoW"]}
        ]
    },
}


@dataclass(frozen=True)
class Kind:
    """A loss, its targets, and the expected answer for CatBoost's own numbers."""

    loss: str
    target: Any
    task: ModelTask
    expected: Callable[[CatBoost, Pool], list[dict[str, Any]]]
    grouped: bool = False

    def __str__(self) -> str:
        return self.loss.partition(":")[0]


def _raw(model: CatBoost, pool: Pool) -> Any:
    return np.asarray(model.predict(pool, prediction_type="RawFormulaVal"))


def _shares(model: CatBoost, pool: Pool) -> list[dict[str, float]]:
    shares = model.predict(pool, prediction_type="Probability")
    return [dict(zip(map(str, model.classes_), row, strict=True)) for row in shares.tolist()]


def _classes(model: CatBoost, pool: Pool) -> list[dict[str, Any]]:
    labels = np.ravel(model.predict(pool, prediction_type="Class"))
    return [
        {"label": str(label), "probabilities": each}
        for label, each in zip(labels, _shares(model, pool), strict=True)
    ]


def _labels(model: CatBoost, pool: Pool) -> list[dict[str, Any]]:
    names = [str(each) for each in model.classes_]
    return [
        {"labels": [name for name, there in zip(names, row, strict=True) if there], "probabilities": each}
        for row, each in zip(model.predict(pool, prediction_type="Class"), _shares(model, pool), strict=True)
    ]


def _values(names: Sequence[str]) -> Callable[[CatBoost, Pool], list[dict[str, Any]]]:
    return lambda model, pool: [
        {"values": dict(zip(names, row, strict=True))} for row in _raw(model, pool).tolist()
    ]


def _value(model: CatBoost, pool: Pool) -> list[dict[str, Any]]:
    return [{"value": each} for each in _raw(model, pool).tolist()]


def _exponent(model: CatBoost, pool: Pool) -> list[dict[str, Any]]:
    values = np.ravel(model.predict(pool, prediction_type="Exponent"))
    return [{"value": each} for each in values.tolist()]


def _uncertain(model: CatBoost, pool: Pool) -> list[dict[str, Any]]:
    raw = _raw(model, pool)
    deviations = np.exp(raw[:, 1])
    variances = model.predict(pool, prediction_type="RMSEWithUncertainty")[:, 1]
    np.testing.assert_allclose(deviations**2, variances, rtol=1e-12)
    return [
        {"value": mean, "standard_deviation": deviation}
        for mean, deviation in zip(raw[:, 0].tolist(), deviations.tolist(), strict=True)
    ]


def _ranked(model: CatBoost, pool: Pool) -> list[dict[str, Any]]:
    scores = _raw(model, pool)
    return [{"value": each, "rank": int((scores > each).sum()) + 1} for each in scores.tolist()]


TWO_FLAGS = np.stack([FLAGS, np.arange(ROWS) % 3 == 0], axis=1).astype(int)
TWO_TARGETS = np.stack([TARGET, TARGET + FLAGS], axis=1)
KINDS = [
    Kind("Logloss", FLAGS, ModelTask.CLASSIFICATION, _classes),
    Kind("MultiClass", np.arange(ROWS) % 3, ModelTask.CLASSIFICATION, _classes),
    Kind("MultiClassOneVsAll", np.arange(ROWS) % 3, ModelTask.CLASSIFICATION, _classes),
    Kind("MultiLogloss", TWO_FLAGS, ModelTask.MULTILABEL, _labels),
    Kind("MultiCrossEntropy", TWO_FLAGS * 0.8, ModelTask.MULTILABEL, _labels),
    Kind("RMSE", TARGET, ModelTask.REGRESSION, _value),
    Kind("Poisson", TARGET, ModelTask.REGRESSION, _exponent),
    Kind(
        "SurvivalAft",
        np.stack([TARGET, np.where(FLAGS, -1, TARGET)], axis=1),
        ModelTask.REGRESSION,
        _exponent,
    ),
    Kind("Cox", np.where(FLAGS, -TARGET, TARGET), ModelTask.REGRESSION, _value),
    Kind("MultiRMSE", TWO_TARGETS, ModelTask.MULTI_REGRESSION, _values("01")),
    Kind(
        "MultiQuantile:alpha=0.1,0.5,0.95",
        TARGET,
        ModelTask.MULTI_REGRESSION,
        _values(["0.1", "0.5", "0.95"]),
    ),
    Kind("RMSEWithUncertainty", TARGET, ModelTask.UNCERTAIN_REGRESSION, _uncertain),
    Kind("YetiRank", FLAGS, ModelTask.RANKING, _ranked, grouped=True),
]
NEEDS_CLASSES = {"MultiRMSE", "MultiLogloss", "MultiCrossEntropy", "SurvivalAft"}
"""CatBoost trains these from numbers and categories only."""
FEATURES = {
    "numbers": "n",
    "categories": "c",
    "texts": "t",
    "embeddings": "e",
    "all": "ncte",
}


def _column(kind: str) -> list[Any]:
    random = np.random.default_rng(7)
    match kind:
        case "n":
            return [float("nan") if row % 7 == 0 else float(random.normal() + row % 2) for row in range(ROWS)]
        case "c":
            return [CITIES[(row + row % 2) % 3] for row in range(ROWS)]
        case "t":
            return [WORDS[row % 3] + " yes" * (row % 2) for row in range(ROWS)]
        case _:
            return [[float(random.normal()), float(row % 2), float(random.normal())] for row in range(ROWS)]


def _pool(kinds: str, columns: Sequence[Sequence[Any]], target: Any = None, **more: Any) -> Pool:
    table = np.empty((len(columns[0]), len(kinds)), dtype=object)
    for place, column in enumerate(columns):
        for row, cell in enumerate(column):
            table[row, place] = cell
    return Pool(
        table,
        target,
        feature_names=list(kinds),
        cat_features=[kinds.index("c")] if "c" in kinds else None,
        text_features=[kinds.index("t")] if "t" in kinds else None,
        embedding_features=[kinds.index("e")] if "e" in kinds else None,
        **more,
    )


@dataclass(frozen=True)
class Trained:
    kind: Kind
    kinds: str
    file: Path
    catboost: CatBoost
    model: LoadedModel


def _cases() -> Iterator[Any]:
    for kind in KINDS:
        for name, kinds in FEATURES.items():
            simple = "".join(each for each in kinds if each in "nc" or str(kind) not in NEEDS_CLASSES)
            if simple:
                yield pytest.param((kind, simple), id=f"{kind}-{name}")


@pytest.fixture(scope="module", params=_cases())
def trained(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Trained:
    kind, kinds = request.param
    columns = [_column(each) for each in kinds]
    groups = {"group_id": GROUPS} if kind.grouped else {}
    pool = _pool(kinds, columns, kind.target, **groups)
    file = tmp_path_factory.mktemp("kinds") / "m.cbm"
    texts: dict[str, Any] = {"text_processing": BAG_OF_WORDS} if "t" in kinds else {}
    train(pool, file, loss=kind.loss, iterations=8, learning_rate=0.5, **texts)
    return Trained(kind, kinds, file, CatBoost().load_model(str(file)), loaded_model(file))


CELLS: dict[str, st.SearchStrategy[Any]] = {
    "n": st.none() | st.floats(-3, 3, width=32),
    "c": st.sampled_from([*CITIES, "Nowhere", ""]),
    "t": st.sampled_from([*WORDS, "yes", ""]) | st.text("agod y", max_size=20),
    "e": st.lists(st.floats(-3, 3, width=32), min_size=3, max_size=3),
}


def rows_of(kinds: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.fixed_dictionaries({each: CELLS[each] for each in kinds}), min_size=1, max_size=12)


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(st.data())
def test_the_answer_is_catboosts_own(trained: Trained, data: st.DataObject) -> None:
    rows = data.draw(rows_of(trained.kinds))
    cells = [[np.nan if row[each] is None else row[each] for row in rows] for each in trained.kinds]
    expected = trained.kind.expected(trained.catboost, _pool(trained.kinds, cells))

    assert trained.model.facts.task is trained.kind.task
    same(by_rows(trained, rows), expected)
    same(by_columns(trained, rows), without_rank(expected))


def by_rows(trained: Trained, rows: Sequence[dict[str, Any]]) -> list[Any]:
    question = Question(Json(json.dumps(rows).encode()), single=False, rows=len(rows))
    [outcome] = answer(trained.model, [question], 100)
    assert not outcome.errors
    if trained.kind.task is ModelTask.RANKING:
        outcome = ranked(question, outcome)
    found: list[Any] = json.loads(outcome.output or b"[]")
    return found


def by_columns(trained: Trained, rows: Sequence[dict[str, Any]]) -> list[Any]:
    """Through a batch of Parquet, whose results are read as JSON lines."""
    facts = trained.model.facts
    types = {"n": pa.float64(), "c": pa.string(), "t": pa.string(), "e": pa.list_(pa.float64())}
    table = pa.table({each: pa.array([row[each] for row in rows], types[each]) for each in trained.kinds})
    file = io.BytesIO()
    pq.write_table(table, file)
    upload = ParquetFile(io.BytesIO(file.getvalue()), facts, most_rows=100)
    [part] = upload.slices()
    outcome = answer_slice(trained.model, encode_sheet(upload.sheet()), part.content, 100)
    assert outcome.valid_rows == len(rows)
    writer = NdjsonWriter(upload.sheet(), ResultWords(error=str, warning=str))
    lines = writer.write(RawPart(1, part.content, outcome.content, ""))
    return [json.loads(line)["output"] for line in lines.splitlines()]


def without_rank(answers: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in each.items() if key != "rank"} for each in answers]


def same(found: Sequence[Any], expected: Sequence[dict[str, Any]]) -> None:
    """Values are equal to the last bit, probabilities as float32."""
    assert [{**each, "probabilities": None} for each in found] == [
        {**each, "probabilities": None} for each in expected
    ]
    for one, other in zip(found, expected, strict=True):
        shares, wanted = one.get("probabilities", {}), other.get("probabilities", {})
        assert list(shares) == list(wanted)
        for share, exact in zip(shares.values(), wanted.values(), strict=True):
            assert np.float32(share) == np.float32(exact)


def one(model: LoadedModel, rows: object) -> tuple[Any, Outcome]:
    """The answer to one row, or the answers to many."""
    single = not isinstance(rows, list)
    [outcome] = answer(model, [Question(Json(json.dumps(rows).encode()), single=single)], 100)
    return json.loads(outcome.output or b"null"), outcome


def test_quantiles_that_cross_are_said_to_and_keep_their_values(tmp_path: Path) -> None:
    file = train(numeric_pool(target=TARGET), tmp_path / "m.cbm", loss="MultiQuantile:alpha=0.45,0.5,0.55")
    model = CatBoost().load_model(str(file))
    scale, _ = model.get_scale_and_bias()
    model.set_scale_and_bias(scale, [2.0, 1.0, 3.0])
    model.save_model(str(file))
    loaded, row = loaded_model(file), {"x": 0.1, "y": 0.2}

    found, outcome = one(loaded, row)
    _, many = one(loaded, [{}, row, row])

    raw = CatBoost().load_model(str(file)).predict([[0.1, 0.2]])[0].tolist()
    assert raw[0] > raw[1]
    assert found == {"values": dict(zip(["0.45", "0.5", "0.55"], raw, strict=True))}
    assert [(each.row, each.field, each.doubt) for each in outcome.warnings] == [
        (0, None, RowDoubt.CROSSED_QUANTILES)
    ]
    assert [each.row for each in many.warnings] == [1, 2]
    assert slice_of(loaded, [row, row])[1] == [
        (0, None, RowDoubt.CROSSED_QUANTILES),
        (1, None, RowDoubt.CROSSED_QUANTILES),
    ]


def slice_of(model: LoadedModel, rows: Sequence[dict[str, Any]]) -> tuple[Any, list[Any], list[RowError]]:
    """Rows, as JSON lines, through a batch: its answers as a table, its warnings and its errors."""
    upload = NdjsonUpload(model.facts, most_rows=100)
    slices = [*upload.feed(b"".join(json.dumps(row).encode() + b"\n" for row in rows)), *upload.finish()]
    found = Answers.decoded(answer_slice(model, encode_sheet(upload.sheet()), slices[0].content, 100).content)
    warnings = [(each.row, each.field, each.doubt) for each in found.warnings]
    return found.table.to_pylist(), warnings, found.errors()


@pytest.mark.parametrize("calculators", [["KNN"], ["LDA"], ["LDA", "KNN"]])
def test_an_embedding_of_the_wrong_length_is_an_error_of_its_row(
    tmp_path: Path, calculators: list[str]
) -> None:
    """CatBoost itself answers a number for it, or reads beyond the list."""
    rows = [
        [[row % 2 + row % 5 / 9, row % 3, row % 7], 1.0, [row % 2, float(row % 4)]] for row in range(ROWS)
    ]
    table = np.empty((ROWS, 3), dtype=object)
    for at, row in enumerate(rows):
        table[at, 0], table[at, 1], table[at, 2] = row
    pool = Pool(table, FLAGS, embedding_features=[0, 2], feature_names=["e", "x", "f"])
    file = train(pool, tmp_path / "m.cbm", iterations=20, embedding_calcers=calculators)
    model = loaded_model(file)

    assert [(each.kind, each.length) for each in model.facts.schema.features] == [
        (FeatureKind.EMBEDDING, 3),
        (FeatureKind.NUMERIC, None),
        (FeatureKind.EMBEDDING, 2),
    ]
    good = {"e": [1, 2.5, -3], "x": None, "f": [0.5, 1]}
    bad: list[object] = [
        [1, 2],
        [1, 2, 3, 4],
        [],
        [1, None, 3],
        [1, True, 3],
        ["1", 2, 3],
        None,
        1,
        "[1, 2, 3]",
    ]
    bad_rows = [{**good, "e": each} for each in bad]
    found, outcome = one(model, [good, *bad_rows, {**good, "e": [1, 2, 1e39]}])

    assert [each is not None for each in found] == [True] + [False] * (len(bad) + 1)
    faults = [(each.row, each.field, each.fault) for each in outcome.errors]
    assert faults == [
        *((row + 1, "e", RowFault.NOT_AN_EMBEDDING) for row in range(len(bad))),
        (len(bad) + 1, "e", RowFault.NOT_FINITE),
    ]
    assert [(each.row, each.fault) for each in slice_of(model, bad_rows)[2]] == [
        (row, RowFault.NOT_AN_EMBEDDING) for row in range(len(bad))
    ]


def test_an_embedding_in_a_csv_file_is_a_json_array(tmp_path: Path) -> None:
    pool = _pool("ne", [_column("n"), _column("e")], FLAGS)
    model = loaded_model(train(pool, tmp_path / "m.cbm"))
    upload = CsvUpload(model.facts, most_rows=100)
    content = b'n,e\n1.5,"[0.5, 1, -2]"\n,"[0.5,1]"\n2,0.5\n3,\n'
    slices = [*upload.feed(content), *upload.finish()]

    answers = Answers.decoded(answer_slice(model, encode_sheet(upload.sheet()), slices[0].content, 9).content)

    expected, _ = one(model, {"n": 1.5, "e": [0.5, 1, -2]})
    form = model.facts.form
    cells = answers.table.to_pylist()[0]
    assert form.answer([cells[column.key] for column in form.columns]) == expected
    assert [(each.row, each.fault) for each in answers.errors()] == [
        (1, RowFault.NOT_AN_EMBEDDING),
        (2, RowFault.NOT_AN_EMBEDDING),
        (3, RowFault.MISSING),
    ]


async def test_a_ranking_says_the_order_within_each_group_of_the_request(tmp_path: Path) -> None:
    store = FolderModelStore(tmp_path / "store")
    pool = numeric_pool(target=TARGET, group_id=GROUPS)
    model = await registered(train(pool, tmp_path / "m.cbm", loss="QueryRMSE"), store)
    predictor = CatBoostPredictor(store, most=SliceLimit(rows=3, size=1 << 20))  # so that groups are cut
    rows: list[Any] = [
        {"x": place / 10, "y": -place / 7, "group": ("a", 7, "7")[place % 3]} for place in range(12)
    ]
    rows += [{"x": 1.0, "y": 0.0}, {"x": 1.0, "y": 0.0}, {"x": 1.0, "y": 0.0, "group": 1.5}]

    [outcome] = await predictor.predict(
        model, [Question(Json(json.dumps(rows).encode()), single=False, rows=len(rows))]
    )
    [alone] = await predictor.predict(model, [Question(Json(json.dumps(rows[0]).encode()), single=True)])
    predictor.close()

    assert model.facts.task is ModelTask.RANKING
    assert model.facts.value_is is ValueIs.SCORE
    answers = json.loads(outcome.output or b"")
    groups = {
        "a": [row for row in range(12) if row % 3 == 0],
        "7": [row for row in range(12) if row % 3],
        "none": [12, 13],
    }
    for group in groups.values():
        scores = [answers[row]["value"] for row in group]
        assert [answers[row]["rank"] for row in group] == [
            1 + sum(other > each for other in scores) for each in scores
        ]
    assert answers[14] is None
    assert outcome.errors == [RowError(14, "group", RowFault.NOT_A_CATEGORY)]
    assert json.loads(alone.output or b"") == {"value": answers[0]["value"], "rank": 1}


@pytest.mark.parametrize("kind", [each for each in KINDS if not each.grouped], ids=str)
def test_a_sum_of_two_models_of_a_kind_is_of_that_kind(kind: Kind, tmp_path: Path) -> None:
    parts = []
    for seed in (1, 2):
        file = train(numeric_pool(target=kind.target), tmp_path / "m.cbm", loss=kind.loss, random_seed=seed)
        parts.append(CatBoost().load_model(str(file)))
    sum_models(parts, weights=[0.5, 0.5]).save_model(str(tmp_path / "sum.cbm"))
    catboost, model = CatBoost().load_model(str(tmp_path / "sum.cbm")), loaded_model(tmp_path / "sum.cbm")

    found, _ = one(model, [{"x": 0.5, "y": -0.5}, {"x": None, "y": 1}])

    assert model.facts.task is kind.task
    same(found, kind.expected(catboost, Pool([[0.5, -0.5], [np.nan, 1]])))


def raw_values(file: Path) -> list[float]:
    model = CatBoost().load_model(str(file))
    values: list[float] = model.predict([[0.5, -0.5]], prediction_type="RawFormulaVal")[0].tolist()
    return values


def test_a_sum_of_models_of_different_losses_answers_its_raw_values(tmp_path: Path) -> None:
    parts = []
    for loss, target in (("MultiRMSE", TWO_TARGETS), ("RMSEWithUncertainty", TARGET)):
        file = train(numeric_pool(target=target), tmp_path / "m.cbm", loss=loss)
        parts.append(CatBoost().load_model(str(file)))
    sum_models(parts).save_model(str(tmp_path / "sum.cbm"))
    model = loaded_model(tmp_path / "sum.cbm")

    found, _ = one(model, {"x": 0.5, "y": -0.5})

    assert (model.facts.task, model.facts.value_is) == (ModelTask.MULTI_REGRESSION, ValueIs.UNKNOWN)
    raw = (
        CatBoost()
        .load_model(str(tmp_path / "sum.cbm"))
        .predict([[0.5, -0.5]], prediction_type="RawFormulaVal")
    )
    assert list(found["values"].values()) == raw[0].tolist()


def test_classes_without_names_in_the_file_are_answered_as_raw_values(tmp_path: Path) -> None:
    file = train(numeric_pool(target=np.arange(ROWS) % 3), tmp_path / "m.cbm", loss="MultiClass")
    model = CatBoost().load_model(str(file))
    del model.get_metadata()["params"]
    del model.get_metadata()["class_params"]
    model.save_model(str(file))

    found, _ = one(loaded_model(file), {"x": 0.5, "y": -0.5})

    raw = model.predict([[0.5, -0.5]], prediction_type="RawFormulaVal")[0].tolist()
    assert found == {"values": dict(zip("012", raw, strict=True))}


def test_one_label_alone_is_answered_with_its_own_probability(tmp_path: Path) -> None:
    file = train(numeric_pool(target=FLAGS.reshape(-1, 1)), tmp_path / "m.cbm", loss="MultiLogloss")
    model, catboost = loaded_model(file), CatBoost().load_model(str(file))

    found, _ = one(model, [{"x": each, "y": 0.0} for each in (-2.0, 0.0, 2.0)])

    pool = Pool([[each, 0.0] for each in (-2.0, 0.0, 2.0)])
    shares = catboost.predict(pool, prediction_type="Probability")[:, 1].tolist()
    chosen = catboost.predict(pool, prediction_type="Class").tolist()
    assert [list(each["probabilities"].values()) for each in found] == [
        [pytest.approx(each)] for each in shares
    ]
    assert [each["labels"] for each in found] == [["0"] if each else [] for each in chosen]


def test_labels_of_probability_one_half_are_decided_by_catboost(tmp_path: Path) -> None:
    file = train(numeric_pool(target=TWO_FLAGS), tmp_path / "m.cbm", loss="MultiLogloss")
    catboost = CatBoost().load_model(str(file))
    catboost.set_scale_and_bias(0.0, [0.0, 0.0])
    catboost.save_model(str(file))

    found, _ = one(loaded_model(file), {"x": 0, "y": 0})

    assert set(found["probabilities"].values()) == {0.5}
    assert len(found["labels"]) == catboost.predict([[0.0, 0.0]], prediction_type="Class").sum()


@pytest.mark.parametrize(
    ("loss", "target", "are"),
    [
        ("Logloss", FLAGS, ProbabilitiesAre.EXCLUSIVE),
        ("MultiClass", np.arange(ROWS) % 3, ProbabilitiesAre.EXCLUSIVE),
        ("MultiClassOneVsAll", np.arange(ROWS) % 3, ProbabilitiesAre.INDEPENDENT),
        ("MultiLogloss", TWO_FLAGS, ProbabilitiesAre.INDEPENDENT),
        ("RMSE", TARGET, None),
    ],
)
def test_probabilities_that_do_not_add_up_are_said_to(
    tmp_path: Path, loss: str, target: Any, are: ProbabilitiesAre | None
) -> None:
    file = train(numeric_pool(target=target), tmp_path / "m.cbm", loss=loss)

    assert facts_of(open_model(file)).probabilities_are is are


class OwnTargets(MultiTargetCustomObjective):  # type: ignore[misc]  # catboost has no types
    """Half the squared error of each target."""

    def calc_ders_multi(self, approx: Any, target: Any, weight: float) -> tuple[Any, Any]:
        del weight
        ders = [wanted - found for found, wanted in zip(approx, target, strict=True)]
        return ders, [[-1.0 * (row == column) for column in range(len(ders))] for row in range(len(ders))]


def test_a_loss_of_ones_own_of_several_targets_answers_raw_scores(tmp_path: Path) -> None:
    catboost = CatBoost(
        {
            "loss_function": OwnTargets(),
            "eval_metric": "MultiRMSE",
            "iterations": 3,
            "leaf_estimation_method": "Gradient",
            "leaf_estimation_iterations": 1,
            "allow_writing_files": False,
            "logging_level": "Silent",
        }
    )
    catboost.fit(numeric_pool(target=TWO_TARGETS))
    catboost.save_model(str(tmp_path / "m.cbm"))
    model = loaded_model(tmp_path / "m.cbm")

    found, _ = one(model, {"x": 0.5, "y": -0.5})

    assert (model.facts.task, model.facts.value_is) == (ModelTask.MULTI_REGRESSION, ValueIs.SCORE)
    raw = (
        CatBoost().load_model(str(tmp_path / "m.cbm")).predict([[0.5, -0.5]], prediction_type="RawFormulaVal")
    )
    assert list(found["values"].values()) == raw[0].tolist()


def test_an_author_names_the_targets(tmp_path: Path) -> None:
    own = OwnFacts(outputs=("height", "weight"))
    file = train(numeric_pool(target=TWO_TARGETS), tmp_path / "m.cbm", loss="MultiRMSE", own=own)
    wrong = train(
        numeric_pool(target=TWO_TARGETS), tmp_path / "w.cbm", loss="MultiRMSE", own=OwnFacts(outputs=("h",))
    )

    found, _ = one(loaded_model(file), {"x": 0.5, "y": -0.5})

    assert list(found["values"]) == ["height", "weight"]
    with pytest.raises(ModelRefused) as refused:
        facts_of(open_model(wrong))
    assert "names 1 outputs, but it answers 2 values" in str(refused.value.reason)


@pytest.mark.parametrize("kind", KINDS, ids=str)
def test_no_answer_is_longer_than_the_bound_by_which_it_is_accepted(kind: Kind, tmp_path: Path) -> None:
    groups = {"group_id": GROUPS} if kind.grouped else {}
    file = train(numeric_pool(target=kind.target, **groups), tmp_path / "m.cbm", loss=kind.loss)
    model = loaded_model(file)

    question = Question(Json(b'[{"x": 1e-30, "y": -3e38}]'), single=False)
    [outcome] = answer(model, [question], 1)
    outcome = ranked(question, outcome) if kind.grouped else outcome

    assert len(outcome.output or b"") <= model.facts.answer_bytes()
