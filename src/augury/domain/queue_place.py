"""The place of a prediction in its lane."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a queued prediction. The times are in seconds, and None while the speed is not known."""

    ahead: int
    """Predictions that are likely to start before it."""
    starts_in: float | None
    starts_in_p90: float | None
    """In nine of ten cases it starts within this time."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A waiting prediction, and the work in its line up to and including it."""

    id: PredictionId
    waiting: int
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Work that is done in order: the small lane, or one user's part of the bulk lane."""

    marks: Sequence[Mark]
    """Some of its predictions by id, including the last one, closer together at the front. Not empty."""
    finish: float = 0.0
    """The user's position in the bulk lane (`Share`)."""
    weight: float = 1.0

    @property
    def waiting(self) -> int:
        return self.marks[-1].waiting

    @property
    def cost(self) -> float:
        return self.marks[-1].cost

    def served_until(self, reached: float) -> tuple[float, float]:
        """The number of predictions, and the work, that are served until the user's share has reached a
        position."""
        served = min(self.cost, max(0.0, (reached - self.finish) * self.weight))
        return self.waiting * served / self.cost, served

    def before(self, id: PredictionId) -> tuple[float, float]:
        """The number of predictions, and the work, in front of this one. It may be newer than all marks.

        Between two marks, predictions are assumed to be spread evenly over their ids, which begin with the
        time.
        """
        low, high = 0, len(self.marks)
        while low < high:
            middle = (low + high) // 2
            if self.marks[middle].id < id:
                low = middle + 1
            else:
                high = middle
        if low == len(self.marks):
            return self.waiting, self.cost
        end = self.marks[low]
        begin = self.marks[low - 1] if low else None
        if begin is None or end.waiting == begin.waiting + 1:
            count, cost = (begin.waiting, begin.cost) if begin else (0, 0.0)
            return end.waiting - 1, end.cost - (end.cost - cost) / (end.waiting - count)
        part = (id.int - begin.id.int) / (end.id.int - begin.id.int)
        return (
            begin.waiting + part * (end.waiting - 1 - begin.waiting),
            begin.cost + part * (end.cost - begin.cost),
        )


class ServiceCurve:
    """How many predictions, and how much cost, the bulk lane serves until the least share reaches a position.
    Both are sums of one function per user, which rises linearly while this user is served."""

    def __init__(self, lines: Iterable[Line]) -> None:
        bends = sorted(
            bend
            for line in lines
            for bend in (
                (line.finish, line.weight * line.waiting / line.cost, line.weight),
                (
                    line.finish + line.cost / line.weight,
                    -line.weight * line.waiting / line.cost,
                    -line.weight,
                ),
            )
        )
        self._positions: list[float] = []
        self._at: list[tuple[float, float, float, float]] = []
        """For each position: predictions, cost, and the slopes of both from there on."""
        position = count = cost = counts = costs = 0.0
        for bend, more_counts, more_costs in bends:
            count, cost = count + counts * (bend - position), cost + costs * (bend - position)
            counts, costs, position = counts + more_counts, costs + more_costs, bend
            self._positions.append(position)
            self._at.append((count, cost, counts, costs))

    def until(self, reached: float) -> tuple[float, float]:
        """The number of predictions, and the cost, that are served until this position."""
        place = bisect_right(self._positions, reached) - 1
        if place < 0:
            return 0.0, 0.0
        count, cost, counts, costs = self._at[place]
        on = reached - self._positions[place]
        return count + counts * on, cost + costs * on


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The waiting predictions at one moment, and how much of them was already there at the previous read.

    There can be thousands of users, so a place is found in logarithmic time. Creating a `Standing` takes a
    few microseconds per user.
    """

    small: Line | None = None
    bulk: Mapping[UserId, Line] = field(default_factory=dict)
    begun: frozenset[PredictionId] = frozenset()
    """Predictions that a worker is running although their rows do not show it yet."""
    small_left: int = 0
    """Predictions of the small lane up to the newest one of the previous read."""
    bulk_left: float = 0.0
    """The cost of such predictions in the bulk lane."""
    last: PredictionId | None = field(init=False)
    """The newest waiting prediction."""
    _service: ServiceCurve = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        lines = [*([self.small] if self.small else []), *self.bulk.values()]
        object.__setattr__(self, "last", max((line.marks[-1].id for line in lines), default=None))
        object.__setattr__(self, "_service", ServiceCurve(self.bulk.values()))

    def before(self, lane: Lane, user_id: UserId, id: PredictionId) -> tuple[float, float]:
        """The number of predictions, and the work, that are likely to start before this one.

        In the bulk lane, users whose shares are behind are served first (start-time fair queueing).
        """
        if lane is Lane.SMALL:
            return self.small.before(id) if self.small else (0.0, 0.0)
        own = self.bulk.get(user_id)
        if own is None:
            return self._service.until(0.0)
        count, cost = own.before(id)
        reached = own.finish + cost / own.weight
        everyone, own_part = self._service.until(reached), own.served_until(reached)
        return (
            count + max(0.0, everyone[0] - own_part[0]),
            cost + max(0.0, everyone[1] - own_part[1]),
        )
