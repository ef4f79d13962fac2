"""Places in the queue. One read a second serves all callers, and only while something waits."""

import asyncio
import logging
import time
from collections.abc import Callable
from itertools import islice

from augury.application.ports import Unavailable
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.ports.lanes import Queues
from augury.application.predictions.ports.reads import StoredPrediction
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane
from augury.domain.lane_pace import Pace
from augury.domain.prediction import Status
from augury.domain.queue_place import Line, Place, Standing

LOOK_EVERY = 1.0
"""Seconds between two reads."""
SHARE = 20
"""Slow reads are made less often: the pause after a read is at least this many times as long as the read."""
log = logging.getLogger(__name__)


class Places:
    """Knows the places of queued predictions."""

    def __init__(self, queues: Queues, backlog: Backlog) -> None:
        self._queues = queues
        self._backlog = backlog
        self._now: Callable[[], float] = time.monotonic
        self._at = 0.0
        self._standing = Standing()
        self._paces = {lane: Pace() for lane in Lane}

    @property
    def is_quiet(self) -> bool:
        """Whether nothing waited at the last read."""
        return self._standing.last is None

    def of(self, stored: StoredPrediction) -> Place | None:
        """The place of a queued prediction whose lane was read, otherwise None."""
        prediction = stored.prediction
        if prediction.status is not Status.QUEUED or stored.lane is None:
            return None
        return self.at(stored.lane, prediction.user_id, prediction.id)

    def at(self, lane: Lane, user_id: UserId, id: PredictionId) -> Place:
        """The place of this user's queued prediction."""
        if id in self._standing.begun:
            return Place(0, 0.0, 0.0)
        count, cost = self._standing.before(lane, user_id, id)
        if cost <= 0:
            return Place(0, 0.0, 0.0)
        pace = self._paces[lane]
        if pace.rate is None:
            return Place(round(count), None, None)
        left = max(0.0, cost - pace.rate * (self._now() - self._at))
        starts_in = left / pace.rate
        return Place(round(count * left / cost), round(starts_in, 1), round(starts_in * pace.p90, 1))

    async def watch(self) -> None:
        """Keep the places current until canceled."""
        while True:
            began = self._now()
            try:
                await self.look()
            except Unavailable as error:
                log.warning("the places in the queue could not be read: %s", error)
            except Exception:  # if this loop ended, the last places would stay forever
                log.exception("the places in the queue could not be read")
            await asyncio.sleep(max(LOOK_EVERY, SHARE * (self._now() - began)))

    async def look(self) -> None:
        if not self._backlog.waiting and self.is_quiet:
            return
        before, then = self._standing, self._at
        standing = await self._queues.standing(up_to=before.last)
        now = self._now()
        self._standing, self._at = standing, now
        if before.last is not None:
            self._learn(before, standing, now - then)
        for pace in self._paces.values():
            pace.compare(standing, now)
        self._expect(standing, now)

    def _learn(self, before: Standing, standing: Standing, seconds: float) -> None:
        small, bulk = self._paces[Lane.SMALL], self._paces[Lane.BULK]
        if before.small:
            done = max(0, before.small.waiting - standing.small_left)
            small.learn(done, seconds, is_empty=not standing.small)
        if before.bulk:
            cost = sum(line.cost for line in before.bulk.values())
            bulk.learn(max(0.0, cost - standing.bulk_left), seconds, is_empty=not standing.bulk)

    def _expect(self, standing: Standing, now: float) -> None:
        """Keep estimates for the last prediction of a few lines, however many lines there are."""
        bulk = islice(standing.bulk.items(), self._paces[Lane.BULK].room)
        lines: list[tuple[UserId | None, Line | None]] = [(None, standing.small), *bulk]
        for user, line in lines:
            if line is not None:
                lane, last = (Lane.SMALL if user is None else Lane.BULK), line.marks[-1].id
                expected = self.at(lane, user or UserId(last), last).starts_in
                if expected is not None:
                    self._paces[lane].expect(user, last, expected, now)
