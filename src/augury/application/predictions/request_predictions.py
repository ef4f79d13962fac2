"""Decide on the requests of one flight: hold their prices, record them, have them queued."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from augury.application.limits import Limits
from augury.application.ports import Accepted, Clock, Counters, OpenBooks, Opened, Remembered
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.ports import PredictionQueue
from augury.application.predictions.requests import Decision, Replayed, Request
from augury.application.retrying import retried
from augury.domain.balance import Balance, Transfer
from augury.domain.errors import DomainError
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.lane import Lane
from augury.domain.prediction import Prediction, TooManyPending
from augury.domain.pricing import require_at_most
from augury.domain.user import UserNotFound

RETRY_AFTER = 5
"""Seconds that a user with too many unfinished predictions is asked to wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPredictions:
    """Accept the requests of one flight in one transaction, each for its price, and queue them."""

    books: OpenBooks
    queue: PredictionQueue
    clock: Clock
    limits: Limits
    backlog: Backlog
    counters: Counters

    async def __call__(self, requests: Sequence[Request]) -> list[Decision]:
        """The answers are in the order of `requests`. A refusal affects only its own request."""
        self.counters.submitted(len(requests))
        decisions, answers = await retried(lambda: self._decide(requests))
        for lane, ids in decisions.ids_by_lane().items():
            self.queue.put(ids, traces=decisions.traces, lane=lane)
        self.counters.accepted([accepted.prediction for accepted in decisions.accepted])
        return answers

    async def _decide(self, requests: Sequence[Request]) -> tuple["_Decisions", list[Decision]]:
        user_ids = {request.user_id for request in requests}
        keys = {(request.user_id, request.key.key) for request in requests if request.key}
        async with self.books() as books:
            decisions = _Decisions(
                await books.open(user_ids, keys), self.limits, self.backlog, self.clock.now()
            )
            answers = [decisions.answer(request) for request in requests]
            if decisions.accepted:
                await books.record(accepted=decisions.accepted, transfers=decisions.transfers)
        return decisions, answers


class _Decisions:
    """Decides one request after another over the locked balances, and collects what to record."""

    def __init__(self, opened: Opened, limits: Limits, backlog: Backlog, now: datetime) -> None:
        self._balances: dict[UserId, Balance] = dict(opened.balances)
        self._remembered: dict[tuple[UserId, str], Remembered] = dict(opened.remembered)
        self._limits = limits
        self._small, self._slice = limits.small, limits.slice
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
        known.require(key)
        return Replayed(PredictionId(known.reference))

    def _accept(self, request: Request) -> Prediction:
        balance = self._balances.get(request.user_id)
        if balance is None:
            raise UserNotFound
        for pending, most in (
            (balance.pending, self._limits.guest_pending if request.is_guest else self._limits.max_pending),
            (self._backlog.waiting, self._limits.max_waiting),
        ):
            if pending >= most:
                raise TooManyPending(pending=pending, most=most, retry_after=RETRY_AFTER)
        price = request.model.price(request.rows, request.text_bytes)
        require_at_most(request.max_price, price)
        prediction = Prediction(
            id=PredictionId(uuid7()),
            user_id=request.user_id,
            model=request.model.ref,
            rows=request.rows,
            row_price=request.model.row_price,
            text_price=request.model.text_price,
            text_bytes=request.text_bytes,
            created_at=self._now,
            expires_at=self._now + request.expires_in,
            single=request.single,
        )
        lane = self._small.lane(request.rows, len(request.input), pending=balance.pending)
        balance, transfers = balance.hold(price, reference=prediction.id)
        self._balances[request.user_id] = balance
        if request.key:
            self._remembered[request.user_id, request.key.key] = Remembered(
                request.key.fingerprint, prediction.id
            )
        if request.trace:
            self.traces[prediction.id] = request.trace
        self.transfers += transfers
        cost = self._slice.cost(request.rows, len(request.input)) if lane is Lane.BULK else None
        self.accepted.append(Accepted(prediction, request.input, request.key, request.notify, cost))
        return prediction

    def ids_by_lane(self) -> dict[Lane, list[PredictionId]]:
        """The accepted predictions, in order. A lane that gets none is left out."""
        ids: dict[Lane, list[PredictionId]] = defaultdict(list)
        for each in self.accepted:
            ids[Lane.SMALL if each.bulk_cost is None else Lane.BULK].append(each.prediction.id)
        return ids
