import asyncio
from datetime import timedelta

import pytest

from augury.concurrency.shared_reads import SharedReads

HOUR = timedelta(hours=1)


class Source:
    """Counts its reads. Each ends when `release` is called."""

    def __init__(self) -> None:
        self.reads = 0
        self.error: Exception | None = None
        self._open = asyncio.Event()

    def release(self) -> None:
        self._open.set()

    async def read(self) -> int:
        self.reads += 1
        number = self.reads
        await self._open.wait()
        if self.error:
            raise self.error
        return number


async def test_concurrent_callers_share_one_read_and_its_value_is_kept() -> None:
    source, reads = Source(), SharedReads[str, int](lifetime=HOUR)
    callers = [asyncio.create_task(reads.get("a", source.read)) for _ in range(64)]
    await asyncio.sleep(0)
    source.release()

    assert await asyncio.gather(*callers) == [1] * 64
    assert await reads.get("a", source.read) == 1
    assert source.reads == 1


async def test_at_the_end_of_its_lifetime_a_value_is_read_once_more() -> None:
    clock = 0.0
    source, reads = Source(), SharedReads[str, int](lifetime=timedelta(seconds=1), now=lambda: clock)
    source.release()
    await reads.get("a", source.read)

    clock = 1.0
    assert await asyncio.gather(*(reads.get("a", source.read) for _ in range(64))) == [2] * 64


async def test_each_key_has_a_value_of_its_own() -> None:
    source, reads = Source(), SharedReads[str, int](lifetime=HOUR)
    source.release()

    assert [await reads.get(key, source.read) for key in "aba"] == [1, 2, 1]


async def test_an_error_reaches_every_caller_and_is_not_kept() -> None:
    source, reads = Source(), SharedReads[str, int](lifetime=HOUR)
    source.error = LookupError("gone")
    source.release()
    callers = [asyncio.create_task(reads.get("a", source.read)) for _ in range(3)]

    assert [str(each) for each in await asyncio.gather(*callers, return_exceptions=True)] == ["gone"] * 3

    source.error = None
    assert await reads.get("a", source.read) == 2


async def test_a_canceled_caller_does_not_take_the_read_from_the_others() -> None:
    source, reads = Source(), SharedReads[str, int](lifetime=HOUR)
    first, second = (asyncio.create_task(reads.get("a", source.read)) for _ in range(2))
    await asyncio.sleep(0)

    first.cancel()
    source.release()

    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_what_was_being_read_at_a_change_is_neither_kept_nor_given_to_later_callers() -> None:
    source, reads = Source(), SharedReads[str, int](lifetime=HOUR)
    before = asyncio.create_task(reads.get("a", source.read))
    await asyncio.sleep(0)

    reads.clear()
    after = asyncio.create_task(reads.get("a", source.read))
    await asyncio.sleep(0)
    source.release()

    assert (await before, await after) == (1, 2)
    assert await reads.get("a", source.read) == 2


async def test_without_a_lifetime_every_caller_reads() -> None:
    source, reads = Source(), SharedReads[str, int](lifetime=timedelta(0))
    source.release()

    assert sorted(await asyncio.gather(*(reads.get("a", source.read) for _ in range(3)))) == [1, 2, 3]
