"""Accept predictions: hold their price, record them, have them queued."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from augury.application.limits import Limits
from augury.application.ports import Accepted, Clock, IdempotencyKey, Json, OpenBooks, Opened, Remembered
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.ports import PredictionQueue
from augury.application.retrying import retried
from augury.domain.balance import Balance, Transfer
from augury.domain.errors import DomainError
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.model import Model, RowError
from augury.domain.prediction import (
    ExpiresTooLate,
    IdempotencyConflict,
    NoValidRow,
    Prediction,
    TooManyPending,
    TooManyRows,
)
from augury.domain.rows import check_rows
from augury.domain.user import UserNotFound

RETRY_AFTER = 5
"""Seconds that one who has too much in the queue is asked to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request for a prediction, its rows checked: see `of`."""

    user_id: UserId
    model: Model
    rows: int
    single: bool
    input: Json
    expires_in: timedelta
    key: IdempotencyKey | None = None
    notify: bool = False
    """Whether a notice of its end is kept until it is delivered."""
    trace: str | None = None
    """The caller's `traceparent`: it goes with the task, and is not stored."""

    @classmethod
    def of(
        cls,
        *,
        user_id: UserId,
        model: Model,
        data: object,
        input: Json,
        limits: Limits,
        expires_in: timedelta | None = None,
        key: IdempotencyKey | None = None,
        notify: bool = False,
        trace: str | None = None,
    ) -> Self:
        """Check the `data`, one row (an object) or many (an array), whose JSON text is `input`.

        Raises `ExpiresTooLate`, `TooManyRows`, or `NoValidRow` where none fits the model. Where only some
        do, the worker finds the others again and leaves them uncharged.
        """
        if expires_in is not None and expires_in > limits.max_expires_in:
            raise ExpiresTooLate(
                expires_in=int(expires_in.total_seconds()), most=int(limits.max_expires_in.total_seconds())
            )
        rows, errors = checked(data, model, limits)
        if len(errors) == len(rows):
            raise NoValidRow(errors=tuple(errors))
        return cls(
            user_id=user_id,
            model=model,
            rows=len(rows),
            single=not isinstance(data, list),
            input=input,
            expires_in=limits.max_expires_in if expires_in is None else expires_in,
            key=key,
            notify=notify,
            trace=trace,
        )


def checked(data: object, model: Model, limits: Limits) -> tuple[Sequence[object], Sequence[RowError]]:
    """The rows of `data`, one (an object) or many (an array), and what is wrong with which of them.

    Raises `TooManyRows`.
    """
    rows = data if isinstance(data, list) else [data]
    if not 1 <= len(rows) <= limits.max_rows:
        raise TooManyRows(rows=len(rows), most=limits.max_rows)
    return rows, check_rows(model.facts.schema, rows).errors


@dataclass(frozen=True, slots=True)
class Replayed:
    """The same request was accepted before, as this prediction."""

    prediction_id: PredictionId


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPredictions:
    """Accept a prediction for its price and queue it; it is run a moment later."""

    books: OpenBooks
    queue: PredictionQueue
    clock: Clock
    limits: Limits
    backlog: Backlog

    async def __call__(self, requests: Sequence[Request]) -> list[Prediction | Replayed | DomainError]:
        """Many fly together; answers stand in the order of `requests`, a refusal is that request's alone."""
        desk, answers = await retried(lambda: self._decide(requests))
        self.queue.put([accepted.prediction.id for accepted in desk.accepted], traces=desk.traces)
        return answers

    async def _decide(
        self, requests: Sequence[Request]
    ) -> tuple["_Desk", list[Prediction | Replayed | DomainError]]:
        user_ids = {request.user_id for request in requests}
        keys = {(request.user_id, request.key.key) for request in requests if request.key}
        async with self.books() as books:
            desk = _Desk(await books.open(user_ids, keys), self.limits, self.backlog, self.clock.now())
            answers = [desk.answer(request) for request in requests]
            if desk.accepted:
                await books.record(accepted=desk.accepted, transfers=desk.transfers)
        return desk, answers


class _Desk:
    """Decides one request after the other over the locked balances, and remembers what to record."""

    def __init__(self, opened: Opened, limits: Limits, backlog: Backlog, now: datetime) -> None:
        self._balances: dict[UserId, Balance] = dict(opened.balances)
        self._remembered: dict[tuple[UserId, str], Remembered] = dict(opened.remembered)
        self._limits = limits
        self._backlog = backlog
        self._now = now
        self.accepted: list[Accepted] = []
        self.transfers: list[Transfer] = []
        self.traces: dict[PredictionId, str] = {}

    def answer(self, request: Request) -> Prediction | Replayed | DomainError:
        try:
            return self._replay(request) or self._accept(request)
        except DomainError as refusal:
            return refusal

    def _replay(self, request: Request) -> Replayed | None:
        key = request.key
        known = key and self._remembered.get((request.user_id, key.key))
        if not key or not known:
            return None
        if known.fingerprint != key.fingerprint:
            raise IdempotencyConflict
        return Replayed(PredictionId(known.reference))

    def _accept(self, request: Request) -> Prediction:
        balance = self._balances.get(request.user_id)
        if balance is None:
            raise UserNotFound
        for pending, most in (
            (balance.pending, self._limits.max_pending),
            (self._backlog.waiting, self._limits.max_waiting),
        ):
            if pending >= most:
                raise TooManyPending(pending=pending, most=most, retry_after=RETRY_AFTER)
        prediction = Prediction(
            id=PredictionId(uuid7()),
            user_id=request.user_id,
            model=request.model.ref,
            rows=request.rows,
            row_price=request.model.row_price,
            created_at=self._now,
            expires_at=self._now + request.expires_in,
            single=request.single,
        )
        balance, transfers = balance.hold(request.model.price(request.rows), reference=prediction.id)
        self._balances[request.user_id] = balance
        if request.key:
            self._remembered[request.user_id, request.key.key] = Remembered(
                request.key.fingerprint, prediction.id
            )
        if request.trace:
            self.traces[prediction.id] = request.trace
        self.transfers += transfers
        self.accepted.append(Accepted(prediction, request.input, request.key, request.notify))
        return prediction
