"""Messages about a wrong field of a row or of a request, in English."""

from collections.abc import Mapping, Sequence

import msgspec

from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning

FAULTS: Mapping[RowFault, str] = {
    RowFault.NOT_AN_OBJECT: "must be an object",
    RowFault.MISSING: "is missing",
    RowFault.UNKNOWN: "is not a feature of the model",
    RowFault.NOT_A_NUMBER: "must be a number or null",
    RowFault.NULL: "must be a number: the model does not accept missing values",
    RowFault.NOT_FINITE: "must be a finite number",
    RowFault.NOT_A_CATEGORY: "must be a string or a whole number",
    RowFault.NOT_64_BIT: "must be a 64-bit whole number",
    RowFault.NOT_A_TEXT: "must be a string",
    RowFault.NOT_AN_EMBEDDING: "must be an array of numbers: `GET /models/{name}` says how many (`minItems`)",
    RowFault.NOT_A_DATE: "must be a date such as 2026-11-28 or 2026-11-28T09:30, or null",
    RowFault.TOO_LONG: "is too long: `GET /models/{name}` says how long (`maxLength`)",
    RowFault.NOT_STORABLE: "must not contain NUL or lone surrogates",
    RowFault.NOT_EXPLAINED: "the contributions of its features do not add up to its prediction",
    RowFault.NOT_PREDICTED: "the model could not predict this row",
}
"""The message for each fault of a row. A test checks that none is missing."""


DOUBTS: Mapping[RowDoubt, str] = {
    RowDoubt.UNSEEN_CATEGORY: "is a category that the model was not trained on",
    RowDoubt.UNSEEN_NULL: "is null, which never occurred when the model was trained",
    RowDoubt.CROSSED_QUANTILES: "the quantiles are not in the order of their alphas",
    RowDoubt.MORE: "{count} more warnings are not listed",
}


class FieldProblem(msgspec.Struct, frozen=True):
    """A wrong field and what is wrong with it. `row` counts from 0, and is null outside of rows."""

    row: int | None
    field: str | None
    message: str


def row_problems(errors: Sequence[RowError]) -> list[FieldProblem]:
    return [FieldProblem(error.row, error.field, FAULTS[error.fault]) for error in errors]


def row_warnings(warnings: Sequence[RowWarning]) -> list[FieldProblem]:
    return [
        FieldProblem(each.row, each.field, DOUBTS[each.doubt].format(count=each.count)) for each in warnings
    ]
