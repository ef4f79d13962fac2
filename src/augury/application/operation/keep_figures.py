import asyncio
import logging
from dataclasses import dataclass

from augury.application.operation.figures_tally import FiguresTally
from augury.application.operation.ports import FiguresOverTime, Part, Process
from augury.application.ports import Unavailable
from augury.domain.identifiers import uuid7

EVERY = 5.0
"""Seconds between two signs of life."""
LAST = 2.0
"""Seconds that the last one may take."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepFigures:
    """Store what this process counted, and that it is alive."""

    tally: FiguresTally
    figures: FiguresOverTime

    async def __call__(self, process: Process) -> None:
        """Raises `Unavailable`. Then it is stored the next time."""
        taken = self.tally.take()
        try:
            await self.figures.add(process, taken)
        except BaseException:
            self.tally.put_back(taken)
            raise

    async def run(self, part: Part) -> None:
        """Do so every few seconds until canceled, and once more then. A process that is killed loses what it
        counted in the last `EVERY` seconds."""
        process = Process(id=uuid7(), part=part)
        try:
            while True:
                await self._tried(process)
                await asyncio.sleep(EVERY)
        finally:
            async with asyncio.timeout(LAST):
                await self._tried(process)
                await self.figures.leave(process)

    async def _tried(self, process: Process) -> None:
        try:
            await self(process)
        except Unavailable as error:
            log.warning("the figures will be stored later: %s", error)
        except Exception:  # one failure must not end the loop
            log.exception("the figures could not be stored")
