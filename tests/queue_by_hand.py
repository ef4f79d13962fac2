"""The queue in the process, whose tasks a test takes."""

from augury.application.predictions.ports.queue import Task
from augury.outbound.memory.queue import MemoryPredictionQueue


class QueueByHand(MemoryPredictionQueue):
    def take(self) -> Task | None:
        """Take the task that has waited longest, if any. The caller must handle it."""
        return self._take().task if self._waiting else None

    def take_ticket(self) -> Task | None:
        """The oldest ticket of the bulk lane, if any."""
        return self._tickets.popleft().task if self._tickets else None
