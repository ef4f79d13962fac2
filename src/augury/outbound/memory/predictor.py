from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import msgspec
from typing_extensions import override

from augury.application.models.ports.models import ModelUnavailable
from augury.application.ports import Json
from augury.application.predictions.ports.predictor import (
    Outcome,
    Predictor,
    Question,
    SliceOutcome,
    SlicePredictor,
    Turn,
)
from augury.domain.answer import Classification
from augury.domain.explanation import Contribution, Effect, Explanation, Scale
from augury.domain.input_schema import InputSchema
from augury.domain.lane import Lane
from augury.domain.model import Model, ModelRef
from augury.domain.pricing import bytes_of_text
from augury.domain.row_errors import RowDoubt, RowError, RowFault, RowWarning
from augury.domain.scoring import score_isolating

BREAKING = "break the model"
"""A text that makes the model raise."""
DOUBTFUL = "never seen"
"""A text that is answered with a warning."""
LONG = 10
"""A row is `long` if its values have more characters than this."""


class MemoryPredictor(Predictor, SlicePredictor):
    """A model with predictable answers: a row is `long` or `short`."""

    def __init__(self) -> None:
        self.unavailable: set[ModelRef] = set()
        """Models whose file cannot be used."""
        self.asked: list[int] = []
        """The number of questions of each call."""

    @override
    async def predict(
        self, model: Model, questions: Sequence[Question], turn: Turn = nullcontext, lane: Lane = Lane.SMALL
    ) -> Sequence[Outcome]:
        self.asked.append(len(questions))
        if model.ref in self.unavailable:
            raise ModelUnavailable(f"the file of {model.ref} is missing")
        checked = [_CheckedQuestion(question, model.facts.schema) for question in questions]
        async with turn():
            answers = iter(score_isolating([row for each in checked for row in each.valid], _answers))
        return [each.outcome([next(answers) for _ in each.valid]) for each in checked]

    @override
    async def predict_slice(self, model: Model, sheet: bytes, content: bytes) -> SliceOutcome:
        from augury.outbound.memory.slices import columns_of, rows_of  # loads Arrow

        rows = rows_of(sheet, content)
        (outcome,) = await self.predict(model, [Question(_json(rows), single=False)])
        return SliceOutcome(
            outcome.valid_rows, columns_of(outcome, len(rows)), outcome.unpredicted_text_bytes
        )


class _CheckedQuestion:
    """The rows of one question: those that fit the model, and the errors of the others."""

    def __init__(self, question: Question, schema: InputSchema) -> None:
        data = msgspec.json.decode(question.input)
        rows = [data] if question.single else data
        self._single = question.single
        self._explain = question.explain
        self._schema = schema
        self._errors = {error.row: error for error in schema.check_all(rows)}
        self._rows = rows
        self._length = len(rows)
        self.valid = [row for index, row in enumerate(rows) if index not in self._errors]

    def outcome(self, answers: Sequence[str | None]) -> Outcome:
        """`answers` are in the order of `valid`, None for a row that made the model raise."""
        left = iter(answers)
        labels = [None if index in self._errors else next(left) for index in range(self._length)]
        errors = [
            self._errors.get(index) or RowError(index, None, RowFault.NOT_PREDICTED)
            for index, label in enumerate(labels)
            if label is None
        ]
        outputs = [
            None if label is None else self._answer(label, row)
            for label, row in zip(labels, self._rows, strict=True)
        ]
        valid_rows = self._length - len(errors)
        return Outcome(
            valid_rows=valid_rows,
            output=_json(outputs[0] if self._single else outputs) if valid_rows else None,
            errors=errors,
            warnings=self._warnings(),
            unpredicted_text_bytes=bytes_of_text(self._schema, [self._rows[error.row] for error in errors]),
        )

    def _answer(self, label: str, row: Mapping[str, object]) -> Mapping[str, object]:
        """Each character of a value raises the answer `long` by 1."""
        if self._explain is None:
            return Classification(label=label)
        sign = 1 if label == "long" else -1
        effects = {name: sign * float(len(str(value))) for name, value in row.items()}
        strongest = sorted(effects.items(), key=lambda each: -abs(each[1]))
        explanation = Explanation(
            of=label,
            scale=Scale.LOG_ODDS,
            base=-sign * LONG,
            total=sum(effects.values()) - sign * LONG,
            contributions=[
                Contribution(feature=name, contribution=effect, effect=Effect.of(effect))
                for name, effect in strongest[: self._explain]
            ],
        )
        if len(effects) > self._explain:
            explanation["others"] = sum(effect for _, effect in strongest[self._explain :])
        return {"label": label, "explanations": [explanation]}

    def _warnings(self) -> list[RowWarning]:
        return [
            RowWarning(index, name, RowDoubt.UNSEEN_CATEGORY)
            for index, row in enumerate(self._rows)
            if index not in self._errors
            for name, value in row.items()
            if value == DOUBTFUL
        ]


def _answers(rows: Sequence[Mapping[str, object]]) -> list[str]:
    return [_answer(row) for row in rows]


def _answer(row: Mapping[str, object]) -> str:
    if BREAKING in row.values():
        raise ArithmeticError("the model broke")
    return "long" if sum(len(str(value)) for value in row.values()) > LONG else "short"


def _json(value: object) -> Json:
    return Json(msgspec.json.encode(value))
