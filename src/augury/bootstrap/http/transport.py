"""Sends answers in few packets, with little memory, and within a time limit."""

import asyncio

MOST_WAITING = 65_536
"""Bytes that wait for the next step of the loop. More of them leave at once, so that the transport can tell
the writer to pause."""


class OneWrite:
    """A transport that sends everything written within one step of the loop at once. The head and the body of
    a response are then one packet and one system call, not two of each.

    After `close`, a reader who does not take the rest within `patience` seconds loses it.
    """

    def __init__(self, transport: asyncio.Transport, patience: float) -> None:
        self._transport = transport
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._waiting: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> None:
        if not self._waiting:
            self._loop.call_soon(self._flush)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > MOST_WAITING:
            self._flush()

    def write_eof(self) -> None:
        self._flush()
        if not self._transport.is_closing():
            self._transport.write_eof()

    def close(self) -> None:
        self._flush()
        self._transport.close()
        if self._transport.get_write_buffer_size():
            self._loop.call_later(self._patience, self._transport.abort)

    def _flush(self) -> None:
        if not self._waiting:
            return
        data, self._waiting, self._size = self._waiting, [], 0
        if self._transport.is_closing():  # the caller hung up
            return
        self._transport.write(data[0] if len(data) == 1 else b"".join(data))

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)
