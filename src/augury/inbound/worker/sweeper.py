"""The sweeper's loop. It runs in every worker, but only one sweeps at a time: the books see to that."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from augury.application.ports import Unavailable
from augury.application.predictions.ports import Upkeep
from augury.application.predictions.sweep import Sweep

log = logging.getLogger(__name__)


class Sweeper:
    def __init__(self, sweep: Sweep, upkeep: Upkeep, *, purge_every: timedelta) -> None:
        self._sweep = sweep
        self._upkeep = upkeep
        self._every = sweep.limits.sweep_every.total_seconds()
        self._purge_every = purge_every.total_seconds()

    async def run(self) -> None:
        """Sweep and purge repeatedly, until canceled."""
        await asyncio.gather(
            self._repeat(self.sweep_up, self._every), self._repeat(self._purge, self._purge_every)
        )

    async def sweep_up(self) -> None:
        """Sweep until nothing is left to repair."""
        most = self._sweep.limits.sweep_batch
        while True:
            swept = await self._sweep()
            if swept.lost + swept.requeued + swept.ended:
                log.info("republished %d, requeued %d, ended %d", swept.lost, swept.requeued, swept.ended)
            if swept.lost + swept.requeued + swept.ended < most:
                return

    async def _purge(self) -> None:
        purged = await self._upkeep.purge()
        log.info("deleted %d expired records", purged)

    @staticmethod
    async def _repeat(work: Callable[[], Awaitable[None]], seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds * random.uniform(0.5, 1))  # spreads workers that started together
            try:
                await work()
            except Unavailable as error:
                log.warning("the sweeper will try again later: %s", error)
            except Exception:  # one failure must not end the loop
                log.exception("the sweeper failed")
