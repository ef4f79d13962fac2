"""Slices of batches, for the model in memory: their rows as objects, and its outcome as columns."""

from typing import Any

import msgspec
import pyarrow as pa

from augury.application.predictions.ports.predictor import Outcome
from augury.slices.arrow import FAULT, FIELD, Answers, decoded
from augury.slices.sheet import RowStorage, decode_sheet


def rows_of(sheet: bytes, content: bytes) -> list[object]:
    """A missing cell is left out of its row."""
    described, table = decode_sheet(sheet), decoded(content)
    if described.kind is RowStorage.JSON:
        return [msgspec.json.decode(each) for each in table.column("row").to_pylist()]
    columns = {
        name: table.column(place).to_pylist()
        for name, place in zip(described.features, described.places, strict=True)
        if name is not None
    }
    return [
        {name: cells[row] for name, cells in columns.items() if cells[row] is not None}
        for row in range(table.num_rows)
    ]


def columns_of(outcome: Outcome, count: int) -> bytes:
    answers: list[Any] = msgspec.json.decode(outcome.output) if outcome.output else [None] * count
    by_row = {error.row: error for error in outcome.errors}
    errors = [by_row.get(row) for row in range(count)]
    table = pa.table(
        {
            "label": pa.array([each and each["label"] for each in answers], pa.string()),
            FIELD: pa.array([each and each.field for each in errors], pa.string()),
            FAULT: pa.array([each and each.fault.value for each in errors], pa.string()),
        }
    )
    return Answers(table, outcome.warnings).encoded()
