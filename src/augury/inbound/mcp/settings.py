"""The settings of the Model Context Protocol."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class McpSettings:
    """The settings of the Model Context Protocol, which agents speak, and their defaults."""

    mcp: bool = False
    """Whether the API serves agents at `/mcp`. It needs the extra `augury[mcp]`, which the Docker images
    include."""
    mcp_origins: tuple[str, ...] = ()
    """Origins whose pages may call `/mcp` from a browser, such as `https://app.example.com`. Requests from
    other pages are refused, which also protects against DNS rebinding. Programs send no origin."""
    mcp_task_after: timedelta = timedelta(seconds=10)
    """How long a tool call waits for its prediction. After that it is answered with a task, if the client
    supports tasks. Other clients wait for at most `max_wait`, and then get the id."""
