import io

import pyarrow as pa
import pytest
from pyarrow import parquet

from augury.domain.answer_form import ModelTask
from augury.domain.batch import FULL
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.model_facts import ModelFacts
from augury.domain.speed import NOT_MEASURED, Speed
from augury.inbound.tables.unreadable import LongRow, RowsTooLarge
from augury.inbound.tables.uploads import slicing
from augury.inbound.tables.uploads.csv_upload import CsvUpload
from augury.inbound.tables.uploads.ndjson_upload import NdjsonUpload
from augury.inbound.tables.uploads.parquet_upload import ParquetFile
from augury.inbound.tables.uploads.slicing import MOST_ROW, Slicer
from augury.inbound.tables.uploads.upload import Upload
from augury.slices.arrow import decoded

SLOW = Speed.of_call(2_000, 0.5005)
"""A fifth of a full slice takes as long as a slice may."""


def added(slicer: Slicer, rows: int) -> list[int]:
    return [each.rows for each in slicer.add(pa.table({"0": ["5"] * rows}))]


def rest(slicer: Slicer) -> list[int]:
    return [each.rows for each in slicer.rest()]


def test_a_slow_model_gets_smaller_slices() -> None:
    usual, slow = (Slicer(10_000, each=FULL.at(speed)) for speed in (NOT_MEASURED, SLOW))

    assert [*added(usual, 4_500), *rest(usual)] == [2_000, 2_000, 500]
    assert [*added(slow, 1_000), *rest(slow)] == [400, 400, 200]


def test_a_long_file_gets_full_slices_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "MOST_SMALLER", 2)
    slicer = Slicer(10_000, each=FULL.at(SLOW))

    assert added(slicer, 900) == [400, 400]
    assert [*added(slicer, 2_000), *rest(slicer)] == [2_000, 100]


def test_no_slice_has_more_bytes_than_a_row_may_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "MOST_ROW", 1)
    slicer = Slicer(10_000)
    long = "x" * 600_000
    table = pa.table({"0": [*["5"] * 100, long, *["5"] * 20, long, *["5"] * 3]})

    slices = [*slicer.add(table), *slicer.rest()]
    assert sum(each.rows for each in slices) == 125
    assert all(decoded(each.content).nbytes < 1_000_000 for each in slices)


def test_a_row_that_is_too_long_is_named() -> None:
    slicer = Slicer(10_000)
    list(slicer.add(pa.table({"0": ["5"] * 2_000})))
    with pytest.raises(LongRow) as long:
        list(slicer.add(pa.table({"0": ["5"] * 10 + ["x" * (MOST_ROW * 10**6)]})))
    assert (long.value.row, long.value.most) == (2_011, MOST_ROW)


def test_rows_that_take_far_more_room_than_their_file_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "ALWAYS", 100_000)
    schema = InputSchema((Feature("text", FeatureKind.TEXT),))
    facts = ModelFacts(task=ModelTask.CLASSIFICATION, schema=schema, classes=("a", "b"), metrics={})

    def of_parquet(rows: int) -> int:
        file = io.BytesIO()
        parquet.write_table(pa.table({"text": ["x" * 1_000] * rows}), file)
        content = file.getvalue()
        upload = ParquetFile(io.BytesIO(content), facts, size=len(content), most_rows=10_000)
        return sum(each.rows for each in upload.slices())

    assert of_parquet(90) == 90
    with pytest.raises(RowsTooLarge):
        of_parquet(2_000)

    def rows_of(upload: Upload, *pieces: str) -> int:
        slices = [part for piece in pieces for part in upload.feed(piece.encode())]
        return sum(each.rows for each in (*slices, *upload.finish()))

    def of_csv(line: str, *columns: str) -> int:
        return rows_of(CsvUpload(facts, most_rows=100_000), ",".join(columns) + "\n", line * 4_000)

    assert of_csv("x\n", "text", "note") == 4_000
    assert of_csv("x" * 100 + "\n", "text") == 4_000, "a large file has more room"
    with pytest.raises(RowsTooLarge):
        of_csv("x\n", "text", *(f"c{number}" for number in range(100)))

    line = '{"text":"' + "x" * 100 + '"}\n'
    assert rows_of(NdjsonUpload(facts, most_rows=100_000), line, line * 4_000) == 4_001
