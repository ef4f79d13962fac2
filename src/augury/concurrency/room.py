"""Room for work of different sizes: what does not fit waits its turn instead of being refused."""

import asyncio
from collections import deque


class Room:
    """Lets in work up to `most` in all, in the order in which it came. Larger work has the room to itself."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.taken = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    async def enter(self, size: int) -> int:
        """Wait for room. Returns the size to `leave` with. If canceled, it takes no room."""
        size = min(size, self.most)
        if not self._waiting and self.taken + size <= self.most:
            self.taken += size
            return size
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((size, turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.cancelled():
                self._waiting = deque(each for each in self._waiting if each[1] is not turn)
                self._admit()
            else:  # it was let in just before the cancellation
                self.leave(size)
            raise
        return size

    def leave(self, size: int) -> None:
        self.taken -= size
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self.taken + self._waiting[0][0] <= self.most:
            size, turn = self._waiting.popleft()
            if not turn.cancelled():
                self.taken += size
                turn.set_result(None)
