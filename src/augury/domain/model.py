"""Models: what they want of a row, what they answer, what a row costs."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Self

from augury.domain.balance import MOST_CREDITS, InvalidAmount
from augury.domain.errors import DomainError
from augury.domain.row_errors import RowError, RowFault
from augury.domain.text import is_storable

MOST_NUMBER = 3.4028234663852886e38  # the largest float32: CatBoost reads numbers as such
MOST_CATEGORY_NUMBER = 2**63 - 1
MOST_ROW_PRICE = 1_000_000

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")


@dataclass(eq=False)
class ModelNotFound(DomainError):
    """There is no such model, or it serves no more predictions."""

    model: str


@dataclass(eq=False)
class InvalidModelName(DomainError):
    """A model's name is 1 to 63 of the characters a-z, 0-9, "_" and "-", the first a letter or digit."""

    name: str


@dataclass(eq=False)
class ModelRefused(DomainError):
    """The file is no model that can be served."""

    reason: str


class FeatureKind(StrEnum):
    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Feature:
    """One named input of a model; `values` are the categories it was trained on, where it knows them."""

    name: str
    kind: FeatureKind
    values: tuple[str, ...] = ()

    def fault(self, value: object) -> RowFault | None:
        """What is wrong with the value, or None. An unseen category is fine: models are made for that.

        A boolean is a number or a category as 1 or 0. A category may be a whole number that is written as a
        float: pandas writes it so after a missing value.
        """
        match self.kind:
            case FeatureKind.NUMERIC:
                if value is None:  # a missing number: CatBoost has a place for it
                    return None
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
                if isinstance(value, str) and not is_storable(value):
                    return RowFault.NOT_STORABLE
            case FeatureKind.TEXT:
                if not isinstance(value, str):
                    return RowFault.NOT_A_TEXT
                if not is_storable(value):
                    return RowFault.NOT_STORABLE
        return None


@dataclass(frozen=True, slots=True)
class InputSchema:
    """The features of a model, in the model's own order."""

    features: tuple[Feature, ...]

    def check(self, row: object, index: int = 0) -> RowError | None:
        """The first thing that is wrong with the row, or None."""
        if not isinstance(row, Mapping):
            return RowError(index, None, RowFault.NOT_AN_OBJECT)
        for feature in self.features:
            try:
                value = row[feature.name]
            except KeyError:
                return RowError(index, feature.name, RowFault.MISSING)
            if fault := feature.fault(value):
                return RowError(index, feature.name, fault)
        if len(row) > len(self.features):
            known = {feature.name for feature in self.features}
            unknown = next(str(name) for name in row if name not in known)
            return RowError(index, unknown, RowFault.UNKNOWN)
        return None

    def check_all(self, rows: Sequence[object]) -> list[RowError]:
        """The first error of every row that has one, in the order of the rows."""
        return [error for index, row in enumerate(rows) if (error := self.check(row, index))]


class Task(StrEnum):
    CLASSIFICATION = "classification"
    REGRESSION = "regression"


class ValueIs(StrEnum):
    """What the number means that a regression answers."""

    MEAN = "mean"
    MEDIAN = "median"
    QUANTILE = "quantile"
    """A share `alpha` of the targets lies below it."""
    EXPECTILE = "expectile"
    """Like a mean, with a share `alpha` of the weight on targets above it."""
    TYPICAL = "typical"
    """A typical target: the loss asks neither for the mean nor for a quantile."""
    RATE = "rate"
    """The expected number of events."""
    LOG_HAZARD = "log_hazard"
    """The logarithm of a relative hazard: it orders the rows, and has no unit."""
    SCORE = "score"
    """A raw score of the model's own: only whoever made it knows its unit."""
    UNKNOWN = "unknown"
    """The file does not say."""


class ReadAs(StrEnum):
    """How a regression's raw value becomes its answer."""

    RAW = "raw"
    """As it is."""
    EXPONENT = "exponent"
    """e to its power: the model learned the logarithm of the target."""


@dataclass(frozen=True, slots=True)
class ModelRef:
    """A version of a model, written `name@version`."""

    name: str
    version: int

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `name@version`; raises `ModelNotFound`, since nothing else has a name of that shape."""
        name, _, version = text.partition("@")
        if not (_NAME.fullmatch(name) and version.isascii() and version.isdigit() and len(version) < 10):
            raise ModelNotFound(model=text)
        return cls(name, int(version))


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFacts:
    """What a model file says of itself."""

    task: Task
    schema: InputSchema
    classes: tuple[str, ...]
    """The labels of a classifier, in the order of its probabilities; empty for a regression."""
    metrics: Mapping[str, float]
    threshold: float | None = None
    """Of a classifier of two classes: the second one is answered where its probability is above this."""
    value_is: ValueIs | None = None
    """Of a regression: what its value means."""
    alpha: float | None = None
    """Of a quantile or an expectile: between 0 and 1."""
    read_as: ReadAs | None = None
    """Of a regression: how its raw value is read; None where it was added before this was known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One version of a model as it is offered."""

    ref: ModelRef
    facts: ModelFacts
    sha256: str
    """Which file in the store, in hexadecimal."""
    row_price: int
    """Credits per row."""
    active: bool
    """Whether a request that names no version gets this one."""
    retired: bool = False
    created_at: datetime

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.ref.name):
            raise InvalidModelName(name=self.ref.name)
        if not 0 <= self.row_price <= MOST_ROW_PRICE:
            raise InvalidAmount(amount=self.row_price, most=MOST_ROW_PRICE)

    def price(self, rows: int) -> int:
        """What so many rows cost at the most."""
        price = self.row_price * rows
        if price > MOST_CREDITS:
            raise InvalidAmount(amount=price)
        return price
