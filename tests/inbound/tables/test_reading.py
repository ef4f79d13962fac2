"""Tables as real programs write them: every cell is read as it was meant, or the file is refused."""

import io
from collections.abc import Sequence

import pytest

from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.inbound.tables.reading import Table, read_table
from augury.inbound.tables.unreadable import (
    DuplicateColumns,
    MisreadColumns,
    MissingColumns,
    RaggedRow,
    UnclearNumber,
    UnclosedQuote,
    Unreadable,
)

AGE = Feature("age", FeatureKind.NUMERIC)
PLAN = Feature("plan", FeatureKind.CATEGORICAL, ("basic", "pro"))
TEXT = Feature("text", FeatureKind.TEXT)
SCHEMA = InputSchema((AGE, PLAN, TEXT))


def table(content: str | bytes, *features: Feature) -> Table:
    raw = content.encode() if isinstance(content, str) else content
    return read_table(lambda: io.BytesIO(raw), InputSchema(features) if features else SCHEMA, most=1000)


def rows(content: str | bytes, *features: Feature) -> Sequence[dict[str, object]]:
    return [row for row, _ in table(content, *features).rows()]


def values(column: Sequence[str]) -> list[object]:
    """The values of a numeric column with these cells."""
    content = "age;id\n" + "".join(f'"{cell}";x\n' for cell in column)
    return [row["age"] for row in rows(content, AGE)]


ROWS = [{"age": 1, "plan": "basic", "text": "a"}, {"age": 2, "plan": "pro", "text": "b"}]


@pytest.mark.parametrize(
    "content",
    [
        "\nage,plan,text\n1,basic,a\n2,pro,b\n",
        ";;;\r\n\r\nage;plan;text\r\n1;basic;a\r\n2;pro;b\r\n",
        "sep=;\nage;plan;text\n1;basic;a\n2;pro;b\n",
        "\ufeffSEP=|\r\nage|plan|text\r\n1|basic|a\r\n2|pro|b",
        '"sep=;"\nage;plan;text\n1;basic;a\n2;pro;b\n',
        "age,plan,text,\n1,basic,a,\n2,pro,b,\n",
        "age;plan;text\n1;basic;a;\n2;pro;b;;\n",
        "age,plan,text;;\n1,basic,a\n2,pro,b\n".replace(";", ","),
        '"age", "plan", "text"\n1, "basic", "a"\n2, "pro", "b"\n',
        "age\tplan\ttext\r1\tbasic\ta\r2\tpro\tb\r",
        'age,"plan\n",text\n1, basic ,a\n2,pro , b\n',
        '"Цена, ₽; всего";age;plan;text\n5;1;basic;a\n6;2;pro;b\n',
        "a,b,c,d;age;plan;text\n5;1;basic;a\n6;2;pro;b\n",
    ],
)
def test_a_table_is_read_however_its_program_wrote_it(content: str) -> None:
    assert rows(content) == ROWS


def test_excels_unicode_text_is_read() -> None:
    assert rows("age\tplan\ttext\r\n1\tbasic\ta\r\n2\tpro\tb\r\n".encode("utf-16")) == ROWS


def test_a_table_in_utf_32_is_read() -> None:
    assert rows("age;plan;text\r\n1;basic;a\r\n2;pro;b\r\n".encode("utf-32")) == ROWS


def test_what_excel_writes_in_russian_is_read() -> None:
    kept = Feature("kept", FeatureKind.CATEGORICAL, ("1", "0"))
    assert rows("age;kept\nИСТИНА;ЛОЖЬ\n".encode("cp1251"), AGE, kept) == [{"age": True, "kept": False}]


def test_a_comma_inside_quotes_names_no_column() -> None:
    opinion = Feature("Отзыв, если есть", FeatureKind.TEXT)
    found = rows('"Отзыв, если есть";text\n"хорошо; да";b\n', opinion, TEXT)
    assert found == [{"Отзыв, если есть": "хорошо; да", "text": "b"}]


def test_a_table_of_one_column_may_have_commas_in_its_values() -> None:
    assert rows("text\nгород, улица\nhello, world; and | all\n", TEXT)[0] == {"text": "город, улица"}
    assert rows("age\n3,5\n4\n", AGE) == [{"age": 3.5}, {"age": 4}]


@pytest.mark.parametrize("header", ["age,plan,text,plan", "age,plan,text, plan ", "plan,plan,age,text"])
def test_a_feature_with_two_columns_is_refused(header: str) -> None:
    with pytest.raises(DuplicateColumns) as refused:
        table(f"{header}\n1,2,3,4\n")
    assert refused.value.columns == "plan"


def test_columns_that_nothing_depends_on_may_share_a_name() -> None:
    found = list(table("id,age,plan,text,id\n7,1,basic,a,8\n").rows())
    assert found == [(ROWS[0], ["7", "8"])]


def test_blanks_around_a_cell_are_not_part_of_it() -> None:
    [row] = rows("age , plan,text\n 1 , basic\u00a0, a b \n")
    assert row == {"age": 1, "plan": "basic", "text": "a b"}


def test_blanks_that_the_model_itself_has_are_kept() -> None:
    score = Feature(" score ", FeatureKind.NUMERIC)
    plan = Feature("plan", FeatureKind.CATEGORICAL, ("basic", " basic", "pro "))
    found = rows(" score ,plan\n1, basic\n2,basic\n3, basic \n4,pro\n5,pro \n", score, plan)
    assert [row["plan"] for row in found] == [" basic", "basic", "basic", "pro ", "pro "]
    assert [row[" score "] for row in found] == [1, 2, 3, 4, 5]
    assert rows("score,plan\n1,pro\n", score, plan) == [{" score ": 1, "plan": "pro "}]
    plain = Feature("score", FeatureKind.NUMERIC)
    assert rows("score, score \n1,2\n", score, plain) == [{" score ": 2, "score": 1}]


def test_an_empty_category_is_missing_unless_the_model_knows_it() -> None:
    content = "age,plan,text\n1,,a\n1, ,a\n,pro,\n"
    assert rows(content) == [
        {"age": 1, "text": "a"},
        {"age": 1, "text": "a"},
        {"age": None, "plan": "pro", "text": ""},
    ]
    none = Feature("plan", FeatureKind.CATEGORICAL, ("", "pro"))
    assert rows(content, AGE, none, TEXT)[0] == {"age": 1, "plan": "", "text": "a"}


def test_booleans_are_what_the_domain_says() -> None:
    kept = Feature("kept", FeatureKind.CATEGORICAL)
    assert rows("age,kept\nTrue, False\nfalse,maybe\n", AGE, kept) == [
        {"age": True, "kept": False},
        {"age": False, "kept": "maybe"},
    ]


@pytest.mark.parametrize(
    ("column", "found"),
    [
        (["12,500", "3,5"], [12.5, 3.5]),
        (["12,500", "3.5"], [12500, 3.5]),
        (["12,500", "1,234,567"], [12500, 1234567]),
        (["12,500", "1.234,5"], [12.5, 1234.5]),
        (["12,500", "1 234"], [12.5, 1234]),
        (["12,500", "0,125"], [12.5, 0.125]),
        (["1.234", "3,5"], [1234, 3.5]),
        (["1.234", "2"], [1.234, 2]),
        (["3.5", "3,5"], [3.5, 3.5]),
        (["12,500", "old", "1,5"], [12.5, "old", 1.5]),
        (["nan", "1e999", "", "1_0"], ["nan", "1e999", None, "1_0"]),
    ],
)
def test_a_column_says_how_its_numbers_are_written(column: Sequence[str], found: Sequence[object]) -> None:
    assert values(column) == found
    assert values(column[::-1]) == found[::-1]


@pytest.mark.parametrize(
    "column", [["12,500"], ["12,500", "7"], ["12,500", "1.234"], ["3.5", "3,5", "12,500"], ["12,500", "x"]]
)
def test_a_number_that_nothing_decides_is_refused_with_both_readings(column: Sequence[str]) -> None:
    with pytest.raises(UnclearNumber) as refused:
        values(column)
    error = refused.value
    assert (error.row, error.column, error.text) == (1 + column.index("12,500"), "age", "12,500")
    assert (error.one, error.other) == ("12.5", "12500")


def test_another_column_does_not_decide_a_number() -> None:
    other = Feature("rate", FeatureKind.NUMERIC)
    with pytest.raises(UnclearNumber):
        list(table('age,rate\n"12,500",3.5\n', AGE, other).rows())
    with pytest.raises(UnclearNumber):
        list(table("age;rate\n1.234;3,5\n", AGE, other).rows())
    assert rows("age;rate\n1.5;3,5\n", AGE, other) == [{"age": 1.5, "rate": 3.5}]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("age,plan\n1,a\n", MissingColumns),
        ("age,план\n1,a\n", MissingColumns),
        ("age,план\n1,a\n".encode("gb18030"), MisreadColumns),
        ("age,план\n1,a\n".encode("cp1251"), MisreadColumns),
        ("age,plan\n1,Тверь\n".encode("cp1251"), MissingColumns),
        ("age,plan,text\n1,a,b,c\n", RaggedRow),
        ('age,plan,text\n1,a,b\n2,"a,b\n3,a,b\n', UnclosedQuote),
    ],
)
def test_what_cannot_be_read_is_refused(content: str | bytes, error: type[Unreadable]) -> None:
    with pytest.raises(error):
        table(content)


def test_a_quotation_mark_that_is_not_closed_is_told_by_its_line() -> None:
    with pytest.raises(UnclosedQuote) as refused:
        table('sep=,\nage,plan,text\n1,a,b\n2,"a,b\n3,a,b\n')
    assert refused.value.line == 4


def test_a_table_is_read_as_often_as_asked_one_row_after_the_other() -> None:
    found = table("age,plan,text\n1,basic,a\n2,pro,b\n")
    assert found.size == 2
    assert [row for row, _ in found.rows()] == [row for row, _ in found.rows()] == ROWS
    first, _ = next(found.rows())
    assert first == ROWS[0]
