import time
from dataclasses import dataclass

from augury.application.models.ports.models import Models
from augury.application.models.speeds import Speeds


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSpeeds:
    """Store the speeds of models that this process has measured, each at most once a minute."""

    speeds: Speeds
    models: Models

    async def __call__(self) -> None:
        """Raises `Unavailable`. Then the speeds are stored by the next call."""
        taken = self.speeds.take(time.monotonic())
        if not taken:
            return
        try:
            await self.models.measured(taken)
        except BaseException:
            self.speeds.put_back(taken)
            raise
