import csv
from pathlib import Path

from augury.outbound.training.table import read_table


def test_a_table_may_have_long_texts_and_other_readers_keep_their_limit(tmp_path: Path) -> None:
    limit, text = csv.field_size_limit(), "x" * 200_000
    (tmp_path / "t.csv").write_text(f"text,y\n{text},1\n")

    table = read_table(tmp_path / "t.csv")

    assert list(table.columns["text"]) == [text]
    assert csv.field_size_limit() == limit == 131_072
