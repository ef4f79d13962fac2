"""The problems of a route, in the API's description."""

from collections import defaultdict
from collections.abc import Sequence
from http import HTTPStatus

from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example

from augury.domain.api_key import KeyScope, ScopeMissing
from augury.domain.credentials import InvalidToken
from augury.domain.errors import DomainError
from augury.domain.request_rate import TooManyTries
from augury.domain.user import NotAllowed
from augury.inbound.http.problems.documents import AWAY, LOGGED, MEDIA_TYPE, NOTHING_YET, Problem, problem_of
from augury.inbound.http.problems.field_problems import FieldProblem
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
)

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
            return [INTERNAL_ERROR.problem(LOGGED)]
        case 503:
            return [UNAVAILABLE.problem(AWAY)]
        case 504:
            return [NOT_FINAL.problem("The prediction is still queued.", prediction_status="queued")]
        case _:
            return []
