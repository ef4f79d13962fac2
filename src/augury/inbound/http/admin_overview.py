"""The administrator's routes that show how the service does, and that check the books in the background."""

import math
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
from augury.application.operation.ports import LedgerRun, Part, Point
from augury.domain.balance import CheckUnderWay
from augury.inbound.http.authors import author_of
from augury.inbound.http.identity import SignedIn
from augury.inbound.http.problems import documented

Range = Annotated[
    Span,
    QueryParameter(
        name="range",
        description="`hour`: 60 points of a minute; `day`: 24 of an hour; `month`: 31 of a day, in UTC.",
    ),
]


class PointView(msgspec.Struct, frozen=True):
    """What happened from `at` on, for one step. `revenue` are the credits that were charged, without refunds
    subtracted. `p50` and `p95` are the times from acceptance to end that so many of 100 predictions did not
    exceed, in seconds, rounded up to a step: null without predictions, and above 300 seconds."""

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
            _finite(figures.quantile(0.5)),
            _finite(figures.quantile(0.95)),
        )


class QueueNow(msgspec.Struct, frozen=True):
    """Unfinished predictions, and when the oldest of them was accepted."""

    unfinished: int
    oldest: datetime | None


class BooksNow(msgspec.Struct, frozen=True):
    """When the books were last checked, and with how many deviations. Null if they never were."""

    checked_at: datetime | None
    deviations: int | None


class OverviewView(msgspec.Struct, frozen=True):
    """How the service does: one point per step, the last of which is under way, and the present state.

    `workers` are those that gave a sign of life in the last 20 seconds; `processes` counts all processes by
    what they do. A process stores what it counted every 5 seconds. One that is killed loses that.
    """

    step_seconds: int
    points: list[PointView]
    queue: QueueNow
    workers: int
    processes: dict[Part, int]
    books: BooksNow

    @classmethod
    def of(cls, overview: Overview) -> Self:
        last, parts = overview.last_check, overview.processes
        return cls(
            step_seconds=int(overview.step.total_seconds()),
            points=[PointView.of(point) for point in overview.points],
            queue=QueueNow(overview.unfinished, overview.oldest),
            workers=overview.workers,
            processes={part: parts.count(part) for part in Part if part in parts},
            books=BooksNow(last.at, last.deviations) if last else BooksNow(None, None),
        )


class LedgerRunView(msgspec.Struct, frozen=True):
    """A check of the books: `done` of `total` parts. It is `interrupted` if its process has ended, and
    `failed` for the `failure`. `deviations` is their number, and `lines` are the first 100."""

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
            list(run.lines),
            run.failure,
        )


class LedgerRunList(msgspec.Struct, frozen=True):
    items: list[LedgerRunView]


@get(
    "/admin/overview",
    summary="See how the service does",
    description=f"{LookOver.__doc__} Nothing is computed from the history.",
    responses=documented(401, 403, 422),
)
@inject
async def read_overview(look_over: FromDishka[LookOver], span: Range = Span.HOUR) -> OverviewView:
    return OverviewView.of(await look_over(span))


@post(
    "/admin/ledger/checks",
    status_code=202,
    summary="Check the books in the background",
    description="Begin a check of all the books, one at a time. Read its progress with "
    "`GET /admin/ledger/checks`.",
    responses=documented(401, 403, 409, refusals=[CheckUnderWay()]),
)
@inject
async def begin_check(request: SignedIn, check_books: FromDishka[CheckBooks]) -> LedgerRunView:
    return LedgerRunView.of(await check_books.begin(author_of(request)))


@get(
    "/admin/ledger/checks",
    summary="List the checks of the books",
    description="The last 20 checks that were begun in the background, newest first, with their progress.",
    responses=documented(401, 403),
)
@inject
async def list_checks(check_books: FromDishka[CheckBooks]) -> LedgerRunList:
    return LedgerRunList([LedgerRunView.of(run) for run in await check_books.last()])


def _finite(seconds: float | None) -> float | None:
    return None if seconds is None or math.isinf(seconds) else seconds


ROUTES = (read_overview, begin_check, list_checks)
