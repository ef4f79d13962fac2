"""The two lanes of the queue: small work, and bulk work, of which each user gets a fair share."""

from dataclasses import dataclass
from enum import StrEnum


class Lane(StrEnum):
    SMALL = "small"
    """Work that is done in a moment, in the order of its arrival."""
    BULK = "bulk"
    """Work that is large, or beyond a user's fair share. Users take turns by how much was run for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """The most work that is run at once: a number of rows or of bytes of input, whichever is reached first.

    Work costs as many units as a slice has rows, whether it is full of rows or of bytes.
    """

    rows: int
    size: int
    """Bytes."""

    def cost(self, rows: int, size: int) -> int:
        """The cost of so many rows and bytes, in rows: bytes count as the rows that would fill as much of a
        slice."""
        return max(rows, -(-size * self.rows // self.size), 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Small:
    """What counts as small work."""

    rows: int
    size: int
    """Bytes of input."""
    pending: int
    """Unfinished predictions of one user. Further ones are bulk, whatever their size."""

    def lane(self, rows: int, size: int, *, pending: int) -> Lane:
        """The lane of a prediction whose user has `pending` other unfinished predictions."""
        is_small = rows <= self.rows and size <= self.size and pending < self.pending
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
        """The share after work of this cost was begun."""
        return Share(weight=self.weight, start=self.finish, finish=self.finish + cost / self.weight)

    def given_back(self, cost: int, *, now: float) -> "Share":
        """The share after begun work was handed back undone. `now` is the lane's time: idle time is not saved
        up."""
        back = max(self.finish - cost / self.weight, min(self.finish, now))
        return Share(weight=self.weight, start=self.start, finish=back)

    def returned(self, *, now: float) -> "Share":
        """The share of a user who had no waiting work until now: idle time is not saved up."""
        return Share(weight=self.weight, start=self.start, finish=max(self.finish, now))
