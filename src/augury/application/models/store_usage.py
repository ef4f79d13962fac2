from dataclasses import dataclass

from augury.application.models.ports.counts import VersionCounts
from augury.application.models.tally import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreUsage:
    """Store the counts of versions in this process since the last call."""

    tally: Tally
    counts: VersionCounts

    async def __call__(self) -> None:
        """Raises `Unavailable`. Then the counts are stored by the next call."""
        taken = self.tally.take()
        if not taken:
            return
        try:
            await self.counts.add(taken)
        except BaseException:
            self.tally.put_back(taken)
            raise
