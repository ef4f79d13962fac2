"""One input of a model, and the check of its values."""

from dataclasses import dataclass
from enum import StrEnum

from augury.domain.dates import read_date
from augury.domain.row_errors import RowFault
from augury.domain.text import is_storable

MOST_NUMBER = 3.4028234663852886e38  # the largest float32: CatBoost reads numbers as such

MOST_CATEGORY_NUMBER = 2**63 - 1

MOST_TEXT = 100_000
"""Characters of a text or a category, if the operator sets no other limit."""

MOST_EMBEDDING = 100_000
"""The most numbers of an embedding."""


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
    """How many numbers an embedding has. None for other features, and if the model accepts any length."""

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
