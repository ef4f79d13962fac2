"""Submitting, the hot path: dependencies are looked up once, at start-up, and the rest is plain code."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Annotated, Any

import msgspec
from litestar import Request as HttpRequest
from litestar import post
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import JSONBody
from litestar.types import ASGIApp, Receive, Scope, Send

from augury.application.limits import Limits
from augury.application.ports import IdempotencyKey, Json, Unavailable
from augury.application.predictions.ports import StoredPrediction
from augury.application.predictions.requests import Decision, Replayed, Request
from augury.application.predictions.submit_prediction import Submission as Asked
from augury.application.predictions.submit_prediction import SubmitPrediction
from augury.application.predictions.wait_for_prediction import WaitForPrediction
from augury.concurrency.aside import aside
from augury.concurrency.natural_batches import NaturalBatches
from augury.concurrency.trace_context import traceparent
from augury.domain.api_key import KeyScope, ModelNotListed, Period, ScopeMissing, SpendingLimitReached
from augury.domain.balance import MOST_CREDITS, NotEnoughCredits
from augury.domain.explanation import ALL_FEATURES, ExplanationTooLarge, NotExplained
from augury.domain.identifiers import UserId
from augury.domain.model import ModelNotFound
from augury.domain.model_facts import MOST_TOP, NoClasses
from augury.domain.prediction import (
    IdempotencyConflict,
    NoRows,
    NoValidRow,
    Prediction,
    TooManyPending,
    TooManyRows,
)
from augury.domain.pricing import MaxPriceExceeded
from augury.domain.row_errors import RowError, RowFault
from augury.inbound.http import guest_limits
from augury.inbound.http.body import JsonBody, decode_data, decode_json, whole_body
from augury.inbound.http.edge import share_of
from augury.inbound.http.encoded import EncodedJson
from augury.inbound.http.idempotency import key_of_submit, name_of_submit
from augury.inbound.http.identity import Anyone, Identity, identify, key_of
from augury.inbound.http.openapi import BEARER_OR_GUEST, Shows
from augury.inbound.http.operations import SubmitOperation
from augury.inbound.http.prediction_answers import PredictionAnswers
from augury.inbound.http.prefer import wait_seconds
from augury.inbound.http.problems import Refused, answer_to, documented
from augury.inbound.http.query import require_known
from augury.inbound.http.settings import HttpSettings
from augury.inbound.http.views import PredictionView, unanswered

PATHS = ["/predictions", "/predictions/predict"]
_MOST_EXPIRES_IN = 100 * 365 * 86_400

Flight = NaturalBatches[Request, Decision]

Row = dict[str, str | float | bool | list[float] | None]
Data = Annotated[
    msgspec.Raw,
    Shows(
        type=Row | list[Row],
        description="One row (an object) or many (an array of objects), with the features of the model: "
        "see `GET /models/{name}`.",
        example={"text": "Какой-то текст для предсказания"},
    ),
]


MaxPrice = (
    Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=MOST_CREDITS,
            description="The highest price that you accept, in credits. A request that would hold more is "
            "refused with 402, and nothing is charged.",
        ),
    ]
    | None
)


Top = (
    Annotated[
        int,
        msgspec.Meta(
            ge=1,
            le=MOST_TOP,
            description="How many classes or labels each answer lists, the likeliest first; `others` is the "
            "sum of the other probabilities. By default, a model of very many classes lists the first "
            "1,000 "
            "(`AUGURY_MAX_CLASSES`), and any other model lists all. The price is the same.",
        ),
    ]
    | None
)


class ExplainTop(msgspec.Struct, forbid_unknown_fields=True):
    """Explain each answer by the features with the strongest effects."""

    top: Annotated[int, msgspec.Meta(ge=1, le=ALL_FEATURES, description="How many features are listed.")] = 10


Explain = (
    Annotated[
        bool | ExplainTop,
        msgspec.Meta(
            description="Whether each answer says how its features raise or lower it (`explanations`), for "
            '`explain_price` per row on top. `{"top": 5}` lists the five strongest features, `true` all.'
        ),
    ]
    | None
)


class Submission(msgspec.Struct, forbid_unknown_fields=True):
    """Rows for a model: `name`, `name@version`, or the default model."""

    data: Data
    model: Annotated[str, msgspec.Meta(max_length=128, examples=["tone", "tone@1"])] | None = None
    expires_in: (
        Annotated[
            int,
            msgspec.Meta(
                ge=1,
                le=_MOST_EXPIRES_IN,
                description="Seconds after which the prediction expires if it has not started.",
            ),
        ]
        | None
    ) = None
    max_price: MaxPrice = None
    explain: Explain = None
    top: Top = None


def top_of(explain: bool | ExplainTop | None) -> int | None:
    """How many features are to be explained; None if none are."""
    if isinstance(explain, ExplainTop):
        return explain.top
    return ALL_FEATURES if explain else None


_submission_decoder = msgspec.json.Decoder(Submission)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitHandler:
    """The dependencies of a submit, which live as long as the application."""

    identity: Identity
    submit_prediction: SubmitPrediction
    wait: WaitForPrediction
    answers: PredictionAnswers
    settings: HttpSettings

    async def accept(self, scope: Scope, submission: Submission, body: bytes) -> "Taken":
        """`submission` is the decoded `body`; `scope["user"]` is the caller, None for a guest.

        The result keeps neither of them, so that a request which waits does not hold its rows in memory.
        """
        caller: UserId | None = scope["user"]
        if caller is None and len(body) > self.limits.guest_bytes:
            raise guest_limits.body_too_large(self.limits)
        name = name_of_submit(caller, scope)
        user_id = caller or await self.identity.guest(scope)
        model, expires_in, max_price = submission.model, submission.expires_in, submission.max_price
        explain = top_of(submission.explain)
        wishes = {"explain": explain, "top": submission.top}
        told = [(name, wish) for name, wish in wishes.items() if wish is not None]
        # Without them, the fingerprint is that of the releases before.
        more: tuple[object, ...] = () if max_price is None and not told else (max_price, *told)

        def read() -> tuple[object, IdempotencyKey | None]:
            data = decode_data(submission.data, most=self.settings.max_values)
            return data, None if name is None else key_of_submit(name, body, model, expires_in, data, *more)

        data, key = await aside(len(body), read)
        asked = Asked(
            user_id=user_id,
            is_guest=caller is None,
            data=data,
            input=Json(bytes(submission.data)),
            model=model,
            expires_in=None if expires_in is None else timedelta(seconds=expires_in),
            key=key,
            max_price=max_price,
            trace=trace_of(scope),
            explain=explain,
            top=submission.top,
            terms=key_of(scope),
        )
        try:
            return Taken(user_id, await self.submit_prediction(asked))
        except (NotEnoughCredits, TooManyRows, TooManyPending) as error:
            raise (error if caller else self._of_guest(error)) from None

    @property
    def limits(self) -> Limits:
        return self.submit_prediction.limits

    def most_bytes(self, scope: Scope) -> int:
        """The largest body that this caller may send."""
        most = self.settings.max_body_bytes
        return most if scope["user"] else min(most, self.limits.guest_bytes)

    def _of_guest(self, error: NotEnoughCredits | TooManyRows | TooManyPending) -> Exception:
        """The refusal in words for a guest."""
        match error:
            case NotEnoughCredits():
                return self.identity.guest_is_short(error)
            case TooManyRows():
                return guest_limits.too_many_rows(error, self.limits)
            case TooManyPending() if error.most == self.limits.guest_pending:
                return guest_limits.too_many_pending(error)
        return error

    async def answer(self, scope: Scope, taken: "Taken") -> EncodedJson:
        """Answer with the prediction, after waiting for its result as long as the caller prefers."""
        most = int(self.settings.max_wait.total_seconds())
        seconds = wait_seconds(_preferences(scope), most=most)
        stored = await self._as_it_stands(taken.answer, taken.user_id, seconds or 0)
        return self._response(stored, isinstance(taken.answer, Replayed), seconds)

    async def _as_it_stands(
        self, answer: Prediction | Replayed, user_id: UserId, seconds: int
    ) -> StoredPrediction:
        if isinstance(answer, Replayed):
            return await self.wait(user_id=user_id, prediction_id=answer.prediction_id, seconds=seconds)
        if seconds:
            try:
                return await self.wait.for_accepted(answer, seconds=seconds)
            except Unavailable:  # it was accepted and paid: say so in any case
                pass
        return unanswered(answer)

    def _response(self, stored: StoredPrediction, replayed: bool, seconds: int | None) -> EncodedJson:
        url = f"{self.settings.base_path}/predictions/{stored.prediction.id}"
        headers = [(b"location", url.encode())]
        if replayed:
            headers.append((b"idempotent-replayed", b"true"))
        if seconds is not None:
            headers.append((b"preference-applied", b"wait=%d" % seconds))
        status = 200 if stored.prediction.status.is_final else 202
        try:
            return self.answers.of(stored, status, headers)
        except Refused:  # it was accepted and paid: its output can be read later
            return self.answers.of(self.answers.without_output(stored), 202, headers)


@dataclass(frozen=True, slots=True)
class Taken:
    """A submit that was accepted, now or before, and its user."""

    user_id: UserId
    answer: Prediction | Replayed


def trace_of(scope: Scope) -> str | None:
    """The caller's trace. An invalid one is ignored."""
    header = next((value for name, value in scope["headers"] if name == b"traceparent"), None)
    return None if header is None else traceparent(header.decode("latin-1"))


def _preferences(scope: Scope) -> bytes:
    """The values of all `Prefer` lines, which form one list (RFC 9110, section 5.3)."""
    return b",".join([value for name, value in scope["headers"] if name == b"prefer"])


@post(
    PATHS,
    status_code=202,
    dto=JsonBody[Submission],
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
                NotExplained(model="tone@1", reason="its trees are not symmetric, and they ask for texts"),
                ExplanationTooLarge(rows=100, most_rows=39),
                NoClasses(),
                IdempotencyConflict(),
                TooManyPending(pending=1_000, most=1_000, retry_after=5),
            ],
        ),
    },
)
async def submit(request: Anyone, data: JSONBody[Submission]) -> EncodedJson:
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


async def _received(handler: SubmitHandler, scope: Scope, receive: Receive) -> Taken:
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
