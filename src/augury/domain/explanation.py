"""Explanations: how much each feature of a row moves the model's answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NotRequired, TypedDict, final

from augury.domain.errors import DomainError
from augury.domain.reasons import Reason

ALL_FEATURES = 32_767
"""The `top` of a request that wants all features explained."""
SECONDS_PER_LEAF = 3e-7
"""About how long each leaf of each explained row takes (`ModelFacts.explain_work`)."""


@dataclass(eq=False)
class NotExplained(DomainError):
    """The model's answers cannot be explained."""

    model: str
    reason: Reason


@dataclass(eq=False)
class ExplanationTooLarge(DomainError):
    """The explanation of that many rows is more work than one request may cause."""

    rows: int
    most_rows: int
    """The most rows that one request can have for this model."""


@dataclass(eq=False)
class NoExplanation(DomainError):
    """The prediction has no explanation of this row: it was not requested, or is not ready yet."""


class Scale(StrEnum):
    """The scale of contributions."""

    LOG_ODDS = "log_odds"
    """The logarithm of a label's odds against its absence."""
    LOG_WEIGHT = "log_weight"
    """The logarithm of a class's weight: its probability is its share of the weights of all classes."""
    VALUE = "value"
    """The unit of the answer itself."""
    LOG_VALUE = "log_value"
    """The logarithm of the answer: e to the power of a contribution is a factor."""


class Effect(StrEnum):
    RAISES = "raises"
    LOWERS = "lowers"
    NONE = "none"

    @classmethod
    def of(cls, contribution: float) -> "Effect":
        return cls.RAISES if contribution > 0 else cls.LOWERS if contribution < 0 else cls.NONE


@final
class WordEffect(TypedDict):
    """How much lower the answer would be without this word."""

    word: str
    contribution: float
    effect: Effect


@final
class Contribution(TypedDict):
    feature: str
    value: NotRequired[str | float | bool | None]
    """The row's value. Missing for texts and embeddings."""
    contribution: float
    effect: Effect
    words: NotRequired[list[WordEffect]]
    """For a text: the words with the strongest effects."""


@final
class Explanation(TypedDict):
    """`base` plus all contributions, listed or `others`, is `total`."""

    of: NotRequired[str]
    """The explained label, target or quantile, if there are several."""
    scale: Scale
    base: float
    """The average over the training data."""
    total: float
    contributions: list[Contribution]
    """The strongest first."""
    others: NotRequired[float]
    """The sum of the contributions that are not listed."""


def explanations_in(answer: Mapping[str, object] | None) -> list[Explanation]:
    """The explanations in a stored answer."""
    found = (answer or {}).get("explanations")
    return found if isinstance(found, list) else []
