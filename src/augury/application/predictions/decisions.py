"""The domain's decisions on the requests of one flight."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from augury.application.limits import Limits
from augury.application.ports.books import Opened
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.ports.acceptance import Accepted
from augury.application.predictions.requests import Decision, Replayed, Request
from augury.domain.api_key import KeyTerms, Spending, SpendingLimitReached
from augury.domain.balance import Balance
from augury.domain.credentials import InvalidToken
from augury.domain.errors import DomainError
from augury.domain.explanation import SECONDS_PER_LEAF
from augury.domain.idempotency import Remembered
from augury.domain.identifiers import PredictionId, UserId, uuid7
from augury.domain.lane import Lane
from augury.domain.prediction import Prediction
from augury.domain.premise import Premise, SpendingPremise
from augury.domain.pricing import require_at_most
from augury.domain.request import TooManyPending
from augury.domain.transfer import Transfer
from augury.domain.user import UserNotFound

RETRY_AFTER = 5
"""Seconds that a user with too many unfinished predictions is asked to wait."""


class Decisions:
    """Decides one request after another over the balances, and collects what to record."""

    def __init__(
        self,
        opened: Opened,
        known: Mapping[UserId, Balance],
        limits: Limits,
        backlog: Backlog,
        now: datetime,
    ) -> None:
        """`known` are balances that may be out of date. If the spending of API keys was not read, it is taken
        as 0."""
        self._before: dict[UserId, Balance] = {**opened.balances, **known}
        self._balances = dict(self._before)
        self._known = known
        self._remembered: dict[tuple[UserId, str], Remembered] = dict(opened.remembered)
        self._limits = limits
        self._small, self._slice = limits.small, limits.slice
        self._backlog = backlog
        self._now = now
        self._most_pending: dict[UserId, int] = {}
        self._spent = None if opened.spending is None else dict(opened.spending)
        self._taken: dict[UUID, SpendingPremise] = {}
        self.reached: list[tuple[Request, SpendingLimitReached]] = []
        """The requests that a spending limit has refused."""
        self.accepted: list[Accepted] = []
        self.transfers: list[Transfer] = []
        self.traces: dict[PredictionId, str] = {}
        self.small_costs: dict[PredictionId, int] = {}
        """The costs of accepted small work above 1."""

    def answer(self, request: Request) -> Decision | None:
        """The decision on this request. None if it needs the current balance or spending."""
        try:
            return self._replay(request) or self._accept(request)
        except SpendingLimitReached as refusal:
            if self._spent is None:
                return None
            self.reached.append((request, refusal))
            return refusal
        except DomainError as refusal:
            return None if request.user_id in self._known else refusal

    def premises(self) -> dict[UserId, Premise]:
        """The premises of the accepted predictions, by user."""
        return {
            user_id: Premise.of(self._before[user_id], self._balances[user_id], most_pending=most)
            for user_id, most in self._most_pending.items()
        }

    def spending(self) -> Mapping[UUID, SpendingPremise]:
        """The premises for API keys with spending limits that accepted something, by key."""
        return self._taken

    def keep(self, user_ids: Collection[UserId]) -> Collection[UserId]:
        """Drop the predictions that were accepted for other users than these. Returns those other users."""
        others = self._most_pending.keys() - user_ids
        if others:
            self.accepted = [each for each in self.accepted if each.prediction.user_id not in others]
            self.reached = [each for each in self.reached if each[0].user_id not in others]
        return others

    def _replay(self, request: Request) -> Replayed | None:
        key = request.key
        known = key and self._remembered.get((request.user_id, key.key))
        if not key or not known:
            return None
        known.require(key)
        return Replayed(PredictionId(known.reference))

    def _accept(self, request: Request) -> Prediction | None:
        balance = self._balances.get(request.user_id)
        if balance is None:
            raise UserNotFound
        most = self._limits.guest_pending if request.is_guest else self._limits.max_pending
        _require_room(balance.pending, most)
        _require_room(self._backlog.waiting, self._limits.max_waiting)
        explained = request.explain is not None
        price = request.model.price(request.rows, request.text_bytes, explained=explained)
        require_at_most(request.max_price, price)
        spender = request.spender if price else None
        if spender is not None:
            self._require_affordable(spender, price)
        lane = self._lane(request, balance.pending)
        if lane is Lane.BULK and request.user_id in self._known and self._lane(request, 0) is Lane.SMALL:
            return None  # fewer may be pending by now
        prediction = Prediction(
            id=PredictionId(uuid7()),
            user_id=request.user_id,
            model=request.model.ref,
            rows=request.rows,
            row_price=request.model.price_per_row(explained=explained),
            text_price=request.model.text_price,
            text_bytes=request.text_bytes,
            created_at=self._now,
            expires_at=self._now + request.expires_in,
            single=request.single,
        )
        balance, transfers = balance.hold(price, reference=prediction.id)
        self._balances[request.user_id] = balance
        if spender is not None:
            self._spend(request.user_id, spender, price)
        self._most_pending[request.user_id] = most
        if request.key:
            self._remembered[request.user_id, request.key.key] = Remembered(
                request.key.fingerprint, prediction.id
            )
        if request.trace:
            self.traces[prediction.id] = request.trace
        self.transfers += transfers
        cost = self._cost(request)
        if lane is Lane.SMALL and cost > 1:
            self.small_costs[prediction.id] = cost
        self.accepted.append(
            Accepted(
                prediction,
                request.input,
                request.key,
                request.notify,
                cost if lane is Lane.BULK else None,
                request.explain,
                None if spender is None else spender.id,
                request.top,
            )
        )
        return prediction

    def _require_affordable(self, spender: KeyTerms, price: int) -> None:
        """Raises `SpendingLimitReached`, and `InvalidToken` if the key was deleted meanwhile."""
        before = Spending()
        if self._spent is not None:
            if spender.id not in self._spent:
                raise InvalidToken
            before = self._spent[spender.id]
        taken = self._taken[spender.id].taken if spender.id in self._taken else 0
        spender.limits.require(before.plus(taken), price, at=self._now)

    def _spend(self, user_id: UserId, spender: KeyTerms, price: int) -> None:
        taken = self._taken[spender.id].taken if spender.id in self._taken else 0
        self._taken[spender.id] = SpendingPremise(user_id, taken + price, spender.limits)

    def _lane(self, request: Request, pending: int) -> Lane:
        if request.explain is not None:
            return Lane.BULK
        rows, size = request.rows, len(request.input)
        units, speed = self._slice.units(rows, size), request.model.speed
        return self._small.lane(rows, size, units=units, speed=speed, pending=pending)

    def _cost(self, request: Request) -> int:
        cost = self._slice.cost(request.rows, len(request.input), request.model.speed)
        if request.explain is None:
            return cost
        seconds = SECONDS_PER_LEAF * request.rows * (request.model.facts.explain_work or 0)
        return max(cost + self._slice.cost_of_seconds(seconds), self._slice.rows)  # so it is picked alone

    def ids_by_lane(self) -> dict[Lane, list[PredictionId]]:
        """The accepted predictions, in order. A lane that gets none is left out."""
        ids: dict[Lane, list[PredictionId]] = defaultdict(list)
        for each in self.accepted:
            ids[Lane.SMALL if each.bulk_cost is None else Lane.BULK].append(each.prediction.id)
        return ids


def _require_room(pending: int, most: int) -> None:
    if pending >= most:
        raise TooManyPending(pending=pending, most=most, retry_after=RETRY_AFTER)
