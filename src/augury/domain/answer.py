"""A model's answer to one row, in the form in which it is stored and sent.

These are dictionaries rather than dataclasses: a batch may have ten thousand, and each is encoded as it is.
"""

import json
from typing import NotRequired, TypeAlias, TypedDict, cast, final


@final
class Classification(TypedDict):
    """One of several classes."""

    label: str
    probabilities: NotRequired[dict[str, float]]
    """By label. Missing if the model gives none."""
    others: NotRequired[float]
    """The sum of the probabilities that are not listed, if only the likeliest are (`top`)."""


@final
class Labels(TypedDict):
    """Any number of labels at once."""

    labels: list[str]
    """The labels that are more probable than not."""
    probabilities: dict[str, float]
    """By label. They are independent, so they do not add up to 1."""
    others: NotRequired[float]
    """The sum of the probabilities that are not listed, if only the likeliest are (`top`)."""


@final
class Estimate(TypedDict):
    """One number."""

    value: float
    standard_deviation: NotRequired[float]
    """The standard deviation of the target around the value, if the model estimates it."""
    rank: NotRequired[int]
    """For a ranking: the place of the row in its group, from 1. Rows with the same value share a place."""


@final
class Estimates(TypedDict):
    """Several numbers: for several targets, or several quantiles of one target."""

    values: dict[str, float]
    """By the name of the target, or by the quantile's alpha."""


Answer: TypeAlias = Classification | Labels | Estimate | Estimates


def answers_in(output: bytes | None) -> list[Answer | None]:
    """The answers in a stored output, one per row; None for a row that was not predicted.

    The output is a JSON list, or one object for a single row. Without an output, the list is empty.
    """
    found = json.loads(output) if output else []
    return cast("list[Answer | None]", found if isinstance(found, list) else [found])
