"""Listing, reading and canceling batches: the rows of a large file."""

from uuid import UUID

from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar.params import FromPath

from augury.application.batches.cancel_batch import CancelBatch
from augury.application.batches.ports import Batches, StoredBatch
from augury.application.ports import Clock
from augury.domain.batch import BatchEnded, BatchNotFound
from augury.domain.identifiers import BatchId
from augury.domain.prediction import Status
from augury.inbound.http.batches.views import EXAMPLE, BatchPage, BatchView
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.callers.member_routes import member_get, member_post
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.paging import Cursor, Limit, id_of, split
from augury.inbound.http.settings import HttpSettings

TAGS = ["Batches"]


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
    return BatchPage([view_of(request, each, clock) for each in page], next_cursor)


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
    return view_of(request, await batches.get(BatchId(batch_id), owner=request.user), clock)


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
    return view_of(request, await cancel(user_id=request.user, batch_id=BatchId(batch_id)), clock)


def view_of(request: SignedIn, stored: StoredBatch, clock: Clock) -> BatchView:
    settings: HttpSettings = request.app.state.settings
    return BatchView.of(stored, clock.now(), base_path=settings.base_path)


ROUTES = (list_batches, read_batch, cancel_batch)
