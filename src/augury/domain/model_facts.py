"""The facts in a model's file: the input schema, the answers and their units."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from typing import Self

from augury.domain.answer_form import AnswerForm
from augury.domain.answer_form import Task as Task
from augury.domain.dates import read_date
from augury.domain.errors import DomainError
from augury.domain.model_texts import ModelTexts, UnfitForModel
from augury.domain.row_errors import RowError, RowFault
from augury.domain.text import is_storable

MOST_NUMBER = 3.4028234663852886e38  # the largest float32: CatBoost reads numbers as such


MOST_CATEGORY_NUMBER = 2**63 - 1


MOST_TEXT = 100_000
"""Characters of a text or a category, if the operator sets no other limit."""
MOST_EMBEDDING = 100_000
"""The most numbers of an embedding."""
GROUP = "group"
"""The member of a row that names its group, for a model that ranks. A row may lack it."""


class FeatureKind(StrEnum):
    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    TEXT = "text"
    EMBEDDING = "embedding"
    """A list of numbers, as many as the model was trained with."""
    DATE = "date"
    """A date, with or without a time, as text. The model gets its parts, such as the month, as numbers."""


@dataclass(frozen=True, slots=True)
class Feature:
    """One named input of a model. `values` are the categories of the training data, if they are known."""

    name: str
    kind: FeatureKind
    values: tuple[str, ...] = ()
    nullable: bool = True
    """Whether a number may be missing. False if the model was trained to forbid it."""
    length: int | None = None
    """How many numbers an embedding has. None for other features, and if the model takes any number."""

    def fault(self, value: object, max_text: int = MOST_TEXT) -> RowFault | None:
        """What is wrong with the value, or None. An unseen category is valid: models can handle it. A text or
        a category has at most `max_text` characters.

        A boolean counts as the number or category 1 or 0. A category may be a whole number written as a
        float, since pandas writes it so in a column with missing values.
        """
        match self.kind:
            case FeatureKind.NUMERIC:
                if value is None:  # a missing number, which CatBoost can handle
                    return None if self.nullable else RowFault.NULL
                if not isinstance(value, (int, float)):
                    return RowFault.NOT_A_NUMBER
                if not -MOST_NUMBER <= value <= MOST_NUMBER:  # NaN compares false, too
                    return RowFault.NOT_FINITE
            case FeatureKind.CATEGORICAL:
                if isinstance(value, float) and value.is_integer():
                    value = int(value)
                if not isinstance(value, (int, str)):
                    return RowFault.NOT_A_CATEGORY
                if isinstance(value, int) and abs(value) > MOST_CATEGORY_NUMBER:
                    return RowFault.NOT_64_BIT
                if isinstance(value, str):
                    return _fault_of_text(value, max_text)
            case FeatureKind.TEXT:
                if not isinstance(value, str):
                    return RowFault.NOT_A_TEXT
                return _fault_of_text(value, max_text)
            case FeatureKind.EMBEDDING:
                return self._fault_of_embedding(value)
            case FeatureKind.DATE:
                if value is not None and not (isinstance(value, str) and read_date(value)):
                    return RowFault.NOT_A_DATE
        return None

    def _fault_of_embedding(self, value: object) -> RowFault | None:
        if not isinstance(value, list) or not 0 < len(value) <= MOST_EMBEDDING:
            return RowFault.NOT_AN_EMBEDDING
        if self.length not in (None, len(value)) or not {*map(type, value)} <= {int, float}:
            return RowFault.NOT_AN_EMBEDDING
        is_finite = all(-MOST_NUMBER <= number <= MOST_NUMBER for number in value)
        return None if is_finite else RowFault.NOT_FINITE


def _fault_of_text(text: str, most: int) -> RowFault | None:
    if len(text) > most:
        return RowFault.TOO_LONG
    return None if is_storable(text) else RowFault.NOT_STORABLE


@dataclass(frozen=True, slots=True)
class InputSchema:
    """The features of a model, in the model's own order."""

    features: tuple[Feature, ...]
    is_grouped: bool = False
    """Whether a row may also name its group (`GROUP`)."""

    def names(self) -> tuple[str, ...]:
        return tuple(feature.name for feature in self.features)

    def knowing(self, categories: Mapping[str, Sequence[str]]) -> Self:
        """Replace the values of categorical features, given by name. Raises `UnfitForModel`."""
        for name, values in categories.items():
            if not all(map(is_storable, values)):
                raise UnfitForModel(reason=f"a category of {name!r} contains NUL or half of a surrogate pair")
        categorical = [feature.name for feature in self.features if feature.kind is FeatureKind.CATEGORICAL]
        if unknown := next(iter(categories.keys() - set(categorical)), None):
            known = ", ".join(categorical) or "none"
            raise UnfitForModel(reason=f"{unknown!r} is not a categorical feature (the model has: {known})")
        return replace(
            self,
            features=tuple(
                replace(feature, values=tuple(dict.fromkeys(categories.get(feature.name, feature.values))))
                for feature in self.features
            ),
        )

    def differences(self, other: Self) -> Iterator[str]:
        """The changes that a row for `other` needs to fit this schema, in words."""
        mine, others = ({feature.name: feature.kind for feature in each.features} for each in (self, other))
        if new := [name for name in mine if name not in others]:
            yield f"it needs {', '.join(new)}"
        if gone := [name for name in others if name not in mine]:
            yield f"it does not take {', '.join(gone)}"
        common = [name for name in mine if name in others]
        for name in common:
            if mine[name] is not others[name]:
                yield f"{name} is {mine[name]}, not {others[name]}"
        lengths = {feature.name: feature.length for feature in other.features}
        for feature in self.features:
            if feature.name in common and feature.length != lengths[feature.name] and feature.length:
                yield f"{feature.name} has {feature.length} numbers"
        may_be_null = {feature.name for feature in other.features if feature.nullable}
        must_be_there = {feature.name for feature in self.features if not feature.nullable}
        if strict := [name for name in common if name in must_be_there & may_be_null]:
            yield f"it takes no missing values of {', '.join(strict)}"

    def check(self, row: object, index: int = 0, max_text: int = MOST_TEXT) -> RowError | None:
        """The first error of the row, or None."""
        if not isinstance(row, Mapping):
            return RowError(index, None, RowFault.NOT_AN_OBJECT)
        for feature in self.features:
            try:
                value = row[feature.name]
            except KeyError:
                return RowError(index, feature.name, RowFault.MISSING)
            if fault := feature.fault(value, max_text):
                return RowError(index, feature.name, fault)
        if self.is_grouped and GROUP in row and not is_group(row[GROUP]):
            return RowError(index, GROUP, RowFault.NOT_A_CATEGORY)
        if len(row) > len(self.features):
            known = {feature.name for feature in self.features} | ({GROUP} if self.is_grouped else set())
            if known.issuperset(row):
                return None
            unknown = next(str(name) for name in row if name not in known)
            return RowError(index, unknown, RowFault.UNKNOWN)
        return None

    def check_all(self, rows: Sequence[object], max_text: int = MOST_TEXT) -> list[RowError]:
        """The first error of each invalid row, in the order of the rows."""
        return [error for index, row in enumerate(rows) if (error := self.check(row, index, max_text))]


def is_group(value: object) -> bool:
    """Whether the value may name a group: a text or a whole number."""
    return isinstance(value, (str, int)) and not isinstance(value, bool)


class ProbabilitiesAre(StrEnum):
    """How the probabilities of one answer relate to each other."""

    EXCLUSIVE = "exclusive"
    """They add up to 1."""
    INDEPENDENT = "independent"
    """They are independent and do not add up to 1."""


class ValueIs(StrEnum):
    """The meaning of a regression's answer."""

    MEAN = "mean"
    MEDIAN = "median"
    QUANTILE = "quantile"
    """A share `alpha` of the targets lies below it."""
    EXPECTILE = "expectile"
    """Like a mean, with a share `alpha` of the weight on targets above it."""
    TYPICAL = "typical"
    """A typical target: the loss estimates neither the mean nor a quantile."""
    RATE = "rate"
    """The expected number of events."""
    LOG_HAZARD = "log_hazard"
    """The logarithm of a relative hazard. It ranks the rows and has no unit."""
    SCORE = "score"
    """The model's raw score. Only the model's author knows its unit."""
    UNKNOWN = "unknown"
    """The file does not say."""


UNITLESS = frozenset({ValueIs.LOG_HAZARD, ValueIs.SCORE})
"""Values that are not in the unit of the training target."""


class ReadAs(StrEnum):
    """How a regression's raw value becomes its answer."""

    RAW = "raw"
    """Unchanged."""
    EXPONENT = "exponent"
    """e to its power: the model learned the logarithm of the target."""


MOST_TOP = 32_767
"""The highest `top` of a request."""


@dataclass(eq=False)
class NoClasses(DomainError):
    """The request has `top`, but the model does not answer with classes."""


_AROUND, _PROBABILITY, _NUMBER = 40, 18, 28
"""The bytes of an answer without its names and numbers, the bytes of one probability with its separator, and
those of one value: probabilities are rounded, values are not."""
_EXPLANATION, _CONTRIBUTION = 400, 240
"""The bytes of an explanation without its contributions, and those of one of these without its name."""
_BESIDE = 40
"""The bytes of a standard deviation or of a rank with its name."""


@lru_cache(maxsize=64)
def _answer_bytes(task: Task, classes: tuple[str, ...], outputs: tuple[str, ...], top: int | None) -> int:
    names = [len(json.dumps(name, ensure_ascii=False).encode("utf-8", "replace")) for name in classes]
    listed, beside = names, _AROUND
    if top is not None:
        listed, beside = sorted(names, reverse=True)[:top], _AROUND + _BESIDE
    match task:
        case Task.CLASSIFICATION:
            return beside + max(names, default=0) + sum(listed) + _PROBABILITY * max(1, len(listed))
        case Task.MULTILABEL:
            return beside + sum(name + 1 for name in names) + sum(each + _PROBABILITY for each in listed)
        case Task.MULTI_REGRESSION:
            return _AROUND + sum(len(json.dumps(name)) + _NUMBER for name in outputs)
        case _:
            return _AROUND + _PROBABILITY + _BESIDE * (task is not Task.REGRESSION)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The facts about a model that its file states."""

    task: Task
    schema: InputSchema
    classes: tuple[str, ...]
    """A classifier's labels, in the order of its probabilities. Empty for a regression."""
    outputs: tuple[str, ...] = ()
    """The names of the values, if the model answers several: targets, or the alphas of quantiles."""
    metrics: Mapping[str, float]
    probabilities_are: ProbabilitiesAre | None = None
    """For a classifier. None if an older release added the model."""
    threshold: float | None = None
    """For two classes: the answer is the second class if its probability is above this."""
    value_is: ValueIs | None = None
    """For a regression: the meaning of its value."""
    alpha: float | None = None
    """For a quantile or an expectile: between 0 and 1."""
    read_as: ReadAs | None = None
    """For a regression: how its raw value is read. None means raw: neither file nor operator has said."""
    explain_work: int | None = None
    """The work of explaining one row: the leaves of all trees, as if all branches of a tree were equally
    deep. None if the model cannot be explained."""
    unexplained: str = ""
    """Why it cannot be explained. Empty if it can, or if an older release added the model."""
    texts: ModelTexts = field(default_factory=ModelTexts)
    ignored: tuple[str, ...] = ()
    """Features for which the file has categories, but that are not categorical features of the model. Not
    stored: they are shown to the operator who adds the file."""

    unsure_below: float | None = None
    """For a classifier: people see that a label with a lower probability is unsure. None: never."""
    card: str | None = None
    """The card in the file, as JSON. It is stored beside the facts, which are read at every start: models
    that are read have none, see `Models.card`."""

    def answer_bytes(self, top: int | None = None) -> int:
        """The maximum size of the answer to one row as JSON, in bytes, if it lists `top` classes; None: all
        classes."""
        return _answer_bytes(self.task, self.classes, self.outputs, top)

    def listed(self, top: int | None, *, most: int) -> int | None:
        """How many classes or labels an answer lists, the likeliest first, if the request asks for `top`.
        None: all.

        `most` is the number for a request without `top`. Raises `NoClasses` if there are none to list.
        """
        if not self.classes:
            if top is not None:
                raise NoClasses
            return None
        wanted = most if top is None else top
        return wanted if wanted < len(self.classes) else None

    def explains(self, rows: int, *, most_work: int) -> bool:
        """Whether that many rows can be explained with at most `most_work`."""
        return self.explain_work is not None and rows * self.explain_work <= most_work

    def explanation_bytes(self, top: int) -> int:
        """The most bytes that the explanation of one row has as JSON, without its texts' words."""
        names = self.schema.names()
        longest = max(len(json.dumps(name)) for name in names)
        numbers = len(self.form.names) if self.task in (Task.MULTILABEL, Task.MULTI_REGRESSION) else 1
        return numbers * (_EXPLANATION + min(top, len(names)) * (_CONTRIBUTION + longest))

    @property
    def form(self) -> AnswerForm:
        """The form of its answers."""
        return AnswerForm(self.task, self.classes or self.outputs)

    @property
    def _is_unread(self) -> bool:
        """Whether its value may be a logarithm: neither the file nor the operator says."""
        return self.value_is is ValueIs.UNKNOWN and self.read_as is None

    def described_by(self, texts: ModelTexts) -> Self:
        """Replace the texts. Raises `UnfitForModel`."""
        texts.require_fitting(self.schema.names(), self.form.names)
        return replace(self, texts=texts)

    def knowing(self, categories: Mapping[str, Sequence[str]]) -> Self:
        """Replace the values of categorical features, given by name. Raises `UnfitForModel`."""
        return replace(self, schema=self.schema.knowing(categories))

    def inheriting(self, older: Self) -> Self:
        """Fill in missing texts from another version, as far as they fit."""
        fitting = older.texts.about(self.schema.names(), self.form.names)
        return replace(self, texts=self.texts.over(fitting))

    def remembering(self, older: Self) -> Self:
        """Fill in what the file does not say with what the operator said about the same file before."""
        told = {each.name: each.values for each in older.schema.features if each.values}
        unsaid = {each.name for each in self.schema.features if not each.values} & told.keys()
        unknown = self.value_is is ValueIs.UNKNOWN
        return replace(
            self.inheriting(older).knowing({name: told[name] for name in unsaid}),
            read_as=(older.read_as or self.read_as) if unknown else self.read_as,
            unsure_below=self.unsure_below if older.unsure_below is None else older.unsure_below,
        )

    def unsure(self, below: float) -> Self:
        """Change the probability below which a label is not sure. Raises `UnfitForModel`."""
        if not self.classes:
            raise UnfitForModel(reason="the model answers no label, so none can be unsure")
        if not 0 <= below <= 1:
            raise UnfitForModel(reason=f"{below} is not a probability from 0 to 1")
        return replace(self, unsure_below=below)

    def differences(self, other: Self) -> tuple[str, ...]:
        """The changes that a client of `other` needs to use this model, in words. Empty if there are none."""
        return (*self.schema.differences(other.schema), *self._differences_of_answers(other))

    def _differences_of_answers(self, other: Self) -> Iterator[str]:
        if self.task is not other.task:
            yield f"it is a {self.task}, not a {other.task}"
        elif set(self.form.names) != set(other.form.names):
            yield f"it answers {', '.join(self.form.names)}, not {', '.join(other.form.names)}"
        elif (self.value_is in UNITLESS) is not (other.value_is in UNITLESS) and other.value_is:
            yield f"its value is a {self.value_is}, not a {other.value_is}"
        elif self._is_unread and not other._is_unread and other.value_is:
            yield "its value may be a logarithm (the file does not say)"
