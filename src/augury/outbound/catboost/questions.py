"""Predicts the rows of several questions together, and returns the outcome of each question."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeAlias

import msgspec
import numpy as np

from augury.application.ports import Json
from augury.application.predictions.ports.predictor import Outcome, Question
from augury.domain.answer import Answer
from augury.domain.feature import MOST_TEXT
from augury.domain.input_schema import InputSchema
from augury.domain.model_facts import MOST_TOP
from augury.domain.pricing import bytes_of_text
from augury.domain.row_errors import RowError, RowFault
from augury.domain.rows import CheckedRows, check_rows
from augury.domain.scoring import score_isolating
from augury.outbound.catboost.doubts import warnings_by_question
from augury.outbound.catboost.likeliest import Tops
from augury.outbound.catboost.loaded import LoadedModel


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The operator's limits on rows and answers."""

    max_text: int = MOST_TEXT
    """The maximum length of a text or category. Longer ones make their row invalid."""
    max_classes: int = MOST_TOP
    """Classes that an answer lists, unless its question sets another number."""


ALL = Bounds()


def answer(
    model: LoadedModel, questions: Sequence[Question], max_warnings: int, bounds: Bounds = ALL
) -> list[Outcome]:
    """The outcomes in the order of the questions, each with at most `max_warnings` warnings."""
    asked = [_rows(question) for question in questions]
    counts = [len(rows) for rows in asked]
    checked = check_rows(model.facts.schema, [row for rows in asked for row in rows], bounds.max_text)
    table, doubts = model.read(checked)
    listed = [model.facts.listed(each.top, most=bounds.max_classes) for each in questions]
    if any(listed):
        tops: Tops = np.repeat(np.array(listed, dtype=object), counts)
        tops = np.delete(tops, [error.row for error in checked.errors])
        answers = score_isolating(np.arange(len(tops)), lambda at: model.answers(table[at], tops[at]))
    else:
        answers = score_isolating(table, model.answers)
    doubts += model.doubts_of(answers)
    if not checked.errors and None not in answers:
        rest = iter(answers)
        outcomes = [_whole(q, list(islice(rest, n))) for q, n in zip(questions, counts, strict=True)]
    else:
        placed = _placed(checked, answers, sum(counts))
        outcomes = list(_by_question(questions, asked, placed, model.facts.schema))
    if not doubts:
        return outcomes
    names = [feature.name for feature in model.facts.schema.features]
    warnings = warnings_by_question(doubts, names, checked, counts, most=max_warnings)
    return [replace(outcome, warnings=each) for outcome, each in zip(outcomes, warnings, strict=True)]


def _rows(question: Question) -> Sequence[Any]:
    """The rows of a question. Unreadable input becomes one invalid row, so that only this question fails."""
    try:
        data = _decoder.decode(question.input)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        return (None,)
    return data if isinstance(data, list) and not question.single else (data,)


def _whole(question: Question, answers: Sequence[Answer | None]) -> Outcome:
    """The outcome of a question if every row has its answer."""
    if not answers:
        return Outcome(0, None)
    output = answers[0] if question.single else answers
    return Outcome(len(answers), Json(_encoder.encode(output)))


Placed: TypeAlias = Answer | RowError


def _placed(checked: CheckedRows, answers: Sequence[Answer | None], count: int) -> list[Placed]:
    """The answer or the error of each row of the batch. The errors have the row's index in the batch."""
    errors = {error.row: error for error in checked.errors}
    rest = iter(answers)
    return [
        errors[row] if row in errors else next(rest) or RowError(row, None, RowFault.NOT_PREDICTED)
        for row in range(count)
    ]


def _by_question(
    questions: Sequence[Question],
    asked: Sequence[Sequence[Any]],
    placed: Sequence[Placed],
    schema: InputSchema,
) -> Iterator[Outcome]:
    begin = 0
    for question, rows in zip(questions, asked, strict=True):
        outcome = _partial(question, placed[begin : begin + len(rows)])
        unpredicted = bytes_of_text(schema, [rows[error.row] for error in outcome.errors])
        yield replace(outcome, unpredicted_text_bytes=unpredicted)
        begin += len(rows)


def _partial(question: Question, placed: Sequence[Placed]) -> Outcome:
    """The outcome of a question if rows may have failed. Errors get the row's index in the question."""
    answers = [None if isinstance(found, RowError) else found for found in placed]
    errors = [
        RowError(row, found.field, found.fault)
        for row, found in enumerate(placed)
        if isinstance(found, RowError)
    ]
    if len(errors) == len(placed):
        return Outcome(0, None, errors)
    output = answers[0] if question.single else answers
    return Outcome(len(placed) - len(errors), Json(_encoder.encode(output)), errors)


_decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_encoder = msgspec.json.Encoder()
