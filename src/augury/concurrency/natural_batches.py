"""Natural batches: items that arrive during one flight form the next. There is no timer."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


class NaturalBatches(Generic[Item, Result]):
    """Calls `fly` with the items that have arrived, one flight at a time, and gives each item its own answer.

    A lone item flies at once. Under load a flight carries more items, so that they share its fixed costs. A
    flight takes items up to the weight `most`; an item weighs 1 unless `weigh` says otherwise. A flight that
    only has to land may call `clear` to let the next one begin.

    With `others`, a flight also waits for more items, as long as each step of the event loop brings one. It
    leaves when it is as large as the last flight, and has as many items as `others` counts callers who will
    be back. So callers who send one item after another form two flights that take turns, instead of many
    small ones. A caller without others never waits.
    """

    def __init__(
        self,
        fly: Callable[[Sequence[Item]], Awaitable[Sequence[Result]]],
        *,
        most: int,
        weigh: Callable[[Item], int] = lambda _: 1,
        others: Callable[[], int] | None = None,
    ) -> None:
        self._fly = fly
        self._most = most
        self._weigh = weigh
        self._others = others
        self._last = 0
        self._waiting: deque[tuple[Item, asyncio.Future[Result]]] = deque()
        self._pilot: asyncio.Task[None] | None = None
        self._landing: set[asyncio.Task[None]] = set()

    async def board(self, item: Item) -> Result:
        """The answer that the flight gave for `item`, or the exception it raised.

        An item whose caller is canceled before the flight begins is left out.
        """
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, answer))
        if self._pilot is None:
            self._pilot = asyncio.create_task(self._fly_all())
        return await answer

    def clear(self) -> None:
        """Let the next flight begin before this one has landed. Only `fly` may call it."""
        pilot = asyncio.current_task()
        if pilot is None or pilot is not self._pilot:
            return
        self._landing.add(pilot)
        pilot.add_done_callback(self._landing.discard)
        self._pilot = asyncio.create_task(self._fly_all()) if self._waiting else None

    async def stop(self) -> None:
        """Cancel the flights under way and every waiting item."""
        landing = tuple(self._landing)
        for flight in landing:
            flight.cancel()
        while (pilot := self._pilot) is not None:
            pilot.cancel()
            await asyncio.gather(pilot, return_exceptions=True)
            if self._pilot is pilot:  # it was canceled before its first step, so it did not leave
                self._leave()
        await asyncio.gather(*landing, return_exceptions=True)

    async def _fly_all(self) -> None:
        me = asyncio.current_task()
        try:
            while self._waiting and self._pilot is me:
                if self._others is not None:
                    await self._gather(self._others)
                passengers = self._next_flight()
                self._last = len(passengers)
                if passengers:
                    await self._fly_one(passengers)
        finally:
            if self._pilot is me:
                self._leave()

    async def _gather(self, others: Callable[[], int]) -> None:
        seen, boarded = 0, len(self._waiting)
        while seen < boarded < min(max(self._last, others()), self._most):
            await asyncio.sleep(0)
            seen, boarded = boarded, len(self._waiting)

    def _leave(self) -> None:
        self._pilot = None
        for _, answer in self._waiting:  # empty unless the pilot was canceled
            answer.cancel()
        self._waiting.clear()

    def _next_flight(self) -> list[tuple[Item, asyncio.Future[Result]]]:
        passengers: list[tuple[Item, asyncio.Future[Result]]] = []
        weight = 0
        while self._waiting:
            item, answer = self._waiting[0]
            if not answer.done():  # its caller still waits
                weight += self._weigh(item)
                if passengers and weight > self._most:
                    break
                passengers.append((item, answer))
            self._waiting.popleft()
        return passengers

    async def _fly_one(self, passengers: Sequence[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            answers = await self._fly([item for item, _ in passengers])
            answered = list(zip(passengers, answers, strict=True))
        except asyncio.CancelledError:
            for _, answer in passengers:
                answer.cancel()
            raise
        except Exception as error:  # every passenger gets it; the next flight is not affected
            for _, answer in passengers:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for (_, answer), value in answered:
                if not answer.done():
                    answer.set_result(value)
