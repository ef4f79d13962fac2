"""The facts in a model's file: the input schema, the answers and their units."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

from augury.domain.answer_form import AnswerForm, ModelTask
from augury.domain.answer_meaning import UNITLESS, ProbabilitiesAre, ReadAs, ValueIs
from augury.domain.answer_size import answer_bytes_of, explanation_bytes_of
from augury.domain.errors import DomainError
from augury.domain.input_schema import InputSchema
from augury.domain.model_texts import ModelTexts, UnfitForModel
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason

MOST_FEATURES = 10_000
MOST_NAME_CHARACTERS = 256
"""Characters of the name of a feature, a label or a value."""
MOST_TOP = 32_767
"""The highest `top` of a request."""


@dataclass(eq=False)
class NoClasses(DomainError):
    """The request has `top`, but the model does not answer with classes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """The facts about a model that its file states."""

    task: ModelTask
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
    unexplained: Reason | None = None
    """Why it cannot be explained. None if it can, or if an older release added the model."""
    texts: ModelTexts = field(default_factory=ModelTexts)
    ignored: tuple[str, ...] = ()
    """Features for which the file has categories, but that are not categorical features of the model. Not
    stored: they are shown to the operator who adds the file."""

    unsure_below: float | None = None
    """For a classifier: people see that a label with a lower probability is unsure. None: never."""
    card: str | None = None
    """The card in the file, as JSON. It is None in facts that are read from the books: they are read at every
    start, so the card is stored separately (`Models.card`)."""

    def answer_bytes(self, top: int | None = None) -> int:
        """The maximum size of the answer to one row as JSON, in bytes, if it lists `top` classes; None: all
        classes."""
        return answer_bytes_of(self.task, self.classes, self.outputs, top)

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
        """The maximum size of the explanation of one row, in bytes of JSON, without the words of texts."""
        numbers = (
            len(self.form.names) if self.task in (ModelTask.MULTILABEL, ModelTask.MULTI_REGRESSION) else 1
        )
        return explanation_bytes_of(self.schema.names(), numbers=numbers, top=top)

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
        """Add what the operator said about the same file before. The operator's texts and threshold count
        more than the file's; of categories, and of how to read a value, only what the file does not say."""
        told = {each.name: each.values for each in older.schema.features if each.values}
        unsaid = {each.name for each in self.schema.features if not each.values} & told.keys()
        unknown = self.value_is is ValueIs.UNKNOWN
        fitting = older.texts.about(self.schema.names(), self.form.names)
        return replace(
            self.knowing({name: told[name] for name in unsaid}),
            texts=fitting.over(self.texts),
            read_as=(older.read_as or self.read_as) if unknown else self.read_as,
            unsure_below=self.unsure_below if older.unsure_below is None else older.unsure_below,
        )

    def unsure(self, below: float) -> Self:
        """Change the probability below which a label is unsure. Raises `UnfitForModel`."""
        if not self.classes:
            raise UnfitForModel(reason=Reason.of(ReasonCode.NO_LABEL))
        if not 0 <= below <= 1:
            raise UnfitForModel(reason=Reason.of(ReasonCode.NO_PROBABILITY, value=below))
        return replace(self, unsure_below=below)

    def differences(self, other: Self) -> tuple[Reason, ...]:
        """The changes that a client of `other` needs to use this model. Empty if there are none."""
        return (*self.schema.differences(other.schema), *self._differences_of_answers(other))

    def _differences_of_answers(self, other: Self) -> Iterator[Reason]:
        if self.task is not other.task:
            yield Reason.of(ReasonCode.OTHER_TASK, mine=self.task, other=other.task)
        elif set(self.form.names) != set(other.form.names):
            mine, others = ", ".join(self.form.names), ", ".join(other.form.names)
            yield Reason.of(ReasonCode.OTHER_ANSWERS, mine=mine, other=others)
        elif (self.value_is in UNITLESS) is not (other.value_is in UNITLESS) and other.value_is:
            yield Reason.of(ReasonCode.OTHER_VALUE, mine=str(self.value_is), other=other.value_is)
        elif self._is_unread and not other._is_unread and other.value_is:
            yield Reason.of(ReasonCode.MAYBE_LOGARITHM)
