"""The administrator's event streams: of the check of a model file, and of a training."""

from dataclasses import dataclass
from uuid import UUID

import msgspec
from litestar import get
from litestar.params import FromPath
from litestar.types import Scope

from augury.application.models.follow_training import FollowTraining
from augury.application.models.follow_upload import FollowUpload
from augury.domain.identifiers import TrainingId
from augury.domain.model import ModelNotFound, ModelRef
from augury.domain.model_training import ModelTraining, TrainingNotFound
from augury.domain.model_upload import ModelUpload
from augury.inbound.event_stream import EventResponse, ServerEvent
from augury.inbound.http.callers.event_streams import TOO_MANY, EventStreams, streamed
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.models.admin_models import OfferView
from augury.inbound.http.models.training_views import EXAMPLE, TrainingView
from augury.inbound.http.problems.described import documented

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEvents:
    """Opens the streams. Lives as long as the application."""

    follow_upload: FollowUpload
    follow_training: FollowTraining
    streams: EventStreams
    base_path: str

    async def of_upload(self, ref: ModelRef, scope: Scope) -> EventResponse:
        """The events of an uploaded model file. Raises `ModelNotFound`, `TooManyStreams`."""
        return self.streams.of_states(scope, await self.follow_upload(ref), _shown_of_upload)

    async def of_training(self, training_id: TrainingId, scope: Scope) -> EventResponse:
        """The events of a training. Raises `TrainingNotFound`, `TooManyStreams`."""
        stream = await self.follow_training(training_id)
        return self.streams.of_states(scope, stream, self._shown_of_training)

    def _shown_of_training(self, training: ModelTraining) -> ServerEvent:
        view = TrainingView.of(training, base_path=self.base_path)
        return ServerEvent(training.state, _encode(view), id=training.state)


def _shown_of_upload(upload: ModelUpload) -> ServerEvent:
    return ServerEvent(upload.state, _encode(OfferView.of_upload(upload)), id=upload.state)


@get(
    "/admin/models/{ref:str}/events",
    summary="Follow the check of a model file",
    description="Server-sent events of an uploaded file: its current state (`checking`), then each "
    "change. The stream ends after `ready` or `refused`. `data` is the version as `GET /admin/models` shows "
    "it during the check. After `ready`, read the version: it has its facts then, and may be `active`.",
    responses={
        **streamed(),
        **documented(401, 403, 404, 429, refusals=[ModelNotFound(model="tone@9"), TOO_MANY]),
    },
)
async def upload_events(request: SignedIn, ref: FromPath[str]) -> EventResponse:
    events: ModelEvents = request.app.state.model_events
    return await events.of_upload(ModelRef.parse(ref), request.scope)


@get(
    "/admin/trainings/{training_id:uuid}/events",
    summary="Follow a training",
    description="Server-sent events of a training: its current state, then each change, also of its "
    "progress. The stream ends after the final state. `event` is the state, and `data` is the training as "
    "`GET /admin/trainings/{id}` shows it.",
    responses={
        **streamed(),
        **documented(401, 403, 404, 429, refusals=[TrainingNotFound(EXAMPLE), TOO_MANY]),
    },
)
async def training_events(request: SignedIn, training_id: FromPath[UUID]) -> EventResponse:
    events: ModelEvents = request.app.state.model_events
    return await events.of_training(TrainingId(training_id), request.scope)


ROUTES = (upload_events, training_events)
