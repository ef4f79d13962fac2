"""The trace to which a request belongs."""

from litestar.types import Scope

from augury.concurrency.trace_context import traceparent


def trace_of(scope: Scope) -> str | None:
    """The caller's trace. An invalid one is ignored."""
    header = next((value for name, value in scope["headers"] if name == b"traceparent"), None)
    return None if header is None else traceparent(header.decode("latin-1"))
