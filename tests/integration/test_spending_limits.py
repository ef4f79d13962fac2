"""However many calls a key makes at once, and through however many processes: its limit is spent to the last
credit, and no further."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from asyncpg import Pool
from prometheus_client import CollectorRegistry

from augury.application.limits import Limits
from augury.application.ports import Json, Unavailable
from augury.application.predictions.backlog import Backlog
from augury.application.predictions.cancel_prediction import CancelPrediction
from augury.application.predictions.known_balances import KnownBalances
from augury.application.predictions.request_predictions import RequestPredictions
from augury.application.predictions.requests import Decision, Request
from augury.application.webhooks.limit_events import LimitEvents
from augury.concurrency.natural_batches import NaturalBatches
from augury.domain.api_key import KeyTerms, Period, Spending, SpendingLimitReached, SpendingLimits
from augury.domain.balance import Balance, NotEnoughCredits
from augury.domain.credentials import InvalidToken
from augury.domain.identifiers import UserId, uuid7
from augury.domain.model import Model
from augury.domain.prediction import Failure, Prediction, Status
from augury.domain.webhook import EventType
from augury.outbound.memory.events import MemoryEvents
from augury.outbound.memory.queue import MemoryPredictionQueue
from augury.outbound.postgres import accepting, record, settling
from augury.outbound.postgres.opening import open_pool
from augury.outbound.postgres.settings import PostgresSettings
from augury.outbound.prometheus_counters import PrometheusCounters
from augury.outbound.system_clock import SystemClock
from tests.adapters import Adapters, an_api_key, finish, postgres_adapters
from tests.contract.test_webhooks import a_webhook
from tests.hexagon import a_model

LIMITS = Limits(max_pending=10_000, max_waiting=100_000)
MODEL = a_model()
Board = NaturalBatches[Request, Decision]


@pytest.fixture
async def adapters(pool: Pool) -> Adapters:
    adapters = postgres_adapters(pool)
    await adapters.models.add(MODEL)
    return adapters


class Processes:
    """The submits of several API processes: each has connections, known balances and flights of its own."""

    def __init__(self, url: str, open_: AsyncExitStack) -> None:
        self._url = url
        self._open = open_
        self.registries: list[CollectorRegistry] = []
        self.boards: list[Board] = []

    async def start(self, how_many: int) -> None:
        for _ in range(how_many):
            settings = PostgresSettings(url=self._url)
            pool = await self._open.enter_async_context(open_pool(settings))
            adapters, clock = postgres_adapters(pool), SystemClock()
            self.registries.append(CollectorRegistry())
            counters = PrometheusCounters(self.registries[-1])
            request = RequestPredictions(
                counters=counters,
                acceptance=adapters.books,
                known=KnownBalances(),
                queue=MemoryPredictionQueue(clock),
                clock=clock,
                limits=LIMITS,
                backlog=Backlog(adapters.predictions, LIMITS),
                limit_events=LimitEvents(adapters.outbox),
            )
            board: Board = NaturalBatches(request, most=64)
            self.boards.append(board)
            self._open.push_async_callback(board.stop)

    async def submit(self, requests: Sequence[Request]) -> list[Decision]:
        boards = self.boards
        return await asyncio.gather(
            *(boards[number % len(boards)].board(each) for number, each in enumerate(requests))
        )

    def refused(self, limit: str) -> float:
        found = [each.get_sample_value("augury_refusals_total", {"limit": limit}) for each in self.registries]
        return sum(each or 0 for each in found)


@pytest.fixture
async def processes(pool: Pool, database_url: str) -> AsyncIterator[Processes]:
    async with AsyncExitStack() as open_:
        started = Processes(database_url, open_)
        await started.start(4)
        yield started


async def a_key(adapters: Adapters, user_id: UserId, limits: SpendingLimits) -> KeyTerms:
    key = an_api_key(user_id, limits=limits)
    await adapters.api_keys.add(key, uuid4().bytes, most=20)
    return key.terms


def a_request(user_id: UserId, terms: KeyTerms | None, *, model: Model = MODEL, rows: int = 1) -> Request:
    return Request.of(
        user_id=user_id,
        model=model,
        data=[{"text": "hi"}] * rows,
        input=Json(b'[{"text": "hi"}]'),
        limits=LIMITS,
        terms=terms,
    )


def priced(answers: Sequence[Decision]) -> int:
    return sum(each.price for each in answers if isinstance(each, Prediction))


async def test_of_a_thousand_calls_at_once_exactly_the_limit_is_accepted(
    adapters: Adapters, processes: Processes
) -> None:
    user_id = await adapters.user(credits=5_000)
    terms = await a_key(adapters, user_id, SpendingLimits(day=500))
    hook = a_webhook(user_id, EventType.LIMIT_REACHED)
    await adapters.webhooks.add(hook, most=1)

    answers = await processes.submit([a_request(user_id, terms) for _ in range(1_000)])

    assert priced(answers) == 500
    refused = [each for each in answers if isinstance(each, SpendingLimitReached)]
    assert len(refused) == 500
    said = {(each.period, each.limit, each.spent, each.price) for each in refused}
    assert said == {(Period.DAY, 500, 500, 1)}
    assert processes.refused("spending_day") == 500
    [told] = await adapters.deliveries.page(hook.id, limit=10)
    assert told.facts is not None, "one crossing, told once, though four processes saw it"
    facts = {name: told.facts[name] for name in ("api_key", "period", "limit", "spent")}
    assert facts == {"api_key": str(terms.id), "period": "day", "limit": 500, "spent": 500}
    assert await adapters.spent(terms.id) == Spending(500, 500)
    assert await adapters.balance(user_id) == Balance(user_id, available=4_500, held=500, pending=500)
    assert await adapters.deviations() == []


@pytest.mark.parametrize("seed", range(3))
async def test_whatever_ends_how_a_limit_is_never_passed_and_what_comes_back_can_be_spent_again(
    adapters: Adapters, processes: Processes, seed: int
) -> None:
    """Two keys with limits and one without, and rows of several prices, while others fail, are canceled, and
    succeed in part."""
    dice = random.Random(seed)
    user_id = await adapters.user(credits=400)
    keys: list[KeyTerms | None] = [
        await a_key(adapters, user_id, SpendingLimits(day=60)),
        await a_key(adapters, user_id, SpendingLimits(day=200, month=90)),
        None,
    ]
    limits = {keys[0]: 60, keys[1]: 90}
    counted = dict.fromkeys(limits, 0)
    cancel = CancelPrediction(
        books=adapters.books,
        events=MemoryEvents(),
        clock=SystemClock(),
        counters=PrometheusCounters(CollectorRegistry()),
    )
    for _ in range(4):
        asked = [(dice.choice(keys), dice.randint(1, 3)) for _ in range(60)]
        answers = await processes.submit([a_request(user_id, key, rows=rows) for key, rows in asked])
        accepted = [
            (key, each) for (key, _), each in zip(asked, answers, strict=True) if isinstance(each, Prediction)
        ]
        assert not [each for each in answers if isinstance(each, Unavailable)]
        for key, each in accepted:
            if key in counted:
                counted[key] += each.price
        for key, limit in limits.items():
            assert key is not None
            assert counted[key] <= limit
            assert (await adapters.spent(key.id)).day == counted[key]
            left_out = [
                rows
                for (asking, rows), each in zip(asked, answers, strict=True)
                if asking == key and isinstance(each, SpendingLimitReached)
            ]
            assert all(counted[key] + rows > limit for rows in left_out)
        for key, ended in await asyncio.gather(*(_end(adapters, cancel, dice, *each) for each in accepted)):
            if key in counted:
                counted[key] -= ended.price - ended.charged
    for key in limits:
        assert key is not None
        assert (await adapters.spent(key.id)).month == counted[key]
    assert await adapters.deviations() == []


async def _end(
    adapters: Adapters,
    cancel: CancelPrediction,
    dice: random.Random,
    key: KeyTerms | None,
    prediction: Prediction,
) -> tuple[KeyTerms | None, Prediction]:
    match dice.choice(["cancel", "expire", "fail", "in part", "succeed", "wait"]):
        case "cancel":
            return key, await cancel(user_id=prediction.user_id, prediction_id=prediction.id)
        case "expire":
            async with adapters.books() as books:
                expired = (await books.prediction(prediction.id)).expire(at=datetime.now(UTC))
                await books.record(changed=[expired], transfers=expired.settlement())
            return key, expired
        case "wait":
            return key, replace(prediction, status=Status.SUCCEEDED, valid_rows=prediction.rows)
        case how:
            token = uuid4()
            [claimed] = await adapters.claim(prediction, token=token)
            valid = prediction.rows if how == "succeed" else max(1, prediction.rows - 1)
            finished = finish(claimed.prediction, valid_rows=valid)
            if how == "fail":
                failed = claimed.prediction.fail(Failure.MODEL_UNAVAILABLE, at=datetime.now(UTC))
                finished = replace(finished, prediction=failed, output=None)
            await adapters.work.settle(token, [finished])
            return key, finished.prediction


async def test_credits_and_the_limit_are_told_apart(adapters: Adapters, processes: Processes) -> None:
    user_id = await adapters.user(credits=3)
    terms = await a_key(adapters, user_id, SpendingLimits(day=5))

    poor = await processes.submit([a_request(user_id, terms, rows=4)])
    [limited] = await processes.submit([a_request(user_id, terms, rows=6)])
    assert isinstance(poor[0], NotEnoughCredits)
    assert isinstance(limited, SpendingLimitReached)

    free = replace(MODEL, row_price=0)
    [costless] = await processes.submit([a_request(user_id, terms, model=free, rows=50)])
    assert isinstance(costless, Prediction), "what is free needs no limit"
    assert await adapters.spent(terms.id) == Spending()


async def test_a_key_that_was_deleted_meanwhile_is_refused(adapters: Adapters, processes: Processes) -> None:
    user_id = await adapters.user(credits=3)
    terms = await a_key(adapters, user_id, SpendingLimits(day=5))
    await adapters.api_keys.remove(user_id, terms.id)

    [answer] = await processes.submit([a_request(user_id, terms)])

    assert isinstance(answer, InvalidToken)
    assert await adapters.balance(user_id) == Balance(user_id, available=3)


async def test_a_top_up_is_spent_by_the_very_next_request_at_every_process(
    adapters: Adapters, processes: Processes
) -> None:
    """Each process has just learned that there is nothing, and keeps that for a second."""
    user_id = await adapters.user(credits=4)
    await processes.submit([a_request(user_id, None) for _ in range(4)])
    empty = await processes.submit([a_request(user_id, None) for _ in range(4)])
    assert {type(each) for each in empty} == {NotEnoughCredits}

    async with adapters.books() as books:
        balance = (await books.open([user_id])).balance(user_id)
        _, transfers = balance.top_up(4, reference=uuid7())
        await books.record(transfers=transfers)

    for board in processes.boards:
        assert isinstance(await board.board(a_request(user_id, None)), Prediction)


def test_who_has_no_limits_pays_for_none() -> None:
    """The statements for those without limits do not name the keys at all."""
    usual = [*accepting.ACCEPT.values(), accepting.ACCEPT_REPAYING, settling.SETTLE, record.RECORD]
    assert not [each for each in usual if "api_keys" in each]
    limited = [accepting.ACCEPT_LIMITED, settling.SETTLE_RELEASING, record.RECORD_RELEASING]
    assert [each for each in limited if "api_keys" in each] == limited


async def test_nothing_is_written_for_those_without_limits(
    adapters: Adapters, processes: Processes, pool: Pool
) -> None:
    """Also not of the key that was used: its terms come with the caller."""
    user_id = await adapters.user(credits=3)
    without = await a_key(adapters, user_id, SpendingLimits())
    request = a_request(user_id, without)
    assert request.spender is None
    before = await pool.fetchval("SELECT xmin::text FROM api_keys WHERE id = $1", without.id)

    [answer] = await processes.submit([request])

    assert isinstance(answer, Prediction)
    assert await pool.fetchval("SELECT xmin::text FROM api_keys WHERE id = $1", without.id) == before
