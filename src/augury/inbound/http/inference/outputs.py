"""The outputs of each kind of model: their tensors, and the answers in them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec

from augury.domain.answer import Answer
from augury.domain.answer_form import AnswerForm, ModelTask
from augury.domain.row_errors import RowError
from augury.inbound.http.inference.datatypes import Datatype
from augury.inbound.http.inference.messages import OutputTensor
from augury.inbound.http.problems.field_problems import row_problems

ERROR = "error"
"""The output with the reason why a row has no answer. It is empty for a row with an answer."""
NOT_ANSWERED = "has no answer"


@dataclass(frozen=True, slots=True)
class Output:
    """An output tensor."""

    name: str
    datatype: Datatype
    names: tuple[str, ...] | None = None
    """The names of its columns: classes, labels, targets or quantiles. None for a tensor of one column."""

    @property
    def absent(self) -> str | int | bool | None:
        """The element for a row without an answer. Only numbers can be missing: a rank counts from 1."""
        absent: dict[Datatype, str | int | bool] = {
            Datatype.BYTES: "",
            Datatype.INT64: 0,
            Datatype.BOOL: False,
        }
        return absent.get(self.datatype)

    def shape(self, rows: int) -> list[int]:
        return [rows] if self.names is None else [rows, len(self.names)]

    @property
    def parameters(self) -> dict[str, str]:
        """The names of its columns as a JSON list, because a parameter cannot be a list."""
        return {} if self.names is None else {"names": msgspec.json.encode(self.names).decode()}


def outputs_of(form: AnswerForm) -> tuple[Output, ...]:
    """The outputs of a model with answers of this form."""
    match form.task:
        case ModelTask.CLASSIFICATION:
            answer = Output("label", Datatype.BYTES), Output("probabilities", Datatype.FP64, form.names)
        case ModelTask.MULTILABEL:
            labels = Output("labels", Datatype.BOOL, form.names)
            answer = labels, Output("probabilities", Datatype.FP64, form.names)
        case ModelTask.MULTI_REGRESSION:
            return Output("values", Datatype.FP64, form.names), Output(ERROR, Datatype.BYTES)
        case ModelTask.UNCERTAIN_REGRESSION:
            answer = Output("value", Datatype.FP64), Output("standard_deviation", Datatype.FP64)
        case ModelTask.RANKING:
            answer = Output("value", Datatype.FP64), Output("rank", Datatype.INT64)
        case ModelTask.REGRESSION:
            return Output("value", Datatype.FP64), Output(ERROR, Datatype.BYTES)
    return *answer, Output(ERROR, Datatype.BYTES)


def tensors_of(
    form: AnswerForm, answers: Sequence[Answer | None], errors: Sequence[RowError], wanted: Collection[str]
) -> list[OutputTensor]:
    """The tensors of these answers, one element per row. Only the `wanted` tensors, or all if none is
    named."""
    reasons = _reasons(errors)
    return [
        OutputTensor(
            output.name,
            output.shape(len(answers)),
            output.datatype,
            _errors(answers, reasons) if output.name == ERROR else _elements(output, answers),
            output.parameters,
        )
        for output in outputs_of(form)
        if not wanted or output.name in wanted
    ]


def _elements(output: Output, answers: Sequence[Answer | None]) -> list[Any]:
    name, names = output.name, output.names
    if names is None:
        return [output.absent if each is None else _member(each, name) for each in answers]
    absent = [output.absent] * len(names)
    if output.datatype is Datatype.BOOL:
        chosen = [None if each is None else set(_member(each, name)) for each in answers]
        return list(
            chain.from_iterable(absent if each is None else map(each.__contains__, names) for each in chosen)
        )
    return list(
        chain.from_iterable(
            absent if each is None else map((_member(each, name) or {}).get, names) for each in answers
        )
    )


def _member(answer: Answer, name: str) -> Any:  # noqa: ANN401  # each member has its own type
    members: Mapping[str, Any] = answer
    return members.get(name)


def _errors(answers: Sequence[Answer | None], reasons: Mapping[int, str]) -> list[Any]:
    return ["" if each else reasons.get(row, NOT_ANSWERED) for row, each in enumerate(answers)]


def _reasons(errors: Sequence[RowError]) -> Mapping[int, str]:
    return {
        each.row: f"`{each.field}` {each.message}" if each.field else each.message
        for each in row_problems(errors)
        if each.row is not None
    }
