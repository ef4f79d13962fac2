from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from augury.application.money.ports import Ledger, LedgerCheck
from augury.application.operation.ports import FiguresOverTime, Point, ProcessRole
from augury.application.ports import Clock
from augury.application.predictions.ports.reads import Predictions
from augury.domain.figures import NOTHING, Step

MOST_COUNTED = 1_000_000
"""Unfinished predictions are counted up to this number."""
ALIVE = timedelta(seconds=20)
"""How long after its last sign of life a process counts as alive: four times the pause between two signs."""


class Span(StrEnum):
    """The period of an overview."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"


STEPS = {
    Span.HOUR: (Step.MINUTE, 60),
    Span.DAY: (Step.HOUR, 24),
    Span.MONTH: (Step.DAY, 31),
}
"""The length of a point, and the number of points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    points: Sequence[Point]
    """One point for each minute, hour or day, in order, including empty ones. The last one is still
    incomplete."""
    step: timedelta
    unfinished: int
    oldest: datetime | None
    """The time at which the oldest unfinished prediction was accepted."""
    processes: Sequence[ProcessRole]
    """The roles of the processes that are alive."""
    last_check: LedgerCheck | None

    @property
    def workers(self) -> int:
        return sum(each in (ProcessRole.WORKER, ProcessRole.UP) for each in self.processes)


@dataclass(frozen=True, slots=True, kw_only=True)
class LookOver:
    """Show the state of the service: predictions, revenue and latencies in the last hour, day or month, and
    the current queue, workers and last check of the books."""

    figures: FiguresOverTime
    predictions: Predictions
    ledger: Ledger
    clock: Clock

    async def __call__(self, span: Span) -> Overview:
        """Reads stored sums, never the history."""
        step, most = STEPS[span]
        alive = await self.figures.alive(within=ALIVE)
        return Overview(
            points=self._without_gaps(await self.figures.read(step, most=most), step.length, most),
            step=step.length,
            unfinished=await self.predictions.waiting(at_most=MOST_COUNTED),
            oldest=await self.predictions.oldest_waiting(),
            processes=[each.part for each in alive],
            last_check=await self.ledger.last_check(),
        )

    def _without_gaps(self, found: Sequence[Point], length: timedelta, most: int) -> Sequence[Point]:
        seconds = int(length.total_seconds())
        now = max([int(self.clock.now().timestamp()), *(int(each.at.timestamp()) for each in found)])
        last = now // seconds * seconds
        known = {int(each.at.timestamp()): each.figures for each in found}
        times = [last - seconds * back for back in range(most - 1, -1, -1)]
        return [Point(datetime.fromtimestamp(each, UTC), known.get(each, NOTHING)) for each in times]
