"""How well `starts_in` foretells the start in the bulk lane.

There are several heavy users, bursts, and a second worker that comes and goes. Time is simulated, so the
figures are the same on every machine.
"""

import asyncio
import random
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.places import Places
from augury.application.predictions.ports.lanes import Queues
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.lane import Lane, Share
from augury.domain.queue_place import Line, Mark, Standing
from augury.outbound.memory.predictions import MemoryPredictions
from tests.hexagon import Hexagon

USERS = [UserId(UUID(int=number)) for number in range(1, 5)]
COST = 2_000
TICK = 0.05
"""Seconds."""
MOST_MEDIAN_ERROR = 0.35


@dataclass(slots=True)
class Worker:
    is_here: bool
    free_at: float = 0.0


@dataclass(slots=True)
class BulkLane(Queues):
    """A lane whose workers take the oldest prediction of the user with the smallest share."""

    dice: random.Random
    seconds: float
    """What a prediction takes."""
    waiting: dict[UserId, list[PredictionId]] = field(default_factory=lambda: {each: [] for each in USERS})
    shares: dict[UserId, Share] = field(default_factory=lambda: dict.fromkeys(USERS, Share()))
    workers: list[Worker] = field(default_factory=lambda: [Worker(True), Worker(False)])
    started: dict[PredictionId, float] = field(default_factory=dict)
    accepted: int = 0

    def accept(self, user: UserId) -> None:
        if not self.waiting[user]:
            lane_time = max(share.start for share in self.shares.values())
            self.shares[user] = self.shares[user].returned(now=lane_time)
        self.accepted += 1
        self.waiting[user].append(PredictionId(UUID(int=self.accepted)))

    def work(self, now: float) -> None:
        for worker in self.workers:
            users = [user for user in USERS if self.waiting[user]]
            if worker.is_here and worker.free_at <= now and users:
                user = min(users, key=lambda each: (self.shares[each].finish, each))
                self.started[self.waiting[user].pop(0)] = now
                self.shares[user] = self.shares[user].served(COST)
                worker.free_at = now + self.seconds * self.dice.uniform(0.7, 1.3)

    @override
    async def standing(self, *, up_to: PredictionId | None) -> Standing:
        lines = {
            user: Line(
                marks=[Mark(each, place, float(place * COST)) for place, each in enumerate(waiting, 1)],
                finish=self.shares[user].finish,
            )
            for user, waiting in self.waiting.items()
            if waiting
        }
        left = [each for waiting in self.waiting.values() for each in waiting if up_to and each <= up_to]
        return Standing(bulk=lines, bulk_left=float(len(left) * COST))


def arrivals(dice: random.Random, bursts: int) -> Iterator[tuple[float, UserId]]:
    begin = 0.0
    for _ in range(bursts):
        for user in USERS:
            yield from ((begin + dice.random(), user) for _ in range(dice.randint(3, 12)))
        begin += dice.uniform(2, 5)


async def errors_of(seconds: float, bursts: int) -> list[float]:
    """|starts_in − wait| / wait of predictions that waited for a second or more, asked at many moments."""
    dice, now = random.Random(3), 0.0
    lane, hexagon = BulkLane(dice, seconds), Hexagon()
    backlog = Backlog(MemoryPredictions(hexagon.memory), Limits())
    backlog.waiting = 1
    places = Places(lane, backlog)
    places._now = lambda: now
    coming = sorted(arrivals(dice, bursts), reverse=True)
    middle = coming[len(coming) // 2][0]
    told: list[tuple[PredictionId, float, float]] = []
    tick = 0
    while coming or any(lane.waiting.values()):
        now = tick * TICK
        while coming and coming[-1][0] <= now:
            lane.accept(coming.pop()[1])
        lane.workers[1].is_here = middle / 2 <= now <= 2 * middle
        lane.work(now)
        if tick % 20 == 0:
            await places.look()
        if tick % 6 == 0:
            everyone = [(user, each) for user in USERS for each in lane.waiting[user]]
            for user, each in dice.sample(everyone, min(20, len(everyone))):
                starts_in = places.at(Lane.BULK, user, each).starts_in
                if starts_in is not None:
                    told.append((each, now, starts_in))
        tick += 1
    waits = [(starts_in, lane.started[each] - at) for each, at, starts_in in told]
    return [abs(starts_in - wait) / wait for starts_in, wait in waits if wait >= 1]


@pytest.mark.parametrize(("seconds", "bursts"), [(0.2, 12), (1.0, 5), (3.0, 2)])
def test_half_of_the_estimates_in_the_bulk_lane_are_off_by_less_than_a_third_of_the_wait(
    seconds: float, bursts: int
) -> None:
    errors = asyncio.run(errors_of(seconds, bursts))
    assert len(errors) > 500
    assert statistics.median(errors) < MOST_MEDIAN_ERROR, statistics.median(errors)
