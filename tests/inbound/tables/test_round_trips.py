"""Any content of a file's cells reaches the model, and comes back, unchanged."""

import csv
import io
from collections.abc import Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st

from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.inbound.tables.reading import read_table
from augury.inbound.tables.sheet import sheet_of
from augury.inbound.tables.writing import harmless, written

SCHEMA = InputSchema((Feature("age", FeatureKind.NUMERIC), Feature("text", FeatureKind.TEXT)))
known = settings(max_examples=150, deadline=None, derandomize=True)
texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs", "Co", "Cn"], exclude_characters="\x00"), max_size=8),
    st.text(alphabet="\"';,\t|\r\n =-x", max_size=6),
    st.floats(allow_nan=False).map(str),
)
lines = st.lists(st.tuples(st.integers(1, 99), texts, texts, texts), min_size=1, max_size=8)


@known
@given(lines, st.sampled_from(",;\t|"), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]))
@example([(1, " a", '"', "x, y")], ",", "utf-8")
@example([(1, 'say, "hi"', " 7", "")], ",", "utf-8")
def test_every_cell_comes_to_the_model_and_back(
    cells: Sequence[tuple[int, str, str, str]], delimiter: str, encoding: str
) -> None:
    content = io.StringIO(newline="")
    writer = csv.writer(content, delimiter=delimiter)
    writer.writerow(["id", "age", "text", "note"])
    writer.writerows((id_, age, text, note) for age, text, id_, note in cells)
    raw = content.getvalue().encode(encoding)

    table = read_table(lambda: io.BytesIO(raw), SCHEMA, most=99)
    found = list(table.rows())
    assert [row for row, _ in found] == [{"age": age, "text": text.strip()} for age, text, _, _ in cells]
    assert [carried for _, carried in found] == [[id_, note] for _, _, id_, note in cells]

    rows = [row for row, _ in found]
    sheet = sheet_of(table)
    pieces = written(sheet, rows, [{"value": 1}] * len(rows), {}, row_name="row", error_name="error")
    text = io.StringIO(b"".join(pieces).decode("utf-8-sig"), newline="")
    back = list(csv.DictReader(text, delimiter=delimiter))
    assert [(each["id"], each["text"], each["note"]) for each in back] == [
        (harmless(id_), harmless(text.strip()), harmless(note)) for _, text, id_, note in cells
    ]
