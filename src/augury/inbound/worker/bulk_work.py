"""One piece of work of the bulk lane, and the ticket that it is run for."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TypeAlias

from augury.application.ports import Unavailable
from augury.application.predictions.execution import PredictTimedOut
from augury.domain.identifiers import PredictionId

Ids: TypeAlias = Sequence[PredictionId]
log = logging.getLogger(__name__)


class BulkWork:
    """Work from its pick until it is settled. Each slice but the first waits in line for its turn."""

    task: asyncio.Task[Ids]

    def __init__(
        self, ticket: asyncio.Future[Ids] | None, wait_in_line: Callable[["BulkWork"], None]
    ) -> None:
        self.ticket = ticket
        self.has_begun = self.is_settled = False
        self._wait_in_line = wait_in_line
        self._turn = asyncio.Event()
        self._turn_ended = asyncio.Event()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """A slice is predicted in the context."""
        self.has_begun = True
        if not self._turn.is_set():
            self._wait_in_line(self)
            await self._turn.wait()
        try:
            yield
        finally:
            self._turn.clear()
            self._turn_ended.set()

    async def predict_slice(self) -> None:
        """Give it a turn. Returns when its slice is predicted, or when all has ended."""
        self._turn_ended.clear()
        self._turn.set()
        if not self.task.done():
            await self._turn_ended.wait()

    def end(self) -> None:
        self._turn_ended.set()
        error = None if self.task.cancelled() else self.task.exception()
        if not error and not self.task.cancelled() and self.task.result():
            self.has_begun = self.is_settled = True  # also without a slice, if the model is missing
        if self.ticket is None or self.ticket.done():
            if isinstance(error, (Unavailable, PredictTimedOut)):  # the work's ticket is still in the queue
                log.info("work of the bulk lane was not run beside other work: %s", error)
            elif error:
                log.error("work of the bulk lane failed", exc_info=error)
        elif self.task.cancelled():
            self.ticket.cancel()
        elif error:
            self.ticket.set_exception(error)
        else:
            self.ticket.set_result(self.task.result())
