import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from augury.application.predictions.ports import BYTES_SHOWN, DeadLetter, DeadLetters, QueueLengths
from augury.broker.wire import task_body
from augury.outbound.memory.queue import Dead, MemoryPredictionQueue


@dataclass(frozen=True, slots=True)
class MemoryDeadLetters(DeadLetters):
    """The tasks that the queue in the process gave up. They are lost when the process ends."""

    queue: MemoryPredictionQueue

    @override
    async def lengths(self) -> QueueLengths:
        return QueueLengths(ready=self.queue.ready, tickets=self.queue.tickets, dead=len(self.queue.dead))

    @override
    async def list(self, *, at_most: int) -> Sequence[DeadLetter]:
        return [_letter(dead) for dead in itertools.islice(self.queue.dead, at_most)]

    @override
    async def replay(self, *, at_most: int) -> int:
        replayed = min(at_most, len(self.queue.dead))
        for _ in range(replayed):
            self.queue.replay()
        return replayed


def _letter(dead: Dead) -> DeadLetter:
    task = dead.waiting.task
    body = task_body(task.prediction_ids, task.attempt)
    return DeadLetter(
        reason="delivery_limit",
        deaths=1,
        died_at=dead.died_at,
        put_at=dead.waiting.put_at,
        size=len(body),
        body=body[:BYTES_SHOWN],
    )
