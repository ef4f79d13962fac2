# ruff: noqa: DTZ001  # dates of features are those of a wall clock

from datetime import datetime

import pytest

from augury.domain.dates import DatePart, read_date
from augury.domain.feature import Feature, FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.row_errors import RowError, RowFault
from augury.domain.rows import check_rows

WHEN = Feature("when", FeatureKind.DATE)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2026-11-28", datetime(2026, 11, 28)),
        (" 2026/11/28 ", datetime(2026, 11, 28)),
        ("28.11.2026", datetime(2026, 11, 28)),
        ("1.2.2026 9:05", datetime(2026, 2, 1, 9, 5)),
        ("2026-11-28T23:59:58.123456789", datetime(2026, 11, 28, 23, 59, 58, 123456)),
        ("2026-11-28 23:30+05:00", datetime(2026, 11, 28, 23, 30)),
        ("2024-02-29T10:00Z", datetime(2024, 2, 29, 10)),
    ],
)
def test_dates_are_read_as_they_are_written(text: str, date: datetime) -> None:
    assert read_date(text) == date


@pytest.mark.parametrize(
    "text",
    [
        *("", "today", "20261128", "11/28/2026", "2026-13-01", "29.02.2026", "28.11.26", "0000-01-01"),
        *("2026-11-28 noon", "2026-11-28 25:00", "٢٠٢٦-١١-٢٨", "2026-11-28" + " " * 50 + "x"),
    ],
)
def test_other_texts_are_no_dates(text: str) -> None:
    assert read_date(text) is None


def test_parts_are_numbers_of_the_calendar() -> None:
    assert [part.of(datetime(2026, 11, 28, 9, 30)) for part in DatePart] == [2026, 11, 28, 5, 9]


def test_a_date_may_be_missing_and_is_otherwise_a_readable_text() -> None:
    schema = InputSchema((WHEN,))
    rows: list[object] = [{"when": "2026-11-28"}, {"when": None}, {"when": "soon"}, {"when": 5}, {"when": []}]

    assert [(error.row, error.fault) for error in schema.check_all(rows)] == [
        (row, RowFault.NOT_A_DATE) for row in (2, 3, 4)
    ]
    assert list(check_rows(schema, rows).errors) == schema.check_all(rows)
    assert schema.check({}) == RowError(0, "when", RowFault.MISSING)
