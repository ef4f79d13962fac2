import asyncio

import pytest

from augury.concurrency.cancellation import was_canceled, within


async def test_what_is_done_in_time_is_answered() -> None:
    async def work() -> int:
        return 42

    assert await within(60, work()) == 42


async def test_an_error_is_passed_on() -> None:
    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await within(60, work())


async def test_what_takes_too_long_is_canceled() -> None:
    canceled = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            canceled.set()

    with pytest.raises(TimeoutError):
        await within(0.01, work())
    await canceled.wait()


async def test_what_does_not_end_when_canceled_is_not_waited_for_and_canceled_again() -> None:
    cancellations = 0
    ended = asyncio.Event()

    async def work() -> None:
        nonlocal cancellations
        while cancellations < 2:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                cancellations += 1
        ended.set()

    with pytest.raises(TimeoutError):
        await within(0.01, work())
    assert cancellations < 2

    await ended.wait()


async def test_a_cancellation_from_within_is_an_error_and_not_the_end_of_who_waits() -> None:
    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(ConnectionAbortedError):
        await within(60, work())


async def test_who_is_canceled_while_waiting_cancels_the_work() -> None:
    began, canceled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            canceled.set()

    waiting = asyncio.create_task(within(60, work()))
    await began.wait()
    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    await canceled.wait()


async def whose(awaited: "asyncio.Future[None]") -> bool:
    try:
        await asyncio.shield(awaited)
    except asyncio.CancelledError:
        return was_canceled()
    raise AssertionError("not canceled")


async def test_a_cancellation_that_comes_out_of_what_is_awaited_is_not_ours() -> None:
    awaited: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    awaited.cancel()

    assert await asyncio.create_task(whose(awaited)) is False


async def test_a_cancellation_that_somebody_asked_for_is_ours() -> None:
    awaiting = asyncio.create_task(whose(asyncio.get_running_loop().create_future()))
    await asyncio.sleep(0)  # let it start waiting
    awaiting.cancel()

    assert await awaiting is True
