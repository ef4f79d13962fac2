"""Event streams: the current state, then each change."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath
from litestar.types import Scope

from augury.application.batches.follow_batch import FollowBatch
from augury.application.batches.ports import StoredBatch
from augury.application.models.follow_training import FollowTraining
from augury.application.models.follow_upload import FollowUpload
from augury.application.open_streams import OpenStreams, StreamsFull
from augury.application.ports import Clock
from augury.application.predictions.follow_prediction import FollowPrediction, PredictionStream
from augury.application.predictions.follow_predictions import RESUMABLE, FollowPredictions, Mark, Told
from augury.application.predictions.places import Places
from augury.application.predictions.ports.reads import StoredPrediction
from augury.concurrency.watches import StateStream, Stream
from augury.domain.batch import BatchNotFound
from augury.domain.identifiers import BatchId, PredictionId, TrainingId, UserId
from augury.domain.model import ModelNotFound, ModelRef
from augury.domain.model_training import ModelTraining, TrainingNotFound
from augury.domain.model_upload import ModelUpload
from augury.domain.prediction import PredictionNotFound
from augury.domain.stream import TooManyStreams
from augury.inbound.event_stream import MEDIA_TYPE, EventResponse, Pace, ServerEvent
from augury.inbound.http.batches.views import EXAMPLE as BATCH
from augury.inbound.http.batches.views import BatchView
from augury.inbound.http.callers.identity import Anyone, Identity, SignedIn, signed_in_or_guest
from augury.inbound.http.callers.member_routes import member_get
from augury.inbound.http.description.openapi import BEARER_OR_GUEST
from augury.inbound.http.files.formats import header_of
from augury.inbound.http.models.admin_models import OfferView
from augury.inbound.http.models.training_views import EXAMPLE as TRAINING
from augury.inbound.http.models.training_views import TrainingView
from augury.inbound.http.predictions.views import EXAMPLE, ListedPrediction, PredictionView
from augury.inbound.http.problems.documents import Refused, documented
from augury.inbound.http.problems.refusals import BUSY
from augury.inbound.http.settings import HttpSettings

State = TypeVar("State")
MISSED = "missed"
"""The event of a stream that cannot continue where the previous one ended."""
_JSON_TEXT = {"contentMediaType": "application/json"}
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStreams:
    """Opens event streams for callers. Lives as long as the application."""

    identity: Identity
    follow_batch: FollowBatch
    follow_upload: FollowUpload
    follow_training: FollowTraining
    clock: Clock
    follow_prediction: FollowPrediction
    follow_predictions: FollowPredictions
    open_streams: OpenStreams
    places: Places
    settings: HttpSettings

    async def of_prediction(self, wanted: PredictionId, scope: Scope) -> EventResponse:
        """The events of a prediction of the scope's user, who may be a guest. Raises `PredictionNotFound`,
        `TooManyStreams`, and a 503 if the process has too many streams."""
        owner, stream = await self._followed(wanted, scope)
        status = stream.status
        if status.is_final and header_of(scope, b"last-event-id") == status:
            stream.close()
            return EventResponse(None, self._shown, self._pace)
        return self.response(owner, stream, self._shown)

    async def of_user(self, scope: Scope) -> EventResponse:
        """The events of all predictions of the scope's user."""
        user_id: UserId = scope["user"]
        after = Mark.parse(header_of(scope, b"last-event-id"))
        stream = await self.follow_predictions(user_id=user_id, after=after)
        return self.response(user_id, stream, self._shown_of_all)

    async def of_batch(self, batch_id: BatchId, scope: Scope) -> EventResponse:
        """The events of a batch of the scope's user. Raises `BatchNotFound`, `TooManyStreams`."""
        stream = await self.follow_batch(user_id=scope["user"], batch_id=batch_id)
        return self._of_states(scope, stream, self._shown_of_batch)

    async def of_upload(self, ref: ModelRef, scope: Scope) -> EventResponse:
        """The events of an uploaded model file. Raises `ModelNotFound`, `TooManyStreams`."""
        return self._of_states(scope, await self.follow_upload(ref), _shown_of_upload)

    async def of_training(self, training_id: TrainingId, scope: Scope) -> EventResponse:
        """The events of a training. Raises `TrainingNotFound`, `TooManyStreams`."""
        return self._of_states(scope, await self.follow_training(training_id), self._shown_of_training)

    def _of_states(
        self, scope: Scope, stream: StateStream[State], shown: Callable[[State], ServerEvent]
    ) -> EventResponse:
        if stream.has_ended and header_of(scope, b"last-event-id") == shown(stream.newest).id:
            stream.close()
            return EventResponse(None, shown, self._pace)
        return self.response(scope["user"], stream, shown)

    async def _followed(self, wanted: PredictionId, scope: Scope) -> tuple[UserId, PredictionStream]:
        if (user_id := scope["user"]) is not None:
            return user_id, await self.follow_prediction(user_id=user_id, prediction_id=wanted)
        async for guest in self.identity.known_guests(scope):
            try:
                return guest, await self.follow_prediction(user_id=guest, prediction_id=wanted)
            except PredictionNotFound:
                pass  # it may belong to yesterday's guest
        raise PredictionNotFound(wanted)

    def response(
        self, owner: UserId, stream: Stream[State], shown: Callable[[State], ServerEvent]
    ) -> EventResponse:
        """The response that sends `stream`. If it is refused, the stream is closed."""
        try:
            ended = self.open_streams.begin(owner)
        except StreamsFull:
            stream.close()
            raise Refused(BUSY, "Too many event streams are open. Try again in a moment.") from None
        except BaseException:
            stream.close()
            raise
        return EventResponse(stream, shown, self._pace, told=self.open_streams.told, ended=ended)

    def _shown(self, stored: StoredPrediction) -> ServerEvent:
        status = stored.prediction.status
        place = self.places.of(stored)
        view = PredictionView.of(stored, base_path=self.settings.base_path, place=place)
        return ServerEvent(status, _encode(view), id=status)

    def _shown_of_batch(self, stored: StoredBatch) -> ServerEvent:
        view = BatchView.of(stored, self.clock.now(), base_path=self.settings.base_path)
        return ServerEvent(view.status, _encode(view), id=view.status)

    def _shown_of_training(self, training: ModelTraining) -> ServerEvent:
        view = TrainingView.of(training, base_path=self.settings.base_path)
        return ServerEvent(training.state, _encode(view), id=training.state)

    def _shown_of_all(self, told: Told) -> ServerEvent:
        mark = None if told.mark is None else str(told.mark)
        if told.stored is None:
            return ServerEvent(MISSED, _encode({"resumable_for": int(RESUMABLE.total_seconds())}), id=mark)
        place = self.places.of(told.stored)
        view = ListedPrediction.of(told.stored, base_path=self.settings.base_path, place=place)
        return ServerEvent(told.stored.prediction.status, _encode(view), id=mark)

    @property
    def _pace(self) -> Pace:
        return Pace(comment_every=self.settings.stream_comment_every, lifetime=self.settings.stream_lifetime)


class ServerSentEvent(msgspec.Struct, frozen=True):
    """One event of a stream."""

    event: str
    data: Annotated[str, msgspec.Meta(description="JSON text.", extra_json_schema=_JSON_TEXT)]
    id: str | msgspec.UnsetType = msgspec.UNSET


def _shown_of_upload(upload: ModelUpload) -> ServerEvent:
    return ServerEvent(upload.state, _encode(OfferView.of_upload(upload)), id=upload.state)


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


@get(
    "/predictions/{prediction_id:uuid}/events",
    guards=[signed_in_or_guest],
    security=BEARER_OR_GUEST,
    tags=["Predictions"],
    summary="Follow a prediction",
    description="Server-sent events of one of your predictions: its current state, then each change. The "
    "stream "
    "ends after the final state. `event` is the status, and `data` is the prediction as `GET "
    "/predictions/{id}` "
    "shows it; an output of more than 262,144 bytes is null. A comment is sent every 15 seconds. "
    "If a stream ends earlier, open it again: it begins with the current state. Guests can follow "
    "predictions that were submitted from the same address today or yesterday (UTC).",
    responses={
        **streamed(),
        **documented(
            401, 404, 429, refusals=[PredictionNotFound(EXAMPLE), TooManyStreams(most=100, retry_after=1)]
        ),
    },
)
async def prediction_events(request: Anyone, prediction_id: FromPath[UUID]) -> EventResponse:
    streams: EventStreams = request.app.state.event_streams
    return await streams.of_prediction(PredictionId(prediction_id), request.scope)


@member_get(
    "/events",
    tags=["Predictions"],
    summary="Follow all predictions",
    description="Server-sent events of all your predictions: first your unfinished predictions, up to 100 "
    "of each "
    "status, newest first, then each change. The stream does not end. `event` is the status, "
    "and `data` is "
    "the prediction as `GET /predictions` lists it. With `Last-Event-ID`, the stream continues after that "
    "event if it is not older than 7 days; otherwise it starts again, with the event `missed`. Slices of "
    "batches are not sent: follow a batch by its own route.",
    responses={**streamed(), **documented(401, 429, refusals=[TooManyStreams(most=100, retry_after=1)])},
)
async def events(request: SignedIn) -> EventResponse:
    streams: EventStreams = request.app.state.event_streams
    return await streams.of_user(request.scope)


@member_get(
    "/batches/{batch_id:uuid}/events",
    tags=["Batches"],
    summary="Follow a batch",
    description="Server-sent events of one of your batches: its current progress, then each change. The "
    "stream "
    "ends after the final state. `event` is the status, and `data` is the batch as `GET "
    "/batches/{id}` shows it.",
    responses={
        **streamed(),
        **documented(401, 404, 429, refusals=[BatchNotFound(BATCH), TooManyStreams(most=100, retry_after=1)]),
    },
)
async def batch_events(request: SignedIn, batch_id: FromPath[UUID]) -> EventResponse:
    streams: EventStreams = request.app.state.event_streams
    return await streams.of_batch(BatchId(batch_id), request.scope)


@get(
    "/admin/models/{ref:str}/events",
    summary="Follow the check of a model file",
    description="Server-sent events of an uploaded file: its current state (`checking`), then each "
    "change. "
    "The stream ends after `ready` or `refused`. `data` is the version as `GET /admin/models` shows it.",
    responses={
        **streamed(),
        **documented(
            401,
            403,
            404,
            429,
            refusals=[ModelNotFound(model="tone@9"), TooManyStreams(most=100, retry_after=1)],
        ),
    },
)
async def upload_events(request: SignedIn, ref: FromPath[str]) -> EventResponse:
    streams: EventStreams = request.app.state.event_streams
    return await streams.of_upload(ModelRef.parse(ref), request.scope)


@get(
    "/admin/trainings/{training_id:uuid}/events",
    summary="Follow a training",
    description="Server-sent events of a training: its current state, then each change, also of its "
    "progress. The stream ends after the final state. `event` is the state, and `data` is the training as "
    "`GET /admin/trainings/{id}` shows it.",
    responses={
        **streamed(),
        **documented(
            *(401, 403, 404, 429),
            refusals=[TrainingNotFound(TRAINING), TooManyStreams(most=100, retry_after=1)],
        ),
    },
)
async def training_events(request: SignedIn, training_id: FromPath[UUID]) -> EventResponse:
    streams: EventStreams = request.app.state.event_streams
    return await streams.of_training(TrainingId(training_id), request.scope)


ROUTES = (prediction_events, events, batch_events)
