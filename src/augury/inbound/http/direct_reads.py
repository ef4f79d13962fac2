"""Frequent reads as plain ASGI in front of Litestar, like submits (ADR 7).

Only requests in their usual spelling are answered here. All others, such as those with a wrong parameter, are
left to the routes `read`, `list_predictions` and `balance`, which answer the same.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.types import ASGIApp, Receive, Scope, Send

from augury.application.money.ports import Balances
from augury.application.predictions.ports.reads import Predictions
from augury.domain.identifiers import PredictionId
from augury.inbound.http.callers.identity import Identity, require_signed_in
from augury.inbound.http.money.balance import BalanceView
from augury.inbound.http.predictions.answers import PredictionAnswers
from augury.inbound.http.predictions.events import PredictionEvents
from augury.inbound.http.predictions.routes import of_anyone
from augury.inbound.http.problems.answering import answer_to
from augury.inbound.http.protocol.encoded import EncodedJson

Answer = Callable[[Scope], Awaitable[ASGIApp]]
_ONE = re.compile("/predictions/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(/events)?")
_LIMIT = re.compile(rb"limit=([1-9][0-9]?|100)")
_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectReads:
    """The dependencies of these reads, which live as long as the application."""

    identity: Identity
    predictions: Predictions
    balances: Balances
    answers: PredictionAnswers
    events: PredictionEvents

    def of(self, scope: Scope) -> Answer | None:
        """The function that answers this GET directly. None if the framework must answer it."""
        path, query = scope["path"], scope["query_string"]
        if path == "/predictions":
            limit = _LIMIT.fullmatch(query)
            if limit or not query:
                scope["path_template"] = path
                return partial(self._page, int(limit[1]) if limit else 20)
        elif not query and path == "/events":
            scope["path_template"] = path
            return self._all_events
        elif not query and path == "/balance":
            scope["path_template"] = path
            return self._balance
        elif not query and (one := _ONE.fullmatch(path)):
            wanted, events = PredictionId(UUID(one[1])), one[2]
            scope["path_template"] = f"/predictions/{{prediction_id}}{events or ''}"
            return partial(self._events if events else self._one, wanted)
        return None

    async def _page(self, limit: int, scope: Scope) -> EncodedJson:
        user_id = await require_signed_in(self.identity, scope)
        page = await self.predictions.page(user_id, limit=limit)
        return EncodedJson(200, _encode(self.answers.page(page)), ())

    async def _one(self, wanted: PredictionId, scope: Scope) -> EncodedJson:
        scope["user"] = await self.identity.caller(scope)
        return self.answers.of(await of_anyone(wanted, self.identity, scope, self.predictions))

    async def _events(self, wanted: PredictionId, scope: Scope) -> ASGIApp:
        scope["user"] = await self.identity.caller(scope)
        return await self.events.of_one(wanted, scope)

    async def _all_events(self, scope: Scope) -> ASGIApp:
        await require_signed_in(self.identity, scope)
        return await self.events.of_user(scope)

    async def _balance(self, scope: Scope) -> EncodedJson:
        user_id = await require_signed_in(self.identity, scope)
        return EncodedJson(200, _encode(BalanceView.of(await self.balances.of(user_id))), ())


async def read_directly(read: Answer, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with `read`, or with the refusal that it raises."""
    answer: ASGIApp
    try:
        answer = await read(scope)
    except Exception as error:
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        answer = answer_to(request, error).to_asgi_response(None, request)
    await answer(scope, receive, send)
