"""Another process reads and writes tables, as this one would, and both survive each other."""

import asyncio
import os
import pickle
import signal
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from augury.application.ports import Unavailable
from augury.domain.batch import BatchTooLong
from augury.inbound.http.field_problems import DOUBTS, FAULTS
from augury.inbound.tables import unreadable
from augury.inbound.tables.elsewhere.jobs import AnswerErrors, results_of, upload_of
from augury.inbound.tables.elsewhere.table_process import TableProcess
from augury.inbound.tables.elsewhere.wire import Raised
from augury.inbound.tables.elsewhere.workplace import Here, Workplace
from augury.inbound.tables.format import Format
from augury.inbound.tables.results.writer import RawPart
from augury.inbound.tables.uploads import unreadable as uploads
from augury.inbound.tables.uploads.upload import Slice
from augury.slices.sheet import Sheet
from tests.hexagon import a_model
from tests.polling import eventually

FACTS = a_model().facts
FILES = {
    Format.CSV: b"text\n" + b"".join(b'"a, %d"\n' % number for number in range(5_000)),
    Format.NDJSON: b"".join(b'{"text": "a %d"}\n' % number for number in range(5_000)),
}


class Echo:
    """Something that is held: its methods do what tests need."""

    def __init__(self, ask: Callable[[int], bytes] | None = None) -> None:
        self.ask = ask

    def pid(self) -> int:
        return os.getpid()

    def pieces(self, *numbers: int) -> Iterator[bytes]:
        assert self.ask is not None
        yield from map(self.ask, numbers)

    def sleep(self) -> None:
        signal.pause()

    def fail(self, error: Exception) -> None:
        raise error


@pytest.fixture(scope="module", autouse=True)
def findable() -> Iterator[None]:
    """The child finds `Echo`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
        yield


@pytest.fixture(scope="module")
def other(findable: None) -> Iterator[TableProcess]:
    process = TableProcess(most=4, idle=3_600)
    yield process
    asyncio.run(process.close())


async def read(tables: Workplace, format: Format, content: bytes) -> tuple[list[Slice], bool, Sheet]:
    async with tables.open(upload_of, format, FACTS, 10_000, False) as upload:
        found: list[Slice] = []
        for begin in range(0, len(content), 10_000):
            found += [each async for each in upload.each("feed", content[begin : begin + 10_000])]
        found += [each async for each in upload.each("finish")]
        return found, await upload.call("must_look_again"), await upload.call("sheet")


async def written(tables: Workplace, format: Format, sheet: Sheet, part: RawPart) -> bytes:
    async with tables.open(results_of, format, sheet, FAULTS, DOUBTS) as writer:
        return b"".join(
            [await writer.call("begin"), await writer.call("write", part), await writer.call("end")]
        )


async def in_thread(work: Callable[[], Any]) -> Any:
    return await asyncio.to_thread(work)


@pytest.mark.parametrize("format", FILES)
async def test_it_reads_and_writes_as_this_process_does(other: TableProcess, format: Format) -> None:
    here = Here(in_thread)
    found = await read(other, format, FILES[format])
    assert found == await read(here, format, FILES[format])
    slices, _, sheet = found
    assert sum(each.rows for each in slices) == 5_000
    part = RawPart(0, slices[0].content, None, "was not predicted")
    for each in Format:
        assert await written(other, each, sheet, part) == await written(here, each, sheet, part)


@pytest.mark.parametrize(
    ("format", "content", "error"),
    [
        (Format.CSV, b"", unreadable.NoHeader()),
        (Format.CSV, b"tekst\n1\n", None),
        (Format.CSV, b"text\n" * 10_002, BatchTooLong(most=10_000)),
        (Format.NDJSON, b'{"text": 1}\nx', None),
    ],
)
async def test_what_is_wrong_with_a_file_is_raised_here(
    other: TableProcess, format: Format, content: bytes, error: Exception | None
) -> None:
    expected = (unreadable.Unreadable, uploads.UnreadableUpload, BatchTooLong)
    with pytest.raises(expected) as here:
        await read(Here(in_thread), format, content)
    with pytest.raises(expected) as there:
        await read(other, format, content)
    assert type(there.value) is type(here.value)
    assert vars(there.value) == vars(here.value)
    assert str(there.value) == str(here.value)
    assert error is None or vars(there.value) == vars(error)


def every(kind: type[Exception]) -> Iterator[type[Exception]]:
    for each in kind.__subclasses__():
        yield each
        yield from every(each)


@pytest.mark.parametrize(
    "kind",
    sorted({*every(unreadable.Unreadable), *every(uploads.UnreadableUpload), BatchTooLong}, key=str),
)
def test_every_error_of_a_file_arrives_with_its_fields(kind: Any) -> None:
    error = kind(**{each.name: each.name for each in fields(kind)})
    arrived = pickle.loads(pickle.dumps(Raised.of(error))).error()
    assert (type(arrived), vars(arrived), str(arrived)) == (kind, vars(error), str(error))


async def test_another_error_is_told_in_words_only(other: TableProcess) -> None:
    async with other.open(Echo) as held:
        with pytest.raises(RuntimeError, match="ZeroDivisionError: oh"):
            await held.call("fail", ZeroDivisionError("oh"))
        assert await held.call("pid") == other.pid, "the conversation goes on"


async def test_pieces_of_a_file_are_asked_for(other: TableProcess) -> None:
    async with other.open(Echo, ask=lambda number: b"x" * number) as held:
        assert [each async for each in held.each("pieces", 3, 0, 70_000)] == [b"xxx", b"", b"x" * 70_000]

    def gone(_: int) -> bytes:
        raise Unavailable("the store")

    async with other.open(Echo, ask=gone) as held:
        with pytest.raises(Unavailable, match="the store"):
            [each async for each in held.each("pieces", 1)]


async def test_a_call_that_is_given_up_keeps_no_thread(other: TableProcess) -> None:
    for _ in range(8):  # twice as many as there are threads
        async with other.open(Echo) as held:
            calling = asyncio.create_task(held.call("sleep"))
            await asyncio.sleep(0)
            calling.cancel()
    async with other.open(Echo) as held:
        assert await held.call("pid") == other.pid


async def test_a_child_that_is_killed_is_replaced() -> None:
    tables = TableProcess(most=2)
    try:
        async with tables.open(Echo) as held:
            first = tables.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            with pytest.raises(Unavailable):
                await held.call("sleep")
        async with tables.open(AnswerErrors), tables.open(Echo) as held:
            assert await held.call("pid") == tables.pid != first
    finally:
        await tables.close()


async def test_it_ends_when_it_has_nothing_to_do_and_with_its_parent() -> None:
    tables = TableProcess(most=2, idle=0)
    try:
        async with tables.open(Echo) as held:
            await asyncio.sleep(0)
            first = tables.pid
            assert await held.call("pid") == first
        await eventually(lambda: has_ended(first), "the end of an idle process")
        async with tables.open(Echo) as held:
            second = tables.pid
            assert second != first
            await tables.close()
            with pytest.raises(Unavailable):
                await held.call("pid")
        await eventually(lambda: has_ended(second), "the end with its parent")
    finally:
        await tables.close()


def has_ended(pid: int | None) -> bool:
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
