"""Cuts the rows of a large question into slices, and joins the outcomes of the slices to one."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, islice

import msgspec

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.lane import SliceLimit
from augury.domain.row_errors import RowDoubt, RowWarning

_rows: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
_VALUES = slice(1, -1)  # the text of a JSON array without its brackets


def is_large(question: Question, most: SliceLimit) -> bool:
    """Whether a question has several rows that do not fit into one slice."""
    return not question.single and (question.rows > most.rows or len(question.input) > most.size)


class Rest:
    """The rows of a question that no slice has taken yet, as undecoded JSON. Several threads may take slices.

    Input that is not an array is one slice.
    """

    def __init__(self, question: Question) -> None:
        self._question = question
        self._rows: Sequence[msgspec.Raw] | None = None
        self._begin = self._taken = 0
        self._lock = threading.Lock()
        self.is_empty = False

    def take(self, most: SliceLimit) -> tuple[int, Question] | None:
        """The number of the next slice, and its rows as a question of their own: as many as fit, but at least
        one. None if no rows are left."""
        with self._lock:
            if self.is_empty:
                return None
            number = self._taken
            self._taken += 1
            return number, self._next(most)

    def _next(self, most: SliceLimit) -> Question:
        if self._rows is None:
            try:
                self._rows = _rows.decode(self._question.input)
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
                self.is_empty = True
                return self._question
        part = list(_fitting(islice(self._rows, self._begin, None), most))
        self._begin += len(part)
        self.is_empty = self._begin >= len(self._rows)
        return replace(
            self._question, input=Json(b"[" + b",".join(part) + b"]"), rows=len(part), explain=None
        )


def joined(outcomes: Sequence[Outcome], counts: Sequence[int], *, most_warnings: int) -> Outcome:
    """The outcome of a question from those of its slices, in order. `counts` has the rows of each slice."""
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


def _fitting(rows: Iterator[msgspec.Raw], most: SliceLimit) -> Iterator[msgspec.Raw]:
    size = 0
    for number, row in enumerate(rows):
        size += len(memoryview(row))
        if number and (number == most.rows or size > most.size):
            return
        yield row


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
