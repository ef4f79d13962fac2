"""Results have the format of the file that was sent: its delimiter, decimal sign and columns."""

import csv
import io
from typing import Any

import msgspec
import pytest

from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.inbound.tables.reading import read_table
from augury.inbound.tables.sheet import CsvSheet, plain_sheet, sheet_of
from augury.inbound.tables.writing import BYTE_ORDER_MARK, harmless, written

AGE = Feature("age", FeatureKind.NUMERIC)
TEXT = Feature("text", FeatureKind.TEXT)
LABEL = {"label": "-1", "probabilities": {"-1": 0.75, "1": 0.25}}


def results(content: str, answers: list[Any], *features: Feature, **complaints: str) -> str:
    """The results for a file with this content."""
    table = read_table(lambda: io.BytesIO(content.encode()), InputSchema(features or (AGE, TEXT)), most=99)
    found = list(table.rows())
    sheet = msgspec.json.encode(sheet_of(table))
    pieces = written(
        msgspec.json.decode(sheet, type=CsvSheet),
        [row for row, _ in found],
        answers,
        {int(row): words for row, words in complaints.items()},
        row_name="row",
        error_name="error",
    )
    content = b"".join(pieces).decode()
    assert content.startswith(BYTE_ORDER_MARK.decode())
    return content[1:]


def test_a_file_with_semicolons_and_decimal_commas_is_answered_by_one() -> None:
    content = 'id;age;text;note\n007;"1 234,5";a;=1+1\n008;2;;\n'
    assert results(content, [LABEL, None], **{"1": "text: is missing"}) == (
        "row;id;age;text;note;label;p_-1;p_1;error\r\n"
        "1;007;1234,5;a;'=1+1;-1;0,75;0,25;\r\n"
        "2;008;2;;;;;;text: is missing\r\n"
    )


def test_a_file_with_commas_and_decimal_points_is_answered_by_one() -> None:
    content = 'text,id,age\n"a, b",7,1.5\n'
    assert (
        results(content, [LABEL])
        == 'row,text,id,age,label,p_-1,p_1,error\r\n1,"a, b",7,1.5,-1,0.75,0.25,\r\n'
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("decimal", [",", "."])
def test_results_of_a_number_are_in_the_files_own_dialect(delimiter: str, decimal: str) -> None:
    content = io.StringIO()
    csv.writer(content, delimiter=delimiter).writerows([["id", "age", "text"], ["x", f"2{decimal}5", "a"]])
    [row] = csv.DictReader(io.StringIO(results(content.getvalue(), [{"value": 0.125}])), delimiter=delimiter)
    assert (row["id"], row["age"], row["value"]) == ("x", f"2{decimal}5", f"0{decimal}125")


def test_where_no_number_tells_semicolons_go_with_decimal_commas() -> None:
    assert "0,125" in results("text;id\na;1\n", [{"value": 0.125}], TEXT)
    assert "0.125" in results("text,id\na,1\n", [{"value": 0.125}], TEXT)


def test_a_table_of_one_column_is_answered_with_commas_unless_they_are_its_decimal_sign() -> None:
    assert results("text\nhello, you\n", [{"value": 0.5}], TEXT).splitlines()[1] == '1,"hello, you",0.5,'
    assert results("age\n3,5\n", [{"value": 0.5}], AGE).splitlines()[1] == "1;3,5;0,5;"


def test_results_that_are_sent_again_keep_their_columns_and_get_new_ones() -> None:
    once = results("id,text\n7,a\n", [{"value": 1.5}], TEXT)
    assert results(once, [{"value": 2.5}], TEXT).splitlines() == [
        "row_2,row,id,text,value,error,value_2,error_2",
        "1,1,7,a,1.5,,2.5,",
    ]


def test_columns_of_no_name_and_no_value_are_left_out_and_others_kept() -> None:
    found = results(",text,,\n0,a,,x\n1,b,,\n", [{"value": 1}, {"value": 2}], TEXT)
    assert found.splitlines() == ["row,,text,,value,error", "1,0,a,x,1,", "2,1,b,,2,"]


def test_two_columns_of_one_name_both_come_back() -> None:
    found = results("id,text,id\n7,a,8\n", [{"value": 1}], TEXT)
    assert found.splitlines() == ["row,id,text,id,value,error", "1,7,a,8,1,"]


def test_rows_without_a_file_are_written_all_the_same() -> None:
    rows = [{"age": 1.5, "text": "a"}]
    pieces = written(plain_sheet(rows), rows, [{"value": 2}], {}, row_name="row", error_name="error")
    assert b"".join(pieces) == BYTE_ORDER_MARK + b"row,age,text,value,error\r\n1,1.5,a,2,\r\n"


@pytest.mark.parametrize("text", ["-1", "+1", "-1.5", "-1,5e3", "+7 (999) 123-45-67", "-", "-5%", "a=1", ""])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(
    "text",
    ["=1", "@SUM(1)", "-1+cmd|' /C calc'!A0", "+A1", "-a", "\t=1", "\n=1", "＝1", "--1", "-1=1"],
)
def test_what_a_spreadsheet_would_run_is_disarmed(text: str) -> None:
    assert harmless(text) == f"'{text}"


@pytest.mark.parametrize(
    ("answer", "names", "cells"),
    [
        (
            {"labels": ["a", "=b"], "probabilities": {"a": 0.75, "=b": 0.5}},
            "labels;p_a;p_=b",
            '"[""a"", ""=b""]";0,75;0,5',
        ),
        ({"values": {"0.1": 1.5, "0.9": 2.0}}, "value_0.1;value_0.9", "1,5;2,0"),
        ({"value": 1.5, "standard_deviation": 0.25}, "value;standard_deviation", "1,5;0,25"),
        ({"value": 1.5, "rank": 2}, "value;rank", "1,5;2"),
    ],
)
def test_every_kind_of_answer_has_its_columns(answer: Any, names: str, cells: str) -> None:
    assert results("age;text\n1,5;a\n2;b\n", [None, answer]) == (
        f"row;age;text;{names};error\r\n1;1,5;a;{';' * names.count(';')};\r\n2;2;b;{cells};\r\n"
    )


def test_a_column_names_the_group_of_each_row_for_a_model_that_ranks() -> None:
    schema = InputSchema((AGE,), is_grouped=True)
    table = read_table(lambda: io.BytesIO(b"age,group\n1,a\n2,7\n3\n"), schema, most=9)

    assert [row for row, _ in table.rows()] == [
        {"age": 1, "group": "a"},
        {"age": 2, "group": "7"},
        {"age": 3},
    ]
    assert sheet_of(table).carried_by(1) == ["7"]
