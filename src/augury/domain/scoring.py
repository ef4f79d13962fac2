"""Rows through a model, so that a row that breaks it takes no other along."""

from collections.abc import Callable, Sequence
from typing import Protocol, Self, TypeVar


class Sliceable(Protocol):
    """A sequence, or an array of rows: that is no `Sequence` to a type checker."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Self: ...


Rows = TypeVar("Rows", bound=Sliceable)
Answer = TypeVar("Answer")


def score_isolating(rows: Rows, predict: Callable[[Rows], Sequence[Answer]]) -> list[Answer | None]:
    """The model's answer for each row, in order; None for a row that makes it raise.

    All rows go in one call. Only if that raises are they halved until the culprits stand alone: k of
    them among n rows cost O(k log n) calls.
    """
    if len(rows) == 0:  # an array of many rows has no truth of its own
        return []
    try:
        return list(predict(rows))
    except Exception:  # whatever a foreign model raises: which row it was is all that matters here
        if len(rows) == 1:
            return [None]
        middle = len(rows) // 2
        return score_isolating(rows[:middle], predict) + score_isolating(rows[middle:], predict)
