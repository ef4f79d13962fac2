"""The speed of a model version, as it was measured. Work is weighted by it."""

from dataclasses import dataclass
from typing import Self

CALL = 0.0005
"""The fixed time of a call, in seconds."""
UNKNOWN = 0.00005
"""Seconds per row of a version before it was measured. The starter model takes less than half of it."""
FEW = 20
"""Until a call with this many rows was measured, or enough smaller calls, only this many rows of a version
count as small work."""
_FORGETTING = 8e7  # twenty slices of 2,000 rows: older measurements fade as newer ones come


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """The line through the origin that fits the measured calls best: seconds by units of work.

    A unit is a row, or as many bytes as fill as much of a slice (`SliceLimit.units`). Large calls weigh more,
    by the square of their units: they show best what a row costs.
    """

    squares: float = 0.0
    """The sum of units², over all calls."""
    products: float = 0.0
    """The sum of units × seconds, without the fixed time of each call."""

    @classmethod
    def of_call(cls, units: float, seconds: float) -> Self:
        return cls(squares=units * units, products=units * max(0.0, seconds - CALL))

    def then(self, later: Self) -> Self:
        """This and later measurements together."""
        whole = self.squares + later.squares
        kept = 1.0 if whole <= _FORGETTING else max(0.0, _FORGETTING - later.squares) / (self.squares or 1)
        return type(self)(
            squares=self.squares * kept + later.squares, products=self.products * kept + later.products
        )

    @property
    def is_known(self) -> bool:
        return self.squares >= FEW * FEW

    def seconds(self, units: float) -> float:
        """The likely duration of a call with that much work, on one processor."""
        prior = FEW * FEW
        return units * (self.products + prior * UNKNOWN) / (self.squares + prior)


NOT_MEASURED = Speed()
