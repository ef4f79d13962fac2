"""The entrance to the Model Context Protocol at `/mcp`. Only identified callers pass.

`bootstrap` hands in the application behind it, because inbound adapters do not import each other.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any, cast

from litestar import Request
from litestar.enums import HttpMethod
from litestar.exceptions import MethodNotAllowedException
from litestar.types import ASGIApp, HTTPReceiveMessage, HTTPScope, Receive, Scope, Send

from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.domain.api_key import KeyScope
from augury.inbound.http.callers.identity import Identity, key_of, require_signed_in
from augury.inbound.http.edge.layer import share_of
from augury.inbound.http.problems.answering import answer_to
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import WRONG_ORIGIN
from augury.inbound.http.protocol.body import whole_body
from augury.inbound.http.protocol.query import require_known

PATH = "/mcp"
MOST_BYTES = 1_000_000
"""The maximum size of a message's body. Larger tables go to `POST /predictions`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsApp:
    """The application that answers agents; `bootstrap` hands it in."""

    open: Callable[[SubmitPrediction], AbstractAsyncContextManager[ASGIApp]]
    origins: tuple[str, ...]
    """Origins whose pages may call `/mcp`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsDoor:
    """Lets identified callers in to `app`."""

    identity: Identity
    origins: tuple[str, ...]
    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a message, or refuse it as the rest of the API does."""
        scope["path_template"] = PATH
        try:
            body = await self._admitted(scope, receive)
        except Exception as error:
            request: Request[Any, Any, Any] = Request(scope, receive, send)
            await answer_to(request, error).to_asgi_response(None, request)(scope, receive, send)
            return
        # The answer may take a minute. Meanwhile other bodies need the memory.
        share_of(scope).release()
        await self.app(scope, _replayed(body, receive), send)

    async def _admitted(self, scope: Scope, receive: Receive) -> bytes:
        """The body of a permitted request. There is no session, so GET and DELETE are refused.

        Each tool checks the scope of an API key itself.
        """
        origins = [value.decode("latin-1") for name, value in scope["headers"] if name == b"origin"]
        if any(origin not in self.origins for origin in origins):
            raise Refused(WRONG_ORIGIN, "Pages of this origin may not call `/mcp`.")
        if cast("HTTPScope", scope)["method"] != HttpMethod.POST:
            raise MethodNotAllowedException(headers={"allow": "POST"})
        require_known(scope)
        await require_signed_in(self.identity, scope, needs=KeyScope.READ, otherwise=KeyScope.PREDICT)
        cast("dict[str, Any]", scope)["terms"] = key_of(scope)
        return await whole_body(scope, receive, most=MOST_BYTES)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A `receive` that first returns the body that was already read."""
    is_read = False

    async def receive_again() -> HTTPReceiveMessage:
        nonlocal is_read
        if is_read:
            return await receive()  # type: ignore[return-value]  # an HTTP message
        is_read = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again
