"""The number of unfinished predictions of all users, counted once a second rather than per request."""

import asyncio
import logging

from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.application.predictions.ports.reads import Predictions

LOOK_EVERY = 1.0
"""Seconds between two counts."""
log = logging.getLogger(__name__)


class Backlog:
    """`waiting` is the number of unfinished predictions at the last count, which stops at the limit."""

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
            except Exception:  # if this loop ended, the last count would stay forever
                log.exception("the backlog could not be counted")
            await asyncio.sleep(LOOK_EVERY)
