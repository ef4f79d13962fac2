import asyncio
from typing import Any

from augury.bootstrap.http_transport import OneWrite


class Wire(asyncio.Transport):
    """Keeps what reaches it, in the pieces it came in."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.is_gone = False

    def is_closing(self) -> bool:
        return self.is_gone

    def write(self, data: Any) -> None:
        self.pieces.append(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def close(self) -> None:
        self.pieces.append(b"closed")


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
