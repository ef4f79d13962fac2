"""The facts that all slices of a batch share: their columns, and how cells are read and written."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypedDict

import msgspec

from augury.domain.answer_form import AnswerForm, ModelTask
from augury.domain.model_facts import ModelFacts
from augury.domain.numbers import ALL, COMMAS, Convention


class RowStorage(StrEnum):
    """How the Arrow table of a slice stores the rows."""

    TEXT = "text"
    """Columns of texts, named by their position, with null where a row is too short: cells of a CSV file."""
    TYPED = "typed"
    """Columns of values, named by their position: from Parquet."""
    JSON = "json"
    """Two columns of JSON texts: `row` has the features of a row, `carried` its other members."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    kind: RowStorage
    header: Sequence[str]
    """The names of all columns, in order."""
    features: Sequence[str | None]
    """The feature of each column, None if the model does not know the column."""
    places: Sequence[int]
    """The place of each column in a slice's table, which may have columns that are not shown. Empty for
    `JSON`."""
    classes: Sequence[str]
    """A classifier's labels, in the order of its probabilities. Empty for a regression."""
    has_labels: bool
    """For processes of the previous release, which know no other task."""
    task: ModelTask | None = None
    """The kind of the model's answers. None if the previous release accepted the batch."""
    outputs: Sequence[str] = ()
    """The names of the values, if the model answers several."""
    top: int | None = None
    """The number of classes or labels that an answer lists, the likeliest first. None: all."""
    delimiter: str = ","
    """The delimiter of a CSV file with the answers."""
    decimal: str = "."
    """The decimal sign of its numbers."""
    conventions: Mapping[str, Sequence[str]] = {}
    """By feature, the names of the conventions that the numbers of its column follow. Missing: all."""
    has_decimal_commas: bool = False
    """Whether the numbers of the file, taken together, have decimal commas."""

    @property
    def form(self) -> AnswerForm:
        """The form of the answers."""
        older = ModelTask.CLASSIFICATION if self.has_labels else ModelTask.REGRESSION
        return AnswerForm(self.task or older, tuple(self.classes or self.outputs), self.top)

    def of_column(self, feature: str) -> frozenset[Convention]:
        names = self.conventions.get(feature)
        return ALL if names is None else frozenset(Convention[name] for name in names)

    def is_doubtful(self, feature: str) -> bool:
        """Whether a point in this column may separate thousands, because other columns have decimal
        commas."""
        return self.has_decimal_commas and not self.of_column(feature) <= COMMAS


class AnswerFields(TypedDict):
    classes: Sequence[str]
    has_labels: bool
    task: ModelTask
    outputs: Sequence[str]


def batch_form(facts: ModelFacts, top: int | None = None) -> AnswerForm:
    """The form of the answers in a batch. A ranking only answers its scores there: a group may be spread over
    several slices, so no slice knows the order of its rows."""
    return (
        AnswerForm(ModelTask.REGRESSION) if facts.task is ModelTask.RANKING else replace(facts.form, top=top)
    )


def answers_of(facts: ModelFacts) -> AnswerFields:
    """The fields of a sheet that say what the model answers."""
    form = batch_form(facts)
    return {
        "classes": list(facts.classes),
        "has_labels": form.task is ModelTask.CLASSIFICATION,
        "task": form.task,
        "outputs": list(facts.outputs),
    }


def names_of(conventions: Collection[Convention]) -> Sequence[str]:
    """The conventions as `Sheet.conventions` has them."""
    return sorted(convention.name for convention in conventions)


encode_sheet = msgspec.json.Encoder().encode
decode_sheet = msgspec.json.Decoder(Sheet).decode
