import logging
from collections.abc import Callable, Sequence

from typing_extensions import override

from augury.application.predictions.ports.events import Ended, Events

log = logging.getLogger(__name__)


class MemoryEvents(Events):
    """Events within one process: calls each listener immediately."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[Sequence[Ended]], None]] = []

    def listen(self, callback: Callable[[Sequence[Ended]], None]) -> None:
        self._listeners.append(callback)

    @override
    async def finished(self, ended: Sequence[Ended]) -> None:
        for listener in self._listeners:
            try:
                listener(ended)
            except Exception:  # a failing listener must not affect the others or the caller
                log.exception("a listener failed")
