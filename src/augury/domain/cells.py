"""Values of a table's cells: each cell is a text, and each feature of a model needs a value."""

import json
from collections import defaultdict
from collections.abc import Collection, Sequence
from enum import Enum
from math import isfinite

from augury.domain.feature import Feature, FeatureKind
from augury.domain.numbers import ALL, Convention, number
from augury.domain.values import from_cell


class Absent(Enum):
    """A row has no value for a feature."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


class NameIndex:
    """Finds a name exactly, or else without surrounding whitespace: ` score ` and `score` may both exist."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = set(names)
        bare: dict[str, list[str]] = defaultdict(list)
        for name in names:
            bare[name.strip()].append(name)
        self._bare = {text: found[0] for text, found in bare.items() if len(found) == 1}

    def find(self, text: str) -> str | None:
        if text in self._names:
            return text
        text = text.strip()
        return text if text in self._names else self._bare.get(text)


def known_values(feature: Feature) -> NameIndex:
    return NameIndex(feature.values)


def text_in(cell: str, feature: Feature, known: NameIndex) -> object:
    """The text, boolean or embedding in a cell. An empty category or embedding is absent: a table has no
    other way to say that. An empty date is None, a missing date.

    `known` has the feature's values.
    """
    if feature.kind is FeatureKind.EMBEDDING:
        return embedding_in(cell) if cell.strip() else ABSENT
    found = known.find(cell)
    text = cell.strip() if found is None else found
    if feature.kind is FeatureKind.DATE:
        return text or None
    if text or found is not None or feature.kind is FeatureKind.TEXT:
        return from_cell(feature, text)
    return ABSENT


def embedding_in(cell: str) -> object:
    """The list in a cell that has a JSON array, else its text, which does not fit the model."""
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        return cell
    return found if isinstance(found, list) else cell


def number_in(
    cell: str, feature: Feature, conventions: Collection[Convention], *, is_doubtful: bool
) -> object:
    """The number or boolean in a cell, None for an empty cell, else its text, which does not fit the model.

    `conventions` are those that its column follows. `is_doubtful` says that the column does not show how to
    read a point, and that the file has decimal commas. `nan` and `1e999` stay texts: JSON would turn them
    into missing numbers, which are predicted and charged. Raises `TwoReadings`.
    """
    text = cell.strip()
    value = number(text, conventions or ALL)
    if is_doubtful and "." in text:
        number(text.replace(".", ","), ALL)
    if value is not None and isfinite(value):
        return value
    return from_cell(feature, text) if text else None
