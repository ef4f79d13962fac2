"""A model's answer to one row, in the shape in which it is stored, sent and read again."""

import json
from typing import NotRequired, TypeAlias, TypedDict, cast, final


@final
class Classification(TypedDict):
    """A dictionary, not a dataclass: it is JSON at once, and ten thousand of them are made for one batch."""

    label: str
    probabilities: NotRequired[dict[str, float]]
    """By label; left out by a model that gives none."""


@final
class Estimate(TypedDict):
    value: float


Answer: TypeAlias = Classification | Estimate


def answers_in(output: bytes | None) -> list[Answer | None]:
    """The answer to each row of a stored output, None for a row that was not predicted.

    The output of a single row is one object; without an output there are no answers.
    """
    found = json.loads(output) if output else []
    return cast("list[Answer | None]", found if isinstance(found, list) else [found])
