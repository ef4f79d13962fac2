"""Predict rows so that a row that makes the model raise does not spoil the others."""

from collections.abc import Callable, Sequence
from typing import Protocol, Self, TypeVar


class Sliceable(Protocol):
    """A sequence, or an array of rows, which type checkers do not accept as a `Sequence`."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Self: ...


Rows = TypeVar("Rows", bound=Sliceable)
Result = TypeVar("Result")


def score_isolating(rows: Rows, predict: Callable[[Rows], Sequence[Result]]) -> list[Result | None]:
    """The model's answer for each row, in order; None for a row that makes it raise.

    Predicts all rows in one call. If that raises, halves the rows until each faulty row is alone: k faulty
    rows among n cost O(k log n) calls.
    """
    if len(rows) == 0:  # not `if not rows`: an array of several rows has no truth value
        return []
    try:
        return list(predict(rows))
    except Exception:  # a model may raise anything; only the row matters
        if len(rows) == 1:
            return [None]
        middle = len(rows) // 2
        return score_isolating(rows[:middle], predict) + score_isolating(rows[middle:], predict)
