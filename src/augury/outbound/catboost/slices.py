"""Predicts a slice of a batch, from the bytes of its columns to the bytes of its answers."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from augury.application.predictions.ports.predictor import SliceOutcome
from augury.domain.answer_form import CellKind
from augury.domain.feature import MOST_TEXT
from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning
from augury.domain.rows import CheckedRows, check_rows
from augury.domain.scoring import score_isolating
from augury.outbound.catboost.columns import ReadSlice, RowsOfModel, read_columns
from augury.outbound.catboost.doubts import warnings_by_question
from augury.outbound.catboost.likeliest import likeliest, others
from augury.outbound.catboost.loaded import Doubt, LoadedModel
from augury.outbound.catboost.scores import Scores, crossed
from augury.slices.arrow import FAULT, FIELD, Answers, Table, decoded
from augury.slices.priced_text import places_in, text_bytes
from augury.slices.sheet import RowStorage, Sheet, batch_form, decode_sheet

log = logging.getLogger(__name__)
_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()


def answer_slice(
    model: LoadedModel, sheet: bytes, content: bytes, max_warnings: int, max_text: int = MOST_TEXT
) -> SliceOutcome:
    """The answers to an encoded slice, as `answer_table` gives them."""
    return answer_table(model, sheet, decoded(content), max_warnings, max_text)


def answer_table(
    model: LoadedModel, sheet: bytes, table: Table, max_warnings: int, max_text: int
) -> SliceOutcome:
    """The answers to a decoded slice, with at most `max_warnings` warnings. `sheet` describes the columns of
    the table. A row with a text or category of more than `max_text` characters is invalid."""
    described = decode_sheet(sheet)
    if described.kind is RowStorage.JSON:
        rows = [_decoder.decode(each) for each in table.column("row").to_pylist()]
        read = _read_rows(model, rows, max_text)
    else:
        read = read_columns(model, described, table, max_text)
    count = table.num_rows
    valid = np.ones(count, dtype=np.bool_)
    valid[[error.row for error in read.errors]] = False
    places = np.flatnonzero(valid)
    scores = _scored(model, read.table) if len(places) else Scores.lost(model.facts, 0)
    lost = places[~scores.finite].tolist()
    errors = sorted(
        [*read.errors, *(RowError(row, None, RowFault.NOT_PREDICTED) for row in lost)],
        key=lambda each: each.row,
    )
    if crossing := [row for row in crossed(model.facts, scores.numbers) if scores.finite[row]]:
        read = replace(read, doubts=[*read.doubts, Doubt(None, RowDoubt.CROSSED_QUANTILES, crossing)])
    answers = Answers(
        _table(model, scores, places, count, errors, described.top),
        _warnings(model, read, count, max_warnings),
    )
    return SliceOutcome(count - len(errors), answers.encoded(), _text_bytes(model, described, table, errors))


def _text_bytes(model: LoadedModel, sheet: Sheet, table: Table, errors: Sequence[RowError]) -> int:
    """The bytes of text in the rows with an error, which have no price."""
    if not errors:
        return 0
    without_answer = table.take([error.row for error in errors])
    return text_bytes(sheet.kind, without_answer, model.facts.schema, places_in(sheet))


def _read_rows(model: LoadedModel, rows: Sequence[Any], max_text: int) -> ReadSlice:
    checked = check_rows(model.facts.schema, rows, max_text)
    table, doubts = model.read(checked)
    return ReadSlice(table, checked.errors, doubts)


def _scored(model: LoadedModel, table: RowsOfModel) -> Scores:
    """The scores of all rows. If the model raises, the faulty rows are found, and their scores are marked as
    not finite."""
    try:
        return model.scores(table)
    except Exception:  # a model may raise anything; only the row matters
        log.warning("a slice is predicted in parts, since the model raised an error", exc_info=True)
        return Scores.of_rows(score_isolating(table, lambda part: model.scores(part).rows()), model.facts)


def _table(
    model: LoadedModel,
    scores: Scores,
    places: npt.NDArray[np.intp],
    count: int,
    errors: Sequence[RowError],
    top: int | None,
) -> Table:
    good = places[scores.finite]
    lacks = np.ones(count, dtype=np.bool_)
    lacks[good] = False

    def spread(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        spread_out = np.zeros(count, dtype=values.dtype)
        spread_out[good] = values[scores.finite]
        return spread_out

    columns: dict[str, Any] = {}
    for column, values in zip(batch_form(model.facts, top).columns, _cells(model, scores, top), strict=True):
        if column.kind is CellKind.TEXT:  # the index of the class
            labels = pa.array(spread(values).astype(np.int32), mask=lacks)
            columns[column.key] = pa.DictionaryArray.from_arrays(
                labels, pa.array(model.facts.classes, pa.string())
            )
        elif column.kind is CellKind.TEXTS:
            lists = pa.array(spread(values), pa.list_(pa.string()))
            columns[column.key] = pc.if_else(pa.array(lacks), None, lists)
        else:
            columns[column.key] = pa.array(spread(values), mask=lacks)
    columns[FIELD] = columns[FAULT] = pa.nulls(count, pa.string())
    if errors:
        fields: list[str | None] = [None] * count
        faults: list[str | None] = [None] * count
        for error in errors:
            fields[error.row], faults[error.row] = error.field, error.fault.value
        columns[FIELD], columns[FAULT] = pa.array(fields, pa.string()), pa.array(faults, pa.string())
    return pa.table(columns)


def _cells(model: LoadedModel, scores: Scores, top: int | None) -> list[npt.NDArray[Any]]:
    """The columns of answers; for a label, the index of its class."""
    if top is not None:
        return _listed(model, scores, top)
    numbers = list(scores.numbers.T) if scores.numbers.ndim == 2 else [scores.numbers]
    if scores.decided is None:
        return numbers
    return [scores.labels(model.facts) if scores.decided.ndim == 2 else scores.decided, *numbers]


def _listed(model: LoadedModel, scores: Scores, top: int) -> list[npt.NDArray[Any]]:
    """The decision, then the likeliest classes with their probabilities, then the sum of the other
    probabilities."""
    assert scores.decided is not None
    chosen = likeliest(scores.numbers, top)
    shares = np.take_along_axis(scores.numbers, chosen, axis=1)
    decided = scores.labels(model.facts) if scores.decided.ndim == 2 else scores.decided
    pairs = zip(chosen.T, shares.T, strict=True)
    return [decided, *(column for pair in pairs for column in pair), others(scores.numbers, chosen)]


def _warnings(model: LoadedModel, read: ReadSlice, count: int, most: int) -> Sequence[RowWarning]:
    if not read.doubts:
        return ()
    names = [feature.name for feature in model.facts.schema.features]
    checked = CheckedRows((), read.errors, ())
    (warnings,) = warnings_by_question(read.doubts, names, checked, [count], most=most)
    return warnings
