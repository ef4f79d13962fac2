"""Answers every refusal with RFC 9457 `application/problem+json`, as the table of kinds says."""

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from augury.application.ports import Unavailable
from augury.domain.api_key import KeyScope, ScopeMissing
from augury.domain.errors import DomainError
from augury.domain.prediction import (
    NoValidRow,
)
from augury.domain.reasons import Reason
from augury.domain.user import (
    InvalidToken,
    NotAllowed,
    TooManyTries,
)
from augury.inbound.http.problems.field_problems import FieldProblem, row_problems
from augury.inbound.http.problems.kinds import KINDS
from augury.inbound.http.problems.refusals import (
    FORGOTTEN,
    FRAMEWORK,
    INTERNAL_ERROR,
    NOT_FINAL,
    NOT_JSON,
    NOT_JSON_TYPE,
    NOT_RUN,
    NOTHING_IN_RANGE,
    REGISTER,
    SIGN_IN_REQUIRED,
    UNAVAILABLE,
    WRONG_SHAPE,
    Kind,
)
from augury.inbound.http.problems.wording import missing_parameter, split

MEDIA_TYPE = "application/problem+json"


RETRY_AFTER = 5
"""Seconds after which a 503 may be tried again."""


_CHALLENGE = {"WWW-Authenticate": "Bearer"}


SOON = 1
"""Seconds after which a caller with too many requests in progress may try again."""


_OF_STATUS: Mapping[int, Mapping[str, str]] = {
    401: _CHALLENGE,
    429: {"Retry-After": str(SOON)},
    503: {"Retry-After": str(RETRY_AFTER)},
}


_AWAY = "The service is temporarily unavailable. Try again in a moment."


_LOGGED = "Something went wrong on our side; the error was logged."


log = logging.getLogger(__name__)


NOTHING_YET = "The results have no bytes in this range, at least not yet. `size` is their current size."
HUNG_UP = "client disconnected prematurely"
"""Litestar reports this as a server error, but the caller hung up, so it is not logged."""


class Refused(Exception):
    """A refusal that concerns HTTP and not the domain."""

    def __init__(self, kind: Kind, detail: str, *, retry_after: int | None = None, **members: object) -> None:
        """`retry_after` is in seconds."""
        super().__init__(detail)
        self.kind = kind
        self.retry_after = retry_after
        self.members = members


class Problem(msgspec.Struct, frozen=True):
    """A refusal (RFC 9457). Depending on its type, it has further members."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] | msgspec.UnsetType = msgspec.UNSET


_OF_CALLERS = (403, 429)
"""Every route that takes a credential can answer these: the API key does not have the scope, or there are too
many requests."""


def documented(*statuses: int, refusals: Sequence[DomainError] = ()) -> dict[int, ResponseSpec]:
    """The problems of a route, for its OpenAPI description: these and the ones that every route can answer.

    The examples are this route's own `refusals`, or else those of any route with the status.
    """
    own: dict[int, list[DomainError]] = defaultdict(list)
    for each in refusals:
        own[KINDS[type(each)].status].append(each)
    return {
        status: ResponseSpec(
            data_container=Problem,
            generate_examples=False,
            media_type=MEDIA_TYPE,
            description=HTTPStatus(status).phrase,
            examples=[
                Example(id=str(problem["type"]).rpartition(":")[2], value=problem)
                for problem in [problem_of(each) for each in own[status]] or _usual(status)
            ],
        )
        for status in sorted({400, 422, *statuses, *(_OF_CALLERS if 401 in statuses else ()), 500, 503})
    }


def _usual(status: int) -> list[dict[str, object]]:
    """The examples of any route with this status."""
    match status:
        case 400:
            return [NOT_JSON.problem("JSON is malformed: trailing comma in object (byte 27).")]
        case 401:
            return [
                SIGN_IN_REQUIRED.problem(f"You need an account for this. {REGISTER}"),
                problem_of(InvalidToken()),
            ]
        case 403:
            return [problem_of(ScopeMissing(scope=KeyScope.PREDICT)), problem_of(NotAllowed())]
        case 404:
            return [FRAMEWORK[404].problem(FRAMEWORK[404].says)]
        case 409:
            says = "The prediction was not run: it is canceled. Nothing was charged."
            return [NOT_RUN.problem(says, prediction_status="canceled")]
        case 410:
            return [FORGOTTEN.problem("The answer of this prediction was deleted.")]
        case 413:
            return [FRAMEWORK[413].problem(FRAMEWORK[413].says)]
        case 415:
            return [NOT_JSON_TYPE.problem("Send `Content-Type: application/json`, not `text/plain`.")]
        case 416:
            return [NOTHING_IN_RANGE.problem(NOTHING_YET, size=1_000)]
        case 422:
            message = "is not a query parameter of this route: it has none"
            return [WRONG_SHAPE.problem(f"`limt` {message}.", errors=[FieldProblem(None, "limt", message)])]
        case 429:
            return [problem_of(TooManyTries(retry_after=42))]
        case 500:
            return [INTERNAL_ERROR.problem(_LOGGED)]
        case 503:
            return [UNAVAILABLE.problem(_AWAY)]
        case 504:
            return [NOT_FINAL.problem("The prediction is still queued.", prediction_status="queued")]
        case _:
            return []


def answer_to(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer that Litestar would give: from the handler in `HANDLERS` for the error's nearest class."""
    return next(HANDLERS[kind] for kind in type(error).__mro__ if kind in HANDLERS)(request, error)


def of_domain_error(_: Request[Any, Any, Any], error: DomainError) -> Response[bytes]:
    kind = KINDS.get(type(error))
    if kind is None or kind.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return of_any_error(_, error)
    headers = dict(_CHALLENGE) if kind.status == HTTPStatus.UNAUTHORIZED else {}
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return _response(problem_of(error), headers)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Reason) else value


def problem_of(error: DomainError) -> dict[str, object]:
    """The problem document of an error in `KINDS`."""
    kind = KINDS[type(error)]
    members = {member: _plain(getattr(error, name)) for member, name in kind.fields.items()}
    if isinstance(error, NoValidRow):
        members["errors"] = row_problems(error.errors)
    return kind.problem(kind.says.format(**vars(error)) if kind.says else str(error), **members)


def of_refused(_: Request[Any, Any, Any], error: Refused) -> Response[bytes]:
    headers = dict(_OF_STATUS.get(error.kind.status, {}))
    if error.retry_after is not None:
        headers["Retry-After"] = str(error.retry_after)
    return _response(error.kind.problem(str(error), **error.members), headers)


def of_unavailable(request: Request[Any, Any, Any], error: Unavailable) -> Response[bytes]:
    log.warning("%s %s answered 503: %s", request.method, request.scope["path"], error)
    return _response(UNAVAILABLE.problem(_AWAY), {"Retry-After": str(RETRY_AFTER)})


def of_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """Answer the framework's own refusals."""
    if isinstance(error, ValidationException):
        return _response(_of_validation(error))
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
    return _response(INTERNAL_ERROR.problem(_LOGGED))


HANDLERS: dict[int | type[Exception], Callable[[Request[Any, Any, Any], Any], Response[bytes]]] = {
    DomainError: of_domain_error,
    Refused: of_refused,
    Unavailable: of_unavailable,
    HTTPException: of_http_exception,
    Exception: of_any_error,
}


def _of_validation(error: ValidationException) -> dict[str, object]:
    said = error.extra if isinstance(error.extra, list) else []
    if any(each.get("key") == "data" for each in said):  # a body that is there was decoded already
        return NOT_JSON.problem("The request has no body: send JSON.")
    errors = [
        FieldProblem(None, each.get("key"), split(str(each.get("message", "is not valid")))[0])
        for each in said
        if isinstance(each, dict)
    ]
    if missing := missing_parameter(error.detail):
        errors.append(FieldProblem(None, missing, "is missing"))
    detail = "; ".join(
        f"{f'`{each.field}`' if each.field else 'The request'} {each.message}" for each in errors
    )
    return WRONG_SHAPE.problem(f"{detail}." if detail else "The request is not valid.", errors=errors)


def _response(problem: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Response[bytes]:
    status = problem["status"]
    assert isinstance(status, int)
    return Response(
        content=msgspec.json.encode(problem),
        status_code=int(status),
        media_type=MEDIA_TYPE,
        headers=dict(headers or {}),
    )
