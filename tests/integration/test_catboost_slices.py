"""A slice of columns gets exactly the same answers as its rows, whatever its cells contain."""

import io
import json
import string
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor, Pool
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.answer import Answer
from augury.domain.model_facts import ModelFacts
from augury.domain.row_errors import RowError, RowFault
from augury.inbound.tables.reading import read_table
from augury.inbound.tables.unreadable import NoRows, Unreadable
from augury.inbound.tables.uploads.csv_upload import CsvUpload
from augury.inbound.tables.uploads.ndjson_upload import NdjsonUpload
from augury.inbound.tables.uploads.parquet_upload import ParquetFile
from augury.inbound.tables.uploads.upload import Slice
from augury.outbound.catboost.loaded import LoadedModel
from augury.outbound.catboost.predictor import CatBoostPredictor
from augury.outbound.catboost.questions import answer
from augury.outbound.catboost.slices import answer_slice
from augury.outbound.model_store import FolderModelStore
from augury.slices.arrow import Answers
from augury.slices.sheet import RowStorage, encode_sheet
from tests.catboost_models import ROW, binary_model, loaded_model, registered

CITIES = ["Perm", "1", "True", "0.0"]
MANY = 1_000_000
NAMES = ["age", "city", "income", "size"]


def _rows(count: int) -> list[list[Any]]:
    random = np.random.default_rng(5)
    return [
        [float(random.integers(1, 90)), CITIES[row % 4], float(random.normal()), f"s{row % 30}"]
        for row in range(count)
    ]


@pytest.fixture(scope="module", params=["two classes", "three classes", "regression"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    rows = _rows(300)
    file = tmp_path_factory.mktemp("models") / "mixed.cbm"
    quiet: dict[str, Any] = {"iterations": 15, "depth": 3, "verbose": False, "allow_writing_files": False}
    if request.param == "regression":
        target: list[Any] = [row[0] * row[2] for row in rows]
        catboost: Any = CatBoostRegressor(**quiet)
    else:
        classes = 2 if request.param == "two classes" else 3
        target = [f"c{(int(row[0]) + CITIES.index(row[1])) % classes}" for row in rows]
        catboost = CatBoostClassifier(**quiet)
    catboost.fit(Pool(rows, target, cat_features=[1, 3], feature_names=NAMES))
    catboost.save_model(str(file))
    return loaded_model(file)


@pytest.fixture(scope="module")
def numeric_model(tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    rows = [[row[0], row[2]] for row in _rows(300)]
    file = tmp_path_factory.mktemp("models") / "numeric.cbm"
    catboost = CatBoostRegressor(
        iterations=10, verbose=False, allow_writing_files=False, nan_mode="Forbidden"
    )
    catboost.fit(Pool(rows, [sum(row) for row in rows], feature_names=["age", "income"]))
    catboost.save_model(str(file))
    return loaded_model(file)


def by_rows(model: LoadedModel, rows: Sequence[object]) -> tuple[list[Any], Outcome]:
    [outcome] = answer(model, [Question(Json(json.dumps(rows).encode()), single=False)], MANY)
    return json.loads(outcome.output) if outcome.output else [None] * len(rows), outcome


def by_columns(
    model: LoadedModel, sheet: bytes, slices: Sequence[Slice]
) -> tuple[list[Any], list[RowError], list[tuple[Any, ...]], int]:
    """Answers, errors, warnings, and the number of valid rows."""
    found: list[Any] = []
    errors: list[RowError] = []
    warnings: list[tuple[Any, ...]] = []
    valid = 0
    for part in slices:
        outcome = answer_slice(model, sheet, part.content, MANY)
        answers = Answers.decoded(outcome.content)
        errors += [RowError(each.row + len(found), each.field, each.fault) for each in answers.errors()]
        warnings += [((each.row or 0) + len(found), each.field, each.doubt) for each in answers.warnings]
        found += _answers(model.facts, answers)
        valid += outcome.valid_rows
    return found, errors, warnings, valid


def _answers(facts: ModelFacts, answers: Answers) -> Iterator[Answer | None]:
    for row in answers.table.to_pylist():
        yield facts.form.answer([row[column.key] for column in facts.form.columns])


def agree(model: LoadedModel, rows: Sequence[object], sheet: bytes, slices: Sequence[Slice]) -> None:
    expected, outcome = by_rows(model, rows)
    found, errors, warnings, valid = by_columns(model, sheet, slices)
    assert found == expected
    assert errors == list(outcome.errors)
    assert valid == outcome.valid_rows
    assert warnings == [(each.row, each.field, each.doubt) for each in outcome.warnings]


NUMBERS = ["", " ", "5", "5.0", " 7 ", "1e3", "-3.25", "+4", "1e999", "nan", "inf", "True", "x", "1_0"]
NUMBERS += ["1 234", "0x10", "3.4e38", "3.5e38", "٣", "1.234", ".5", "5.", "−2", "1e-50", "5\xa0000"]
COMMAS = ["3,5", "1,234", "1,234,567", "1.234,5"]
TEXTS = ["", " ", "Perm", " Perm ", "perm", "1", "1.0", "01", "true", "True", "TRUE", "s1", "0", "0.0", "é"]
floats = st.floats(allow_nan=False, width=32)
number = st.one_of(st.sampled_from(NUMBERS), floats.map(repr), st.integers().map(str))
word = st.one_of(st.sampled_from(TEXTS), st.text(st.sampled_from(string.printable + "ЯЖ\x1c"), max_size=3))
cells = st.tuples(number, word, number, word, word)
with_commas = st.tuples(st.one_of(number, st.sampled_from(COMMAS)), word, number, word, word)


def written(rows: Sequence[Sequence[str]], delimiter: str) -> bytes:
    import csv

    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([[*NAMES, "note"], *rows])
    return text.getvalue().encode()


def uploaded(facts: ModelFacts, content: bytes, piece: int) -> tuple[bytes, list[Slice]]:
    upload = CsvUpload(facts, most_rows=MANY)
    slices: list[Slice] = []
    for begin in range(0, len(content), piece):
        slices += upload.feed(content[begin : begin + piece])
    slices += upload.finish()
    if not slices:
        raise NoRows
    if upload.must_look_again():
        for each in slices:
            upload.look(each.content)
    return encode_sheet(upload.sheet()), slices


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    rows=st.one_of(st.lists(cells, min_size=1, max_size=12), st.lists(with_commas, min_size=1, max_size=12)),
    delimiter=st.sampled_from(",;\t"),
    piece=st.integers(1, 400),
)
def test_cells_of_a_file(model: LoadedModel, rows: list[tuple[str, ...]], delimiter: str, piece: int) -> None:
    content = written(rows, delimiter)
    schema = model.facts.schema
    try:
        table = read_table(lambda: io.BytesIO(content), schema, most=MANY)
        expected = [row for row, _ in table.rows()]
    except Unreadable as unreadable:
        with pytest.raises(type(unreadable)):
            uploaded(model.facts, content, piece)
        return
    sheet, slices = uploaded(model.facts, content, piece)
    agree(model, expected, sheet, slices)


value = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(TEXTS),
    st.just([1]),
)
rows_of_json = st.lists(
    st.one_of(
        st.fixed_dictionaries(dict.fromkeys(NAMES, value)),
        st.fixed_dictionaries(
            {"age": st.integers(0, 99), "city": st.sampled_from(CITIES)},
            optional={"income": value, "size": st.sampled_from(TEXTS), "note": value},
        ),
        st.just(5),
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(rows=rows_of_json)
def test_json_lines(model: LoadedModel, rows: list[Any]) -> None:
    upload = NdjsonUpload(model.facts, most_rows=MANY)
    slices = list(upload.feed("\n".join(map(json.dumps, rows)).encode()))
    slices += upload.finish()
    known = [
        {name: each for name, each in row.items() if name in NAMES} if isinstance(row, dict) else row
        for row in rows
    ]
    agree(model, known, encode_sheet(upload.sheet()), slices)


COLUMNS: list[tuple[pa.DataType, st.SearchStrategy[Any]]] = [
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.uint8(), st.integers(0, 255)),
    (pa.float64(), st.floats(allow_nan=False, allow_infinity=False)),
    (pa.float32(), st.floats(allow_nan=False, allow_infinity=False, width=32)),
    (pa.bool_(), st.booleans()),
    (pa.string(), st.sampled_from(TEXTS)),
    (pa.dictionary(pa.int8(), pa.string()), st.sampled_from(TEXTS)),
    (pa.list_(pa.int64()), st.just([1])),
    (pa.null(), st.none()),
]


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_columns_of_parquet(model: LoadedModel, data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 8))
    columns = {}
    for name in [*NAMES, "note"]:
        kind, values = data.draw(st.sampled_from(COLUMNS))
        drawn = data.draw(st.lists(st.one_of(st.none(), values), min_size=count, max_size=count))
        columns[name] = pa.array(drawn, kind)
    table = pa.table(columns)
    file = io.BytesIO()
    pq.write_table(table, file)
    read = ParquetFile(io.BytesIO(file.getvalue()), model.facts, most_rows=MANY)
    slices = list(read.slices())
    rows = [{name: row[name] for name in NAMES} for row in table.to_pylist()]
    agree(model, rows, encode_sheet(read.sheet()), slices)


@pytest.mark.parametrize("missing", ["", "x"])
def test_a_model_of_numbers_only(numeric_model: LoadedModel, missing: str) -> None:
    rows = [(str(row), missing if row % 3 else f"{row / 7}") for row in range(50)]
    content = "age,income\n" + "".join(f"{age},{income}\n" for age, income in rows)
    table = read_table(lambda: io.BytesIO(content.encode()), numeric_model.facts.schema, most=MANY)

    sheet, slices = uploaded(numeric_model.facts, content.encode(), 1000)

    agree(numeric_model, [row for row, _ in table.rows()], sheet, slices)


LONG = [{**ROW, "text": "x" * 20}, {**ROW, "text": "x" * 21}, {**ROW, "city": "y" * 21}]


def _csv(facts: ModelFacts) -> tuple[bytes, list[Slice]]:
    lines = [",".join(LONG[0]), *(",".join(map(str, row.values())) for row in LONG)]
    return uploaded(facts, "\n".join(lines).encode(), 1000)


def _ndjson(facts: ModelFacts) -> tuple[bytes, list[Slice]]:
    upload = NdjsonUpload(facts, most_rows=MANY)
    slices = [*upload.feed("\n".join(map(json.dumps, LONG)).encode()), *upload.finish()]
    return encode_sheet(upload.sheet()), slices


def _parquet(facts: ModelFacts) -> tuple[bytes, list[Slice]]:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(LONG), file)
    read = ParquetFile(io.BytesIO(file.getvalue()), facts, most_rows=MANY)
    slices = list(read.slices())
    return encode_sheet(read.sheet()), slices


@pytest.mark.parametrize("kind", RowStorage)
async def test_a_row_whose_text_or_category_is_too_long_is_not_predicted(
    tmp_path: Path, kind: RowStorage
) -> None:
    store = FolderModelStore(tmp_path / "models")
    model = await registered(binary_model(tmp_path / "binary.cbm"), store)
    make = {RowStorage.TEXT: _csv, RowStorage.JSON: _ndjson, RowStorage.TYPED: _parquet}
    sheet, [part] = make[kind](model.facts)
    predictor = CatBoostPredictor(store, max_text=20)
    try:
        outcome = await predictor.predict_slice(model, sheet, part.content)
    finally:
        predictor.close()

    assert list(Answers.decoded(outcome.content).errors()) == [
        RowError(1, "text", RowFault.TOO_LONG),
        RowError(2, "city", RowFault.TOO_LONG),
    ]
    assert outcome.valid_rows == 1
