"""Refusals and failures as sentences, with the request's id."""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from litestar import Request
from litestar.exceptions import HTTPException

from augury.application.open_streams import StreamsFull
from augury.application.ports import Unavailable
from augury.domain.api_key import ApiKeyNotFound, NotByApiKey
from augury.domain.balance import NotEnoughCredits
from augury.domain.batch import BatchNotFound, BatchPurged
from augury.domain.chat import PaymentNotFound, SignInByPassword, SignInExpired
from augury.domain.credentials import InvalidToken, WrongCredentials
from augury.domain.dead_letter import DeadLetterNotFound
from augury.domain.errors import DomainError
from augury.domain.explanation import NoExplanation
from augury.domain.model import CardNotFound, ModelNotFound
from augury.domain.model_training import TooManyTrainings, TrainingNotFound
from augury.domain.payment import TopUpNotFound
from augury.domain.prediction import PredictionNotFound
from augury.domain.pricing import MaxPriceExceeded
from augury.domain.promo_code import PromoCodeNotFound
from augury.domain.request import TooManyPending
from augury.domain.request_rate import TooManyRequests, TooManyTries
from augury.domain.stream import TooManyStreams
from augury.domain.user import AccountBlocked, NotAllowed, UserNotFound
from augury.domain.webhook import WebhookNotFound
from augury.domain.webhook_delivery import DeliveryNotFound
from augury.inbound.web.addresses import address_of, page_of, page_with
from augury.inbound.web.given import NotOffered, NotWhole, TooLong
from augury.inbound.web.outside import Outside
from augury.inbound.web.rendering import Answer, is_part, page, see_other
from augury.inbound.web.texts import texts
from augury.inbound.web.visitor import ANONYMOUS, Forged, SignInFirst, Visitor

STATUS: Mapping[type[DomainError], int] = {
    **dict.fromkeys((WrongCredentials, InvalidToken), 401),
    **dict.fromkeys((NotEnoughCredits, MaxPriceExceeded), 402),
    **dict.fromkeys((AccountBlocked, NotAllowed, NotByApiKey, SignInByPassword), 403),
    **dict.fromkeys(
        (
            *(ApiKeyNotFound, BatchNotFound, CardNotFound, DeadLetterNotFound, DeliveryNotFound),
            *(ModelNotFound, NoExplanation, PaymentNotFound, PredictionNotFound, PromoCodeNotFound),
            *(TopUpNotFound, TrainingNotFound, UserNotFound, WebhookNotFound),
        ),
        404,
    ),
    **dict.fromkeys((BatchPurged, SignInExpired), 410),
    **dict.fromkeys((TooManyPending, TooManyRequests, TooManyStreams, TooManyTrainings, TooManyTries), 429),
}
"""The status of a refusal. All others are 422."""
_SENTENCES = {400: "unreadable", 404: "missing", 405: "missing", 413: "too-large", 415: "unreadable"}
AGAIN_IN = 5
"""Seconds until a part of a page asks again while the service is busy or restarting."""
log = logging.getLogger(__name__)


def status_of(error: DomainError) -> int:
    return STATUS.get(type(error), HTTPStatus.UNPROCESSABLE_ENTITY)


def of_domain_error(request: Request[Any, Any, Any], error: DomainError) -> Answer:
    visitor = _visitor(request)
    if isinstance(error, PredictionNotFound) and visitor.user is None:  # perhaps the session has ended
        sentence = texts(visitor.language)("problem-not-a-guest-s-prediction")
        return _said(request, status_of(error), sentence, sign_in=_sign_in(request))
    sentence, again_in = texts(visitor.language).refusal(error), getattr(error, "retry_after", None)
    return _said(request, status_of(error), sentence, again_in=again_in)


def of_sign_in_first(request: Request[Any, Any, Any], _: SignInFirst) -> Answer:
    """Send people to the sign-in page, and from there back to this page, or to the page with this part."""
    answer = see_other(request, _sign_in(request))
    if is_part(request):  # a script would follow a redirect unseen and put the whole page into its part
        answer.headers["HX-Redirect"] = answer.headers.pop("Location")
        answer.status_code = 200
    return answer


def of_forged(request: Request[Any, Any, Any], _: Forged) -> Answer:
    return _of(request, 403, "problem-forged")


def of_not_whole(request: Request[Any, Any, Any], error: NotWhole) -> Answer:
    return _of(request, 422, "problem-not-whole", typed=error.typed)


def of_not_offered(request: Request[Any, Any, Any], error: NotOffered) -> Answer:
    return _of(request, 422, "problem-not-offered", typed=error.typed)


def of_too_long(request: Request[Any, Any, Any], error: TooLong) -> Answer:
    return _of(request, 422, "problem-too-long", most=error.most)


def of_unavailable(request: Request[Any, Any, Any], error: Unavailable) -> Answer:
    log.warning("%s %s answered 503: %s", request.method, request.scope["path"], error)
    return _of(request, 503, "problem-unavailable")


def of_http_exception(request: Request[Any, Any, Any], error: HTTPException) -> Answer:
    """Answer the framework's own refusals."""
    if error.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return of_any_error(request, error)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED and request.method == "GET":
        # After a form, the browser shows the form's address, which people reload or bookmark.
        return see_other(request, page_of(request))
    answer = _of(request, error.status_code, f"problem-{_SENTENCES.get(error.status_code, 'unreadable')}")
    answer.headers.update({name: each for name, each in (error.headers or {}).items() if name == "allow"})
    return answer


def of_any_error(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """Answer an unexpected error. The log has all of it; the page shows only the request's id, which is also
    in the log."""
    kind = getattr(error, "kind", None)  # of a body that the edge refuses: 413, 503
    status = getattr(kind, "status", 500)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.SERVICE_UNAVAILABLE:
        return _of(request, status, "problem-too-large" if status == 413 else "problem-unavailable")
    visitor = _visitor(request)
    log.error(
        "%s %s failed (request %s)",
        *(request.method, request.scope["path"], visitor.request_id),
        exc_info=error,
    )
    return _of(request, 500, "problem-failed")


def _of(request: Request[Any, Any, Any], status: int, message: str, **values: object) -> Answer:
    again_in = AGAIN_IN if status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return _said(request, status, texts(_visitor(request).language)(message, **values), again_in=again_in)


def _said(
    request: Request[Any, Any, Any],
    status: int,
    sentence: str,
    *,
    again_in: int | None = None,
    sign_in: str = "",
) -> Answer:
    """A whole page, or only the sentence for htmx, which also swaps in answers with 4xx and 5xx. A part that
    follows the service asks again `again_in` seconds later."""
    template = "part/refusal.html" if is_part(request) else "problem.html"
    answer = page(
        request,
        template,
        status=status,
        sentence=sentence,
        sign_in=sign_in,
        back="/" if request.method == "GET" else page_of(request),
        again=_address(request),
        again_in=again_in if request.method == "GET" else None,
    )
    if again_in:
        answer.headers["Retry-After"] = str(again_in)
    return answer


def _sign_in(request: Request[Any, Any, Any]) -> str:
    """The sign-in page, from which people come back to this page."""
    address = page_with(address_of(request)) if is_part(request) else address_of(request)
    wanted = quote(address) if request.method == "GET" else ""
    return f"/app/sign-in{'?next=' if wanted else ''}{wanted}"


def _address(request: Request[Any, Any, Any]) -> str:
    """The address of this request, for asking again."""
    outside: Outside = request.app.state.outside
    query = request.scope["query_string"].decode("latin-1")
    return f"{outside.base_path}{quote(request.scope['path'])}{'?' if query else ''}{query}"


def _visitor(request: Request[Any, Any, Any]) -> Visitor:
    """The visitor. An anonymous one if the request fails before the guards, for example at an unknown
    address."""
    visitor = request.scope.get("user")
    if not isinstance(visitor, Visitor):
        visitor = request.scope["user"] = Visitor(
            cookie=ANONYMOUS, is_new=False, user=None, language="en", is_https=False, request_id="-"
        )
    return visitor


def of_streams_full(request: Request[Any, Any, Any], _: StreamsFull) -> Answer:
    return _of(request, 503, "problem-unavailable")


HANDLERS: Mapping[int | type[Exception], Any] = {
    DomainError: of_domain_error,
    SignInFirst: of_sign_in_first,
    Forged: of_forged,
    NotWhole: of_not_whole,
    NotOffered: of_not_offered,
    TooLong: of_too_long,
    Unavailable: of_unavailable,
    StreamsFull: of_streams_full,
    HTTPException: of_http_exception,
    Exception: of_any_error,
}
