import asyncio
import logging
from dataclasses import dataclass

from augury.application.operation.figures_tally import FiguresTally
from augury.application.operation.ports import FiguresOverTime, Process, ProcessRole
from augury.application.ports import Unavailable
from augury.domain.identifiers import uuid7

EVERY = 5.0
"""Seconds between two signs of life."""
LAST = 2.0
"""Time limit in seconds for the last one."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepFigures:
    """Store this process's counts, and that it is alive."""

    tally: FiguresTally
    figures: FiguresOverTime

    async def __call__(self, process: Process) -> None:
        """Raises `Unavailable`. Then the counts are stored by the next call."""
        taken = self.tally.take()
        try:
            await self.figures.add(process, taken)
        except BaseException:
            self.tally.put_back(taken)
            raise

    async def run(self, part: ProcessRole) -> None:
        """Repeat this every few seconds until canceled, and store once more at the end. A killed process
        loses the counts of the last `EVERY` seconds."""
        process = Process(id=uuid7(), part=part)
        try:
            while True:
                await self._tried(process)
                await asyncio.sleep(EVERY)
        finally:
            try:
                async with asyncio.timeout(LAST):
                    await self._tried(process)
                    await self.figures.leave(process)
            except (Unavailable, TimeoutError) as error:  # it counts as gone without a sign of life
                log.warning("the end of this process is not recorded: %s", error or "no answer in time")

    async def _tried(self, process: Process) -> None:
        try:
            await self(process)
        except Unavailable as error:
            log.warning("the figures will be stored later: %s", error)
        except Exception:  # one failure must not end the loop
            log.exception("the figures could not be stored")
