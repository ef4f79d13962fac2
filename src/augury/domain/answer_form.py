"""The form of a model's answers: what one answer consists of, and the columns that it fills in a table."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Self

from augury.domain.answer import Answer, Classification, Estimate, Labels


class ModelTask(StrEnum):
    """The kind of a model's answers. Each kind has its own form."""

    CLASSIFICATION = "classification"
    """One of several classes."""
    MULTILABEL = "multilabel_classification"
    """Any number of labels at once."""
    REGRESSION = "regression"
    """A value."""
    MULTI_REGRESSION = "multi_regression"
    """Several values."""
    UNCERTAIN_REGRESSION = "regression_with_uncertainty"
    """A mean and a standard deviation."""
    RANKING = "ranking"
    """A score, and the place of the row in its group."""


class CellKind(StrEnum):
    """The content of a column of answers."""

    TEXT = "text"
    TEXTS = "texts"
    """A list of texts."""
    NUMBER = "number"
    WHOLE_NUMBER = "whole_number"


@dataclass(frozen=True, slots=True)
class AnswerColumn:
    key: str
    """Its name in stored answers: short and unique."""
    name: str
    """Its name for people."""
    kind: CellKind


_LABEL = AnswerColumn("label", "label", CellKind.TEXT)
_LABELS = AnswerColumn("labels", "labels", CellKind.TEXTS)
_VALUE = AnswerColumn("value", "value", CellKind.NUMBER)
_DEVIATION = AnswerColumn("standard_deviation", "standard_deviation", CellKind.NUMBER)
_RANK = AnswerColumn("rank", "rank", CellKind.WHOLE_NUMBER)
_OTHERS = AnswerColumn("others", "p_others", CellKind.NUMBER)


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """The form of the answers of a task. `names` are the names of the classes, the labels, or the values."""

    task: ModelTask
    names: tuple[str, ...] = ()
    top: int | None = None
    """The number of classes or labels that are listed with their probability, the likeliest first. None:
    all."""

    @classmethod
    def of(cls, answers: Iterable[Answer | None]) -> Self:
        """The form of these answers, which all come from one model."""
        first = next((each for each in answers if each), None)
        if first is None:
            return cls(ModelTask.REGRESSION)
        if "values" in first:
            return cls(ModelTask.MULTI_REGRESSION, tuple(first["values"]))
        if "labels" in first:
            names = tuple(first["probabilities"])
            return cls(ModelTask.MULTILABEL, names, len(names) if "others" in first else None)
        if "label" in first:
            names = tuple(first.get("probabilities", ()))
            return cls(ModelTask.CLASSIFICATION, names, len(names) if "others" in first else None)
        if "rank" in first:
            return cls(ModelTask.RANKING)
        return cls(ModelTask.UNCERTAIN_REGRESSION if "standard_deviation" in first else ModelTask.REGRESSION)

    @property
    def columns(self) -> tuple[AnswerColumn, ...]:
        match self.task:
            case ModelTask.CLASSIFICATION:
                return _LABEL, *self._numbers("p")
            case ModelTask.MULTILABEL:
                return _LABELS, *self._numbers("p")
            case ModelTask.MULTI_REGRESSION:
                return self._numbers("value")
            case ModelTask.UNCERTAIN_REGRESSION:
                return _VALUE, _DEVIATION
            case ModelTask.RANKING:
                return _VALUE, _RANK
            case ModelTask.REGRESSION:
                return (_VALUE,)

    def _numbers(self, what: str) -> tuple[AnswerColumn, ...]:
        """One column for each name: `p0`, `p1` or `v0`, `v1`, …, shown as `p_yes` or `value_0.9`. With `top`,
        two columns for each place, `top_1` and `p_top_1`, and one column for all others."""
        if self.top is not None:
            return (*(column for place in range(self.top) for column in _listed(place)), _OTHERS)
        return tuple(
            AnswerColumn(f"{what[0]}{place}", f"{what}_{name}", CellKind.NUMBER)
            for place, name in enumerate(self.names)
        )

    def cells(self, answer: Answer) -> list[Any]:
        """The answer in the order of `columns`."""
        if "values" in answer:
            return list(answer["values"].values())
        if "labels" in answer:
            return [answer["labels"], *self._probabilities(answer["probabilities"], answer)]
        if "label" in answer and self.top is not None:
            return [answer["label"], *self._probabilities(answer.get("probabilities", {}), answer)]
        if "label" in answer:
            probabilities = answer.get("probabilities", {})
            return [answer["label"], *(probabilities.get(name) for name in self.names)]
        cells: list[Any] = [answer["value"]]
        match self.task:
            case ModelTask.UNCERTAIN_REGRESSION:
                return [*cells, answer.get("standard_deviation")]
            case ModelTask.RANKING:
                return [*cells, answer.get("rank")]
            case _:
                return cells

    def _probabilities(
        self, probabilities: Mapping[str, float], answer: Labels | Classification
    ) -> list[Any]:
        if self.top is None:
            return list(probabilities.values())
        listed = [cell for each in probabilities.items() for cell in each]
        return [*listed, *[None] * (2 * self.top - len(listed)), answer.get("others")]

    def answer(self, cells: Sequence[Any]) -> Answer | None:
        """The answer with these cells, in the order of `columns`. None if the row has no answer."""
        first, *rest = cells
        if first is None:
            return None
        if self.top is not None:
            *listed, others = rest
            likeliest = dict(zip(listed[::2], listed[1::2], strict=True))
            if self.task is ModelTask.MULTILABEL:
                return {"labels": first, "probabilities": likeliest, "others": others}
            return {"label": first, "probabilities": likeliest, "others": others}
        match self.task:
            case ModelTask.CLASSIFICATION if None in rest or not rest:
                return {"label": first}
            case ModelTask.CLASSIFICATION:
                return {"label": first, "probabilities": dict(zip(self.names, rest, strict=True))}
            case ModelTask.MULTILABEL:
                return {"labels": first, "probabilities": dict(zip(self.names, rest, strict=True))}
            case ModelTask.MULTI_REGRESSION:
                return {"values": dict(zip(self.names, cells, strict=True))}
            case _:
                return self._estimate(first, *rest)

    def _estimate(self, value: float, beside: float | None = None) -> Estimate:
        estimate = Estimate(value=value)
        if beside is not None and self.task is ModelTask.UNCERTAIN_REGRESSION:
            estimate["standard_deviation"] = beside
        if beside is not None and self.task is ModelTask.RANKING:
            estimate["rank"] = int(beside)
        return estimate


def _listed(place: int) -> tuple[AnswerColumn, AnswerColumn]:
    """The columns for the label at this place (from 0, the likeliest first) and for its probability."""
    return (
        AnswerColumn(f"t{place}", f"top_{place + 1}", CellKind.TEXT),
        AnswerColumn(f"q{place}", f"p_top_{place + 1}", CellKind.NUMBER),
    )
