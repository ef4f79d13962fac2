"""Who may run beside whom in one worker: runs of small work, the bulk lane, and a prediction that must run
alone."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from augury.application.predictions.ports.predictor import Turn
from augury.inbound.worker.bulk_loop import BulkLoop


class Turns:
    """Lets one run be predicted while the run before it is settled, and bulk work go on beside both."""

    def __init__(self, bulk: BulkLoop) -> None:
        self._bulk = bulk
        self._predicting = asyncio.Lock()
        self._settling = asyncio.Lock()

    @asynccontextmanager
    async def taken(self) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        """The turn of a run to be predicted. Yields a function that exchanges it for the turn to settle."""
        held = self._predicting
        await held.acquire()

        async def settling() -> None:
            nonlocal held
            await self._settling.acquire()
            self._predicting.release()
            held = self._settling

        try:
            yield settling
        finally:
            held.release()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[Callable[[], Turn]]:
        """Wait until nothing is under way, and keep other work from starting in the context. Small work goes
        on while this waits for bulk work.

        Yields a function that makes turns: of one prediction, or of one prediction after another. Before each
        of them but the first, others have theirs: small work, and bulk work of up to a slice. All of it has
        ended when the turn begins.
        """
        async with self._bulk.only_short(), AsyncExitStack() as held:

            async def take() -> None:
                for each in (self._bulk.closed(), self._predicting, self._settling):
                    await held.enter_async_context(each)

            def turns() -> Turn:
                had_a_turn = False

                @asynccontextmanager
                async def turn() -> AsyncIterator[None]:
                    nonlocal had_a_turn
                    if had_a_turn:
                        await held.aclose()
                        await asyncio.sleep(0)  # for work that is about to begin
                        await take()
                    had_a_turn = True
                    yield

                return turn

            await take()
            yield turns
