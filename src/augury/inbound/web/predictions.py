"""Predictions: the list, and the page of one with its answer, its history and its possible actions."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response, get, post
from litestar.params import FromPath
from typing_extensions import override

from augury.application.models.ports.models import Models
from augury.application.open_streams import OpenStreams
from augury.application.people.find_guests import FindGuests
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.explain_row import ExplainRow
from augury.application.predictions.follow_prediction import FollowPrediction
from augury.application.predictions.forget_prediction import ForgetPrediction
from augury.application.predictions.places import Places
from augury.application.predictions.ports.contents import PredictionContents
from augury.application.predictions.ports.reads import Predictions, StoredPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.domain.identifiers import PredictionId
from augury.domain.model import Model
from augury.domain.prediction import Status
from augury.inbound.event_stream import EventResponse, ServerEvent, StreamTimes
from augury.inbound.pictures.waterfall import waterfall
from augury.inbound.web.answers import result_of, short
from augury.inbound.web.given import choice, number_at
from augury.inbound.web.ids import prediction_id_in
from augury.inbound.web.payer import readable
from augury.inbound.web.rendering import DRAWN, Answer, page, see_other
from augury.inbound.web.texts import texts
from augury.inbound.web.visitor import PageRequest, signed_in

PAGE = 20
MOST_WAITING = 20.0
"""Seconds that a request for the state waits for a change."""
MOST_INPUT = 4_000
"""The maximum length of the input on the page, in characters."""
PACE = StreamTimes(comment_every=timedelta(seconds=15), lifetime=timedelta(minutes=10))


@dataclass(frozen=True, slots=True)
class PagePart(ServerEvent):
    """A part of a page. htmx puts events without a name into the page, and stops at the event named `end`."""

    is_last: bool = False

    @override
    def encoded(self) -> bytes:
        lines = b"".join(b"data: " + line + b"\n" for line in self.data.splitlines())
        return lines + b"\n" + (b"event: end\ndata:\n\n" if self.is_last else b"")


@get("/app/predictions", guards=[signed_in], include_in_schema=False)
@inject
async def listed(
    request: PageRequest, predictions: FromDishka[Predictions], models: FromDishka[Models]
) -> Answer:
    given = request.query_params
    status = choice(given.get("status"), Status)
    model = given.get("model", "").strip()[:128]
    found = await predictions.page(
        request.user.member.id,
        limit=PAGE,
        before=prediction_id_in(given["before"]) if given.get("before") else None,
        status=status,
        model=model or None,
    )
    words = texts(request.user.language)
    used = {ref: await models.version(ref) for ref in {each.prediction.model for each in found.items}}
    return page(
        request,
        "predictions.html",
        items=[(each.prediction, short(each, used[each.prediction.model], words)) for each in found.items],
        more=found.more,
        chosen=status or "",
        model=model,
        statuses=list(Status),
        is_first="before" not in given,
    )


@get("/app/predictions/{prediction_id:uuid}", include_in_schema=False)
@inject
async def one(
    request: PageRequest,
    prediction_id: FromPath[UUID],
    predictions: FromDishka[Predictions],
    contents: FromDishka[PredictionContents],
    find_guests: FromDishka[FindGuests],
    models: FromDishka[Models],
) -> Answer:
    stored = await readable(request, PredictionId(prediction_id), predictions, find_guests)
    owner = stored.prediction.user_id
    data = None
    if stored.prediction.batch_id is None:
        data = await contents.input_of(stored.prediction.id, owner=owner)
    return await _page(request, "prediction.html", stored, models, data.decode() if data else "")


@get("/app/predictions/{prediction_id:uuid}/state", include_in_schema=False)
@inject
async def state(
    request: PageRequest,
    prediction_id: FromPath[UUID],
    predictions: FromDishka[Predictions],
    find_guests: FromDishka[FindGuests],
    models: FromDishka[Models],
    wait: FromDishka[WaitForPrediction],
) -> Answer:
    """The part of the page that changes. The answer waits for a change."""
    stored = await readable(request, PredictionId(prediction_id), predictions, find_guests)
    if not stored.prediction.status.is_final:
        owner = stored.prediction.user_id
        stored = await wait(user_id=owner, prediction_id=stored.prediction.id, seconds=MOST_WAITING)
    return await _page(request, "part/prediction_state.html", stored, models, "")


@get("/app/predictions/{prediction_id:uuid}/events", include_in_schema=False)
@inject
async def events(
    request: PageRequest,
    prediction_id: FromPath[UUID],
    predictions: FromDishka[Predictions],
    find_guests: FromDishka[FindGuests],
    models: FromDishka[Models],
    follow: FromDishka[FollowPrediction],
    open_streams: FromDishka[OpenStreams],
) -> EventResponse:
    """The same part as an event for each change, beginning with the current state."""
    stored = await readable(request, PredictionId(prediction_id), predictions, find_guests)
    owner, model = stored.prediction.user_id, await models.version(stored.prediction.model)
    stream = await follow(user_id=owner, prediction_id=stored.prediction.id)
    try:
        ended = open_streams.begin(owner)
    except BaseException:
        stream.close()
        raise

    def shown(changed: StoredPrediction) -> PagePart:
        html = _page_of(request, "part/prediction_state.html", changed, model, "").content
        return PagePart("", html.encode(), is_last=changed.prediction.status.is_final)

    return EventResponse(stream, shown, PACE, told=open_streams.told, ended=ended)


@get("/app/predictions/{prediction_id:uuid}/explanation.svg", include_in_schema=False)
@inject
async def picture(
    request: PageRequest,
    prediction_id: FromPath[UUID],
    predictions: FromDishka[Predictions],
    find_guests: FromDishka[FindGuests],
    explain_row: FromDishka[ExplainRow],
) -> Response[bytes]:
    stored = await readable(request, PredictionId(prediction_id), predictions, find_guests)
    given = request.query_params
    row = number_at(given.get("row", "")) or 0
    owner = stored.prediction.user_id
    found = await explain_row(
        user_id=owner, prediction_id=stored.prediction.id, row=row, of=given.get("of") or None
    )
    drawn = waterfall(found.explanation, found.texts, request.user.language)
    headers = {"Content-Security-Policy": DRAWN, "Vary": "Cookie, Accept-Language"}
    return Response(drawn, media_type="image/svg+xml", headers=headers)


@post("/app/predictions/{prediction_id:uuid}/cancel", guards=[signed_in], include_in_schema=False)
@inject
async def cancel(
    request: PageRequest, prediction_id: FromPath[UUID], cancel_prediction: FromDishka[CancelPrediction]
) -> Answer:
    user_id = request.user.member.id
    await cancel_prediction(user_id=user_id, prediction_id=PredictionId(prediction_id))
    return see_other(request, f"/app/predictions/{prediction_id}")


@post("/app/predictions/{prediction_id:uuid}/forget", guards=[signed_in], include_in_schema=False)
@inject
async def forget(
    request: PageRequest, prediction_id: FromPath[UUID], forget_prediction: FromDishka[ForgetPrediction]
) -> Answer:
    user_id = request.user.member.id
    await forget_prediction(user_id=user_id, prediction_id=PredictionId(prediction_id))
    return see_other(request, f"/app/predictions/{prediction_id}")


async def _page(
    request: PageRequest, template: str, stored: StoredPrediction, models: Models, data: str
) -> Answer:
    model = await models.version(stored.prediction.model)
    return _page_of(request, template, stored, model, data)


def _page_of(
    request: PageRequest, template: str, stored: StoredPrediction, model: Model, data: str
) -> Answer:
    places: Places = request.app.state.places
    return page(
        request,
        template,
        place=places.of(stored),
        prediction=stored.prediction,
        stored=stored,
        model=model,
        result=result_of(stored, model, texts(request.user.language)),
        data=data[:MOST_INPUT],
        is_cut=len(data) > MOST_INPUT,
    )


ROUTES = (listed, one, state, events, picture, cancel, forget)
