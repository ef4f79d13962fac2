import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from augury.application.limits import Limits
from augury.application.ports import Unavailable
from augury.application.predictions.ports.work import ClaimTerms
from augury.domain.idempotency import IdempotencyKey
from augury.domain.prediction import Prediction, Status
from augury.inbound.worker.sweeper import Sweeper
from tests.hexagon import Hexagon
from tests.polling import eventually

SOON = timedelta(milliseconds=1)
NEVER = timedelta(days=1)


@asynccontextmanager
async def running(
    hexagon: Hexagon, *, every: timedelta = SOON, purge_every: timedelta = NEVER
) -> AsyncIterator[None]:
    sweep = replace(hexagon.sweep, limits=replace(hexagon.limits, sweep_every=every))
    sweeper = Sweeper(
        sweep, hexagon.upkeep, hexagon.purge_batches, hexagon.purge_audit_log, purge_every=purge_every
    )
    task = asyncio.create_task(sweeper.run())
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def lost(hexagon: Hexagon, count: int) -> None:
    """Accept `count` predictions whose messages were lost a while ago."""
    user = await hexagon.user(credits=count)
    for _ in range(count):
        await hexagon.request_prediction(user.id)
    while hexagon.queue.take():
        pass
    hexagon.clock.advance(timedelta(minutes=2))


async def test_a_lost_prediction_is_put_on_the_queue_again(hexagon: Hexagon) -> None:
    await lost(hexagon, 1)

    async with running(hexagon):
        await eventually(hexagon.queue.take, "a task")


async def test_it_goes_on_after_the_books_were_away(
    hexagon: Hexagon, caplog: pytest.LogCaptureFixture
) -> None:
    await lost(hexagon, 1)
    hexagon.memory.away = True

    async with running(hexagon):
        await eventually(lambda: "the memory is away" in caplog.text, "a sweep in vain")
        hexagon.memory.away = False
        await eventually(hexagon.queue.take, "a task")


async def test_it_takes_over_only_after_the_books_have_answered_for_a_whole_lease(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    prediction = await hexagon.request_prediction(user.id)
    await begun(hexagon, prediction)
    hexagon.clock.advance(2 * hexagon.limits.lease)

    patient = Sweeper(
        hexagon.sweep, hexagon.upkeep, hexagon.purge_batches, hexagon.purge_audit_log, purge_every=NEVER
    )
    for _ in range(3):
        await patient.sweep_up()
    assert (await hexagon.prediction(prediction)).prediction.status is Status.PROCESSING

    limits = Limits()
    object.__setattr__(limits, "lease", timedelta())  # so that no test waits for seconds
    sweeper = Sweeper(
        replace(hexagon.sweep, limits=limits),
        hexagon.upkeep,
        hexagon.purge_batches,
        hexagon.purge_audit_log,
        purge_every=NEVER,
    )
    await sweeper.sweep_up()
    hexagon.memory.away = True
    with pytest.raises(Unavailable):
        await sweeper.sweep_up()
    hexagon.memory.away = False
    await sweeper.sweep_up()  # the first after the outage
    assert (await hexagon.prediction(prediction)).prediction.status is Status.PROCESSING
    await sweeper.sweep_up()
    assert (await hexagon.prediction(prediction)).prediction.status is Status.QUEUED


async def begun(hexagon: Hexagon, prediction: Prediction) -> None:
    await hexagon.work.claim(
        [prediction.id],
        ClaimTerms(token=uuid4(), lease=hexagon.limits.lease, most_rows=9, most_bytes=999),
    )


async def test_it_sweeps_again_at_once_while_there_is_more_than_one_sweep_repairs() -> None:
    hexagon = Hexagon(Limits(sweep_batch=2))
    await lost(hexagon, 5)

    await Sweeper(
        hexagon.sweep, hexagon.upkeep, hexagon.purge_batches, hexagon.purge_audit_log, purge_every=NEVER
    ).sweep_up()

    tasks = []
    while task := hexagon.queue.take():
        tasks.append(task)
    assert sum(len(task.prediction_ids) for task in tasks) == 5


async def test_what_has_had_its_time_is_purged_now_and_then(hexagon: Hexagon) -> None:
    user = await hexagon.user(credits=1)
    await hexagon.request_predictions([hexagon.request(user.id, key=IdempotencyKey("once", b"digest"))])
    hexagon.clock.advance(timedelta(hours=25))

    async with running(hexagon, every=NEVER, purge_every=SOON):
        await eventually(lambda: not hexagon.memory.state.idempotency_keys, "the purge")
