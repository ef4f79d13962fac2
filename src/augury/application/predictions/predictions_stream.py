"""The stream of all changes of a user's predictions, and the reads that many streams share."""

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from augury.application.ports import Clock
from augury.application.predictions.ports.changes import Change, Changes, Position
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.concurrency.natural_batches import NaturalBatches
from augury.concurrency.streams import Follower, Stream
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Status

MOST_AT_ONCE = 100
"""Changes that are read at once for one stream, and unfinished predictions at the start of a new one."""
STREAMS_AT_ONCE = 16
"""Streams whose changes are read together."""
MOST_WATCHED = 20
"""Only this many unfinished predictions of a stream are watched for their start: the newest ones."""


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """The last position that a follower has got, and the time at which it was sent, in seconds since 1970."""

    position: Position
    at: int

    def __str__(self) -> str:
        return f"{self.position.paid}-{self.position.free}-{self.at}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None if there is no text. Another text is taken as a point that is too old."""
        if not text:
            return None
        parts = text.split("-")
        if len(parts) != 3 or not all(re.fullmatch("[0-9]{1,18}", part) for part in parts):
            return cls(Position(), 0)
        paid, free, at = map(int, parts)
        return cls(Position(paid, free), at)


@dataclass(frozen=True, slots=True)
class Told:
    """The state of a prediction, as `Predictions.page` returns it."""

    stored: StoredPrediction | None
    """None: the follower was away for too long and has missed changes."""
    point: ResumePoint | None = None
    """None if a follower who continues from here might miss something."""


@dataclass(frozen=True, slots=True)
class WatchedChanges:
    """The newest position of a user's changes, and the statuses of the watched predictions."""

    position: Position
    statuses: Mapping[PredictionId, Status]


Page = tuple[Sequence[Change], Mapping[PredictionId, StoredPrediction]]


class ChangeReads:
    """Streams that read at the same time share a query."""

    def __init__(self, changes: Changes, predictions: Predictions, clock: Clock) -> None:
        self._changes = changes
        self._predictions = predictions
        self._clock = clock
        self._pages = NaturalBatches(self._read, most=STREAMS_AT_ONCE)

    async def page(self, user_id: UserId, position: Position) -> Page:
        """The next changes of the user, with the current predictions."""
        return await self._pages.board((user_id, position))

    async def listed(self, ids: Sequence[PredictionId]) -> Sequence[Told]:
        return [Told(each) for each in await self._predictions.listed(ids)]

    def point_at(self, position: Position) -> ResumePoint:
        return ResumePoint(position, int(self._clock.now().timestamp()))

    async def _read(self, asked: Sequence[tuple[UserId, Position]]) -> Sequence[Page]:
        found = await self._changes.since(asked, limit=MOST_AT_ONCE)
        ids = {change.prediction_id for changes in found for change in changes}
        listed = await self._predictions.listed(ids) if ids else ()
        by_id = {each.prediction.id: each for each in listed}
        return [(changes, by_id) for changes in found]


class PredictionsStream(Stream[Told]):
    """The changes of a user's predictions. It ends only when the process stops."""

    __slots__ = (
        *("_follower", "_has_more", "_leave", "_position", "_reads", "_ready"),
        *("began_at", "unfinished", "user_id"),
    )

    def __init__(
        self,
        user_id: UserId,
        reads: ChangeReads,
        follower: Follower[WatchedChanges],
        leave: Callable[["PredictionsStream"], None],
    ) -> None:
        """`leave` is called when it is closed."""
        self.user_id = user_id
        self.unfinished: dict[PredictionId, Status] = {}
        """The statuses that were sent for unfinished predictions, up to `MOST_WATCHED` of them."""
        self.began_at: ResumePoint | None = None
        """Where a new stream can be continued, even if it ends before its first event."""
        self._reads = reads
        self._leave = leave
        self._follower = follower
        self._position = Position()
        self._has_more = False
        self._ready: deque[Told] = deque()

    def begin(self, after: ResumePoint, told: Sequence[Told] | None, unfinished: Sequence[Told]) -> None:
        """Begin with the states in `told`, or continue with the changes after the point."""
        self._position = after.position
        self._has_more = told is None
        self.began_at = None if told is None else after
        self._ready.extend(Told(each.stored, after) for each in told or ())
        for each in unfinished:
            self._watch(each)

    async def next(self, seconds: float) -> Told | None:
        if not self._ready and (self._has_more or await self._follower.changed(seconds) is not None):
            await self._read()
        return self._ready.popleft() if self._ready else None

    @property
    def is_over(self) -> bool:
        return self._follower.is_over and not self._ready

    def wake(self) -> None:
        self._follower.wake()

    def close(self) -> None:
        self._follower.close()
        self._leave(self)

    async def _read(self) -> None:
        seen = self._follower.told
        if self._has_more or seen is None or seen.position != self._position:
            changes, by_id = await self._reads.page(self.user_id, self._position)
            self._has_more = len(changes) >= MOST_AT_ONCE
            for change in changes:
                self._take(change, by_id.get(change.prediction_id))
        if seen is not None:
            await self._read_started(seen.statuses)

    def _take(self, change: Change, stored: StoredPrediction | None) -> None:
        """Send the change. If a prediction has ended meanwhile, only its end is sent."""
        self._position = change.position
        if stored is None or stored.prediction.batch_id is not None:
            return
        if stored.prediction.status.is_final is change.ended:
            told = Told(stored, self._reads.point_at(change.position))
            self._watch(told)
            self._ready.append(told)

    async def _read_started(self, statuses: Mapping[PredictionId, Status]) -> None:
        """Send the watched predictions that are unfinished but have a new status."""
        changed = [
            each
            for each, status in statuses.items()
            if not status.is_final and self.unfinished.get(each, status) is not status
        ]
        for told in await self._reads.listed(changed) if changed else ():
            if told.stored is not None and not told.stored.prediction.status.is_final:
                self._watch(told)
                self._ready.append(told)

    def _watch(self, told: Told) -> None:
        assert told.stored is not None
        prediction = told.stored.prediction
        self.unfinished.pop(prediction.id, None)
        if not prediction.status.is_final:
            self.unfinished[prediction.id] = prediction.status
            if len(self.unfinished) > MOST_WATCHED:
                del self.unfinished[next(iter(self.unfinished))]
