"""The flights of submits. Large requests have separate flights, so that small ones never wait for their
bytes."""

from collections.abc import Awaitable, Callable, Sequence

from augury.application.limits import Limits
from augury.application.predictions.requests import Decision, Flight, Request
from augury.concurrency.natural_batches import NaturalBatches


class Flights(Flight):
    """Requests that arrive together are decided together, in one of three flights at the same time.

    One is for requests whose input counts as small work (`Limits.small_bytes`), one for larger ones, up to a
    slice of bytes at a time, and one for the larger ones of guests, up to one guest's largest body at a time:
    anybody can be a guest, from any number of addresses, so all of them together get the place of one.
    """

    def __init__(
        self,
        request_predictions: Callable[[Sequence[Request]], Awaitable[Sequence[Decision]]],
        limits: Limits,
        *,
        most: int,
        waiting: Callable[[], int] = lambda: 0,
    ) -> None:
        """A flight has at most `most` requests. `waiting` counts the callers who wait for a result here."""

        def weigh(request: Request) -> int:
            return max(len(request.input), limits.slice_bytes // most)

        self._most_small = limits.small_bytes
        self._small = NaturalBatches(request_predictions, most=most, others=waiting)
        self._large = NaturalBatches(request_predictions, most=limits.slice_bytes, weigh=weigh)
        self._of_guests = NaturalBatches(request_predictions, most=limits.guest_bytes, weigh=weigh)

    async def board(self, request: Request, /) -> Decision:
        if len(request.input) <= self._most_small:
            return await self._small.board(request)
        return await (self._of_guests if request.is_guest else self._large).board(request)

    async def stop(self) -> None:
        """Cancel the flights under way, and every request that waits for one."""
        for each in (self._small, self._large, self._of_guests):
            await each.stop()
