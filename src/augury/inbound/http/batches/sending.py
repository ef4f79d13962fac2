"""The route that receives the rows of a batch, as a stream."""

from dataclasses import dataclass
from typing import Annotated, Any

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response
from litestar.openapi.spec import OpenAPIHeader, OpenAPIType, Operation, Schema
from litestar.params import QueryParameter

from augury.application.batches.accept_batch import AcceptBatch, ReplayedBatch
from augury.application.batches.ports import Batches, StoredBatch
from augury.application.ports import Clock
from augury.domain.balance import NotEnoughCredits
from augury.domain.batch import BatchTooLong, Progress, TooManyBatches
from augury.domain.idempotency import IdempotencyConflict
from augury.domain.model import ModelNotFound
from augury.domain.model_facts import MOST_TOP, NoClasses
from augury.domain.pricing import MaxPriceExceeded
from augury.inbound.http.batches.intake import BatchIntake
from augury.inbound.http.batches.routes import TAGS, view_of
from augury.inbound.http.batches.views import BatchView
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.callers.member_routes import member_post
from augury.inbound.http.description.operations import IDEMPOTENCY_KEY
from augury.inbound.http.edge.layer import share_of
from augury.inbound.http.files.formats import TYPES
from augury.inbound.http.files.sent_file import sent_file
from augury.inbound.http.problems.described import documented

MODEL = QueryParameter(max_length=128, description="`name` or `name@version`. Not given: the default model.")
TOP = QueryParameter(
    ge=1,
    le=MOST_TOP,
    description="How many classes or labels each answer lists, the likeliest first. Not given: the "
    "first `AUGURY_MAX_CLASSES` (1,000 by default), or all if there are fewer.",
)
MAX_PRICE = QueryParameter(ge=0, description="Refuse the batch if it costs more credits than this.")


@dataclass
class UploadOperation(Operation):
    """The body of a batch, which its handler reads as a stream."""

    def __post_init__(self) -> None:
        self.request_body = sent_file(
            TYPES.values(),
            "The rows: CSV with a header, JSON lines, or Parquet. The body may be compressed "
            "(`Content-Encoding: gzip`). Columns that the model does not know come back with the results.",
        )
        self.parameters = [*(self.parameters or ()), IDEMPOTENCY_KEY]
        response: Any = (self.responses or {})["202"]
        response.headers = {
            "Location": OpenAPIHeader(schema=Schema(type=OpenAPIType.STRING), description="The batch's URL."),
            "Idempotent-Replayed": OpenAPIHeader(
                schema=Schema(type=OpenAPIType.STRING),
                description="`true` if the same request was accepted before: nothing changed now.",
            ),
        }


@member_post(
    "/batches",
    status_code=202,
    tags=TAGS,
    summary="Send a batch",
    description=f"{AcceptBatch.__doc__} The body is read as a stream. Nothing is run before all of it has "
    "arrived and its price is held.",
    operation_class=UploadOperation,
    responses=documented(
        400,
        401,
        402,
        404,
        413,
        415,
        422,
        429,
        refusals=[
            NotEnoughCredits(available=1, price=2),
            MaxPriceExceeded(price=2, max_price=1),
            ModelNotFound(model="tune"),
            BatchTooLong(most=20_000_000),
            NoClasses(),
            IdempotencyConflict(),
            TooManyBatches(pending=10, most=10, retry_after=30),
        ],
    ),
)
@inject
async def send(
    request: SignedIn,
    batches: FromDishka[Batches],
    clock: FromDishka[Clock],
    model: Annotated[str | None, MODEL] = None,
    max_price: Annotated[int | None, MAX_PRICE] = None,
    top: Annotated[int | None, TOP] = None,
) -> Response[BatchView]:
    share_of(request.scope).stream()
    intake: BatchIntake = request.app.state.batch_intake
    answer = await intake.receive(request.scope, request.stream(), model=model, max_price=max_price, top=top)
    if isinstance(answer, ReplayedBatch):
        stored = await batches.get(answer.batch_id, owner=request.user)
        headers = {"Idempotent-Replayed": "true"}
    else:
        stored, headers = StoredBatch(answer, Progress(queued=answer.slices)), {}
    view = view_of(request, stored, clock)
    return Response(view, headers={"Location": view.urls.self_, **headers})
