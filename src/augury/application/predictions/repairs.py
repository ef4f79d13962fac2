"""The steps after a repair of predictions in the books. The use cases that repair them share this."""

from collections.abc import Sequence
from dataclasses import dataclass

from augury.application.batches.ports import Batches
from augury.application.ports.counters import Counters
from augury.application.predictions.ports.events import Ended, Events
from augury.application.predictions.ports.queue import PredictionQueue
from augury.domain.prediction import Prediction


@dataclass(frozen=True, slots=True, kw_only=True)
class Repairs:
    """Publishes predictions that were queued again, and announces those that have ended."""

    batches: Batches
    queue: PredictionQueue
    events: Events
    counters: Counters

    async def follow(self, changed: Sequence[Prediction]) -> tuple[int, int]:
        """Call this after the commit: a message may be delivered too often, but never too early. Returns how
        many were queued again, and how many have ended."""
        ended = [each for each in changed if each.status.is_final]
        requeued = [each for each in changed if not each.status.is_final]
        for each in requeued:
            self.queue.put([each.id], attempt=each.attempts + 1)
        self.counters.requeued(len(requeued))
        self.counters.ended(ended)
        if batch_ids := {each.batch_id for each in ended if each.batch_id}:
            await self.batches.close(batch_ids)
        if ended:
            await self.events.finished([Ended(each.id, each.user_id, each.status) for each in ended])
        await self.batches.close_ended()
        return len(requeued), len(ended)
