"""The speed of a lane, from which the likely start of a prediction is estimated."""

from collections import deque
from dataclasses import dataclass, field
from math import exp

from augury.domain.identifiers import PredictionId, UserId
from augury.domain.queue_place import Standing

SMOOTHING = 4.0
"""Rates are averaged over this many seconds: half a minute would be too slow for a changing load."""
REMEMBERED = 64
"""The number of estimates that are kept to compare them with the actual waits."""
ENOUGH = 8
"""At least this many compared waits are needed to know the error of estimates."""
UNSURE = 2.0
"""The factor by which a wait may exceed its estimate while the error is unknown."""


@dataclass(slots=True)
class Pace:
    """The speed of one lane in work per second, measured from the work that has left it, and the error of
    estimates."""

    rate: float | None = None
    _waits: deque[tuple[UserId | None, PredictionId, float, float]] = field(default_factory=deque)
    _ratios: deque[float] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def learn(self, done: float, seconds: float, *, is_empty: bool) -> None:
        """`done` units of work were started in this time. If the lane is now empty, the speed may be
        higher."""
        seen = done / seconds
        if self.rate is None:
            self.rate = seen or None
        elif not is_empty or seen > self.rate:
            self.rate += (seen - self.rate) * (1 - exp(-seconds / SMOOTHING))

    @property
    def room(self) -> int:
        """How many more estimates can be kept."""
        return REMEMBERED - len(self._waits)

    def expect(self, user: UserId | None, last: PredictionId, starts_in: float, now: float) -> None:
        """Keep an estimate, to compare it with the actual wait later. The times are in seconds."""
        if starts_in > 1 and self.room:
            self._waits.append((user, last, now, starts_in))

    def compare(self, standing: Standing, now: float) -> None:
        """Compare the estimates with the waits of predictions that have started since."""
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
        """In nine of ten cases, a wait is at most this many times as long as its estimate."""
        if len(self._ratios) < ENOUGH:
            return UNSURE
        return max(1.0, sorted(self._ratios)[int(0.9 * len(self._ratios))])
