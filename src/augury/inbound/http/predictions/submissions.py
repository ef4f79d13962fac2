"""Submitting, the hot path: the route, and the same as plain ASGI."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

import msgspec
from litestar import Request as HttpRequest
from litestar import post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.types import ASGIApp, Receive, Scope, Send

from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.concurrency.aside import aside
from augury.domain.api_key import KeyScope, ModelNotListed, Period, ScopeMissing, SpendingLimitReached
from augury.domain.balance import NotEnoughCredits
from augury.domain.explanation import ExplanationTooLarge, NotExplained
from augury.domain.idempotency import IdempotencyConflict
from augury.domain.model import ModelNotFound
from augury.domain.model_facts import NoClasses
from augury.domain.pricing import MaxPriceExceeded
from augury.domain.reason_codes import ReasonCode
from augury.domain.reasons import Reason
from augury.domain.request import NoRows, NoValidRow, TooManyPending, TooManyRows
from augury.domain.row_errors import RowError, RowFault
from augury.inbound.http.callers.identity import Anyone, identify
from augury.inbound.http.description.openapi import BEARER_OR_GUEST
from augury.inbound.http.description.operations import SubmitOperation
from augury.inbound.http.edge.layer import share_of
from augury.inbound.http.predictions import guest_limits
from augury.inbound.http.predictions.submit_body import SubmitBody
from augury.inbound.http.predictions.submit_handler import AcceptedSubmit, SubmitHandler
from augury.inbound.http.predictions.views import PredictionView
from augury.inbound.http.problems.answering import answer_to
from augury.inbound.http.problems.described import documented
from augury.inbound.http.protocol.body import JsonBody, decode_json, whole_body
from augury.inbound.http.protocol.encoded import EncodedJson
from augury.inbound.http.protocol.query import require_known

PATHS = ["/predictions", "/predictions/predict"]
_submission_decoder = msgspec.json.Decoder(SubmitBody)


@post(
    PATHS,
    status_code=202,
    dto=JsonBody[SubmitBody],
    return_dto=None,
    before_request=identify,  # like a guard, but without copying the handler for it
    security=BEARER_OR_GUEST,
    tags=["Predictions"],
    summary="Request a prediction",
    description=SubmitPrediction.__doc__,
    operation_class=SubmitOperation,
    responses={
        200: ResponseSpec(
            PredictionView, generate_examples=False, description="The final prediction, after `Prefer: wait`."
        ),
        202: ResponseSpec(PredictionView, generate_examples=False, description="Accepted."),
        **documented(
            401,
            402,
            404,
            413,
            415,
            422,
            429,
            refusals=[
                NotEnoughCredits(available=1, price=2),
                MaxPriceExceeded(price=12, max_price=10),
                SpendingLimitReached(
                    period=Period.DAY,
                    limit=500,
                    spent=499,
                    price=2,
                    resets_at=datetime(2026, 12, 1, tzinfo=UTC),
                ),
                ScopeMissing(scope=KeyScope.PREDICT),
                ModelNotListed(model="tone@1"),
                ModelNotFound(model="tune"),
                NoValidRow((RowError(0, "text", RowFault.MISSING),), error_count=1),
                NoRows(),
                TooManyRows(rows=10_001, most=10_000),
                NotExplained(model="tone@1", reason=Reason.of(ReasonCode.UNKNOWN_SPLIT, what="texts")),
                ExplanationTooLarge(rows=100, most_rows=39),
                NoClasses(),
                IdempotencyConflict(),
                TooManyPending(pending=1_000, most=1_000, retry_after=5),
            ],
        ),
    },
)
async def submit(request: Anyone, data: JSONBody[SubmitBody]) -> EncodedJson:
    handler: SubmitHandler = request.app.state.submit_handler
    taken = await handler.accept(request.scope, data, await request.body())
    share_of(request.scope).release()
    return await handler.answer(request.scope, taken)


async def submit_directly(handler: SubmitHandler, scope: Scope, receive: Receive, send: Send) -> None:
    """The route `submit` as plain ASGI, which answers nearly all submits."""
    scope["path_template"] = scope["path"]
    answer: ASGIApp
    try:
        if scope["query_string"]:
            require_known(scope)
        scope["user"] = await handler.identity.caller(scope)
        taken = await _received(handler, scope, receive)
        share_of(scope).release()
        answer = await handler.answer(scope, taken)
    except Exception as error:
        request: HttpRequest[Any, Any, Any] = HttpRequest(scope, receive, send)
        answer = answer_to(request, error).to_asgi_response(None, request)
    await answer(scope, receive, send)


async def _received(handler: SubmitHandler, scope: Scope, receive: Receive) -> AcceptedSubmit:
    """Read and accept the submit. The body is freed when this call ends."""
    most = handler.most_bytes(scope)
    try:
        body = await whole_body(scope, receive, most=most)
    except RequestEntityTooLarge:
        if most < handler.settings.max_body_bytes:
            raise guest_limits.body_too_large(handler.limits) from None
        raise
    submission = await aside(len(body), partial(decode_json, _submission_decoder, scope, body))
    return await handler.accept(scope, submission, body)
