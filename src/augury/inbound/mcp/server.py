"""The server of the Model Context Protocol: tools, resources and tasks, without sessions.

Requests do not depend on each other, so any API process can answer any of them.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from mcp.server.caching import CacheHint
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

from augury.inbound.mcp.agents import Agents
from augury.inbound.mcp.caller import TASKS
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
        on_list_tools=agents.list_tools,
        on_call_tool=agents.call_tool,  # type: ignore[arg-type]  # a task is a result of the extension
        on_list_resources=agents.list_resources,
        on_read_resource=agents.read_resource,
        # Otherwise each call would list all tools to compare its headers with the tool's schema, which names
        # none.
        get_tool_input_schema=lambda _: None,
    )
    server.extensions = {TASKS: {}}
    server.add_request_handler("tasks/get", TaskParams, tasks.get)
    server.add_request_handler("tasks/update", UpdateParams, tasks.update)
    server.add_request_handler("tasks/cancel", TaskParams, tasks.cancel)
    manager = StreamableHTTPSessionManager(server, stateless=True, max_request_body_size=most_bytes)
    async with manager.run():
        yield manager.handle_request
