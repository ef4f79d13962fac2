from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from augury.application.models.ports.counts import CountsOverTime, VersionCounts
from augury.application.models.ports.models import Models
from augury.application.ports import Clock
from augury.domain.model import Model, ModelNotFound, ModelRef, ModelState
from augury.domain.usage import NOTHING, Usage


class ChartPeriod(StrEnum):
    HOUR = "hour"
    DAY = "day"


STEPS = {
    ChartPeriod.HOUR: (timedelta(hours=1), timedelta(minutes=1)),
    ChartPeriod.DAY: (timedelta(days=1), timedelta(hours=1)),
}
"""The length of a period, and of its steps."""


@dataclass(frozen=True, slots=True)
class Charted:
    """A version and its counts."""

    model: Model
    total: Usage
    """The sum of the steps, with labels."""
    points: Sequence[Usage]
    """One for each step, including empty ones."""


@dataclass(frozen=True, slots=True)
class Chart:
    times: Sequence[datetime]
    """The beginning of each step, in order. The first and the last step are incomplete."""
    versions: Sequence[Charted]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartVersions:
    """Show predictions, failures, durations and answers of a version over time, and those of the active
    version. An active version is shown with its canary, if it has one."""

    models: Models
    counts: VersionCounts
    clock: Clock

    async def __call__(self, ref: ModelRef, period: ChartPeriod) -> Chart:
        """The active version first. Raises `ModelNotFound`."""
        shown = self._beside(ref, await self.models.versions(ref.name))
        within, step = STEPS[period]
        found = await self.counts.by_step([each.ref for each in shown], within=within, step=step)
        times = self._times(found, within, step)
        return Chart(times, [_charted(each, found.get(each.ref), times) for each in shown])

    @staticmethod
    def _beside(ref: ModelRef, versions: Sequence[Model]) -> Sequence[Model]:
        asked = next((each for each in versions if each.ref == ref), None)
        if asked is None:
            raise ModelNotFound(model=str(ref))
        other = ModelState.CANARY if asked.is_active else ModelState.ACTIVE
        beside = [each for each in versions if each.state is other and each.ref != ref][:1]
        return [asked, *beside] if asked.is_active else [*beside, asked]

    def _times(
        self, found: Mapping[ModelRef, CountsOverTime], within: timedelta, step: timedelta
    ) -> Sequence[datetime]:
        """The beginnings of all steps. Counts carry the time of the database, which may differ a little from
        the clock of this process."""
        counted = [at for steps in found.values() for at in steps.by_time]
        seconds, now = int(step.total_seconds()), self.clock.now()
        first = min([now - within, *counted]).timestamp() // seconds
        last = max([now, *counted]).timestamp() // seconds
        return [datetime.fromtimestamp(each * seconds, UTC) for each in range(int(first), int(last) + 1)]


def _charted(model: Model, steps: CountsOverTime | None, times: Sequence[datetime]) -> Charted:
    known = steps or CountsOverTime(NOTHING, {})
    return Charted(model, known.total, [known.by_time.get(at, NOTHING) for at in times])
