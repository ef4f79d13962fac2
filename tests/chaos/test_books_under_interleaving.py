"""The use cases in any order, their steps interleaved, over memory and over PostgreSQL, against a model."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from prometheus_client import CollectorRegistry
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.money.refund_prediction import RefundPrediction
from augury.application.money.top_up import TopUp
from augury.application.ports import Clock, Json
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.known_balances import KnownBalances
from augury.application.predictions.ports.work import ClaimTerms
from augury.application.predictions.repairs import Repairs
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.requests import Replayed, Request
from augury.application.predictions.sweep import Sweep
from augury.application.webhooks.limit_events import LimitEvents
from augury.domain.balance import NotEnoughCredits
from augury.domain.idempotency import IdempotencyConflict, IdempotencyKey
from augury.domain.identifiers import PredictionId, uuid7
from augury.domain.payment import PaymentTaken
from augury.domain.prediction import (
    MOST_ATTEMPTS,
    AlreadyRefunded,
    NotRefundable,
    Prediction,
    Status,
    WrongStatus,
)
from augury.outbound.memory.books import MemoryOpenBooks
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.prometheus_counters import PrometheusCounters
from augury.outbound.system_clock import SystemClock
from tests.adapters import LEASE, Adapters, finish, memory_adapters, postgres_adapters
from tests.hexagon import a_model
from tests.postgres_server import fresh_database
from tests.queue_by_hand import QueueByHand

SHORT = timedelta(minutes=10)
"""How long some requests may wait."""
LATER = timedelta(minutes=15)
"""After this time, every lease and short wait has ended, and everything is due for a check."""
PAYMENTS = [uuid7() for _ in range(4)]
KEYS = ["one", "two"]
Answer = TypeVar("Answer")


@dataclass
class Expected:
    """One prediction in the model of the books."""

    user: int
    rows: int
    expires: bool
    status: Status = Status.QUEUED
    attempts: int = 0
    valid: int = 0
    token: UUID | None = None
    lease_over: bool = False
    late: bool = False
    refunded: int = 0

    @property
    def final(self) -> bool:
        return self.status.is_final

    @property
    def fresh(self) -> bool:
        """No worker has claimed or lost it."""
        return self.status is Status.QUEUED and not self.attempts

    def settle(self, valid: int) -> None:
        self.status = Status.SUCCEEDED if valid else Status.FAILED
        self.valid, self.token, self.attempts = valid, None, max(self.attempts, 1)


@dataclass
class Model:
    """The expected books, in a model that is simple enough to be obviously right."""

    funds: list[int] = field(default_factory=lambda: [0, 0, 0])
    predictions: dict[PredictionId, Expected] = field(default_factory=dict)
    keys: dict[tuple[int, str], tuple[bytes, PredictionId]] = field(default_factory=dict)
    payments: dict[UUID, tuple[int, int]] = field(default_factory=dict)

    def held(self, user: int) -> int:
        return sum(each.rows for each in self.predictions.values() if each.user == user and not each.final)

    def available(self, user: int) -> int:
        spent = sum(each.valid - each.refunded for each in self.predictions.values() if each.user == user)
        return self.funds[user] - spent - self.held(user)

    def under(self, token: UUID) -> dict[PredictionId, Expected]:
        return {name: each for name, each in self.predictions.items() if each.token == token}


class Interleaved(RuleBasedStateMachine):
    """Three users and their workers; what a worker does is cut in two: claim now, settle whenever."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.model = Model()
        self.tokens: list[UUID] = []
        self.zombies: dict[UUID, list[Prediction]] = {}
        """The predictions that each worker believes it runs."""
        self.runs: dict[UUID, list[PredictionId]] = {}
        """The predictions of each run that the books know of."""

    @asynccontextmanager
    async def adapters(self) -> AsyncIterator[tuple[Adapters, Clock]]:
        raise NotImplementedError
        yield

    def run(self, work: Awaitable[Answer]) -> Answer:
        async def awaited() -> Answer:
            return await work

        return self.runner.run(awaited())

    @initialize()
    def begin(self) -> None:
        self.books, clock = self.run(self.stack.enter_async_context(self.adapters()))
        self.run(self.books.models.add(a_model()))
        limits = Limits(small_rows=2)
        self.queue = QueueByHand(clock)
        users, books, events = self.books.users, self.books.books, MemoryEvents()
        counters = PrometheusCounters(CollectorRegistry())
        self.request = RequestPredictions(
            counters=counters,
            acceptance=books,
            known=KnownBalances(),
            queue=self.queue,
            clock=clock,
            limits=limits,
            backlog=Backlog(self.books.predictions, limits),
            limit_events=LimitEvents(self.books.outbox),
        )
        self.cancel = CancelPrediction(counters=counters, books=books, events=events, clock=clock)
        self.top_up = TopUp(users=users, books=books)
        self.refund = RefundPrediction(users=users, books=books)
        self.sweep = Sweep(
            books=books,
            bulk_lane=self.books.bulk_lane,
            queue=self.queue,
            repairs=Repairs(batches=self.books.batches, queue=self.queue, events=events, counters=counters),
            clock=clock,
            limits=limits,
        )
        self.users = [self.run(self.books.user()) for _ in range(3)]

    @override
    def teardown(self) -> None:
        self.the_books_are_verified()
        self.run(self.stack.aclose())
        self.runner.close()

    @rule(user=st.integers(0, 2), credits=st.sampled_from([3, 20]), payment=st.sampled_from(PAYMENTS))
    def a_payment_is_told_of(self, user: int, credits: int, payment: UUID) -> None:
        known = self.model.payments.get(payment)
        try:
            moved = self.run(self.top_up(user_id=self.users[user], amount=credits, payment=str(payment)))
        except PaymentTaken:
            assert known not in (None, (user, credits))
            return
        assert known in (None, (user, credits))
        assert moved.replayed == (known is not None)
        if known is None:
            self.model.payments[payment] = (user, credits)
            self.model.funds[user] += credits

    @rule(
        wanted=st.lists(
            st.tuples(st.integers(0, 2), st.integers(1, 4), st.sampled_from([None, *KEYS]), st.booleans()),
            min_size=1,
            max_size=4,
        )
    )
    def predictions_are_requested(self, wanted: list[tuple[int, int, str | None, bool]]) -> None:
        answers = self.run(self.request([self._request(*each) for each in wanted]))
        while self.queue.take() or self.queue.take_ticket():
            pass
        for (user, rows, key, expires), answer in zip(wanted, answers, strict=True):
            fingerprint = bytes([rows, expires])
            known = self.model.keys.get((user, key)) if key else None
            if known and known[0] != fingerprint:
                assert isinstance(answer, IdempotencyConflict)
            elif known:
                assert answer == Replayed(known[1])
            elif self.model.available(user) < rows:
                assert isinstance(answer, NotEnoughCredits)
            else:
                assert isinstance(answer, Prediction)
                self.model.predictions[answer.id] = Expected(user, rows, expires)
                if key:
                    self.model.keys[user, key] = fingerprint, answer.id

    def _request(self, user: int, rows: int, key: str | None, expires: bool) -> Request:
        return Request(
            user_id=self.users[user],
            model=a_model(),
            rows=rows,
            text_bytes=0,
            single=False,
            input=Json(b"[]"),
            expires_in=SHORT if expires else timedelta(days=1),
            key=IdempotencyKey(key, bytes([rows, expires])) if key else None,
        )

    def pick(self, data: st.DataObject, *, most: int = 1) -> list[PredictionId]:
        ids = list(self.model.predictions)
        return data.draw(st.lists(st.sampled_from(ids), min_size=1, max_size=most, unique=True))

    def some(self) -> bool:
        return bool(self.model.predictions)

    @precondition(some)
    @rule(data=st.data())
    def somebody_cancels(self, data: st.DataObject) -> None:
        [picked] = self.pick(data)
        expected = self.model.predictions[picked]
        try:
            self.run(self.cancel(user_id=self.users[expected.user], prediction_id=picked))
        except WrongStatus:
            assert expected.status is not Status.QUEUED
        else:
            assert expected.status is Status.QUEUED
            expected.status = Status.CANCELED

    @precondition(some)
    @rule(data=st.data())
    def a_worker_begins(self, data: st.DataObject) -> None:
        """Nothing is claimed: it can be canceled and expire. But no other run has begun it."""
        elsewhere = {name for names in self.runs.values() for name in names}
        ids, token = self.pick(data, most=4), uuid4()
        terms = ClaimTerms(token=token, lease=LEASE, most_rows=1000, most_bytes=10**9)
        begun = [each.prediction for each in self.run(self.books.work.begin(ids, terms))]
        assert {each.id for each in begun} == {
            name
            for name in ids
            if self.model.predictions[name].fresh
            and not self.model.predictions[name].late
            and name not in elsewhere
        }
        if begun:
            self.tokens.append(token)
            self.zombies[token], self.runs[token] = begun, [each.id for each in begun]

    @precondition(some)
    @rule(data=st.data())
    def a_worker_claims(self, data: st.DataObject) -> None:
        ids, token = self.pick(data, most=4), uuid4()
        claimed = self.run(
            self.books.work.claim(ids, ClaimTerms(token=token, lease=LEASE, most_rows=1000, most_bytes=10**9))
        )
        self._note_claim(token, ids, [each.prediction for each in claimed], retries=True)

    @rule(most=st.integers(1, 3))
    def a_worker_takes_the_next_of_the_bulk_lane(self, most: int) -> None:
        token = uuid4()
        picked = self.run(self.books.work.pick(token=token, lease=LEASE, most=most, most_cost=6))
        if not picked:
            assert not [each for each in self.model.predictions.values() if self._is_next(each)]
            return
        assert len(picked) <= most
        assert len({each.prediction.user_id for each in picked}) == 1
        assert all(self._is_next(self.model.predictions[each.prediction.id]) for each in picked)
        ids = [each.prediction.id for each in picked]
        self._note_claim(token, ids, [each.prediction for each in picked], retries=False)

    def _is_next(self, expected: Expected) -> bool:
        is_new = expected.status is Status.QUEUED and not expected.attempts and not expected.late
        return is_new and expected.rows > 2

    def _note_claim(
        self, token: UUID, ids: Sequence[PredictionId], claimed: list[Prediction], *, retries: bool
    ) -> None:
        wanted = {
            name
            for name in ids
            if (each := self.model.predictions[name]).status is Status.QUEUED
            and (retries or not each.attempts)
            and not each.late
        }
        assert {each.id for each in claimed} == wanted
        self.tokens.append(token)
        self.zombies[token] = claimed
        if claimed:
            self.runs[token] = [each.id for each in claimed]
        for name in wanted:
            expected = self.model.predictions[name]
            expected.status, expected.token, expected.lease_over = Status.PROCESSING, token, False
            expected.attempts += 1

    def claims(self) -> bool:
        return bool(self.tokens)

    @precondition(claims)
    @rule(data=st.data())
    def a_worker_settles_perhaps_too_late_or_again(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(self.tokens))
        done = [finish(each, valid_rows=data.draw(st.integers(0, each.rows))) for each in self.zombies[token]]
        settled = self.run(self.books.work.settle(token, done))
        mine = self.model.under(token) | self._fresh_of(token)
        self.runs.pop(token, None)
        assert set(settled) == set(mine)
        for each in done:
            if each.prediction.id in mine:
                mine[each.prediction.id].settle(each.prediction.valid_rows)

    def _fresh_of(self, token: UUID) -> dict[PredictionId, Expected]:
        """What this worker runs and nobody has claimed or lost."""
        ids = [each.id for each in self.zombies[token]]
        return {name: self.model.predictions[name] for name in ids if self.model.predictions[name].fresh}

    @precondition(claims)
    @rule(data=st.data())
    def a_worker_renews(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(self.tokens))
        ids = [each.id for each in self.zombies[token]]
        if token in self.runs:
            for each in self._fresh_of(token).values():
                each.status, each.token, each.attempts = Status.PROCESSING, token, 1
        mine = self.model.under(token)
        assert self.run(self.books.work.renew(token, lease=LEASE, ids=ids)) == len(mine)
        for each in mine.values():
            each.lease_over = False

    @precondition(claims)
    @rule(data=st.data())
    def a_worker_hands_back(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(self.tokens))
        ids = [each.id for each in self.zombies[token]]
        mine = self.model.under(token)
        self.runs.pop(token, None)
        assert set(self.run(self.books.work.hand_back(token, ids))) == set(mine)
        for each in mine.values():
            each.status, each.token = Status.QUEUED, None
            each.attempts -= 1

    @rule()
    def time_passes(self) -> None:
        self.run(self.books.pass_time(LATER))
        for each in self.model.predictions.values():
            each.lease_over = True
            each.late = each.late or each.expires

    @rule()
    def everything_is_swept(self) -> None:
        self.time_passes()
        self.run(self.sweep())
        while self.queue.take():
            pass
        begun = {name for run in self.runs.values() for name in run}
        self.runs.clear()
        for name, each in self.model.predictions.items():
            if each.fresh and name in begun:
                each.attempts = 1
            elif each.status is Status.QUEUED and each.late:
                each.status = Status.EXPIRED
            elif each.status is Status.PROCESSING:
                each.token = None
                each.status = Status.FAILED if each.attempts >= MOST_ATTEMPTS else Status.QUEUED

    @precondition(some)
    @rule(data=st.data(), amount=st.sampled_from([None, 1, 3]))
    def an_administrator_refunds(self, data: st.DataObject, amount: int | None) -> None:
        [picked] = self.pick(data)
        expected = self.model.predictions[picked]
        try:
            self.run(self.refund(prediction_id=picked, amount=amount))
        except AlreadyRefunded:
            assert expected.refunded
        except NotRefundable:
            assert not 0 < (expected.valid if amount is None else amount) <= expected.valid
        else:
            assert not expected.refunded
            expected.refunded = expected.valid if amount is None else amount

    @precondition(some)
    @rule(data=st.data())
    def somebody_forgets(self, data: st.DataObject) -> None:
        [picked] = self.pick(data)
        expected = self.model.predictions[picked]
        owner = self.users[expected.user]
        try:
            self.run(self.books.contents.forget(picked, owner=owner))
        except WrongStatus:
            assert not expected.final
        else:
            assert expected.final

    @precondition(some)
    @rule(data=st.data())
    def a_cancel_meets_two_claims(self, data: st.DataObject) -> None:
        """At the same time: only the first succeeds, the others find nothing."""
        [picked] = self.pick(data)
        expected = self.model.predictions[picked]
        was = expected.status, expected.late
        tokens = [uuid4(), uuid4()]

        async def race() -> tuple[bool, list[list[Prediction]]]:
            async def canceled() -> bool:
                with suppress(WrongStatus):
                    await self.cancel(user_id=self.users[expected.user], prediction_id=picked)
                    return True
                return False

            async def claimed(token: UUID) -> list[Prediction]:
                found = await self.books.work.claim(
                    [picked],
                    ClaimTerms(token=token, lease=LEASE, most_rows=1000, most_bytes=10**9),
                )
                return [each.prediction for each in found]

            won, *claims = await asyncio.gather(canceled(), *map(claimed, tokens))
            assert isinstance(won, bool)
            return won, [claim for claim in claims if isinstance(claim, list)]

        won, claims = self.run(race())
        winners = won + sum(map(len, claims))
        assert winners == (was[0] is Status.QUEUED), (was, won, claims)
        if won:
            expected.status = Status.CANCELED
        for token, claim in zip(tokens, claims, strict=True):
            if claim:
                self._note_claim(token, [picked], claim, retries=True)

    @invariant()
    def every_balance_is_what_the_model_says(self) -> None:
        if not hasattr(self, "users"):
            return
        for number, user_id in enumerate(self.users):
            balance = self.run(self.books.balances.of(user_id))
            pending = sum(each.user == number and not each.final for each in self.model.predictions.values())
            found = (balance.available, balance.held, balance.pending)
            assert found == (self.model.available(number), self.model.held(number), pending)

    @rule()
    def the_books_are_verified(self) -> None:
        found = list(self.run(self.books.deviations()))
        assert not [each for each in found if "its lease ended" not in each]
        for name, expected in self.model.predictions.items():
            stored = self.run(self.books.predictions.get(name, owner=self.users[expected.user])).prediction
            assert (stored.status, stored.attempts) == (expected.status, expected.attempts)


class OverMemory(Interleaved):
    @override
    @asynccontextmanager
    async def adapters(self) -> AsyncIterator[tuple[Adapters, Clock]]:
        made = memory_adapters()
        assert isinstance(made.books, MemoryOpenBooks)
        yield made, made.books.memory.clock


class OverPostgreSQL(Interleaved):
    @override
    @asynccontextmanager
    async def adapters(self) -> AsyncIterator[tuple[Adapters, Clock]]:
        async with fresh_database() as url, open_pool(PostgresSettings(url=url, pool_size=4)) as pool:
            yield postgres_adapters(pool), SystemClock()


TestBooksOverMemory: Any = OverMemory.TestCase
TestBooksOverMemory.settings = settings(
    max_examples=80, stateful_step_count=40, deadline=None, derandomize=True
)
TestBooksOverPostgreSQL: Any = OverPostgreSQL.TestCase
TestBooksOverPostgreSQL.settings = settings(
    max_examples=8,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # shrinking would need a database for each attempt
    suppress_health_check=[HealthCheck.too_slow],
)
