import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.outbound.memory.predictions import MemoryPredictions
from tests.hexagon import Hexagon
from tests.polling import eventually


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("augury.application.predictions.backlog.LOOK_EVERY", 0.001)


@asynccontextmanager
async def watching(hexagon: Hexagon) -> AsyncIterator[None]:
    watch = asyncio.create_task(hexagon.backlog.watch())
    yield
    watch.cancel()
    await asyncio.wait([watch])
    assert watch.cancelled()


async def test_the_backlog_follows_what_is_not_final_yet(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=3)
    for _ in range(3):
        await hexagon.request_prediction(user.id)

    async with watching(hexagon):
        await eventually(lambda: hexagon.backlog.waiting == 3, "a count of three")
        await hexagon.run_all()
        await eventually(lambda: hexagon.backlog.waiting == 0, "a count of none")


async def test_it_is_counted_no_further_than_the_limit() -> None:
    hexagon = Hexagon(Limits(max_waiting=2))
    user = await hexagon.user(credits=2)
    for _ in range(2):
        await hexagon.request_prediction(user.id)
    another = await hexagon.user(credits=1)
    await hexagon.request_prediction(another.id)

    async with watching(hexagon):
        await eventually(lambda: hexagon.backlog.waiting == 2, "a count of the limit")


@pytest.mark.parametrize("failure", [Unavailable("the database"), RuntimeError("nobody thought of it")])
async def test_the_count_goes_on_after_one_that_failed(
    hexagon: Hexagon, failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = await hexagon.user(credits=1)
    await hexagon.request_prediction(user.id)
    failures = [failure]
    count = MemoryPredictions.waiting

    async def waiting(self: MemoryPredictions, *, at_most: int) -> int:
        if failures:
            raise failures.pop()
        return await count(self, at_most=at_most)

    monkeypatch.setattr(MemoryPredictions, "waiting", waiting)

    async with watching(hexagon):
        await eventually(lambda: hexagon.backlog.waiting == 1, "a count of one")
    assert not failures
