"""Cuts the rows of a large question into slices, and joins the outcomes of the slices to one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

import msgspec

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.lane import Slice
from augury.domain.row_errors import RowDoubt, RowWarning

_rows: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_VALUES = slice(1, -1)  # of the text of an array


def is_large(question: Question, most: Slice) -> bool:
    """Whether a question has several rows that do not fit into one slice."""
    return not question.single and (question.rows > most.rows or len(question.input) > most.size)


def slices(question: Question, most: Slice) -> list[Question]:
    """The rows of a question as several questions, in order. The rows are not decoded.

    Input that is not an array stays whole.
    """
    try:
        rows = _rows.decode(question.input)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return [question]
    return [
        replace(question, input=Json(b"[" + b",".join(part) + b"]"), rows=len(part), explain=None)
        for part in _parts(rows, most)
    ]


def joined(outcomes: Sequence[Outcome], slices: Sequence[Question], *, most_warnings: int) -> Outcome:
    """The outcome of all slices as that of one question."""
    counts = [each.rows for each in slices]
    begins = [0, *accumulate(counts)]
    valid_rows = sum(outcome.valid_rows for outcome in outcomes)
    texts = [
        b",".join([b"null"] * count) if outcome.output is None else outcome.output[_VALUES]
        for outcome, count in zip(outcomes, counts, strict=True)
    ]
    return Outcome(
        valid_rows,
        Json(b"[" + b",".join(texts) + b"]") if valid_rows else None,
        [
            replace(error, row=begin + error.row)
            for begin, outcome in zip(begins, outcomes, strict=False)
            for error in outcome.errors
        ],
        _joined_warnings(outcomes, begins, most_warnings),
        sum(outcome.unpredicted_text_bytes for outcome in outcomes),
    )


def _parts(rows: Sequence[msgspec.Raw], most: Slice) -> Iterator[Sequence[msgspec.Raw]]:
    """As many rows at a time as fit into a slice, but at least one."""
    part: list[msgspec.Raw] = []
    size = 0
    for row in rows:
        length = len(memoryview(row))
        if part and (len(part) == most.rows or size + length > most.size):
            yield part
            part, size = [], 0
        part.append(row)
        size += length
    yield part


def _joined_warnings(outcomes: Sequence[Outcome], begins: Sequence[int], most: int) -> list[RowWarning]:
    listed: list[RowWarning] = []
    beyond = 0
    for begin, outcome in zip(begins, outcomes, strict=False):
        for warning in outcome.warnings:
            if warning.row is None:
                beyond += warning.count
            elif len(listed) < most:
                listed.append(replace(warning, row=begin + warning.row))
            else:
                beyond += 1
    return [*listed, RowWarning(None, None, RowDoubt.MORE, beyond)] if beyond else listed
