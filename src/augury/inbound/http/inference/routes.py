"""The routes of the Open Inference Protocol, version 2."""

from importlib.metadata import version as installed
from itertools import groupby

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Request, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, JSONBody

from augury.application.models.ports.models import Models
from augury.domain.balance import NotEnoughCredits
from augury.domain.idempotency import IdempotencyConflict
from augury.domain.model import Model, ModelNotFound
from augury.domain.pricing import MaxPriceExceeded
from augury.domain.request import NoValidRow, TooManyPending, TooManyRows
from augury.domain.row_errors import RowError, RowFault
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.callers.member_routes import member_post
from augury.inbound.http.inference.body import InferBody
from augury.inbound.http.inference.infer import InferHandler
from augury.inbound.http.inference.messages import (
    InferRequest,
    InferResponse,
    Live,
    ModelMetadata,
    ModelNames,
    ModelReady,
    Ready,
    ServerMetadata,
)
from augury.inbound.http.inference.metadata import metadata_of
from augury.inbound.http.inference.operation import InferOperation
from augury.inbound.http.inference.problems import documented_with_error
from augury.inbound.http.operation.health import Checks, dependencies
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import UNAVAILABLE
from augury.inbound.http.protocol.encoded import EncodedJson
from augury.inbound.http.protocol.paging import Cursor, Limit, split, text_of
from augury.inbound.http.settings import HttpSettings

TAGS = ["Open Inference Protocol"]
_INFER = (
    "Run a model with the Open Inference Protocol, for credits. The request is accepted like "
    "`POST /predictions`, and waits for the answer as long as the maximum of `Prefer: wait`. The answer's "
    "`parameters` have its cost."
)


@get(
    "/v2",
    tags=TAGS,
    summary="Read the server's name",
    description="The name, the version and the extensions of this server.",
    responses=documented_with_error(),
)
async def server() -> ServerMetadata:
    return ServerMetadata("augury", installed("augury"), ["binary_tensor_data"])


@get(
    "/v2/health/live",
    tags=TAGS,
    summary="Is the server alive?",
    description="Answers while the process serves requests.",
    responses=documented_with_error(),
)
async def server_live() -> Live:
    return Live(live=True)


@get(
    "/v2/health/ready",
    tags=TAGS,
    summary="Can the server serve?",
    description="Whether all dependencies work, as in `GET /health/ready`.",
    responses=documented_with_error(),
)
async def server_ready(request: Request[None, None, State]) -> Ready:
    settings: HttpSettings = request.app.state.settings
    checks: Checks = request.app.state.checks
    answers = await dependencies(checks, settings.check_timeout)
    away = [name for name, answer in answers.items() if answer != "ok"]
    if away:
        raise Refused(UNAVAILABLE, f"Not available: {', '.join(away)}.", ready=False)
    return Ready(ready=True)


@get(
    "/v2/models",
    tags=TAGS,
    summary="List the models' names",
    description="The names of the models that serve predictions, in order.",
    responses=documented_with_error(422),
)
@inject
async def model_names(models: FromDishka[Models], limit: Limit = 100, cursor: Cursor = None) -> ModelNames:
    found = await models.page(limit=limit + 1, after=text_of(cursor) or "")
    names = [name for name, _ in groupby(found, lambda model: model.ref.name)]
    page, next_cursor = split(names, limit, str.encode)
    return ModelNames(list(page), next_cursor)


@get(
    "/v2/models/{name:str}",
    tags=TAGS,
    summary="Read a model's tensors",
    description="The inputs and outputs of the active version of a model.",
    responses=documented_with_error(404, refusals=[ModelNotFound(model="tune")]),
)
@inject
async def model_metadata(name: FromPath[str], models: FromDishka[Models]) -> ModelMetadata:
    return await _described(models, name)


@get(
    "/v2/models/{name:str}/versions/{version:str}",
    tags=TAGS,
    summary="Read a version's tensors",
    description="The inputs and outputs of one version of a model.",
    responses=documented_with_error(404, refusals=[ModelNotFound(model="tune@1")]),
)
@inject
async def version_metadata(
    name: FromPath[str], version: FromPath[str], models: FromDishka[Models]
) -> ModelMetadata:
    return await _described(models, f"{name}@{version}")


async def _described(models: Models, named: str) -> ModelMetadata:
    model = await models.get(named)
    return metadata_of(model, await models.versions(model.ref.name))


@get(
    "/v2/models/{name:str}/ready",
    tags=TAGS,
    summary="Does a model serve?",
    description="Answers 404 unless the model has an active version.",
    responses=documented_with_error(404, refusals=[ModelNotFound(model="tune")]),
)
@inject
async def model_ready(name: FromPath[str], models: FromDishka[Models]) -> ModelReady:
    return _ready(await models.get(name))


@get(
    "/v2/models/{name:str}/versions/{version:str}/ready",
    tags=TAGS,
    summary="Does a version serve?",
    description="Answers 404 unless this version serves predictions.",
    responses=documented_with_error(404, refusals=[ModelNotFound(model="tune@1")]),
)
@inject
async def version_ready(
    name: FromPath[str], version: FromPath[str], models: FromDishka[Models]
) -> ModelReady:
    return _ready(await models.get(f"{name}@{version}"))


def _ready(model: Model) -> ModelReady:
    return ModelReady(model.ref.name, ready=True)


_RESPONSES = {
    200: ResponseSpec(InferResponse, generate_examples=False, description="The answers."),
    **documented_with_error(
        401,
        402,
        404,
        409,
        410,
        413,
        415,
        422,
        429,
        504,
        refusals=[
            NotEnoughCredits(available=1, price=2),
            MaxPriceExceeded(price=12, max_price=10),
            ModelNotFound(model="tune"),
            NoValidRow((RowError(0, "text", RowFault.MISSING),), error_count=1),
            TooManyRows(rows=10_001, most=10_000),
            IdempotencyConflict(),
            TooManyPending(pending=1_000, most=1_000, retry_after=5),
        ],
    ),
}


@member_post(
    "/v2/models/{name:str}/infer",
    status_code=200,
    dto=InferBody[InferRequest],
    return_dto=None,
    tags=TAGS,
    summary="Run a model",
    description=_INFER,
    operation_class=InferOperation,
    responses=_RESPONSES,
)
async def infer(request: SignedIn, name: FromPath[str], data: JSONBody[InferRequest]) -> EncodedJson:
    return await _answered(request, name, data)


@member_post(
    "/v2/models/{name:str}/versions/{version:str}/infer",
    status_code=200,
    dto=InferBody[InferRequest],
    return_dto=None,
    tags=TAGS,
    summary="Run a version of a model",
    description=_INFER,
    operation_class=InferOperation,
    responses=_RESPONSES,
)
async def infer_version(
    request: SignedIn, name: FromPath[str], version: FromPath[str], data: JSONBody[InferRequest]
) -> EncodedJson:
    return await _answered(request, f"{name}@{version}", data)


async def _answered(request: SignedIn, model: str, data: InferRequest) -> EncodedJson:
    handler: InferHandler = request.app.state.infer_handler
    return await handler(request.scope, model, data, await request.body())


ROUTES = (
    server,
    server_live,
    server_ready,
    model_names,
    model_metadata,
    version_metadata,
    model_ready,
    version_ready,
)
WITH_ROWS = (infer, infer_version)
"""The routes whose bodies can be large."""
