import asyncio

import pytest

from augury.concurrency.room import Room


async def entered(room: Room, size: int) -> "asyncio.Task[int]":
    """Start work that enters the room, and waits for space if necessary."""
    work = asyncio.create_task(room.enter(size))
    await asyncio.sleep(0)
    return work


async def test_what_fits_is_let_in_at_once() -> None:
    room = Room(10)

    assert await room.enter(4) == 4
    assert await room.enter(6) == 6
    assert room.taken == 10


async def test_what_does_not_fit_waits_its_turn_and_nothing_passes_it() -> None:
    room = Room(10)
    first = await room.enter(8)
    large, small = await entered(room, 5), await entered(room, 1)
    assert not large.done()
    assert not small.done(), "it would fit, but it came later"

    room.leave(first)

    assert (await large, await small) == (5, 1)
    assert room.taken == 6


async def test_what_is_larger_than_the_room_has_it_to_itself() -> None:
    room = Room(10)
    first = await room.enter(1)
    huge = await entered(room, 99)
    assert not huge.done()

    room.leave(first)
    assert await huge == 10
    later = await entered(room, 1)
    assert not later.done()

    room.leave(10)
    assert await later == 1


async def test_who_gives_up_waiting_takes_nothing_and_holds_up_nobody() -> None:
    room = Room(10)
    await room.enter(8)
    large, small = await entered(room, 5), await entered(room, 2)

    large.cancel()
    with pytest.raises(asyncio.CancelledError):
        await large

    assert await small == 2
    assert room.taken == 10


async def test_who_gives_up_as_the_turn_comes_gives_it_back() -> None:
    room = Room(10)
    first = await room.enter(10)
    waiting = await entered(room, 5)
    room.leave(first)

    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert room.taken == 0
