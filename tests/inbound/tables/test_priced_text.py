"""The text that has a price is the same in a slice's columns as in rows."""

import csv
import io
import json
from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from augury.domain.answer_form import ModelTask
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.model_facts import ModelFacts
from augury.domain.pricing import bytes_of_text
from augury.inbound.tables.reading import read_table
from augury.inbound.tables.uploads.csv_upload import CsvUpload
from augury.inbound.tables.uploads.ndjson_upload import NdjsonUpload
from augury.inbound.tables.uploads.parquet_upload import ParquetFile
from augury.inbound.tables.uploads.upload import Slice
from augury.slices.arrow import decoded
from augury.slices.priced_text import places_in, text_bytes
from augury.slices.sheet import Sheet

SCHEMA = InputSchema(
    (
        Feature("age", FeatureKind.NUMERIC),
        Feature("title", FeatureKind.TEXT),
        Feature("text", FeatureKind.TEXT),
    )
)
FACTS = ModelFacts(task=ModelTask.CLASSIFICATION, schema=SCHEMA, classes=("a", "b"), metrics={})
MOST = 1_000
words = st.text(st.characters(codec="utf-8", exclude_characters='\0\r\n"'), max_size=9).map(
    lambda word: f" {word} "
)
rows_of_texts = st.lists(st.tuples(words, words), min_size=1, max_size=9)


def counted_again(sheet: Sheet, slices: Sequence[Slice]) -> int:
    """As a worker counts it, of the slice as it is stored."""
    return sum(text_bytes(sheet.kind, decoded(each.content), SCHEMA, places_in(sheet)) for each in slices)


@settings(deadline=None)
@given(rows_of_texts)
def test_of_csv(rows: list[tuple[str, str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("note", "text", "age", "title"), *(("n", a, "5", b) for a, b in rows)])
    content = text.getvalue().encode()
    upload = CsvUpload(FACTS, most_rows=MOST, text_has_price=True)
    slices = [*upload.feed(content), *upload.finish()]
    found = [row for row, _ in read_table(lambda: io.BytesIO(content), SCHEMA, most=MOST).rows()]

    assert sum(each.text_bytes for each in slices) == bytes_of_text(SCHEMA, found)
    assert counted_again(upload.sheet(), slices) == bytes_of_text(SCHEMA, found)


@settings(deadline=None)
@given(st.lists(st.one_of(words, st.integers(), st.none()), min_size=1, max_size=9))
def test_of_json_lines(values: list[object]) -> None:
    rows: list[object] = [{"text": value, "title": "é", "note": "free"} for value in values]
    rows.append(7)
    content = "\n".join(map(json.dumps, rows)).encode()
    upload = NdjsonUpload(FACTS, most_rows=MOST, text_has_price=True)
    slices = [*upload.feed(content), *upload.finish()]

    assert sum(each.text_bytes for each in slices) == bytes_of_text(SCHEMA, rows)
    assert counted_again(upload.sheet(), slices) == bytes_of_text(SCHEMA, rows)


def parquet_columns(texts: Sequence[str | None]) -> Iterator[pa.Array]:
    yield pa.array(texts, pa.string())
    yield pa.array(texts, pa.large_string())
    yield pa.array(texts, pa.string()).dictionary_encode()


@settings(deadline=None)
@given(st.lists(st.one_of(words, st.none()), min_size=1, max_size=9))
def test_of_parquet(texts: list[str | None]) -> None:
    for column in parquet_columns(texts):
        file = io.BytesIO()
        table = {"text": column, "title": pa.array(range(len(texts))), "age": pa.array(range(len(texts)))}
        pq.write_table(pa.table(table), file)
        upload = ParquetFile(file, FACTS, most_rows=MOST, text_has_price=True)
        slices = list(upload.slices())
        rows = [{"text": text, "title": 5} for text in texts]

        assert sum(each.text_bytes for each in slices) == bytes_of_text(SCHEMA, rows)
        assert counted_again(upload.sheet(), slices) == bytes_of_text(SCHEMA, rows)


def test_free_text_is_not_counted() -> None:
    upload = CsvUpload(FACTS, most_rows=MOST)
    slices = [*upload.feed(b"age,title,text\n1,a,b\n"), *upload.finish()]

    assert [each.text_bytes for each in slices] == [0]
