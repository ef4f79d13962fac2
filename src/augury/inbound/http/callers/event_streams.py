"""What all event streams of the API share. A stream sends the current state, then each change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec
from litestar.openapi.datastructures import ResponseSpec
from litestar.types import Scope

from augury.application.open_streams import OpenStreams, StreamsFull
from augury.concurrency.streams import StateStream, Stream
from augury.domain.identifiers import UserId
from augury.domain.stream import TooManyStreams
from augury.inbound.event_stream import MEDIA_TYPE, EventResponse, ServerEvent, StreamTimes
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import BUSY
from augury.inbound.http.protocol.headers import header_of
from augury.inbound.http.settings import HttpSettings

State = TypeVar("State")
TOO_MANY = TooManyStreams(most=100, retry_after=1)
"""An example for the descriptions of routes."""
_JSON_TEXT = {"contentMediaType": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreams:
    """Sends streams to callers. Lives as long as the application."""

    open_streams: OpenStreams
    settings: HttpSettings

    def of_states(
        self, scope: Scope, stream: StateStream[State], shown: Callable[[State], ServerEvent]
    ) -> EventResponse:
        """The response that sends `stream` to the scope's user. Nothing is sent if the caller knows the final
        state already."""
        if stream.has_ended and last_id_of(scope) == shown(stream.newest).id:
            return self.nothing_more(stream, shown)
        return self.response(scope["user"], stream, shown)

    def response(
        self,
        owner: UserId,
        stream: Stream[State],
        shown: Callable[[State], ServerEvent],
        *,
        opening: str | None = None,
    ) -> EventResponse:
        """The response that sends `stream`, and first the id `opening`. If it is refused, the stream is
        closed. Raises a 503 if the process has too many streams, and `TooManyStreams` if the owner has."""
        try:
            ended = self.open_streams.begin(owner)
        except StreamsFull:
            stream.close()
            raise Refused(BUSY, "Too many event streams are open. Try again in a moment.") from None
        except BaseException:
            stream.close()
            raise
        told = self.open_streams.told
        return EventResponse(stream, shown, self._pace, opening=opening, told=told, ended=ended)

    def nothing_more(self, stream: Stream[State], shown: Callable[[State], ServerEvent]) -> EventResponse:
        """The response for a caller who has received the last event. Closes the stream."""
        stream.close()
        return EventResponse(None, shown, self._pace)

    @property
    def _pace(self) -> StreamTimes:
        return StreamTimes(
            comment_every=self.settings.stream_comment_every, lifetime=self.settings.stream_lifetime
        )


class ServerSentEvent(msgspec.Struct, frozen=True):
    """One event of a stream."""

    event: str
    data: Annotated[str, msgspec.Meta(description="JSON text.", extra_json_schema=_JSON_TEXT)]
    id: str | msgspec.UnsetType = msgspec.UNSET


def last_id_of(scope: Scope) -> str:
    """The id of the last event that the caller received, or an empty string."""
    return header_of(scope, b"last-event-id")


def streamed() -> dict[int, ResponseSpec]:
    """The successful answers of a route with events, for its OpenAPI description."""
    return {
        200: ResponseSpec(
            ServerSentEvent,
            generate_examples=False,
            media_type=MEDIA_TYPE,
            description="The events, as the HTML standard describes them (section 9.2).",
        ),
        204: ResponseSpec(
            None,
            generate_examples=False,
            description="Everything was sent: `Last-Event-ID` is the last event of this stream.",
        ),
    }
