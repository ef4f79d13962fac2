"""The queue in the process, with a test at its other end."""

from augury.application.predictions.ports import Task
from augury.outbound.memory.queue import MemoryPredictionQueue


class QueueByHand(MemoryPredictionQueue):
    def take(self) -> Task | None:
        """The task that has waited longest, if any: whoever takes it handles it."""
        return self._take().task if self._waiting else None
