"""How large the answer to one row can be, as JSON."""

import json
from collections.abc import Sequence
from functools import lru_cache

from augury.domain.answer_form import ModelTask

_AROUND, _PROBABILITY, _NUMBER = 40, 19, 28
"""The bytes of an answer without its names and numbers, the bytes of one probability with its separator, and
those of one value: probabilities are rounded, values are not."""

_EXPLANATION, _CONTRIBUTION = 400, 240
"""The bytes of an explanation without its contributions, and those of one of these without its name."""

_BESIDE = 40
"""The bytes of a standard deviation or of a rank with its name."""


@lru_cache(maxsize=64)
def answer_bytes_of(
    task: ModelTask, classes: tuple[str, ...], outputs: tuple[str, ...], top: int | None
) -> int:
    """The maximum size of the answer to one row, in bytes of JSON, if it lists `top` classes; None: all."""
    names = [len(json.dumps(name, ensure_ascii=False).encode("utf-8", "replace")) for name in classes]
    listed, beside = names, _AROUND
    if top is not None:
        listed, beside = sorted(names, reverse=True)[:top], _AROUND + _BESIDE
    match task:
        case ModelTask.CLASSIFICATION:
            return beside + max(names, default=0) + sum(listed) + _PROBABILITY * max(1, len(listed))
        case ModelTask.MULTILABEL:
            return beside + sum(name + 1 for name in names) + sum(each + _PROBABILITY for each in listed)
        case ModelTask.MULTI_REGRESSION:
            return _AROUND + sum(len(json.dumps(name)) + _NUMBER for name in outputs)
        case _:
            return _AROUND + _PROBABILITY + _BESIDE * (task is not ModelTask.REGRESSION)


def explanation_bytes_of(features: Sequence[str], *, numbers: int, top: int) -> int:
    """The maximum size of a row's explanations, in bytes of JSON, without the words of texts. Each of the
    `numbers` has one explanation, which lists `top` features."""
    longest = max(len(json.dumps(name)) for name in features)
    return numbers * (_EXPLANATION + min(top, len(features)) * (_CONTRIBUTION + longest))
