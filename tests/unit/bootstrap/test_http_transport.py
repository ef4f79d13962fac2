import asyncio
from typing import Any

from augury.bootstrap.http.transport import MOST_WAITING, OneWrite
from tests.polling import eventually


class Wire(asyncio.Transport):
    """Keeps the pieces that are written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.is_gone = False
        self.unread = 0

    def is_closing(self) -> bool:
        return self.is_gone

    def write(self, data: Any) -> None:
        self.pieces.append(data)

    def get_write_buffer_size(self) -> int:
        return self.unread

    def close(self) -> None:
        self.pieces.append(b"closed")

    def abort(self) -> None:
        self.pieces.append(b"aborted")

    def write_eof(self) -> None:
        self.pieces.append(b"eof")


async def test_what_is_written_in_one_step_leaves_in_one_piece() -> None:
    wire = Wire()
    transport = OneWrite(wire, patience=30)

    transport.write(b"head ")
    transport.write(b"body")
    await asyncio.sleep(0)
    transport.write(b"the next")
    await asyncio.sleep(0)

    assert wire.pieces == [b"head body", b"the next"]


async def test_closing_sends_what_was_written_before() -> None:
    wire = Wire()
    transport = OneWrite(wire, patience=30)

    transport.write(b"head ")
    transport.write(b"body")
    transport.close()
    await asyncio.sleep(0)

    assert [piece for piece in wire.pieces if piece] == [b"head body", b"closed"]


async def test_nothing_is_written_to_a_caller_who_hung_up_meanwhile() -> None:
    wire = Wire()
    transport = OneWrite(wire, patience=30)

    transport.write(b"an answer")
    wire.is_gone = True
    await asyncio.sleep(0)

    assert wire.pieces == []


async def test_an_end_comes_after_what_was_written_before() -> None:
    wire = Wire()
    transport = OneWrite(wire, patience=30)

    transport.write(b"an answer")
    transport.write_eof()

    assert wire.pieces == [b"an answer", b"eof"]


async def test_more_than_the_transport_should_hold_leaves_at_once_so_that_it_can_ask_for_a_pause() -> None:
    wire = Wire()
    transport = OneWrite(wire, patience=30)

    transport.write(b"head ")
    transport.write(b"x" * MOST_WAITING)
    assert wire.pieces == [b"head " + b"x" * MOST_WAITING]
    transport.write(b"more")
    assert len(wire.pieces) == 1
    await asyncio.sleep(0)

    assert wire.pieces[1:] == [b"more"]


async def test_a_reader_who_takes_nothing_loses_the_rest_after_the_end() -> None:
    wire = Wire()
    wire.unread = 1
    OneWrite(wire, patience=0.01).close()

    await eventually(lambda: wire.pieces == [b"closed", b"aborted"], "the end of patience")


async def test_a_connection_that_has_been_read_is_not_aborted() -> None:
    wire = Wire()
    OneWrite(wire, patience=0).close()
    other = Wire()
    other.unread = 1
    OneWrite(other, patience=0).close()

    await eventually(lambda: b"aborted" in other.pieces, "the end of patience of another")
    assert wire.pieces == [b"closed"]
