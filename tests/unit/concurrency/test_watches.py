import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest

from augury.concurrency import watches as module
from augury.concurrency.background import background
from augury.concurrency.watches import Watches
from tests.polling import eventually

LONG = 60.0


class Things:
    """The states of things, which their followers cannot see by themselves."""

    def __init__(self) -> None:
        self.states: dict[str, int] = {}
        self.reads: list[list[str]] = []
        self.trouble: Exception | None = None
        self.watches: Watches[str, int] = Watches(
            self.read, doing="looking", is_last=lambda state: state >= 9, most=3
        )

    async def read(self, keys: Sequence[str]) -> Mapping[str, int]:
        self.reads.append(list(keys))
        if self.trouble:
            raise self.trouble
        return {key: self.states[key] for key in keys if key in self.states}


@pytest.fixture
async def things(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Things]:
    monkeypatch.setattr(module, "LOOK_EVERY", 0.001)
    monkeypatch.setattr(module, "SLOWEST", 0.002)
    made = Things()
    async with background(made.watches.look()):
        yield made


async def test_a_change_is_told_without_a_ring(things: Things) -> None:
    follower = things.watches.follow("a")
    things.states["a"] = follower.told = 1
    await eventually(lambda: len(things.reads) > 3)

    things.states["a"] = 2

    assert await follower.changed(LONG) == 2
    assert await follower.changed(0.001) is None


async def test_only_the_newest_state_is_told(things: Things) -> None:
    follower = things.watches.follow("a")
    for state in (1, 2, 3):
        follower.offer(state)

    assert await follower.changed(LONG) == 3
    follower.offer(2)
    assert await follower.changed(LONG) == 2


async def test_everyone_is_told(things: Things) -> None:
    followers = [things.watches.follow("a") for _ in range(3)]
    things.states["a"] = 1

    assert [await each.changed(LONG) for each in followers] == [1, 1, 1]


async def test_one_read_serves_all_that_are_due_up_to_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY", LONG)
    things = Things()
    followers = {key: things.watches.follow(key) for key in "abcde"}
    things.states = dict.fromkeys("abcde", 1)
    async with background(things.watches.look()):
        things.watches.ring("edcbaxyz")
        assert [await each.changed(LONG) for each in followers.values()] == [1] * 5

    assert things.reads == [["e", "d", "c"], ["b", "a"]]


async def test_the_last_state_is_not_looked_at_again(things: Things) -> None:
    ended, other = things.watches.follow("a"), things.watches.follow("b")
    things.states = {"a": 9, "b": 1}
    assert [await each.changed(LONG) for each in (ended, other)] == [9, 1]
    things.reads.clear()

    await eventually(lambda: len(things.reads) > 3)

    assert {key for keys in things.reads for key in keys} == {"b"}


async def test_a_failed_read_is_repeated(things: Things) -> None:
    follower = things.watches.follow("a")
    things.states["a"], things.trouble = 1, ConnectionError("away")
    things.watches.ring(["a"])
    await eventually(lambda: len(things.reads) > 3)

    things.trouble = None

    assert await follower.changed(LONG) == 1


async def test_what_nobody_follows_is_forgotten(things: Things) -> None:
    one, other = things.watches.follow("a"), things.watches.follow("a")
    one.close()
    one.close()
    assert set(things.watches.keys) == {"a"}
    other.close()
    assert not things.watches.keys

    things.watches.ring(["a"])

    await asyncio.sleep(0)
    assert not things.watches._rung


async def test_a_stop_ends_all_also_later_ones(things: Things) -> None:
    follower = things.watches.follow("a")
    waiting = asyncio.create_task(follower.changed(LONG))
    await asyncio.sleep(0)

    things.watches.stop()

    assert await waiting is None
    assert follower.is_over
    late = things.watches.follow("a")
    assert (await late.changed(LONG), late.is_over) == (None, True)
