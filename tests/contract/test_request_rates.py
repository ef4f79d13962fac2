"""Limits of requests over several processes, which share one database."""

import asyncio
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry
from typing_extensions import override

from augury.application.limits import Limits
from augury.application.people.ports.credentials import Access
from augury.application.people.ports.throttle import Taken, Throttle
from augury.application.people.request_rates import RequestRates
from augury.domain.api_key import KeyTerms
from augury.domain.identifiers import UserId, uuid7
from augury.domain.request_rate import RateName, RateStatus, TooManyRequests
from augury.outbound.prometheus_counters import PrometheusCounters
from tests.adapters import Adapters

MINUTE = timedelta(minutes=1)


@dataclass
class Counted(Throttle):
    """Counts the statements."""

    inner: Throttle
    statements: int = 0

    @override
    async def hit(self, keys: Collection[str], *, most: int, window: timedelta) -> timedelta | None:
        return await self.inner.hit(keys, most=most, window=window)

    @override
    async def take(self, key: str, *, share: int, most: int, window: timedelta) -> Taken:
        self.statements += 1
        return await self.inner.take(key, share=share, most=most, window=window)


@dataclass
class Process:
    throttle: Counted
    rates: RequestRates
    registry: CollectorRegistry
    ahead: float = 0.0

    @classmethod
    def of(cls, adapters: Adapters, limits: Limits) -> "Process":
        throttle, registry = Counted(adapters.throttle), CollectorRegistry()
        return cls(throttle, RequestRates(throttle, limits, PrometheusCounters(registry)), registry)

    async def admits(self, access: Access) -> bool:
        _, refusal = await self.rates.admit(access)
        return refusal is None


def by_key(user_id: UserId) -> Access:
    return Access(user_id, key=KeyTerms(id=uuid4()))


@pytest.mark.parametrize("most", [60, 1_000])
@pytest.mark.parametrize("weights", [(1, 1, 1), (20, 5, 1)], ids=["even", "uneven"])
async def test_a_limit_holds_over_processes_and_hardly_less_is_admitted(
    adapters: Adapters, most: int, weights: Sequence[int]
) -> None:
    """Never more than the limit, and at most a tenth less, with far fewer statements than requests."""
    dice = random.Random(7)
    processes = [Process.of(adapters, Limits(user_requests=most)) for _ in weights]
    access = by_key(UserId(uuid7()))
    admitted = asked = 0

    for _ in range(2 * most // 50 + 1):
        chosen = dice.choices(processes, weights, k=50)
        answers = await asyncio.gather(*(each.admits(access) for each in chosen))
        admitted += sum(answers)
        asked += len(answers)

    assert asked >= 2 * most
    assert most * 0.9 <= admitted <= most
    statements = sum(each.throttle.statements for each in processes)
    assert statements <= max(most * 0.75, 120)
    if most == 1_000:
        assert statements <= asked / 10


async def test_what_is_refused_and_what_was_taken_needs_no_statement(adapters: Adapters) -> None:
    process = Process.of(adapters, Limits(user_requests=100))
    access = by_key(UserId(uuid7()))
    for _ in range(5):
        assert await process.admits(access)
    assert process.throttle.statements == 1

    while await process.admits(access):
        pass
    before = process.throttle.statements
    for _ in range(100):
        statuses, refusal = await process.rates.admit(access)
        assert isinstance(refusal, TooManyRequests)
        assert refusal.names == (RateName.USER,)
        assert refusal.retry_after >= statuses[0].ends_in
        assert statuses == [RateStatus(RateName.USER, 100, 0, statuses[0].ends_in)]
    assert process.throttle.statements == before
    refused = process.registry.get_sample_value("augury_refusals_total", {"limit": "requests_user"})
    assert refused == 101


async def test_with_the_next_window_requests_are_admitted_again(
    adapters: Adapters, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process.of(adapters, Limits(user_requests=3))
    access = by_key(UserId(uuid7()))
    while await process.admits(access):
        pass

    await adapters.pass_time(2 * MINUTE)
    assert not await process.admits(access), "as long as this process knows nothing else, it holds"
    later = process.rates._now() + 61
    monkeypatch.setattr(process.rates, "_now", lambda: later)

    assert [await process.admits(access) for _ in range(4)] == [True, True, True, False]


async def test_a_key_and_its_user_are_limited_each_and_a_refused_request_counts_for_neither(
    adapters: Adapters,
) -> None:
    process = Process.of(adapters, Limits(user_requests=5, key_requests=3))
    user_id = UserId(uuid7())
    one, two, token = by_key(user_id), by_key(user_id), Access(user_id, 0)

    assert [await process.admits(one) for _ in range(5)] == [True] * 3 + [False] * 2
    statuses, refusal = await process.rates.admit(one)
    assert [(each.name, each.most, each.left) for each in statuses] == [
        (RateName.KEY, 3, 0),
        (RateName.USER, 5, 2),
    ]
    assert refusal is not None
    assert refusal.names == (RateName.KEY,)
    assert [await process.admits(two), await process.admits(token), await process.admits(token)] == [
        True,
        True,
        False,
    ]
    _, refusal = await process.rates.admit(two)
    assert refusal is not None
    assert refusal.names == (RateName.USER,)
    assert await process.admits(by_key(UserId(uuid7())))


async def test_a_guest_is_limited_by_address(adapters: Adapters) -> None:
    process = Process.of(adapters, Limits(guest_requests=1))
    assert (await process.rates.admit_guest("here"))[1] is None
    _, refusal = await process.rates.admit_guest("here")
    assert refusal is not None
    assert (await process.rates.admit_guest("there"))[1] is None
    assert process.rates.limits_guests
    assert not process.rates.limits_callers
