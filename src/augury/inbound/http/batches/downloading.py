"""The routes that send the results of a batch, and its errors."""

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

from augury.application.batches.ports import Batches, StoredBatch
from augury.domain.batch import BatchNotFound, BatchPurged
from augury.domain.identifiers import BatchId
from augury.inbound.http.batches.results import BatchResults
from augury.inbound.http.batches.routes import TAGS
from augury.inbound.http.batches.views import EXAMPLE, ErrorPage
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.callers.member_routes import member_get
from augury.inbound.http.files.formats import TYPES
from augury.inbound.http.files.sent_file import FILE
from augury.inbound.http.problems.described import documented
from augury.inbound.http.problems.documents import MEDIA_TYPE, NOTHING_YET
from augury.inbound.http.problems.refusals import NOTHING_IN_RANGE
from augury.inbound.http.protocol.byte_range import ByteRange
from augury.inbound.http.protocol.headers import header_of
from augury.inbound.http.protocol.paging import Cursor, Limit, number_of, number_position, split
from augury.inbound.tables.format import Format

Which = Annotated[Format, QueryParameter(description="The format of the results.")]
_TEXT = Schema(type=OpenAPIType.STRING)
_HEADERS_OF_RESULTS = {
    "Batch-Status": OpenAPIHeader(
        schema=_TEXT, description="The status of the batch: whether more rows will follow."
    ),
    "ETag": OpenAPIHeader(schema=_TEXT, description="For `If-Range`."),
    "Accept-Ranges": OpenAPIHeader(
        schema=_TEXT, description="`none` for a Parquet file while the batch runs, otherwise `bytes`."
    ),
    "Content-Disposition": OpenAPIHeader(schema=_TEXT, description="The name of the file."),
}
_HEADERS_OF_PART = _HEADERS_OF_RESULTS | {
    "Content-Range": OpenAPIHeader(
        schema=_TEXT,
        description="`bytes 1000-4999/5000`: the first, the last, and all bytes so far.",
    )
}
_SHIFT = 1 << 24  # more rows than a slice has
_LAST = 2**31 * _SHIFT - 2  # the number of a slice has 32 bits


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
                schema=_TEXT,
            ),
            Parameter(
                name="If-Range",
                param_in="header",
                required=False,
                description="The `ETag` of the bytes that you have. With another one, the whole file comes.",
                schema=_TEXT,
            ),
        ]
        for status, headers in (("200", _HEADERS_OF_RESULTS), ("206", _HEADERS_OF_PART)):
            response: Any = (self.responses or {})[status]
            response.headers = headers
            response.content = {name: OpenAPIMediaType(schema=FILE) for name in TYPES.values()}


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
    after = number_of(cursor, most=_LAST)
    first = (0, 0) if after is None else divmod(max(after, 0) + 1, _SHIFT)
    results: BatchResults = request.app.state.batch_results
    await results.sheet(stored)
    found = await results.errors(stored, first=first, limit=limit + 1)
    page, next_cursor = split(found, limit, lambda each: number_position(each[0][0] * _SHIFT + each[0][1]))
    return ErrorPage([error for _, error in page], next_cursor)


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
    """The requested range. None, which means the whole file, if there is no range, or if the bytes may differ
    from those that the caller already has."""
    if format is Format.PARQUET and not stored.progress.is_final:
        return None
    if_range = header_of(request.scope, b"if-range").strip()
    if if_range and if_range != tag:
        return None
    return ByteRange.parse(header_of(request.scope, b"range"))


ROUTES = (results, errors)
