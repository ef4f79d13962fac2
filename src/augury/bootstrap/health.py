"""The health page of processes that serve no other HTTP."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from prometheus_client import CollectorRegistry

from augury.bootstrap.config import OperatorError, ProcessSettings
from augury.inbound.health import HealthServer


@asynccontextmanager
async def health_page(
    process: ProcessSettings, alive: Callable[[], bool], counted: CollectorRegistry | None = None
) -> AsyncIterator[None]:
    """Serve the page while the block runs, if its port is set. Raises `OperatorError` if the port is
    taken."""
    host, port = process.host, process.health_port
    if not port:
        yield
        return
    try:
        server = HealthServer(host, port, alive, counted=counted)
    except OSError as error:
        raise OperatorError(
            f"cannot listen on {host}, port {port} (AUGURY_HEALTH_PORT): {error.strerror or error}"
        ) from error
    async with server:
        yield
