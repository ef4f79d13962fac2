"""Refusals under `/v2`: problem documents that also have the member `error`, which the protocol requires."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from augury.domain.errors import DomainError
from augury.inbound.http.inference.messages import InferenceProblem
from augury.inbound.http.problems.answering import HANDLERS as PLAIN
from augury.inbound.http.problems.described import documented

PREFIX = "/v2"
Handler = Callable[[Request[Any, Any, Any], Any], Response[bytes]]


def documented_with_error(*statuses: int, refusals: Sequence[DomainError] = ()) -> dict[int, ResponseSpec]:
    """The problems of a route under `/v2`, for its OpenAPI description."""
    return {
        status: replace(
            spec,
            data_container=InferenceProblem,
            examples=[
                Example(id=each.id, value=with_error(msgspec.to_builtins(each.value or {})))
                for each in spec.examples or ()
            ],
        )
        for status, spec in documented(*statuses, refusals=refusals).items()
    }


def with_error(problem: dict[str, Any]) -> dict[str, Any]:
    """The problem with its message. Clients show only that, so it also has the first row's error."""
    rows = [each for each in problem.get("errors", ()) if each["row"] is not None]
    return {**problem, "error": " ".join([problem["detail"], *map(_of_row, rows[:1])])}


def _of_row(error: dict[str, Any]) -> str:
    return (
        f"Row {error['row']}: " + (f"`{error['field']}` " if error["field"] else "") + f"{error['message']}."
    )


def _speaking_both(handler: Handler) -> Handler:
    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
        response = handler(request, error)
        path = request.scope["path"]
        if path == PREFIX or path.startswith(f"{PREFIX}/"):
            response.content = msgspec.json.encode(with_error(msgspec.json.decode(response.content)))
        return response

    return handle


HANDLERS = {kind: _speaking_both(handler) for kind, handler in PLAIN.items()}
