"""The deliveries to chats that are under way, and the loop that looks for more."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Hashable, Iterator
from typing import Generic, TypeVar

from augury.application.ports import Unavailable
from augury.concurrency.waits import end, is_set_within

Key = TypeVar("Key", bound=Hashable)
log = logging.getLogger(__name__)


class Deliveries(Generic[Key]):
    """Each delivery runs in its own task, so that an unreachable chat delays no other."""

    def __init__(self, on_end: Callable[[Key], None] = lambda _: None) -> None:
        """`on_end` is called after the end of each delivery."""
        self._on_end = on_end
        self._under_way: dict[Key, asyncio.Task[None]] = {}
        self.bell = asyncio.Event()
        """Wakes up the loop."""

    def __len__(self) -> int:
        return len(self._under_way)

    def __contains__(self, key: Key) -> bool:
        return key in self._under_way

    def __iter__(self) -> Iterator[Key]:
        """The keys of the deliveries under way."""
        return iter(self._under_way)

    def begin(self, key: Key, work: Coroutine[object, object, None]) -> None:
        """Deliver in a task. None with this key may be under way."""
        task = asyncio.create_task(work)
        self._under_way[key] = task

        def ended(done: asyncio.Task[None]) -> None:
            del self._under_way[key]
            self._on_end(key)
            if not done.cancelled() and (error := done.exception()):
                log.error("a delivery failed unexpectedly", exc_info=error)

        task.add_done_callback(ended)

    async def run(self, look: Callable[[], Awaitable[None]], *, every: float, what: str) -> None:
        """Look for due deliveries until canceled: every `every` seconds, and when the bell rings. `what`
        names them in the log if they cannot be read."""
        while True:
            self.bell.clear()
            try:
                await look()
            except Unavailable as error:
                log.warning("could not read %s: %s", what, error)
            await is_set_within(every, self.bell)

    async def stop(self, grace: float) -> None:
        """Let the deliveries end within `grace` seconds, and cancel the rest."""
        await end(list(self._under_way.values()), grace=grace)
