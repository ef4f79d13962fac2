from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from augury.application.models.ports.counts import VersionCounts
from augury.application.models.ports.models import Models
from augury.domain.model import Model, ModelNotFound, ModelState
from augury.domain.usage import NOTHING, Usage

MOST_MINUTES = 7 * 24 * 60


@dataclass(frozen=True, slots=True)
class VersionUsage:
    """A version and its counts."""

    model: Model
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class CompareVersions:
    """Show predictions, failures, durations and answers of a model's versions in the last minutes."""

    models: Models
    counts: VersionCounts

    async def __call__(self, name: str, *, minutes: int) -> Sequence[VersionUsage]:
        """The active version first, then the canary, then the other versions that were used, newest first.

        Raises `ModelNotFound`.
        """
        versions = await self.models.versions(name)
        if not versions:
            raise ModelNotFound(model=name)
        found = await self.counts.read(name, within=timedelta(minutes=minutes))
        serving = (ModelState.ACTIVE, ModelState.CANARY)
        shown = [each for each in versions if each.state in serving or each.ref in found]
        order = {ModelState.ACTIVE: 0, ModelState.CANARY: 1}
        shown.sort(key=lambda each: (order.get(each.state, 2), -each.ref.version))
        return [VersionUsage(each, found.get(each.ref, NOTHING)) for each in shown]
