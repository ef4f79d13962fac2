"""What a value means to a model: people write one category in several ways, a model knows one of them."""

import re
from collections.abc import Callable

from augury.domain.model import Feature, FeatureKind

_TRUTHS = {"True": True, "true": True, "TRUE": True, "False": False, "false": False, "FALSE": False}
_WORDS = {truth: tuple(text for text, meant in _TRUTHS.items() if meant is truth) for truth in (True, False)}
_WHOLE_NUMBER = re.compile(r"(-?(?:0|[1-9][0-9]*))(\.0+)?")


def from_cell(feature: Feature, text: str) -> str | bool:
    """The value of a table's cell: pandas writes booleans as `True` and `False`, spreadsheets as `TRUE` and
    `FALSE`.

    The text stays as it is where it is no boolean, where the feature is a text, and where the feature's own
    values have it.
    """
    truth = _TRUTHS.get(text.strip())
    if truth is None or feature.kind is FeatureKind.TEXT or text in feature.values:
        return text
    return truth


def category(value: str | float, knows: Callable[[str], bool]) -> str:
    """The text that the model was trained on, if it `knows` one that means the same.

    CatBoost keeps categories as texts: a boolean of training is "1" or "0", a whole number has no point,
    but "1.0" where the column had become floats. Of what is not known, a boolean is "1" or "0", a number has
    no point, and a text stays as it is.
    """
    return next(filter(knows, spellings(value)), _plain(value))


def spellings(value: str | float) -> tuple[str, ...]:
    """All texts of the same meaning; what a model knows of them is taken in this order.

    A text is first of all itself. A boolean is first of all a word: "1" and "0" may be numbers where the
    model was trained on the words.
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
