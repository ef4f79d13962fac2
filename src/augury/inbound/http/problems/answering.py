"""Answers every refusal and every error with a problem document."""

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from augury.application.ports import Unavailable
from augury.domain.errors import DomainError
from augury.inbound.http.problems.documents import (
    AWAY,
    LOGGED,
    MEDIA_TYPE,
    RETRY_AFTER,
    SOON,
    Refused,
    problem_of,
)
from augury.inbound.http.problems.field_problems import FieldProblem
from augury.inbound.http.problems.kinds import KINDS
from augury.inbound.http.problems.refusals import (
    FRAMEWORK,
    INTERNAL_ERROR,
    NOT_JSON,
    UNAVAILABLE,
    WRONG_SHAPE,
    Kind,
)
from augury.inbound.http.problems.wording import missing_parameter, split

_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_OF_STATUS: Mapping[int, Mapping[str, str]] = {
    401: _CHALLENGE,
    429: {"Retry-After": str(SOON)},
    503: {"Retry-After": str(RETRY_AFTER)},
}
log = logging.getLogger(__name__)
HUNG_UP = "client disconnected prematurely"
"""Litestar reports this as a server error, but the caller hung up, so it is not logged."""


def answer_to(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer that Litestar would give: from the handler in `HANDLERS` for the error's nearest class."""
    return next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)(request, error)


def of_domain_error(request: Request[Any, Any, Any], error: DomainError) -> Response[bytes]:
    kind = KINDS.get(type(error))
    if kind is None or kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return of_any_error(request, error)
    headers = dict(_CHALLENGE) if kind.status == HTTPStatus.UNAUTHORIZED else {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return _response(problem_of(error), headers)


def of_refused(_: Request[Any, Any, Any], error: Refused) -> Response[bytes]:
    headers = dict(_OF_STATUS.get(error.kind.status, {}))
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return _response(error.kind.problem(str(error), **error.members), headers)


def of_unavailable(request: Request[Any, Any, Any], error: Unavailable) -> Response[bytes]:
    log.warning("%s %s answered 503: %s", request.method, request.scope["path"], error)
    return _response(UNAVAILABLE.problem(AWAY), {"Retry-After": str(RETRY_AFTER)})


def of_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer the framework's own refusals."""
    if isinstance(error, ValidationException):
        return _response(_of_validation(error, request))
    if error.detail == HUNG_UP:
        return _response(FRAMEWORK[400].problem("The body ended early."))
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return of_any_error(request, error)
    kind = FRAMEWORK.get(error.status_code) or Kind(error.status_code, "refused", "Refused")
    said = kind.says.format(method=request.method, **(error.headers or {})) if kind.says else error.detail
    return _response(kind.problem(said or kind.title), error.headers or {})


def of_any_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Answer an unexpected error: the log has all of it, the answer nothing."""
    log.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
    return _response(INTERNAL_ERROR.problem(LOGGED))


HANDLERS: dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[bytes]]] = {
    DomainError: of_domain_error,
    Refused: of_refused,
    Unavailable: of_unavailable,
    HTTPException: of_http_exception,
    Exception: of_any_error,
}


def _of_validation(error: ValidationException, request: Request[Any, Any, Any]) -> dict[str, object]:
    said = error.extra if isinstance(error.extra, list) else []
    if any(
        each.get("key") == "data" for each in said
    ):  # it is missing: otherwise it would have been decoded by now
        return NOT_JSON.problem("The request has no body: send JSON.")
    errors = [
        _of_parameter(request, each.get("key"), str(each.get("message", "is not valid")))
        for each in said
        if isinstance(each, dict)
    ]
    if missing := missing_parameter(error.detail):
        errors.append(FieldProblem(None, missing, "is missing"))
    detail = "; ".join(
        f"{f'`{each.field}`' if each.field else 'The request'} {each.message}" for each in errors
    )
    return WRONG_SHAPE.problem(f"{detail}." if detail else "The request is not valid.", errors=errors)


def _of_parameter(request: Request[Any, Any, Any], key: str | None, message: str) -> FieldProblem:
    """The parameter under the name that callers know, which may differ from the handler's."""
    handler: BaseRouteHandler | None = request.scope.get("route_handler")
    field = handler.parsed_fn_signature.parameters.get(key or "") if handler else None
    if field is None:
        return FieldProblem(None, key, split(message)[0])
    alias = field.kwarg_definition.name if isinstance(field.kwarg_definition, QueryParameter) else None
    return FieldProblem(None, alias or key, split(message, field.annotation)[0])


def _response(problem: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response[bytes]:
    status = problem["status"]
    assert isinstance(status, int)
    return Response(
        content=msgspec.json.encode(problem),
        status_code=int(status),
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )
