"""The usage of model versions: predictions, failures, durations and answers."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import add
from typing import Self

from augury.domain.quantiles import quantile

BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
"""Upper bounds of durations, in seconds. A duration counts for the first bound that it does not exceed,
otherwise for the last bucket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Counts of one version."""

    succeeded: int = 0
    failed: int = 0
    rows: int = 0
    invalid_rows: int = 0
    """Rows without an answer from the model."""
    seconds: float = 0.0
    """The sum of the durations of the model's calls. If a call answers several predictions, its duration
    counts for each."""
    durations: tuple[int, ...] = (0,) * (len(BOUNDS) + 1)
    """Predictions by the duration of their call, see `BOUNDS`."""
    labels: Mapping[str, int] = field(default_factory=dict)
    """The number of answers with each label."""
    value_count: int = 0
    """Values of regressions: their number, their sum, and the sum of their squares."""
    value_sum: float = 0.0
    value_squares: float = 0.0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            succeeded=self.succeeded + other.succeeded,
            failed=self.failed + other.failed,
            rows=self.rows + other.rows,
            invalid_rows=self.invalid_rows + other.invalid_rows,
            seconds=self.seconds + other.seconds,
            durations=tuple(map(add, self.durations, other.durations)),
            labels=dict(Counter(self.labels) + Counter(other.labels)),
            value_count=self.value_count + other.value_count,
            value_sum=self.value_sum + other.value_sum,
            value_squares=self.value_squares + other.value_squares,
        )

    @property
    def predictions(self) -> int:
        return self.succeeded + self.failed

    @property
    def error_rate(self) -> float | None:
        """The share of failed predictions. None without predictions."""
        return self.failed / self.predictions if self.predictions else None

    @property
    def mean_seconds(self) -> float | None:
        counted = sum(self.durations)
        return self.seconds / counted if counted else None

    def quantile(self, share: float) -> float | None:
        """The duration in seconds that this share of the predictions did not exceed, rounded up to one of
        `BOUNDS`; infinity if it is above all of them. None without predictions."""
        return quantile(self.durations, BOUNDS, share)

    @property
    def label_shares(self) -> dict[str, float]:
        """The most frequent label first."""
        answers = sum(self.labels.values())
        ordered = sorted(self.labels.items(), key=lambda each: (-each[1], each[0]))
        return {label: count / answers for label, count in ordered}

    @property
    def mean_value(self) -> float | None:
        return self.value_sum / self.value_count if self.value_count else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the values."""
        mean = self.mean_value
        if mean is None:
            return None
        return math.sqrt(max(0.0, self.value_squares / self.value_count - mean * mean))


NOTHING = Usage()
