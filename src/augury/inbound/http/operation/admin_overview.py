"""The administrator's routes that show the state of the service and check the books in the background."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

import msgspec
from dishka import FromDishka
from dishka.integrations.litestar import inject
from litestar import get, post
from litestar.params import QueryParameter

from augury.application.operation.check_books import CheckBooks
from augury.application.operation.look_over import LookOver, Overview, Span
from augury.application.operation.ports import LedgerRun, Point, ProcessRole
from augury.domain.ledger_check import CheckUnderWay
from augury.domain.quantiles import finite
from augury.inbound.http.callers.authors import author_of
from augury.inbound.http.callers.identity import SignedIn
from augury.inbound.http.problems.described import documented

Range = Annotated[
    Span,
    QueryParameter(
        name="range",
        description="`hour`: 60 points, one per minute; `day`: 24 points, one per hour; `month`: 31 "
        "points, one per day. In UTC.",
    ),
]


class PointView(msgspec.Struct, frozen=True):
    """The figures of one step, which begins at `at`. `revenue` is the sum of charged credits; refunds are not
    subtracted. `p50` and `p95` are percentiles of the time from acceptance to finish, in seconds, rounded up
    to the upper bound of a histogram's bucket. They are null without predictions, and above 300 seconds."""

    at: datetime
    accepted: int
    succeeded: int
    failed: int
    revenue: int
    p50: float | None
    p95: float | None

    @classmethod
    def of(cls, point: Point) -> Self:
        figures = point.figures
        return cls(
            point.at,
            figures.accepted,
            figures.succeeded,
            figures.failed,
            figures.revenue,
            finite(figures.quantile(0.5)),
            finite(figures.quantile(0.95)),
        )


class QueueNow(msgspec.Struct, frozen=True):
    """The number of unfinished predictions, and the time at which the oldest of them was accepted."""

    unfinished: int
    oldest: datetime | None


class BooksNow(msgspec.Struct, frozen=True):
    """The time of the last check of the books, and its number of deviations. Null if there was no check."""

    checked_at: datetime | None
    deviations: int | None


class OverviewView(msgspec.Struct, frozen=True):
    """The state of the service: one point per step, the last one still incomplete, and the current state.

    `workers` is the number of workers that were alive in the last 20 seconds; `processes` counts all
    processes by their role. Each process stores its counts every 5 seconds. A killed process loses the counts
    since then.
    """

    step_seconds: int
    points: list[PointView]
    queue: QueueNow
    workers: int
    processes: dict[ProcessRole, int]
    books: BooksNow

    @classmethod
    def of(cls, overview: Overview) -> Self:
        last, parts = overview.last_check, overview.processes
        return cls(
            step_seconds=int(overview.step.total_seconds()),
            points=[PointView.of(point) for point in overview.points],
            queue=QueueNow(overview.unfinished, overview.oldest),
            workers=overview.workers,
            processes={part: parts.count(part) for part in ProcessRole if part in parts},
            books=BooksNow(last.at, last.deviations) if last else BooksNow(None, None),
        )


class LedgerRunView(msgspec.Struct, frozen=True):
    """A check of the books: `done` of `total` parts. It is `interrupted` if its process has ended. If it is
    `failed`, `failure` has the reason. `deviations` is the number of deviations, and `lines` describes the
    first 100."""

    id: UUID
    state: Literal["running", "finished", "failed", "interrupted"]
    started_at: datetime
    finished_at: datetime | None
    done: int
    total: int
    deviations: int | None
    lines: list[str]
    failure: str | None

    @classmethod
    def of(cls, run: LedgerRun) -> Self:
        return cls(
            run.id,
            run.state,
            run.started_at,
            run.finished_at,
            run.done,
            run.total,
            run.deviations,
            [str(each) for each in run.found],
            str(run.failure) if run.failure else None,
        )


class LedgerRunList(msgspec.Struct, frozen=True):
    items: list[LedgerRunView]


@get(
    "/admin/overview",
    summary="Show the state of the service",
    description=f"{LookOver.__doc__} The figures come from counters, so old predictions are not read.",
    responses=documented(401, 403, 422),
)
@inject
async def read_overview(look_over: FromDishka[LookOver], span: Range = Span.HOUR) -> OverviewView:
    return OverviewView.of(await look_over(span))


@post(
    "/admin/ledger/checks",
    status_code=202,
    summary="Check the books in the background",
    description="Start a check of all the books. Only one runs at a time. Read its progress with "
    "`GET /admin/ledger/checks`.",
    responses=documented(401, 403, 409, refusals=[CheckUnderWay()]),
)
@inject
async def begin_check(request: SignedIn, check_books: FromDishka[CheckBooks]) -> LedgerRunView:
    return LedgerRunView.of(await check_books.begin(author_of(request)))


@get(
    "/admin/ledger/checks",
    summary="List the checks of the books",
    description="The last 20 checks that were started in the background, newest first, with their progress.",
    responses=documented(401, 403),
)
@inject
async def list_checks(check_books: FromDishka[CheckBooks]) -> LedgerRunList:
    return LedgerRunList([LedgerRunView.of(run) for run in await check_books.last()])


ROUTES = (read_overview, begin_check, list_checks)
