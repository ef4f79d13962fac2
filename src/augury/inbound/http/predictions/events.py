"""Event streams of predictions: of one, and of all of a user."""

from dataclasses import dataclass
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.types import Scope

from augury.application.predictions.follow_prediction import FollowPrediction, PredictionStream
from augury.application.predictions.follow_predictions import FollowPredictions
from augury.application.predictions.places import Places
from augury.application.predictions.ports.reads import StoredPrediction
from augury.application.predictions.predictions_stream import ResumePoint, Told
from augury.domain.identifiers import PredictionId, UserId
from augury.domain.prediction import PredictionNotFound
from augury.domain.retention import RESUMABLE
from augury.inbound.event_stream import EventResponse, ServerEvent
from augury.inbound.http.callers.event_streams import TOO_MANY, EventStreams, last_id_of, streamed
from augury.inbound.http.callers.identity import Anyone, Identity, SignedIn, signed_in_or_guest
from augury.inbound.http.callers.member_routes import member_get
from augury.inbound.http.description.examples import PREDICTION_ID
from augury.inbound.http.description.openapi import BEARER_OR_GUEST
from augury.inbound.http.predictions.views import ListedPrediction, PredictionView
from augury.inbound.http.problems.described import documented

TAGS = ["Predictions"]
MISSED = "missed"
"""The event of a stream that cannot continue where the previous one ended."""
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictionEvents:
    """Opens the streams. Lives as long as the application."""

    identity: Identity
    follow_prediction: FollowPrediction
    follow_predictions: FollowPredictions
    places: Places
    streams: EventStreams
    base_path: str

    async def of_one(self, wanted: PredictionId, scope: Scope) -> EventResponse:
        """The events of a prediction of the scope's user, who may be a guest. Raises `PredictionNotFound`,
        `TooManyStreams`, and a 503 if the process has too many streams."""
        owner, stream = await self._followed(wanted, scope)
        status = stream.status
        if status.is_final and last_id_of(scope) == status:
            return self.streams.nothing_more(stream, self._shown)
        return self.streams.response(owner, stream, self._shown)

    async def of_user(self, scope: Scope) -> EventResponse:
        """The events of all predictions of the scope's user."""
        user_id: UserId = scope["user"]
        stream = await self.follow_predictions(user_id=user_id, after=ResumePoint.parse(last_id_of(scope)))
        opening = None if stream.began_at is None else str(stream.began_at)
        return self.streams.response(user_id, stream, self._shown_of_all, opening=opening)

    async def _followed(self, wanted: PredictionId, scope: Scope) -> tuple[UserId, PredictionStream]:
        if (user_id := scope["user"]) is not None:
            return user_id, await self.follow_prediction(user_id=user_id, prediction_id=wanted)
        async for guest in self.identity.known_guests(scope):
            try:
                return guest, await self.follow_prediction(user_id=guest, prediction_id=wanted)
            except PredictionNotFound:
                pass  # it may belong to yesterday's guest
        raise PredictionNotFound(wanted)

    def _shown(self, stored: StoredPrediction) -> ServerEvent:
        status = stored.prediction.status
        view = PredictionView.of(stored, base_path=self.base_path, place=self.places.of(stored))
        return ServerEvent(status, _encode(view), id=status)

    def _shown_of_all(self, told: Told) -> ServerEvent:
        point = None if told.point is None else str(told.point)
        if told.stored is None:
            return ServerEvent(MISSED, _encode({"resumable_for": int(RESUMABLE.total_seconds())}), id=point)
        place = self.places.of(told.stored)
        view = ListedPrediction.of(told.stored, base_path=self.base_path, place=place)
        return ServerEvent(told.stored.prediction.status, _encode(view), id=point)


@get(
    "/predictions/{prediction_id:uuid}/events",
    guards=[signed_in_or_guest],
    security=BEARER_OR_GUEST,
    tags=TAGS,
    summary="Follow a prediction",
    description="Server-sent events of one of your predictions: its current state, then each change. The "
    "stream ends after the final state. `event` is the status, and `data` is the prediction as "
    "`GET /predictions/{id}` shows it; an output of more than 262,144 bytes is null. After a silence of "
    "`AUGURY_STREAM_COMMENT_EVERY` (15 seconds by default), a comment is sent. If a stream ends earlier, "
    "open it again: it begins with the current state. Guests can follow predictions that were submitted from "
    "the same address today or yesterday (UTC).",
    responses={
        **streamed(),
        **documented(401, 404, 429, refusals=[PredictionNotFound(PREDICTION_ID), TOO_MANY]),
    },
)
async def prediction_events(request: Anyone, prediction_id: FromPath[UUID]) -> EventResponse:
    events: PredictionEvents = request.app.state.prediction_events
    return await events.of_one(PredictionId(prediction_id), request.scope)


@member_get(
    "/events",
    tags=TAGS,
    summary="Follow all predictions",
    description="Server-sent events of all your predictions: first your unfinished predictions, up to 100 "
    "of each status, newest first, then each change. The stream does not end. `event` is the status, and "
    "`data` is the prediction as `GET /predictions` lists it. With `Last-Event-ID`, the stream continues "
    f"after that event if it is not older than {RESUMABLE.days} days; otherwise it starts again, with the "
    "event `missed`. "
    "A new stream sends its first id alone, before any event. Slices of batches are not sent: follow a "
    "batch by its own route.",
    responses={**streamed(), **documented(401, 429, refusals=[TOO_MANY])},
)
async def events(request: SignedIn) -> EventResponse:
    events: PredictionEvents = request.app.state.prediction_events
    return await events.of_user(request.scope)


ROUTES = (prediction_events, events)
