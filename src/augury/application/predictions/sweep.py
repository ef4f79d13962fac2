"""Repair: lost messages, expired predictions, and those that a silent worker left behind."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from augury.application.limits import Limits
from augury.application.ports import Clock
from augury.application.predictions.ports.lanes import BulkLane
from augury.application.predictions.ports.queue import PredictionQueue
from augury.application.predictions.ports.sweeping import Due, OpenSweepBooks
from augury.application.predictions.repairs import Repairs
from augury.application.retrying import retried
from augury.domain.lane import Lane
from augury.domain.prediction import Prediction

SLACK = timedelta(seconds=30)
"""How far the queue must have moved past a prediction before its message counts as lost. It covers messages
that other workers hold, and clocks that differ."""


MOST_TICKETS = 10_000
"""Tickets that one sweep puts into the bulk lane. If more were lost, the lane becomes empty again after
these."""


@dataclass(frozen=True, slots=True)
class Swept:
    """The numbers of predictions that a sweep requeued as lost, took from silent workers, and ended."""

    lost: int = 0
    requeued: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Put lost predictions on the queue again, expire late ones, take over from workers that went silent."""

    books: OpenSweepBooks
    bulk_lane: BulkLane
    queue: PredictionQueue
    repairs: Repairs
    clock: Clock
    limits: Limits

    async def __call__(self, *, empty_since: datetime | None = None, take_over: bool = True) -> Swept:
        """One sweep. `empty_since` is when the queue was created anew: messages that were put on it before
        that are lost.

        Without `take_over`, nothing is taken from workers whose lease has ended: see `Sweeper`.
        """
        if empty_since:
            put_before: datetime | None = empty_since
        else:
            passed = await self.queue.passed()
            put_before = passed and passed - SLACK
        due, changed = await retried(
            lambda: self._repair(put_before, early=empty_since is not None, take_over=take_over)
        )
        # Commit first, publish afterwards: a message may be delivered too often, but never too early.
        self.queue.put([each.id for each in due.lost if each.attempts == 0])
        for each in due.lost:
            if each.attempts:
                self.queue.put([each.id], attempt=each.attempts + 1)
        requeued, ended = await self.repairs.follow(changed)
        lost = len(due.lost) + await self._replace_tickets()
        self.repairs.counters.requeued(lost)
        return Swept(lost=lost, requeued=requeued, ended=ended)

    async def _replace_tickets(self) -> int:
        """Put new tickets into the bulk lane if it has none although work waits there. Returns how many.

        A surplus ticket does no harm: the worker that takes it finds no work.
        """
        if await self.queue.has_tickets():
            return 0
        ids = await self.bulk_lane.ids(at_most=MOST_TICKETS)
        self.queue.put(ids, lane=Lane.BULK)
        return len(ids)

    async def _repair(
        self, put_before: datetime | None, *, early: bool, take_over: bool
    ) -> tuple[Due, list[Prediction]]:
        async with self.books() as books:
            due = await books.due(self.limits.sweep_batch, put_before=put_before, early=early)
            now = self.clock.now()
            changed = [late.expire(at=now) for late in due.expired]
            if take_over:
                silent = (*due.abandoned, *await books.left(silent_for=self.limits.lease))
                changed += [each.abandon(at=now) for each in {each.id: each for each in silent}.values()]
            if changed:
                ended = [each for each in changed if each.status.is_final]
                await books.record(
                    changed=changed, transfers=[transfer for each in ended for transfer in each.settlement()]
                )
        return due, changed
