import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from typing_extensions import override

from augury.application.predictions.ports.dead_letters import (
    BYTES_SHOWN,
    DeadLetter,
    DeadLetters,
    QueueLengths,
    letter_id,
)
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
    async def list(self, *, at_most: int, skip: int = 0) -> Sequence[DeadLetter]:
        return [_letter(dead) for dead in itertools.islice(self.queue.dead, skip, skip + at_most)]

    @override
    async def drop(self, *, at_most: int, only: str | None = None) -> int:
        chosen = self._chosen(at_most, only)
        for dead in chosen:
            self.queue.dead.remove(dead)
        return len(chosen)

    @override
    async def replay(self, *, at_most: int, only: str | None = None) -> int:
        chosen = self._chosen(at_most, only)
        for dead in chosen:
            self.queue.put_again(dead)
        return len(chosen)

    def _chosen(self, at_most: int, only: str | None) -> Sequence[Dead]:
        if only is None:
            return list(itertools.islice(self.queue.dead, at_most))
        return [dead for dead in self.queue.dead if _letter(dead).id == only][:1]


def _letter(dead: Dead) -> DeadLetter:
    task = dead.waiting.task
    body = task_body(task.prediction_ids, task.attempt)
    return DeadLetter(
        id=letter_id(body, dead.waiting.put_at, dead.died_at),
        reason="delivery_limit",
        deaths=1,
        died_at=dead.died_at,
        put_at=dead.waiting.put_at,
        size=len(body),
        body=body[:BYTES_SHOWN],
        task=task,
    )
