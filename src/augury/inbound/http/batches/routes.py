"""Batches: the rows of a large file, sent and answered as a stream."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import (
    OpenAPIHeader,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    Parameter,
    Schema,
)
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from augury.application.batches.accept_batch import AcceptBatch, Replayed
from augury.application.batches.cancel_batch import CancelBatch
from augury.application.batches.ports import Batches, StoredBatch
from augury.application.ports import Clock
from augury.domain.balance import NotEnoughCredits
from augury.domain.batch import (
    BatchEnded,
    BatchNotFound,
    BatchPurged,
    BatchTooLong,
    Progress,
    TooManyBatches,
)
from augury.domain.identifiers import BatchId
from augury.domain.model import ModelNotFound
from augury.domain.model_facts import MOST_TOP, NoClasses
from augury.domain.prediction import IdempotencyConflict, Status
from augury.domain.pricing import MaxPriceExceeded
from augury.inbound.http.batches.intake import BatchIntake
from augury.inbound.http.batches.results import BatchResults
from augury.inbound.http.batches.views import EXAMPLE, BatchPage, BatchView, ErrorPage
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.callers.member_routes import member_get, member_post
from augury.inbound.http.description.operations import IDEMPOTENCY_KEY
from augury.inbound.http.edge.layer import share_of
from augury.inbound.http.files.formats import TYPES, header_of
from augury.inbound.http.files.sent_file import FILE, sent_file
from augury.inbound.http.problems.documents import MEDIA_TYPE, NOTHING_YET, documented
from augury.inbound.http.problems.refusals import NOTHING_IN_RANGE
from augury.inbound.http.protocol.byte_range import ByteRange
from augury.inbound.http.protocol.paging import Cursor, Limit, id_of, number_of, number_position, split
from augury.inbound.http.settings import HttpSettings
from augury.inbound.tables.format import Format

TAGS = ["Batches"]
MODEL = QueryParameter(max_length=128, description="`name` or `name@version`. Not given: the default model.")
TOP = QueryParameter(
    ge=1,
    le=MOST_TOP,
    description="How many classes or labels each answer lists, the likeliest first. Default: all, or the "
    "first 1,000 (`AUGURY_MAX_CLASSES`) if there are more.",
)
MAX_PRICE = QueryParameter(ge=0, description="Refuse the batch if it costs more credits than this.")
Which = Annotated[Format, QueryParameter(description="The format of the results.")]
_SHIFT = 1 << 24  # more rows than a slice has


@dataclass
class UploadOperation(Operation):
    """The body of a batch, which its handler reads as a stream."""

    def __post_init__(self) -> None:
        self.request_body = sent_file(
            TYPES.values(),
            "The rows: CSV with a header, JSON lines, or Parquet, also with "
            "`Content-Encoding: gzip`. Columns that the model does not know come back with the results.",
        )
        self.parameters = [*(self.parameters or ()), IDEMPOTENCY_KEY]
        response: Any = (self.responses or {})["202"]
        response.headers = {
            "Location": OpenAPIHeader(schema=Schema(type=OpenAPIType.STRING), description="The batch's URL."),
            "Idempotent-Replayed": OpenAPIHeader(
                schema=Schema(type=OpenAPIType.STRING),
                description="`true` if this batch was accepted before and changed nothing now.",
            ),
        }


@dataclass
class ResultsOperation(Operation):
    """The results of a batch in one of three formats."""

    def __post_init__(self) -> None:
        self.parameters = [
            *(self.parameters or ()),
            Parameter(
                name="Range",
                param_in="header",
                required=False,
                description="`bytes=1000-` continues after the first 1000 bytes.",
                schema=Schema(type=OpenAPIType.STRING),
            ),
        ]
        for status in ("200", "206"):
            response: Any = (self.responses or {})[status]
            response.content = {name: OpenAPIMediaType(schema=FILE) for name in TYPES.values()}


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
    if isinstance(answer, Replayed):
        stored = await batches.get(answer.batch_id, owner=request.user)
        headers = {"Idempotent-Replayed": "true"}
    else:
        stored, headers = StoredBatch(answer, Progress(queued=answer.slices)), {}
    view = _view(request, stored, clock)
    return Response(view, headers={"Location": view.urls.self_, **headers})


@member_get(
    "/batches",
    tags=TAGS,
    summary="List batches",
    description="Your batches, newest first.",
    responses=documented(401, 422),
)
@inject
async def list_batches(
    request: SignedIn,
    batches: FromDishka[Batches],
    clock: FromDishka[Clock],
    limit: Limit = 20,
    cursor: Cursor = None,
) -> BatchPage:
    before = id_of(cursor)
    found = await batches.page(
        request.user, limit=limit + 1, before=None if before is None else BatchId(before)
    )
    page, next_cursor = split(found, limit, lambda stored: stored.batch.id.bytes)
    return BatchPage([_view(request, each, clock) for each in page], next_cursor)


@member_get(
    "/batches/{batch_id:uuid}",
    tags=TAGS,
    summary="Read a batch",
    description="One of your batches: its progress, and its cost so far.",
    responses=documented(401, 404, refusals=[BatchNotFound(EXAMPLE)]),
)
@inject
async def read_batch(
    request: SignedIn, batch_id: FromPath[UUID], batches: FromDishka[Batches], clock: FromDishka[Clock]
) -> BatchView:
    return _view(request, await batches.get(BatchId(batch_id), owner=request.user), clock)


@member_get(
    "/batches/{batch_id:uuid}/results",
    tags=TAGS,
    summary="Read the results of a batch",
    description="The rows in order, with their columns, answers, errors and warnings. While the batch runs, "
    "these are the rows up to the first that has not ended. The bytes never change: `Range` resumes a broken "
    "download; a Parquet file can only be resumed once the batch has ended.",
    operation_class=ResultsOperation,
    responses={
        200: ResponseSpec(bytes, generate_examples=False, description="The results."),
        206: ResponseSpec(bytes, generate_examples=False, description="A part of the results."),
        **documented(401, 404, 410, 416, refusals=[BatchNotFound(EXAMPLE), BatchPurged(EXAMPLE)]),
    },
)
@inject
async def results(
    request: SignedIn, batch_id: FromPath[UUID], batches: FromDishka[Batches], format: Which = Format.CSV
) -> Response[Any]:
    stored = await batches.get(BatchId(batch_id), owner=request.user)
    found: BatchResults = request.app.state.batch_results
    await found.sheet(stored)
    headers = _headers(stored, format)
    wanted = _range(request, stored, format, headers["ETag"])
    if wanted is None:
        return Stream(found.stream(stored, format), media_type=TYPES[format], headers=headers)
    size = await found.size(stored, format)
    place = wanted.within(size)
    if place is None:
        problem = NOTHING_IN_RANGE.problem(NOTHING_YET, size=size)
        return Response(
            msgspec.json.encode(problem),
            status_code=NOTHING_IN_RANGE.status,
            media_type=MEDIA_TYPE,
            headers={"Content-Range": f"bytes */{size}", "Batch-Status": stored.progress.status},
        )
    begin, end = place
    return Stream(
        found.stream(stored, format, begin=begin, end=end),
        status_code=206,
        media_type=TYPES[format],
        headers={
            **headers,
            "Content-Range": f"bytes {begin}-{end - 1}/{size}",
            "Content-Length": str(end - begin),
        },
    )


@member_get(
    "/batches/{batch_id:uuid}/errors",
    tags=TAGS,
    summary="Read the errors of a batch",
    description="The rows that ended without an answer, in order, and why.",
    responses=documented(401, 404, 410, 422, refusals=[BatchNotFound(EXAMPLE), BatchPurged(EXAMPLE)]),
)
@inject
async def errors(
    request: SignedIn,
    batch_id: FromPath[UUID],
    batches: FromDishka[Batches],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> ErrorPage:
    stored = await batches.get(BatchId(batch_id), owner=request.user)
    after = number_of(cursor)
    first = (0, 0) if after is None else divmod(max(after, 0) + 1, _SHIFT)
    results: BatchResults = request.app.state.batch_results
    await results.sheet(stored)
    found = await results.errors(stored, first=first, limit=limit + 1)
    page, next_cursor = split(found, limit, lambda each: number_position(each[0][0] * _SHIFT + each[0][1]))
    return ErrorPage([error for _, error in page], next_cursor)


@member_post(
    "/batches/{batch_id:uuid}/cancel",
    status_code=200,
    tags=TAGS,
    summary="Cancel a batch",
    description=CancelBatch.__doc__,
    responses=documented(
        401, 404, 409, refusals=[BatchNotFound(EXAMPLE), BatchEnded(status=Status.SUCCEEDED)]
    ),
)
@inject
async def cancel_batch(
    request: SignedIn, batch_id: FromPath[UUID], cancel: FromDishka[CancelBatch], clock: FromDishka[Clock]
) -> BatchView:
    return _view(request, await cancel(user_id=request.user, batch_id=BatchId(batch_id)), clock)


def _view(request: SignedIn, stored: StoredBatch, clock: Clock) -> BatchView:
    settings: HttpSettings = request.app.state.settings
    return BatchView.of(stored, clock.now(), base_path=settings.base_path)


def _headers(stored: StoredBatch, format: Format) -> dict[str, str]:
    is_whole = format is not Format.PARQUET or stored.progress.is_final
    return {
        "ETag": f'"{stored.batch.id}.{format}"' if is_whole else f'W/"{stored.batch.id}.{format}"',
        "Accept-Ranges": "bytes" if is_whole else "none",
        "Content-Disposition": f'attachment; filename="{stored.batch.id}.{format}"',
        "Batch-Status": stored.progress.status,
        "X-Accel-Buffering": "no",
    }


def _range(request: SignedIn, stored: StoredBatch, format: Format, tag: str) -> ByteRange | None:
    """The range that was asked for, if it can be served: the bytes must be those that the caller has begun
    with."""
    if format is Format.PARQUET and not stored.progress.is_final:
        return None
    if_range = header_of(request.scope, b"if-range").strip()
    if if_range and if_range != tag:
        return None
    return ByteRange.parse(header_of(request.scope, b"range"))


ROUTES = (list_batches, read_batch, results, errors, cancel_batch)
