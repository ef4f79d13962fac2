"""The inputs of a model, and the check of rows."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from augury.domain.feature import MOST_TEXT, Feature, FeatureKind
from augury.domain.model_texts import UnfitForModel
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.row_errors import RowError, RowFault
from augury.domain.text import is_storable

GROUP = "group"
"""The member of a row that names its group, for a model that ranks. A row may lack it."""


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
                raise UnfitForModel(reason=Reason.of(ReasonCode.CATEGORY_CHARACTERS, name=name))
        categorical = [feature.name for feature in self.features if feature.kind is FeatureKind.CATEGORICAL]
        if unknown := next(iter(categories.keys() - set(categorical)), None):
            known = ", ".join(categorical) or "none"
            raise UnfitForModel(reason=Reason.of(ReasonCode.NOT_CATEGORICAL, name=unknown, known=known))
        return replace(
            self,
            features=tuple(
                replace(feature, values=tuple(dict.fromkeys(categories.get(feature.name, feature.values))))
                for feature in self.features
            ),
        )

    def differences(self, other: Self) -> Iterator[Reason]:
        """The changes that a row for `other` needs to fit this schema."""
        mine, others = ({feature.name: feature.kind for feature in each.features} for each in (self, other))
        if new := [name for name in mine if name not in others]:
            yield Reason.of(ReasonCode.NEEDS, names=", ".join(new))
        if gone := [name for name in others if name not in mine]:
            yield Reason.of(ReasonCode.DOES_NOT_TAKE, names=", ".join(gone))
        common = [name for name in mine if name in others]
        for name in common:
            if mine[name] is not others[name]:
                yield Reason.of(ReasonCode.OTHER_KIND, name=name, mine=mine[name], other=others[name])
        lengths = {feature.name: feature.length for feature in other.features}
        for feature in self.features:
            if feature.name in common and feature.length != lengths[feature.name] and feature.length:
                yield Reason.of(ReasonCode.OTHER_LENGTH, name=feature.name, count=feature.length)
        may_be_null = {feature.name for feature in other.features if feature.nullable}
        must_be_there = {feature.name for feature in self.features if not feature.nullable}
        if strict := [name for name in common if name in must_be_there & may_be_null]:
            yield Reason.of(ReasonCode.NO_MISSING_VALUES, names=", ".join(strict))

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
