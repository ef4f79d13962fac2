"""The server of the Model Context Protocol: tools, resources and tasks, without sessions.

Requests do not depend on each other, so any API process can answer any of them.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import wraps
from importlib.metadata import version
from typing import Any, TypeVar

from mcp.server.caching import CacheHint
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.shared.exceptions import MCPError
from mcp_types import INTERNAL_ERROR

from augury.application.ports import Unavailable
from augury.inbound.mcp.agents import Agents
from augury.inbound.mcp.caller import TASKS, Context
from augury.inbound.mcp.tasks import TaskParams, Tasks, UpdateParams

LIST_MS = 60_000
"""Milliseconds for which a client may cache a list. Prices change rarely, and a call is charged at the
current price."""
INSTRUCTIONS = (
    "Each tool `predict_…` runs a machine-learning model for credits: its description has the price. "
    "`balance` shows the credits that are left, `history` shows what was spent. Rows that do not fit a "
    "model's schema are not charged."
)

ASGIApp = Callable[[Any, Any, Any], Awaitable[None]]
Params = TypeVar("Params")
Answer = TypeVar("Answer")
log = logging.getLogger(__name__)


def discreet(
    handle: Callable[[Context, Params], Awaitable[Answer]],
) -> Callable[[Context, Params], Awaitable[Answer]]:
    """Answer an unexpected error without its text, which the SDK would send: it may name addresses of the
    database. The log has all of it."""

    @wraps(handle)
    async def answered(context: Context, params: Params) -> Answer:
        try:
            return await handle(context, params)
        except MCPError:
            raise
        except Unavailable as error:
            log.warning("a request of an agent was refused: %s", error)
            raise MCPError(INTERNAL_ERROR, "The service is temporarily unavailable.") from None
        except Exception:
            log.exception("a request of an agent failed")
            said = "Something went wrong on our side; the error was logged."
            raise MCPError(INTERNAL_ERROR, said) from None

    return answered


@asynccontextmanager
async def served(agents: Agents, tasks: Tasks, *, most_bytes: int) -> AsyncIterator[ASGIApp]:
    """The ASGI application, for requests of identified callers: `scope["user"]` is the user's id, and
    `scope["terms"]` has the rights of the API key."""
    server: Server[dict[str, Any]] = Server(
        "augury",
        version=version("augury"),
        title="Augury",
        instructions=INSTRUCTIONS,
        cache_hints={
            "tools/list": CacheHint(ttl_ms=LIST_MS, scope="private"),
            "resources/list": CacheHint(ttl_ms=LIST_MS, scope="private"),
            "resources/read": CacheHint(ttl_ms=LIST_MS, scope="private"),
        },
        on_list_tools=discreet(agents.list_tools),
        on_call_tool=discreet(agents.call_tool),  # type: ignore[arg-type]  # a task is a result of the extension
        on_list_resources=discreet(agents.list_resources),
        on_read_resource=discreet(agents.read_resource),
        # Otherwise each call would list all tools to compare its headers with the tool's schema, which names
        # none.
        get_tool_input_schema=lambda _: None,
    )
    server.extensions = {TASKS: {}}
    server.add_request_handler("tasks/get", TaskParams, discreet(tasks.get))
    server.add_request_handler("tasks/update", UpdateParams, discreet(tasks.update))
    server.add_request_handler("tasks/cancel", TaskParams, discreet(tasks.cancel))
    manager = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=most_bytes)
    async with manager.run():
        yield manager.handle_request
