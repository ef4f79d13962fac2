"""Map values to categories: people write a category in several ways, but a model knows only one of them."""

import re
from collections.abc import Callable

from augury.domain.feature import Feature, FeatureKind

_TRUTHS = {"True": True, "true": True, "TRUE": True, "False": False, "false": False, "FALSE": False}
_TRUTHS |= {"ИСТИНА": True, "ЛОЖЬ": False}
_WORDS = {truth: tuple(text for text, meant in _TRUTHS.items() if meant is truth) for truth in (True, False)}
_WHOLE_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.0+)?")


def from_cell(feature: Feature, text: str) -> str | bool:
    """The value of a table's cell. pandas writes booleans as `True` and `False`, spreadsheets as `TRUE` and
    `FALSE`, and in Russian as `ИСТИНА` and `ЛОЖЬ`.

    Returns the text unchanged if it is not a boolean, if the feature is a text, or if the feature's values
    include it.
    """
    truth = _TRUTHS.get(text.strip())
    if truth is None or feature.kind is FeatureKind.TEXT or text in feature.values:
        return text
    return truth


def category(value: str | float, knows: Callable[[str], bool]) -> str:
    """The model's own text for this category, if it `knows` one with the same meaning.

    CatBoost stores categories as texts. From training data, a boolean becomes "1" or "0", and a whole number
    "1", or "1.0" if the column held floats. An unknown boolean becomes "1" or "0" here, an unknown number
    has no decimal point, and an unknown text stays unchanged.
    """
    return next(filter(knows, spellings(value)), _plain(value))


def spellings(value: str | float) -> tuple[str, ...]:
    """All texts with the same meaning, in the order of preference.

    A text itself comes first. For a boolean, words come first: if the model was trained on words, "1" and "0"
    may be its numbers.
    """
    if isinstance(value, bool):
        return *_WORDS[value], str(int(value)), f"{int(value)}.0"
    plain = _plain(value)
    if number := _WHOLE_NUMBER.fullmatch(plain):
        return plain, number[1] if number[2] else f"{number[1]}.0"
    truth = _TRUTHS.get(plain)
    return (plain,) if truth is None else (plain, *spellings(truth))


def _plain(value: str | float) -> str:
    return value if isinstance(value, str) else str(int(value))
