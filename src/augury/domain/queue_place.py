"""The place of a prediction in its lane, and when it is likely to start."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import exp

from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane

SMOOTHING = 4.0
"""Seconds over which a rate is averaged: half a minute would be too slow for a load that changes."""
REMEMBERED = 64
"""Waits whose estimates are compared with what came."""
ENOUGH = 8
"""Compared waits that are needed to say how far off estimates are."""
UNSURE = 2.0
"""How much longer a wait may be than estimated while that is unknown."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a queued prediction stands. The times are seconds, None while the speed is not known."""

    ahead: int
    """Predictions that are likely to start before it."""
    starts_in: float | None
    starts_in_p90: float | None
    """It starts within this time in nine of ten cases."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A prediction that waits, and how much of its line waits up to it, with itself."""

    id: PredictionId
    waiting: int
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Work that is done in order: all of the small lane, or one user's in the bulk lane."""

    marks: Sequence[Mark]
    """Some of the predictions in it by id, the last one included, closer together at its front. Not empty."""
    finish: float = 0.0
    """How much the user was given of the bulk lane (`Share`)."""
    weight: float = 1.0

    @property
    def waiting(self) -> int:
        return self.marks[-1].waiting

    @property
    def cost(self) -> float:
        return self.marks[-1].cost

    def before(self, id: PredictionId) -> tuple[float, float]:
        """How many predictions and how much work wait in front of this one, which may have come later.
        Between two marks, predictions are taken to be spread evenly over their ids, which begin with the
        time."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What waits at one moment, and how much of that already waited the time before."""

    small: Line | None = None
    bulk: Mapping[UserId, Line] = field(default_factory=dict)
    begun: frozenset[PredictionId] = frozenset()
    """Predictions that a worker runs, and whose rows do not show that yet."""
    small_left: int = 0
    """Predictions of the small lane up to the id that was asked for."""
    bulk_left: float = 0.0
    """The cost of those of the bulk lane."""

    @property
    def last(self) -> PredictionId | None:
        """The newest prediction that waits."""
        lines = [*([self.small] if self.small else []), *self.bulk.values()]
        return max((line.marks[-1].id for line in lines), default=None)

    def before(self, lane: Lane, user_id: UserId, id: PredictionId) -> tuple[float, float]:
        """How many predictions and how much work are likely to start before this one.

        In the bulk lane, other users are served as far as their shares are behind (start-time fair queueing).
        """
        if lane is Lane.SMALL:
            return self.small.before(id) if self.small else (0.0, 0.0)
        own = self.bulk.get(user_id)
        count, cost = own.before(id) if own else (0.0, 0.0)
        reached = (own.finish + cost / own.weight) if own else 0.0
        for user, line in self.bulk.items():
            if user != user_id:
                served = min(line.cost, max(0.0, (reached - line.finish) * line.weight))
                cost += served
                count += line.waiting * served / line.cost
        return count, cost


@dataclass(slots=True)
class Pace:
    """The work per second of one lane, learned from what has left it, and how far off estimates were."""

    rate: float | None = None
    _waits: deque[tuple[UserId | None, PredictionId, float, float]] = field(default_factory=deque)
    _ratios: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def learn(self, done: float, seconds: float, *, is_empty: bool) -> None:
        """`done` units of work were begun in this time. If the lane is empty now, it could have been more."""
        seen = done / seconds
        if self.rate is None:
            self.rate = seen or None
        elif not is_empty or seen > self.rate:
            self.rate += (seen - self.rate) * (1 - exp(-seconds / SMOOTHING))

    def expect(self, user: UserId | None, last: PredictionId, starts_in: float, now: float) -> None:
        """Note an estimate, to be compared with what comes."""
        if starts_in > 1 and len(self._waits) < REMEMBERED:
            self._waits.append((user, last, now, starts_in))

    def compare(self, standing: Standing, now: float) -> None:
        """Compare the estimates of what has started since."""
        kept: deque[tuple[UserId | None, PredictionId, float, float]] = deque()
        for user, last, at, expected in self._waits:
            line = standing.small if user is None else standing.bulk.get(user)
            if line is None or line.marks[0].id > last:
                self._ratios.append((now - at) / expected)
            else:
                kept.append((user, last, at, expected))
        self._waits = kept

    @property
    def p90(self) -> float:
        """How many times as long as estimated the wait is at most in nine of ten cases."""
        if len(self._ratios) < ENOUGH:
            return UNSURE
        return max(1.0, sorted(self._ratios)[int(0.9 * len(self._ratios))])
