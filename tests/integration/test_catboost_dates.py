"""A model that learned parts of dates is served with the dates themselves, by row and by column."""

# ruff: noqa: DTZ001  # dates of features are those of a wall clock

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catboost import CatBoost, CatBoostClassifier, Pool

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Question
from augury.domain.dates import DatePart
from augury.domain.feature import FeatureKind
from augury.domain.model import ModelRefused
from augury.domain.row_errors import RowDoubt, RowFault
from augury.inbound.tables.uploads.csv_upload import CsvUpload
from augury.inbound.tables.uploads.parquet_upload import ParquetFile
from augury.outbound.catboost.file import facts_of, open_model
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.metadata import OwnFacts, write_own_facts
from augury.outbound.catboost.questions import answer
from augury.outbound.catboost.seen import seen_in
from augury.outbound.catboost.slices import answer_slice
from augury.slices.arrow import Answers
from augury.slices.sheet import encode_sheet

PARTS = (DatePart.MONTH, DatePart.WEEKDAY)
JULY = datetime(2026, 7, 4)
LATE = int(datetime(2026, 7, 4, tzinfo=UTC).timestamp()) * 10**9
TWO_HOURS = 7_200 * 10**9
DATES = [datetime(2026, 1, 1) + timedelta(days=day) for day in range(0, 300, 3)]


def a_file(path: Path, dates: dict[str, tuple[DatePart, ...]], names: list[str]) -> Path:
    rows = [[float(n % 7), f"c{n % 3}", d.month, d.weekday()] for n, d in enumerate(DATES)]
    model = CatBoostClassifier(
        iterations=20, depth=3, verbose=False, allow_writing_files=False, random_seed=1, thread_count=1
    )
    labels = [int(date.month > 5) for date in DATES]
    model.fit(Pool(rows, labels, cat_features=[1], feature_names=names))
    write_own_facts(model, OwnFacts(dates=dates))
    model.save_model(str(path))
    return path


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dates")
    return a_file(folder / "dates.cbm", {"when": PARTS}, ["x", "kind", "when.month", "when.weekday"])


@pytest.fixture(scope="module")
def model(file: Path) -> LoadedModel:
    catboost = open_model(file)
    facts = facts_of(catboost)
    return LoadedModel.of(catboost, facts, facts, seen_in(file), 1)


def raw(file: Path, date: datetime | None) -> float:
    month, weekday = (date.month, date.weekday()) if date else (np.nan, np.nan)
    (answered,) = CatBoost().load_model(str(file)).predict([[1.0, "c1", month, weekday]], "Probability")
    return float(answered[1])


def test_the_schema_has_the_date_in_place_of_its_parts(model: LoadedModel) -> None:
    assert [(each.name, each.kind) for each in model.facts.schema.features] == [
        ("x", FeatureKind.NUMERIC),
        ("kind", FeatureKind.CATEGORICAL),
        ("when", FeatureKind.DATE),
    ]


def test_rows_get_what_catboost_answers_for_the_parts(file: Path, model: LoadedModel) -> None:
    rows: list[dict[str, Any]] = [
        {"x": 1, "kind": "c1", "when": when}
        for when in ("2026-07-04", "04.07.2026 12:00", "2026-02-01", None, "x")
    ]
    (outcome,) = answer(model, [Question(Json(json.dumps(rows).encode()), single=False)], 100)

    assert outcome.output is not None
    answers = json.loads(outcome.output)
    july, february = raw(file, datetime(2026, 7, 4)), raw(file, datetime(2026, 2, 1))
    expected = [july, july, february, raw(file, None)]
    assert [each["probabilities"]["1"] for each in answers[:4]] == pytest.approx(expected, rel=1e-7)
    assert july != february
    assert [(each.row, each.field, each.fault) for each in outcome.errors] == [
        (4, "when", RowFault.NOT_A_DATE)
    ]
    assert [(each.row, each.field, each.doubt) for each in outcome.warnings] == [
        (3, "when", RowDoubt.UNSEEN_NULL)
    ]


def by_column(model: LoadedModel, content: bytes, kind: str) -> tuple[list[float | None], list[RowFault]]:
    if kind == "parquet":
        file = ParquetFile(io.BytesIO(content), model.facts, most_rows=100)
        sheet, slices = file.sheet(), list(file.slices())
    else:
        csv = CsvUpload(model.facts, most_rows=100)
        slices = [*csv.feed(content), *csv.finish()]
        sheet = csv.sheet()
    outcome = answer_slice(model, encode_sheet(sheet), slices[0].content, 100)
    answers = Answers.decoded(outcome.content)
    second = model.facts.form.columns[2].key  # after the label and the first class
    return answers.table.column(second).to_pylist(), [each.fault for each in answers.errors()]


def test_columns_of_a_csv_file_get_the_same_answers(file: Path, model: LoadedModel) -> None:
    content = b"when,kind,x\n2026-07-04,c1,1\n01.02.2026,c1,1\nsoon,c1,1\n,c1,1\n"

    probabilities, faults = by_column(model, content, "csv")

    july, february = raw(file, datetime(2026, 7, 4)), raw(file, datetime(2026, 2, 1))
    assert probabilities[:2] == pytest.approx([july, february], rel=1e-7)
    assert probabilities[2] is None
    assert probabilities[3] == pytest.approx(raw(file, None), rel=1e-7)
    assert faults == [RowFault.NOT_A_DATE]


@pytest.mark.parametrize("kind", [pa.timestamp("ns"), pa.timestamp("s", tz="UTC"), pa.date32(), pa.string()])
def test_columns_of_a_parquet_file_get_the_same_answers(
    file: Path, model: LoadedModel, kind: pa.DataType
) -> None:
    dates = [datetime(2026, 7, 4), datetime(2026, 2, 1), None]
    cells = pa.array(dates, pa.timestamp("s")).cast(kind)
    table = pa.table({"when": cells, "kind": ["c1"] * 3, "x": [1.0] * 3})
    content = io.BytesIO()
    pq.write_table(table, content)

    probabilities, faults = by_column(model, content.getvalue(), "parquet")

    assert probabilities == pytest.approx([raw(file, date) for date in dates], rel=1e-7)
    assert faults == []


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (pa.array([LATE + 1, LATE], pa.timestamp("ns")), JULY),
        (pa.array([LATE - TWO_HOURS + 1], pa.timestamp("ns", tz="Europe/Berlin")), JULY),
        (pa.array([2**60], pa.timestamp("us")), None),
        (pa.array([1, 10**9], pa.duration("ns")), None),
        (pa.array([1], pa.time64("ns")), None),
        (pa.array([b"\xff"], pa.binary()).view(pa.string()), None),
    ],
)
def test_times_that_python_cannot_hold_end_no_worker(
    file: Path, model: LoadedModel, cells: Any, expected: datetime | None
) -> None:
    table = pa.table({"when": cells, "kind": ["c1"] * len(cells), "x": [1.0] * len(cells)})
    content = io.BytesIO()
    pq.write_table(table, content)

    probabilities, faults = by_column(model, content.getvalue(), "parquet")

    if expected is None:
        assert faults == [RowFault.NOT_A_DATE] * len(cells)
    else:
        assert probabilities == pytest.approx([raw(file, expected)] * len(cells), rel=1e-7)


@pytest.mark.parametrize(
    "cells",
    [
        pa.array([1], pa.timestamp("ns")),
        pa.array([b"\xff"], pa.binary()).view(pa.string()),
        pa.array([[1]], pa.list_(pa.timestamp("ns"))),
    ],
)
def test_what_python_cannot_hold_is_no_category(model: LoadedModel, cells: Any) -> None:
    content = io.BytesIO()
    pq.write_table(pa.table({"when": ["2026-07-04"], "kind": cells, "x": [1.0]}), content)

    _, faults = by_column(model, content.getvalue(), "parquet")

    assert faults == [RowFault.NOT_A_CATEGORY]


def test_a_part_that_is_not_among_the_last_features_is_refused(tmp_path: Path) -> None:
    bad = a_file(tmp_path / "bad.cbm", {"when": PARTS}, ["when.month", "kind", "x", "when.weekday"])

    with pytest.raises(ModelRefused) as refused:
        facts_of(open_model(bad))
    assert "last features" in str(refused.value.reason)
