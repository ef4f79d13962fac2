"""Reading, listing, canceling and forgetting predictions."""

from typing import Annotated
from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.types import Scope

from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.forget_prediction import ForgetPrediction
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.domain.identifiers import PredictionId
from augury.domain.prediction import PredictionNotFound, Status, WrongStatus
from augury.inbound.http.callers.identity import Anyone, Identity, SignedIn, signed_in_or_guest
from augury.inbound.http.callers.member_routes import member_delete, member_get, member_post
from augury.inbound.http.description.examples import PREDICTION_ID
from augury.inbound.http.description.openapi import BEARER_OR_GUEST
from augury.inbound.http.predictions.answers import PredictionAnswers, PredictionPageView
from augury.inbound.http.predictions.views import PredictionView, unanswered
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.encoded import EncodedJson
from augury.inbound.http.protocol.paging import Cursor, Limit, id_of
from augury.inbound.http.settings import HttpSettings

TAGS = ["Predictions"]
OfStatus = Annotated[Status | None, QueryParameter(description="Only predictions with this status.")]
OfModel = Annotated[
    str | None,
    QueryParameter(max_length=128, description="Only predictions of this model: `name` or `name@version`."),
]


@get(
    "/predictions/{prediction_id:uuid}",
    guards=[signed_in_or_guest],
    security=BEARER_OR_GUEST,
    tags=TAGS,
    summary="Read a prediction",
    description="One of your predictions in its current state. Guests can read predictions that were "
    "submitted from the same address today or yesterday (UTC).",
    responses={
        200: ResponseSpec(PredictionView, generate_examples=False, description="The prediction."),
        **documented(401, 404, refusals=[PredictionNotFound(PREDICTION_ID)]),
    },
)
@inject
async def read(
    request: Anyone, prediction_id: FromPath[UUID], predictions: FromDishka[Predictions]
) -> EncodedJson:
    state = request.app.state
    stored = await of_anyone(PredictionId(prediction_id), state.identity, request.scope, predictions)
    answers: PredictionAnswers = state.prediction_answers
    return answers.of(stored)


@member_get(
    "/predictions",
    tags=TAGS,
    summary="List predictions",
    description="Your predictions, newest first. A page may have fewer items than `limit`, even none, "
    "although `next_cursor` leads to more: predictions with a `status` may be far apart in a long history.",
    responses=documented(401, 422),
)
@inject
async def list_predictions(
    request: SignedIn,
    predictions: FromDishka[Predictions],
    limit: Limit = 20,
    cursor: Cursor = None,
    status: OfStatus = None,
    model: OfModel = None,
) -> PredictionPageView:
    before = id_of(cursor)
    page = await predictions.page(
        request.user,
        limit=limit,
        before=None if before is None else PredictionId(before),
        status=status,
        model=model,
    )
    answers: PredictionAnswers = request.app.state.prediction_answers
    return answers.page(page)


@member_post(
    "/predictions/{prediction_id:uuid}/cancel",
    status_code=200,
    tags=TAGS,
    summary="Cancel a prediction",
    description=CancelPrediction.__doc__,
    responses=documented(
        401, 404, 409, refusals=[PredictionNotFound(PREDICTION_ID), WrongStatus(status=Status.PROCESSING)]
    ),
)
@inject
async def cancel(
    request: SignedIn, prediction_id: FromPath[UUID], cancel_prediction: FromDishka[CancelPrediction]
) -> PredictionView:
    canceled = await cancel_prediction(user_id=request.user, prediction_id=PredictionId(prediction_id))
    return PredictionView.of(unanswered(canceled), base_path=_base_path(request))


@member_delete(
    "/predictions/{prediction_id:uuid}",
    tags=TAGS,
    summary="Forget a prediction",
    description=ForgetPrediction.__doc__,
    responses=documented(
        401, 404, 409, refusals=[PredictionNotFound(PREDICTION_ID), WrongStatus(status=Status.QUEUED)]
    ),
)
@inject
async def forget(
    request: SignedIn, prediction_id: FromPath[UUID], forget_prediction: FromDishka[ForgetPrediction]
) -> None:
    await forget_prediction(user_id=request.user, prediction_id=PredictionId(prediction_id))


async def of_anyone(
    wanted: PredictionId, identity: Identity, scope: Scope, predictions: Predictions
) -> StoredPrediction:
    """A prediction of the scope's user, who may be a guest. Raises `PredictionNotFound`."""
    if scope["user"] is not None:
        return await predictions.get(wanted, owner=scope["user"])
    async for guest in identity.known_guests(scope):
        try:
            return await predictions.get(wanted, owner=guest)
        except PredictionNotFound:
            pass  # it may belong to yesterday's guest
    raise PredictionNotFound(wanted)


def _base_path(request: Anyone | SignedIn) -> str:
    settings: HttpSettings = request.app.state.settings
    return settings.base_path


ROUTES = (read, list_predictions, cancel, forget)
