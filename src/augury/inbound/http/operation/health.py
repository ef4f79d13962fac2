"""Health: whether the process is alive, and whether it is ready."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

import msgspec
from litestar import Request, Response, get
from litestar.datastructures import State
from litestar.openapi.datastructures import ResponseSpec

from augury.inbound.http.problems.described import documented
from augury.inbound.http.settings import HttpSettings

Checks = Mapping[str, Callable[[], Awaitable[None]]]
"""A check for each dependency, by name. It raises if the dependency is not available."""
log = logging.getLogger(__name__)


class Alive(msgspec.Struct, frozen=True):
    status: str


class Readiness(msgspec.Struct, frozen=True):
    """`ready` only if every dependency is `ok`."""

    status: str
    checks: dict[str, str]


@get(
    "/health/live",
    tags=["Health"],
    summary="Is the process alive?",
    description="Answers while the process serves requests, even if its dependencies do not work.",
    responses=documented(),
)
async def live() -> Alive:
    return Alive("alive")


@get(
    "/health/ready",
    tags=["Health"],
    summary="Can it serve?",
    description="Checks every dependency, each with a time limit.",
    responses={
        **documented(),
        503: ResponseSpec(Readiness, generate_examples=False, description="A dependency is not available."),
    },
)
async def ready(request: Request[None, None, State]) -> Response[Readiness]:
    settings: HttpSettings = request.app.state.settings
    answers = await dependencies(request.app.state.checks, settings.check_timeout)
    is_ready = all(answer == "ok" for answer in answers.values())
    return Response(
        Readiness("ready" if is_ready else "not ready", answers), status_code=200 if is_ready else 503
    )


async def dependencies(checks: Checks, patience: timedelta) -> dict[str, str]:
    """The result of each dependency's check, by name: `ok`, or the error."""
    seconds = patience.total_seconds()
    said = await asyncio.gather(*(_ask(name, check, seconds) for name, check in checks.items()))
    return dict(zip(checks, said, strict=True))


async def _ask(name: str, check: Callable[[], Awaitable[None]], seconds: float) -> str:
    try:
        async with asyncio.timeout(seconds):
            await check()
    except TimeoutError:
        return "no answer in time"
    except Exception as error:  # any error: the dependency is not available
        log.warning("%s is not ready: %s", name, error)
        return "not available"
    return "ok"


ROUTES = (live, ready)
