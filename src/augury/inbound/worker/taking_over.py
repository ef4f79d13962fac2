"""Takes over tasks of dead workers, soon after the queue has redelivered their messages to this worker."""

import asyncio
import logging

from augury.application.ports import Unavailable
from augury.application.predictions.lease import SIGN_EVERY
from augury.application.predictions.take_over import SILENCE, TakeOver

MARGIN = 0.1
"""Seconds to wait longer than until a silent worker counts as dead, so that one look is enough."""
STALL = 0.25
"""If a pause takes this many seconds longer than requested, this process was stalled."""
log = logging.getLogger(__name__)


class TakingOver:
    """Looks for dead workers on request. If it misses one, the sweeper finds it after a lease."""

    def __init__(self, take_over: TakeOver) -> None:
        self._take_over = take_over
        self._asked = False
        self._looks: asyncio.Task[None] | None = None

    def ask(self) -> None:
        """Look as soon as a worker that has just died counts as dead. Returns at once."""
        self._asked = True
        if self._looks is None or self._looks.done():
            self._looks = asyncio.create_task(self._look())

    async def stop(self) -> None:
        if self._looks is not None:
            self._looks.cancel()
            await asyncio.gather(self._looks, return_exceptions=True)

    @staticmethod
    async def _until_silence_means_death() -> None:
        """While this process is stalled, for example while it loads a model, its own runs give no sign of
        life either. So wait until it has not been stalled for as long as two signs take."""
        loop, pause = asyncio.get_running_loop(), SILENCE.total_seconds() + MARGIN
        while True:
            begun = loop.time()
            await asyncio.sleep(pause)
            if loop.time() - begun < pause + STALL:
                return
            pause = 2 * SIGN_EVERY + MARGIN

    async def _look(self) -> None:
        while self._asked:
            self._asked = False
            await self._until_silence_means_death()
            try:
                if taken := await self._take_over():
                    log.info("took over %d predictions of dead workers", taken)
            except Unavailable as error:
                log.warning("cannot take over predictions now: %s", error)
            except Exception:  # nothing awaits this task
                log.exception("could not take over predictions")
