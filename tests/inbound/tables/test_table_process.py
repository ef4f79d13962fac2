"""Another process reads and writes tables, as this one would, and both survive each other."""

import asyncio
import os
import pickle
import signal
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
import pytest

from augury.application.ports import Unavailable
from augury.domain.batch import BatchTooLong
from augury.inbound.http.problems.field_problems import DOUBTS, FAULTS
from augury.inbound.tables import unreadable
from augury.inbound.tables.elsewhere.annotations import OPENED
from augury.inbound.tables.elsewhere.conversation import Conversation
from augury.inbound.tables.elsewhere.jobs import answer_errors, results_of, upload_of
from augury.inbound.tables.elsewhere.table_process import TableProcess
from augury.inbound.tables.elsewhere.wire import MOST_BYTES, Done, Refused, limit_silence
from augury.inbound.tables.elsewhere.workplace import Here, Workplace
from augury.inbound.tables.format import Format
from augury.inbound.tables.results.writer import RawPart
from augury.inbound.tables.uploads import unreadable as uploads
from augury.inbound.tables.uploads.upload import Slice
from augury.slices.sheet import Sheet
from tests.hexagon import a_model
from tests.inbound.tables.echoing_child import asking_echo, echo
from tests.polling import eventually

PROGRAM = "tests.inbound.tables.echoing_child"
FACTS = a_model().facts
FILES = {
    Format.CSV: b"text\n" + b"".join(b'"a, %d"\n' % number for number in range(5_000)),
    Format.NDJSON: b"".join(b'{"text": "a %d"}\n' % number for number in range(5_000)),
}


@pytest.fixture(scope="module", autouse=True)
def findable() -> Iterator[None]:
    """The child finds its program."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
        yield


@pytest.fixture(scope="module")
def other(findable: None) -> Iterator[TableProcess]:
    process = TableProcess(most=4, idle=3_600, program=PROGRAM)
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
    error = kind(*[1 if each.type is int else each.name for each in fields(kind)])
    arrived = OPENED.decode(msgspec.msgpack.encode(Refused.of(error))).error()
    assert (type(arrived), vars(arrived), str(arrived)) == (kind, vars(error), str(error))


async def test_another_error_is_told_in_words_only(other: TableProcess) -> None:
    async with other.open(echo) as held:
        with pytest.raises(RuntimeError, match="ZeroDivisionError: oh"):
            await held.call("fail")
        assert await held.call("pid") == other.pid, "the conversation goes on"


async def test_pieces_of_a_file_are_asked_for(other: TableProcess) -> None:
    async with other.open(asking_echo, ask=lambda number: b"x" * number) as held:
        assert [each async for each in held.each("pieces", [3, 0, 70_000])] == [b"xxx", b"", b"x" * 70_000]

    def gone(_: int) -> bytes:
        raise Unavailable("the store")

    async with other.open(asking_echo, ask=gone) as held:
        with pytest.raises(Unavailable, match="the store"):
            [each async for each in held.each("pieces", [1])]


async def test_a_call_that_is_given_up_keeps_no_thread(other: TableProcess) -> None:
    for _ in range(8):  # twice as many as there are threads
        async with other.open(echo) as held:
            calling = asyncio.create_task(held.call("sleep"))
            await asyncio.sleep(0)
            calling.cancel()
    async with other.open(echo) as held:
        assert await held.call("pid") == other.pid


async def test_a_child_that_is_killed_is_replaced() -> None:
    tables = TableProcess(most=2, program=PROGRAM)
    try:
        async with tables.open(echo) as held:
            first = tables.pid
            assert first is not None
            os.kill(first, signal.SIGKILL)
            with pytest.raises(Unavailable):
                await held.call("sleep")
        async with tables.open(answer_errors), tables.open(echo) as held:
            assert await held.call("pid") == tables.pid != first
    finally:
        await tables.close()


async def test_it_ends_when_it_has_nothing_to_do_and_with_its_parent() -> None:
    tables = TableProcess(most=2, idle=0, program=PROGRAM)
    try:
        async with tables.open(echo) as held:
            await asyncio.sleep(0)
            first = tables.pid
            assert await held.call("pid") == first
        await eventually(lambda: has_ended(first), "the end of an idle process")
        async with tables.open(echo) as held:
            second = tables.pid
            assert second != first
            await tables.close()
            with pytest.raises(Unavailable):
                await held.call("pid")
        await eventually(lambda: has_ended(second), "the end with its parent")
    finally:
        await tables.close()


async def test_a_child_that_answers_oddly_is_ended_and_replaced() -> None:
    tables = TableProcess(most=2, program=PROGRAM)
    try:
        async with tables.open(echo) as held:
            first = tables.pid
            with pytest.raises(Unavailable):
                await held.call("lie")
        assert has_ended(first)
        async with tables.open(echo) as held:
            assert await held.call("pid") == tables.pid != first
    finally:
        await tables.close()


async def test_an_answer_that_is_too_large_is_an_error_of_its_call(other: TableProcess) -> None:
    async with other.open(echo) as held:
        with pytest.raises(RuntimeError, match="TooLarge"):
            await held.call("much")
        assert await held.call("pid") == other.pid, "the conversation goes on"


def message(value: object) -> bytes:
    return framed(msgspec.msgpack.encode(value))


def framed(content: bytes, size: int | None = None) -> bytes:
    return struct.pack("!I", len(content) if size is None else size) + content


class Executed:
    """When it is unpickled, a file appears."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.file,)


SLICE = {"rows": 1, "content": b"x", "text_bytes": 0}
ODD = {
    "nothing": b"",
    "half a size": b"\0",
    "half a message": framed(b"x", 10),
    "a size beyond the limit": framed(b"x", MOST_BYTES + 1),
    "no bytes": framed(b""),
    "not MessagePack": framed(b"\xc1"),
    "nested deeply": framed(b"\x91" * 100_000 + b"\x90"),
    "not an object": message(1),
    "without a type": message({"value": None}),
    "of an unknown type": message({"type": "Call", "method": "sheet", "arguments": []}),
    "a value of another type": message({"type": "Item", "value": "x"}),
    "a last value": message({"type": "Done", "value": 1}),
    "a slice without rows": message({"type": "Item", "value": SLICE | {"rows": 0}}),
    "a slice of less than no rows": message({"type": "Item", "value": SLICE | {"rows": -1}}),
    "a slice with less than no text": message({"type": "Item", "value": SLICE | {"text_bytes": -1}}),
    "a piece of no file": message({"type": "Asked", "number": 0}),
    "a negative piece": message({"type": "Asked", "number": -1}),
    "an unknown reason": message({"type": "Refused", "reason": "Exception", "members": {}}),
    "members of another reason": message({"type": "Refused", "reason": "NoRows", "members": {"row": 1}}),
    "a reason without members": message({"type": "Refused", "reason": "LongRow", "members": {}}),
    "a member of another type": message(
        {"type": "Refused", "reason": "LongRow", "members": {"row": "x", "most": 1}}
    ),
}


@pytest.mark.parametrize("odd", ODD)
async def test_an_odd_message_is_an_outage_and_ends_the_child(odd: str) -> None:
    killed = []
    ours, theirs = socket.socketpair()
    with ours, theirs:
        held = Conversation(upload_of, ours, in_thread, None, lambda: killed.append(True))
        theirs.sendall(ODD[odd])
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(Unavailable):
            [each async for each in held.each("feed", b"text")]
    assert killed or odd == "nothing"  # then it has ended


@pytest.mark.parametrize("said", [b"", framed(b"x", 10)])
async def test_silence_is_an_outage_and_ends_the_child(said: bytes) -> None:
    killed = []
    ours, theirs = socket.socketpair()
    with ours, theirs:
        limit_silence(ours, 0.01)
        held = Conversation(upload_of, ours, in_thread, None, lambda: killed.append(True))
        theirs.sendall(said)
        with pytest.raises(Unavailable):
            await held.call("must_look_again")
    assert killed


async def test_a_pickled_answer_is_not_run(tmp_path: Path) -> None:
    touched = tmp_path / "touched"
    content = pickle.dumps(Executed(touched))
    pickle.loads(content)
    touched.unlink()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        held = Conversation(upload_of, ours, in_thread, None, lambda: None)
        theirs.sendall(framed(content) + message(Done(None)))
        with pytest.raises(Unavailable):
            await held.call("must_look_again")
    assert not touched.exists()


def has_ended(pid: int | None) -> bool:
    assert pid is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
