"""Follow all predictions of a user: first the unfinished ones, then each change."""

from collections.abc import Mapping, Sequence

from augury.application.ports import Clock
from augury.application.predictions.ports.changes import Changes, Position
from augury.application.predictions.ports.events import Ended
from augury.application.predictions.ports.reads import Predictions
from augury.application.predictions.predictions_stream import (
    MOST_AT_ONCE,
    ChangeReads,
    PredictionsStream,
    ResumePoint,
    Told,
    WatchedChanges,
)
from augury.concurrency.watches import Watches
from augury.domain.identifiers import UserId
from augury.domain.prediction import Status
from augury.domain.retention import RESUMABLE


class FollowPredictions:
    """Send each change of a user's predictions.

    Changes are read from the database. The workers' events only trigger a read, and so do two queries a
    second for all followed users.
    """

    def __init__(self, changes: Changes, predictions: Predictions, clock: Clock) -> None:
        self._changes = changes
        self._predictions = predictions
        self._clock = clock
        self._watches: Watches[UserId, WatchedChanges] = Watches(
            self._seen, doing="reading changes of predictions"
        )
        self._reads = ChangeReads(changes, predictions, clock)
        self._streams: dict[UserId, set[PredictionsStream]] = {}

    async def __call__(self, *, user_id: UserId, after: ResumePoint | None = None) -> PredictionsStream:
        """Continues `after` a point that is not older than `RESUMABLE`. If the point is ahead of the books,
        they were restored from a backup, and changes may have been missed. The caller must close the
        stream."""
        now = int(self._clock.now().timestamp())
        newest = (await self._changes.newest([user_id]))[user_id]
        has_missed = after is not None and (
            now - after.at > RESUMABLE.total_seconds() or await self._is_ahead(after.position, newest)
        )
        stream = PredictionsStream(user_id, self._reads, self._watches.follow(user_id), self._leave)
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

    async def _is_ahead(self, position: Position, newest: Position) -> bool:
        """Whether the books have lost changes of a user up to this position; `newest` is the user's newest
        one. Free changes may also have been deleted because of their age: then everybody's are newer."""
        if position.paid > newest.paid:
            return True
        if position.free <= newest.free:
            return False
        return newest.free > 0 or position.free >= await self._changes.oldest_free()

    def tell(self, ended: Sequence[Ended]) -> None:
        """Read the changes of these users if somebody follows them."""
        self._watches.ring(each.user_id for each in ended)

    async def look(self) -> None:
        """Watch for changes until canceled."""
        await self._watches.look()

    def stop(self) -> None:
        """End all streams."""
        self._watches.stop()

    def _leave(self, stream: PredictionsStream) -> None:
        streams = self._streams.get(stream.user_id, set())
        streams.discard(stream)
        if not streams:
            self._streams.pop(stream.user_id, None)

    async def _unfinished(self, user_id: UserId) -> list[Told]:
        """The newest unfinished predictions, oldest first."""
        found = [
            each
            for status in (Status.PROCESSING, Status.QUEUED)
            for each in (await self._predictions.page(user_id, limit=MOST_AT_ONCE, status=status)).items
        ]
        return [Told(each) for each in sorted(found, key=lambda each: each.prediction.id)]

    async def _seen(self, user_ids: Sequence[UserId]) -> Mapping[UserId, WatchedChanges]:
        newest = await self._changes.newest(user_ids)
        watched = {
            user_id: [each for stream in self._streams.get(user_id, ()) for each in stream.unfinished]
            for user_id in user_ids
        }
        ids = {each for of_user in watched.values() for each in of_user}
        statuses = await self._predictions.statuses(ids) if ids else {}
        return {
            user_id: WatchedChanges(
                newest[user_id],
                {each: statuses[each] for each in of_user if each in statuses},
            )
            for user_id, of_user in watched.items()
        }
