"""The requests that skip the framework."""

from collections.abc import Mapping

from litestar import Litestar
from litestar.enums import HttpMethod, ScopeType
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, Receive, Scope, Send

from augury.inbound.http.direct_reads import read_directly
from augury.inbound.http.mounted.agents import PATH as AGENTS
from augury.inbound.http.mounted.pages import Pages
from augury.inbound.http.predictions import submissions
from augury.inbound.http.protocol.head import with_head


def shortcuts(app: Litestar, pages: Pages | None, *, has_agents: bool) -> ASGIApp:
    """Let submits and frequent reads skip Litestar's routing and binding, and dishka's scope per request,
    which together cost more than the rest of such a request."""
    framework = with_head(app.asgi_handler, methods_of(app))
    hot = frozenset(submissions.PATHS)
    shown = with_head(pages) if pages else None

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"] if scope["type"] == ScopeType.HTTP else None
        if method == HttpMethod.POST and scope["path"] in hot:
            await submissions.submit_directly(app.state.submit_handler, scope, receive, send)
        elif method == HttpMethod.GET and (read := app.state.direct_reads.of(scope)):
            await read_directly(read, scope, receive, send)
        elif pages and shown and method is not None and pages.leads_to(scope["path"]):
            await shown(scope, receive, send)
        elif has_agents and method is not None and scope["path"] == AGENTS:
            await app.state.agents(scope, receive, send)
        else:
            await framework(scope, receive, send)

    return handle


def methods_of(app: Litestar) -> Mapping[str, frozenset[str]]:
    """The methods of each path, in all routers."""
    found: dict[str, frozenset[str]] = {}
    for route in app.routes:
        if isinstance(route, HTTPRoute):
            found[route.path_format] = found.get(route.path_format, frozenset()) | route.methods
    return found
