"""The bot's statement about a file before its confirmation is true: rows with mistakes are not charged."""

import csv
import io
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.request import TooManyRows
from augury.domain.row_errors import RowFault
from augury.domain.rows import check_rows
from augury.inbound.tables.unreadable import Unreadable
from augury.inbound.telegram.csv_rows import CsvRows, read_csv
from tests.inbound.telegram.csv_reading import read

SCHEMA = InputSchema(
    (
        Feature("age", FeatureKind.NUMERIC),
        Feature("city", FeatureKind.CATEGORICAL, ("Paris", "Rome")),
        Feature("text", FeatureKind.TEXT),
    )
)
MOST = 20
known = settings(max_examples=150, deadline=None, derandomize=True)
no_numbers = st.sampled_from(["nan", "-NaN", "inf", "Infinity", "1e999", "-1e999", "1e39", "1_0", "1 000,5"])
cells = st.one_of(
    st.floats().map(str),
    st.integers().map(str),
    no_numbers,
    st.text(max_size=8),
    st.text(alphabet="\"';,\t|\r\n x", max_size=6),
)


def is_kept(found: CsvRows) -> bool:
    """Whether the worker, which gets the rows as JSON, finds the same mistakes."""
    rows = msgspec.json.decode(msgspec.json.encode(list(found.rows)))
    return list(check_rows(SCHEMA, rows).errors) == list(found.survey.errors)


@pytest.mark.parametrize("cell", ["nan", "inf", "-Infinity", "1e999", "1_0", "1e39", "-0.0", " 1 000,5 "])
def test_a_number_that_is_none_is_one_to_nobody(cell: str) -> None:
    found = read(f"age;city;text\n{cell};Rome;a\n5;Rome;b\n".encode(), SCHEMA, most=MOST)
    assert is_kept(found)
    assert len(found.survey.errors) == (cell not in ("-0.0", " 1 000,5 "))


@known
@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=MOST), st.sampled_from(",;\t|"))
@example([["nan", "Rome", "a"]], ",")
def test_a_table_of_any_cells_has_the_mistakes_that_were_said(
    lines: Sequence[Sequence[str]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([["age", "city", "text"], *lines])
    try:
        found = read(text.getvalue().encode("utf-8", "ignore"), SCHEMA, most=MOST)
    except Unreadable:  # all cells may be empty, or contain NUL
        return
    assert is_kept(found)


@known
@given(
    st.sampled_from([b"", b"age,city,text\n", b"text;city;age\r", b"\xef\xbb\xbfage\tcity\ttext\n"]),
    st.binary(),
)
def test_any_bytes_are_refused_in_words_or_have_the_mistakes_that_were_said(head: bytes, rest: bytes) -> None:
    try:
        found = read(head + rest, SCHEMA, most=MOST)
    except (Unreadable, TooManyRows):
        return
    assert is_kept(found)


def test_a_value_that_is_too_long_is_a_mistake_of_its_row_alone() -> None:
    content = b"age,city,text\n1,Rome,ok\n2,Rome," + b"x" * 11 + b"\n"

    found = read_csv(lambda: io.BytesIO(content), SCHEMA, most=MOST, max_text=10)

    assert [(each.row, each.field, each.fault) for each in found.survey.errors] == [
        (1, "text", RowFault.TOO_LONG)
    ]
