import asyncio

from augury.concurrency.waits import end, is_set_within


async def test_a_wait_for_an_event_ends_with_the_event_or_with_its_time() -> None:
    event = asyncio.Event()
    assert not await is_set_within(0.001, event)

    asyncio.get_running_loop().call_soon(event.set)

    assert await is_set_within(60, event)


async def test_a_cancellation_that_comes_with_the_event_is_not_lost() -> None:
    event = asyncio.Event()
    waiting = asyncio.create_task(is_set_within(60, event))
    await asyncio.sleep(0)

    event.set()
    waiting.cancel()

    await asyncio.wait([waiting])
    assert waiting.cancelled()


async def test_tasks_end_in_their_grace_or_are_canceled_after_it() -> None:
    quick = asyncio.create_task(asyncio.sleep(0, "done"))
    endless = asyncio.create_task(asyncio.Event().wait())

    await end([quick, endless], grace=0.01)

    assert quick.result() == "done"
    assert endless.cancelled()


async def test_without_a_grace_tasks_are_canceled_at_once() -> None:
    task = asyncio.create_task(asyncio.sleep(0))

    await end([task])

    assert task.cancelled()
    await end([])
