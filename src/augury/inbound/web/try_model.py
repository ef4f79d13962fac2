"""Trying a model: a form from its schema, and the answer."""

import json
from collections.abc import Mapping
from typing import Any

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import FromPath

from augury.application.limits import Limits
from augury.application.models.ports.models import Models
from augury.application.money.ports import Balances
from augury.application.people.find_guests import FindGuests
from augury.application.people.tokens import new_secret
from augury.application.ports import Json
from augury.application.predictions.ports.contents import PredictionContents
from augury.application.predictions.ports.reads import Predictions
from augury.application.predictions.requests import Replayed
from augury.application.predictions.submit_prediction import Submission, SubmitPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.domain.balance import NotEnoughCredits
from augury.domain.errors import DomainError
from augury.domain.explanation import ALL_FEATURES
from augury.domain.identifiers import PredictionId
from augury.domain.model import Model
from augury.domain.pricing import MaxPriceExceeded
from augury.inbound.web.given import is_ticked
from augury.inbound.web.ids import prediction_id_in
from augury.inbound.web.payer import payer, readable
from augury.inbound.web.problems import status_of
from augury.inbound.web.rendering import Answer, page, see_other
from augury.inbound.web.row_form import Field, empty, example, filled
from augury.inbound.web.texts import texts
from augury.inbound.web.told_price import ToldPrice
from augury.inbound.web.visitor import PageRequest, once_for

PATIENCE = 0.8
"""How long a form waits for its answer, in seconds, so that most people see it at once."""
MOST_NAME = 128


@get("/app/models/{name:str}", include_in_schema=False)
@inject
async def form(
    request: PageRequest,
    name: FromPath[str],
    models: FromDishka[Models],
    balances: FromDishka[Balances],
    predictions: FromDishka[Predictions],
    contents: FromDishka[PredictionContents],
    find_guests: FromDishka[FindGuests],
) -> Answer:
    model = await _model(request, name, models)
    words = texts(request.user.language)
    row: Mapping[str, object] | None = None
    if again := request.query_params.get("from", ""):
        stored = await readable(request, prediction_id_in(again), predictions, find_guests)
        row = _only_row(await contents.input_of(stored.prediction.id, owner=stored.prediction.user_id))
    elif "example" in request.query_params:
        row = example(model, words)
    return await _form(request, model, empty(model, words, row), balances)


@post("/app/models/{name:str}", include_in_schema=False)
@inject
async def send(
    request: PageRequest,
    name: FromPath[str],
    models: FromDishka[Models],
    balances: FromDishka[Balances],
    wait: FromDishka[WaitForPrediction],
) -> Answer:
    model = await _model(request, name, models)
    limits: Limits = request.app.state.limits
    fields = dict(await request.form())
    sent = filled(model, texts(request.user.language), fields, max_text=limits.max_text)
    explained = is_ticked(fields.get("explain"))
    if not sent.is_good:
        return await _form(request, model, sent.fields, balances, explained=explained, status=422)
    told, key = ToldPrice.read(fields), str(fields.get("key", ""))
    most = told.price(model.facts.schema, sent.row, explained=explained) if told else None
    try:
        accepted = await _accepted(request, name, sent.row, key, explained=explained, most=most)
    except DomainError as error:
        again = await _form(request, model, sent.fields, balances, explained=explained, error=error)
        again.status_code = status_of(error)
        return again
    user_id, prediction_id = accepted
    await wait(user_id=user_id, prediction_id=prediction_id, seconds=PATIENCE)
    return see_other(request, f"/app/predictions/{prediction_id}")


async def _accepted(
    request: PageRequest,
    name: str,
    row: Mapping[str, object],
    key: str,
    *,
    explained: bool,
    most: int | None,
) -> tuple[Any, PredictionId]:
    """Submit the row, for `most` credits at most. A form that is sent twice is charged once."""
    submit: SubmitPrediction = request.app.state.submit
    user_id = await payer(request)
    is_guest = request.user.user is None
    data = Json(json.dumps(row, ensure_ascii=False).encode())
    answer = await submit(
        Submission(
            user_id=user_id,
            is_guest=is_guest,
            data=row,
            input=data,
            model=name,
            key=None if is_guest else once_for(key, "predict", name, explained, data),
            max_price=most,
            explain=ALL_FEATURES if explained else None,
            terms=None,
        )
    )
    return user_id, answer.prediction_id if isinstance(answer, Replayed) else answer.id


async def _form(
    request: PageRequest,
    model: Model,
    fields: tuple[Field, ...],
    balances: Balances,
    *,
    explained: bool = False,
    error: DomainError | None = None,
    status: int = 200,
) -> Answer:
    user, limits = request.user.user, request.app.state.limits
    return page(
        request,
        "try_model.html",
        status=status,
        model=model,
        fields=fields,
        key=new_secret(),
        told=ToldPrice.of(model),
        spendable=(await balances.of(user.id)).spendable if user else limits.guest_credits,
        explained=explained,
        error=error,
        is_short=isinstance(error, NotEnoughCredits),
        is_dearer=isinstance(error, MaxPriceExceeded),
    )


async def _model(request: PageRequest, name: str, models: Models) -> Model:
    user = request.user.user
    return await models.get(name[:MOST_NAME], user_id=user.id if user else None)


def _only_row(data: Json | None) -> Mapping[str, object] | None:
    read = json.loads(data) if data else None
    return read if isinstance(read, dict) else None


ROUTES = (form, send)
