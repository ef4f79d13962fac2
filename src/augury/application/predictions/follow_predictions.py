"""Follow all predictions of a user: first the unfinished ones, then each change."""

import re
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from augury.application.ports import Clock
from augury.application.predictions.ports.changes import Change, Changes, Position
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.concurrency.natural_batches import NaturalBatches
from augury.concurrency.streams import Follower, Stream
from augury.concurrency.watches import Watches
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import Status

RESUMABLE = timedelta(days=7)
"""How far back a stream can continue. `Changes` are kept at least as long."""
MOST_AT_ONCE = 100
"""Changes that are read at once for one stream, and unfinished predictions at the start of a new one."""
STREAMS_AT_ONCE = 16
"""Streams whose changes are read together."""
MOST_WATCHED = 20
"""Only this many unfinished predictions of a stream are watched for their start: the newest ones."""


@dataclass(frozen=True, slots=True)
class ResumePoint:
    """The last position that a follower has got, and the time of that, in seconds since 1970."""

    position: Position
    at: int

    def __str__(self) -> str:
        return f"{self.position.paid}-{self.position.free}-{self.at}"

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None if there is no text. Another text is taken as a mark that is too old."""
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
    mark: ResumePoint | None = None
    """None if a follower who continues from here might miss something."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """The newest position of a user's changes, and the statuses of the watched predictions."""

    position: Position
    statuses: Mapping[PredictionId, Status]


_Page = tuple[Sequence[Change], Mapping[PredictionId, StoredPrediction]]


class FollowPredictions:
    """Send each change of a user's predictions.

    Changes are read from the database. The workers' events only trigger a read, and so do two queries a
    second for all followed users.
    """

    def __init__(self, changes: Changes, predictions: Predictions, clock: Clock) -> None:
        self._changes = changes
        self._predictions = predictions
        self._clock = clock
        self._watches: Watches[UserId, _Seen] = Watches(self._seen, doing="reading changes of predictions")
        self._pages = NaturalBatches(self._read, most=STREAMS_AT_ONCE)
        self._streams: dict[UserId, set[PredictionsStream]] = {}

    async def __call__(self, *, user_id: UserId, after: ResumePoint | None = None) -> "PredictionsStream":
        """Continues `after` a mark that is not older than `RESUMABLE`. If the mark is beyond the newest
        change, the books were restored from a backup since, and changes may have been missed. The caller must
        close the stream."""
        now = int(self._clock.now().timestamp())
        newest = (await self._changes.newest([user_id]))[user_id]
        has_missed = after is not None and (
            now - after.at > RESUMABLE.total_seconds()
            or after.position.paid > newest.paid
            or after.position.free > newest.free
        )
        stream = PredictionsStream(self, user_id, self._watches.follow(user_id))
        self._streams.setdefault(user_id, set()).add(stream)
        try:
            if after is None or has_missed:
                after = ResumePoint(newest, now)
                unfinished = await self._unfinished(user_id)
                stream.begin(after, [*([Told(None)] if has_missed else []), *unfinished], unfinished)
            else:
                stream.begin(after, None, await self._unfinished(user_id))
        except BaseException:
            stream.close()
            raise
        return stream

    def tell(self, ended: Sequence[Ended]) -> None:
        """Read the changes of these users if somebody follows them."""
        self._watches.ring(each.user_id for each in ended)

    async def look(self) -> None:
        """Watch for changes until canceled."""
        await self._watches.look()

    def stop(self) -> None:
        """End all streams."""
        self._watches.stop()

    def leave(self, stream: "PredictionsStream") -> None:
        streams = self._streams.get(stream.user_id, set())
        streams.discard(stream)
        if not streams:
            self._streams.pop(stream.user_id, None)

    async def page(self, user_id: UserId, position: Position) -> _Page:
        """The next changes of the user, with the current predictions."""
        return await self._pages.board((user_id, position))

    async def listed(self, ids: Sequence[PredictionId]) -> Sequence[Told]:
        return [Told(each) for each in await self._predictions.listed(ids)]

    def mark(self, position: Position) -> ResumePoint:
        return ResumePoint(position, int(self._clock.now().timestamp()))

    async def _unfinished(self, user_id: UserId) -> list[Told]:
        """The newest unfinished predictions, oldest first."""
        found = [
            each
            for status in (Status.PROCESSING, Status.QUEUED)
            for each in (await self._predictions.page(user_id, limit=MOST_AT_ONCE, status=status)).items
        ]
        return [Told(each) for each in sorted(found, key=lambda each: each.prediction.id)]

    async def _seen(self, user_ids: Sequence[UserId]) -> Mapping[UserId, _Seen]:
        newest = await self._changes.newest(user_ids)
        watched = {
            user_id: [each for stream in self._streams.get(user_id, ()) for each in stream.unfinished]
            for user_id in user_ids
        }
        ids = {each for of_user in watched.values() for each in of_user}
        statuses = await self._predictions.statuses(ids) if ids else {}
        return {
            user_id: _Seen(
                newest[user_id],
                {each: statuses[each] for each in of_user if each in statuses},
            )
            for user_id, of_user in watched.items()
        }

    async def _read(self, asked: Sequence[tuple[UserId, Position]]) -> Sequence[_Page]:
        found = await self._changes.since(asked, limit=MOST_AT_ONCE)
        ids = {change.prediction_id for changes in found for change in changes}
        listed = await self._predictions.listed(ids) if ids else ()
        by_id = {each.prediction.id: each for each in listed}
        return [(changes, by_id) for changes in found]


class PredictionsStream(Stream[Told]):
    """The changes of a user's predictions. It does not end by itself."""

    __slots__ = ("_all", "_follower", "_has_more", "_position", "_ready", "began_at", "unfinished", "user_id")

    def __init__(self, all_of_them: FollowPredictions, user_id: UserId, follower: Follower[_Seen]) -> None:
        self.user_id = user_id
        self.unfinished: dict[PredictionId, Status] = {}
        """The statuses that were sent for unfinished predictions, up to `MOST_WATCHED` of them."""
        self.began_at: ResumePoint | None = None
        """Where a new stream can be continued, even if it ends before its first event."""
        self._all = all_of_them
        self._follower = follower
        self._position = Position()
        self._has_more = False
        self._ready: deque[Told] = deque()

    def begin(self, after: ResumePoint, told: Sequence[Told] | None, unfinished: Sequence[Told]) -> None:
        """Begin with the states in `told`, or continue with the changes after the mark."""
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
        self._all.leave(self)

    async def _read(self) -> None:
        seen = self._follower.told
        if self._has_more or seen is None or seen.position != self._position:
            changes, by_id = await self._all.page(self.user_id, self._position)
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
            told = Told(stored, self._all.mark(change.position))
            self._watch(told)
            self._ready.append(told)

    async def _read_started(self, statuses: Mapping[PredictionId, Status]) -> None:
        """Send the watched predictions that are unfinished but have a new status."""
        changed = [
            each
            for each, status in statuses.items()
            if not status.is_final and self.unfinished.get(each, status) is not status
        ]
        for told in await self._all.listed(changed) if changed else ():
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
