"""The bulk lane of one worker: slice after slice."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeAlias

from augury.application.predictions.ports.predictor import Turn
from augury.inbound.worker.bulk_work import BulkWork, Ids

MOST_BEGUN = 3
"""How many pieces of work of any length may be begun and not yet settled: the rows and answers of all of them
are in memory. While there are as many, only work of up to a slice is begun, one at a time."""

Run: TypeAlias = Callable[[Turn, bool], Coroutine[Any, Any, Ids]]
"""Picks work, predicts each of its slices in a turn, and settles it. Returns what it ran: nothing if no work
waits. The second argument says that only work of up to a slice may be picked."""


class BulkLoop:
    """Predicts one slice at a time.

    Each round of the loop begins further work, if any waits: it picks the work and predicts its first slice.
    Then it predicts a slice of the begun work that has waited longest in line. So nothing waits behind more
    than one slice, and long work takes turns. Work is settled while the next slices are predicted.

    A ticket only says that there may be work. It is held until the work that was begun for it is settled, so
    that the broker hands it to another worker if this one dies. The loop looks for work after each slice
    without waiting for a ticket; the next ticket that arrives counts for work that was found like that. So in
    the end there is one ticket for each piece of work. The loop looks for work after every ticket.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._tickets: deque[asyncio.Future[Ids]] = deque()  # for which no work was begun yet
        self._begun: set[BulkWork] = set()
        self._line: deque[BulkWork] = deque()
        self._rounds: asyncio.Task[None] | None = None
        self._settled_without_ticket = 0
        self._must_look = False  # work may have come since the last look
        self._only_short = False
        self._door = asyncio.Lock()
        self._one_ended = asyncio.Event()
        self._is_stopped = False

    async def serve(self) -> Ids:
        """Serve a ticket: look for work. Returns the predictions that were run for it, if any. Raises the
        error of that work."""
        if self._settled_without_ticket:
            self._settled_without_ticket -= 1
            self._look()
            return ()
        ticket: asyncio.Future[Ids] = asyncio.get_running_loop().create_future()
        without = next((work for work in self._begun if work.has_begun and work.ticket is None), None)
        if without is None:
            self._tickets.append(ticket)
        else:
            without.ticket = ticket
        self._look()
        return await ticket

    @asynccontextmanager
    async def closed(self) -> AsyncIterator[None]:
        """Wait until all begun work is settled, and begin nothing in the context."""
        try:
            async with self._door:
                while self._begun:
                    self._one_ended.clear()
                    await self._one_ended.wait()
                yield
        finally:
            self._look()

    @asynccontextmanager
    async def only_short(self) -> AsyncIterator[None]:
        """In the context, begin only work of up to a slice."""
        self._only_short = True
        try:
            yield
        finally:
            self._only_short = False
            self._look()

    async def stop(self) -> None:
        """Cancel all work, which hands it back, and the tickets."""
        self._is_stopped = True
        tasks: list[asyncio.Task[Any]] = [work.task for work in self._begun]
        if self._rounds is not None:
            tasks.append(self._rounds)
        for each in (*tasks, *self._tickets):
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _look(self) -> None:
        self._must_look = True
        self._wake()

    def _wake(self) -> None:
        """Go on with the rounds, if they rest and there is something to do."""
        if self._is_stopped or not (self._must_look or self._line):
            return
        if self._rounds is None or self._rounds.done():
            self._rounds = asyncio.create_task(self._go_round())

    async def _go_round(self) -> None:
        while True:
            first = self._line[0] if self._line else None
            if self._must_look and not self._door.locked() and len(self._begun) <= MOST_BEGUN:
                await self._begin_next()
            elif first is None:
                return
            if first is not None and first in self._line:
                self._line.remove(first)
                await first.predict_slice()
                self._must_look = True

    async def _begin_next(self) -> None:
        """Pick work and predict its first slice."""
        short = self._only_short or len(self._begun) == MOST_BEGUN
        ticket = self._tickets.popleft() if self._tickets and not short else None
        work = BulkWork(ticket, self._wait_in_line)
        self._begun.add(work)
        work.task = asyncio.create_task(self._run(work.turn, short))
        work.task.add_done_callback(lambda _: self._ended(work))
        self._must_look = False
        await work.predict_slice()
        if work.has_begun or (self._tickets and not short):
            self._must_look = True

    def _wait_in_line(self, work: BulkWork) -> None:
        self._line.append(work)
        self._wake()

    def _ended(self, work: BulkWork) -> None:
        self._begun.discard(work)
        if work in self._line:
            self._line.remove(work)
        work.end()
        self._one_ended.set()
        self._settled_without_ticket += work.is_settled and work.ticket is None
        if self._tickets and work.has_begun:  # there may be room for long work now
            self._must_look = True
        self._wake()
