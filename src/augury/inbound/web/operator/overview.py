"""The first page of the desk: the state of the service, with live charts."""

import json

from dishka import FromDishka

from augury.application.operation.look_over import LookOver, Overview, Span
from augury.application.ports import Clock
from augury.domain.figures import BOUNDS, NOTHING
from augury.domain.quantiles import finite
from augury.inbound.web.given import choice
from augury.inbound.web.operator.desk import desk_get, desk_page
from augury.inbound.web.rendering import Answer, see_other
from augury.inbound.web.visitor import PageRequest


@desk_get("/app/desk")
async def first(request: PageRequest) -> Answer:
    return see_other(request, "/app/desk/overview")


@desk_get("/app/desk/overview", "/app/desk/overview/figures")
async def overview(
    request: PageRequest,
    look_over: FromDishka[LookOver],
    clock: FromDishka[Clock],
) -> Answer:
    """The page, or only its live part."""
    span = choice(request.query_params.get("range"), Span) or Span.HOUR
    seen = await look_over(span)
    is_whole = not request.scope["path"].endswith("/figures")
    return desk_page(
        request,
        "overview",
        "overview.html" if is_whole else "part/figures.html",
        span=span,
        spans=list(Span),
        seen=seen,
        chart=json.dumps(_chart(seen)),
        rows=[each for each in reversed(seen.points) if each.figures != NOTHING],
        unfinished_at=seen.points[-1].at,
        longest=BOUNDS[-1],
        age=_age(seen, clock),
    )


def _chart(seen: Overview) -> dict[str, object]:
    """The numbers of the charts. `whole` has the places of the first and the last whole step. Latencies above
    the last bound are gaps."""
    figures = [each.figures for each in seen.points]
    return {
        "at": [int(each.at.timestamp()) for each in seen.points],
        "whole": [0, len(seen.points) - 2],
        "accepted": [each.accepted for each in figures],
        "succeeded": [each.succeeded for each in figures],
        "failed": [each.failed for each in figures],
        "revenue": [each.revenue for each in figures],
        "p50": [finite(each.quantile(0.5)) for each in figures],
        "p95": [finite(each.quantile(0.95)) for each in figures],
    }


def _age(seen: Overview, clock: Clock) -> int | None:
    """How many seconds the oldest prediction has been waiting."""
    return None if seen.oldest is None else max(0, int((clock.now() - seen.oldest).total_seconds()))


ROUTES = (first, overview)
