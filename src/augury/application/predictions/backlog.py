"""How much of everyone's work is not done yet: looked up once a second, not per request."""

import asyncio
import logging

from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.application.predictions.ports import Predictions

LOOK_EVERY = 1.0
"""Seconds between two counts."""
log = logging.getLogger(__name__)


class Backlog:
    """`waiting` is how many predictions are not final, as of the last look; it counts to the limit only."""

    def __init__(self, predictions: Predictions, limits: Limits) -> None:
        self.waiting = 0
        self._predictions = predictions
        self._limits = limits

    async def watch(self) -> None:
        """Keep `waiting` current until canceled."""
        while True:
            try:
                self.waiting = await self._predictions.waiting(at_most=self._limits.max_waiting)
            except Unavailable as error:
                log.warning("the backlog could not be counted: %s", error)
            except Exception:  # to end here would be to believe the last count for ever
                log.exception("the backlog could not be counted")
            await asyncio.sleep(LOOK_EVERY)
