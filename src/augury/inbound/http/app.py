"""The HTTP side as one ASGI application."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import cache

from dishka import AsyncContainer
from dishka.integrations.litestar import setup_dishka
from litestar import Litestar
from litestar.datastructures import State

from augury.inbound.http.description import docs
from augury.inbound.http.description.asyncapi import MakeAsyncApi
from augury.inbound.http.description.openapi import described
from augury.inbound.http.edge.intake import Intake
from augury.inbound.http.edge.layer import edge
from augury.inbound.http.edge.metrics import Metrics
from augury.inbound.http.handlers import handlers
from augury.inbound.http.inference import problems as inference_problems
from augury.inbound.http.mounted.agents import AgentsApp
from augury.inbound.http.mounted.pages import Pages
from augury.inbound.http.operation.health import Checks
from augury.inbound.http.protocol.cors import with_cors
from augury.inbound.http.protocol.query import only_known_parameters
from augury.inbound.http.routes import ASYNCAPI_ROUTES, api_routes
from augury.inbound.http.settings import HttpSettings
from augury.inbound.http.shortcuts import shortcuts
from augury.inbound.lean_litestar import LeanLitestar
from augury.inbound.tables.elsewhere.workplace import Workplace

MOST_BYTES = 65_536
"""The largest body without rows."""


def create_app(
    *,
    container: AsyncContainer,
    settings: HttpSettings,
    asyncapi: MakeAsyncApi | None = None,
    checks: Checks | None = None,
    pages: Pages | None = None,
    agents: AgentsApp | None = None,
    tables: Workplace | None = None,
    lifespan: Sequence[Callable[[Litestar], AbstractAsyncContextManager[None]]] = (),
) -> Litestar:
    """The application over the ports and use cases of `container`, which the caller closes.

    `checks` are the dependencies for readiness, by name. Files of batches are read and written at `tables`,
    which the caller closes; None: in threads of this process. Each of `lifespan` is entered before the first
    request and before anything is taken from the container.
    """
    metrics = Metrics()
    state = {
        "settings": settings,
        "metrics": metrics,
        "checks": checks or {},
        "assets": docs.find_assets(),
        "asyncapi": asyncapi,
        "openapi": openapi(settings.base_path),
    }
    app = LeanLitestar(
        [*api_routes(settings.max_body_bytes), *(ASYNCAPI_ROUTES if asyncapi is not None else ())],
        state=State(state),
        lifespan=[*lifespan, handlers(container, settings, metrics, pages, agents, tables)],
        guards=[only_known_parameters],
        exception_handlers=inference_problems.HANDLERS,
        openapi_config=None,  # see `openapi`
        request_max_body_size=min(settings.max_body_bytes, MOST_BYTES),
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
    )
    setup_dishka(container, app)
    inner = with_cors(shortcuts(app, pages, has_agents=agents is not None), settings.cors_origins)
    intake = Intake(
        most=settings.max_intake_bytes,
        most_of_one=settings.most_intake_of_one,
        most_decoded=settings.max_decoding_bytes,
        trusted=settings.trusted_proxies,
        limited=metrics.limited,
    )
    app.asgi_handler = edge(inner, metrics, intake, patience=settings.read_patience)
    return app


@cache
def openapi(base_path: str) -> bytes:
    """The OpenAPI 3.1 document of the API under `base_path`, as JSON.

    It is made with the first application of a process, so that a mistake in it stops the start, and only
    once, since that takes longer than the rest of an application.
    """
    return described(api_routes(None), base_path)
