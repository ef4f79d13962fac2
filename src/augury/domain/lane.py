"""The two lanes of the queue: small work, and bulk work, of which each user gets a fair share."""

from dataclasses import dataclass
from enum import StrEnum
from math import ceil
from typing import Self

from augury.domain.speed import FEW, NOT_MEASURED, Speed

MOST_WEIGHT = 10_000.0
"""Slower models count as if they were this many times as slow, so that costs stay bounded."""


class Lane(StrEnum):
    SMALL = "small"
    """Work that takes a moment. It is done in the order of its arrival."""
    BULK = "bulk"
    """Work that is large, or beyond a user's fair share. Users take turns by how much was run for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceLimit:
    """The most work that is run at once: a number of rows, of bytes of input or of seconds, whichever is
    reached first.

    Work costs as many units as a slice has rows, whether it is full of rows, of bytes, or of seconds.
    """

    rows: int
    size: int
    """Bytes."""
    seconds: float = 0.1

    def units(self, rows: int, size: int) -> int:
        """The amount of work in rows. Bytes count as the number of rows that would fill the same part of a
        slice."""
        return max(rows, -(-size * self.rows // self.size), 1)

    def weight(self, speed: Speed) -> float:
        """The cost of one unit: 1, or more for a model that is too slow to run a full slice in time."""
        return min(max(1.0, speed.seconds(self.rows) / self.seconds), MOST_WEIGHT)

    def cost(self, rows: int, size: int, speed: Speed = NOT_MEASURED) -> int:
        """The cost of this many rows and bytes, in rows of a fast model."""
        return ceil(self.units(rows, size) * self.weight(speed))

    def cost_of_seconds(self, seconds: float) -> int:
        """The cost of work that takes this long on one processor."""
        return ceil(seconds * self.rows / self.seconds)

    def at(self, speed: Speed) -> Self:
        """The slice of a model of this speed: smaller if the model is slow."""
        weight = self.weight(speed)
        return type(self)(
            rows=max(1, int(self.rows / weight)), size=max(1, int(self.size / weight)), seconds=self.seconds
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """What counts as small work."""

    rows: int
    size: int
    """Bytes of input."""
    pending: int
    """Unfinished predictions of one user. Further ones are bulk, whatever their size."""
    seconds: float
    """Seconds that one user's unfinished predictions may take together, assuming that all are like the one
    that is being decided."""

    def lane(self, rows: int, size: int, *, units: int, speed: Speed, pending: int) -> Lane:
        """The lane of a prediction of `units` of work, whose user has `pending` other unfinished ones."""
        is_small = (
            rows <= self.rows
            and size <= self.size
            and pending < self.pending
            and (units <= FEW or speed.is_known)
            and speed.seconds(units) * (pending + 1) <= self.seconds
        )
        return Lane.SMALL if is_small else Lane.BULK


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of the bulk lane a user was given, by start-time fair queueing (Goyal, Vin, Cheng 1996).

    The user with the least `finish` is next. Work raises it by cost / weight. So users who wait at the same
    time are served in proportion to their weights.
    """

    weight: float = 1.0
    start: float = 0.0
    """`finish` before the last work began. The highest `start` of all users is the lane's time."""
    finish: float = 0.0

    def served(self, cost: int) -> "Share":
        """The share after work of this cost has started."""
        return Share(weight=self.weight, start=self.finish, finish=self.finish + cost / self.weight)

    def given_back(self, cost: int, *, now: float) -> "Share":
        """The share after work was handed back unfinished. `now` is the lane's time: idle time is not saved
        up."""
        back = max(self.finish - cost / self.weight, min(self.finish, now))
        return Share(weight=self.weight, start=self.start, finish=back)

    def returned(self, *, now: float) -> "Share":
        """The share of a user who had no waiting work until now: idle time is not saved up."""
        return Share(weight=self.weight, start=self.start, finish=max(self.finish, now))
