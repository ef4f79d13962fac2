"""The event stream of a batch."""

from dataclasses import dataclass
from uuid import UUID

import msgspec
from litestar.params import FromPath
from litestar.types import Scope

from augury.application.batches.follow_batch import FollowBatch
from augury.application.batches.ports import StoredBatch
from augury.application.ports import Clock
from augury.domain.batch import BatchNotFound
from augury.domain.identifiers import BatchId
from augury.inbound.event_stream import EventResponse, ServerEvent
from augury.inbound.http.batches.views import EXAMPLE, BatchView
from augury.inbound.http.callers.event_streams import TOO_MANY, EventStreams, streamed
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.callers.member_routes import member_get
from augury.inbound.http.problems.described import documented

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEvents:
    """Opens the streams. Lives as long as the application."""

    follow_batch: FollowBatch
    clock: Clock
    streams: EventStreams
    base_path: str

    async def of(self, batch_id: BatchId, scope: Scope) -> EventResponse:
        """The events of a batch of the scope's user. Raises `BatchNotFound`, `TooManyStreams`."""
        stream = await self.follow_batch(user_id=scope["user"], batch_id=batch_id)
        return self.streams.of_states(scope, stream, self._shown)

    def _shown(self, stored: StoredBatch) -> ServerEvent:
        view = BatchView.of(stored, self.clock.now(), base_path=self.base_path)
        return ServerEvent(view.status, _encode(view), id=view.status)


@member_get(
    "/batches/{batch_id:uuid}/events",
    tags=["Batches"],
    summary="Follow a batch",
    description="Server-sent events of one of your batches: its current progress, then each change. The "
    "stream ends after the final state. `event` is the status, and `data` is the batch as "
    "`GET /batches/{id}` shows it.",
    responses={
        **streamed(),
        **documented(401, 404, 429, refusals=[BatchNotFound(EXAMPLE), TOO_MANY]),
    },
)
async def batch_events(request: SignedIn, batch_id: FromPath[UUID]) -> EventResponse:
    events: BatchEvents = request.app.state.batch_events
    return await events.of(BatchId(batch_id), request.scope)


ROUTES = (batch_events,)
