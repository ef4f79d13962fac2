"""A model's answer to one row, in the form in which it is stored and sent."""

import json
from typing import NotRequired, TypeAlias, TypedDict, cast, final


@final
class Classification(TypedDict):
    """A dictionary rather than a dataclass: a batch may have ten thousand, and each is encoded as it is."""

    label: str
    probabilities: NotRequired[dict[str, float]]
    """By label. Missing if the model gives none."""


@final
class Estimate(TypedDict):
    value: float


Answer: TypeAlias = Classification | Estimate


def answers_in(output: bytes | None) -> list[Answer | None]:
    """The answers in a stored output, one per row; None for a row that was not predicted.

    The output is a JSON list, or one object for a single row. Without an output, the list is empty.
    """
    found = json.loads(output) if output else []
    return cast("list[Answer | None]", found if isinstance(found, list) else [found])
