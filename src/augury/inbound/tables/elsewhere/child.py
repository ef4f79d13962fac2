"""The program of the process that reads and writes tables for another one: `python -m … SOCKET`.

It gets one socket for each conversation, over the socket with the given number. It ends with its parent.
"""

import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import msgspec

from augury.inbound.tables.elsewhere.annotations import given
from augury.inbound.tables.elsewhere.jobs import JOBS
from augury.inbound.tables.elsewhere.wire import (
    REASONS,
    Asked,
    Call,
    Decoder,
    Done,
    Failed,
    Item,
    Open,
    Piece,
    Refused,
    receive,
    send,
)
from augury.inbound.tables.elsewhere.workplace import Factory

_OPENED: Decoder = msgspec.msgpack.Decoder(Open)
_CALLED: Decoder = msgspec.msgpack.Decoder(Call)
_PIECE: Decoder = msgspec.msgpack.Decoder(Piece)
_KILLED_FIRST = "1000"


def main(control: socket.socket, jobs: Mapping[str, Factory] = JOBS) -> None:
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches this process, too, but the parent ends first
    with suppress(OSError):  # if a file takes all memory, the system ends this process and not its parent
        Path("/proc/self/oom_score_adj").write_text(_KILLED_FIRST)
    while True:
        message, numbers, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            os._exit(0)  # whatever the conversations do
        for number in numbers:
            connection = socket.socket(fileno=number)
            threading.Thread(target=_talk, args=(connection, jobs), daemon=True).start()


def _talk(connection: socket.socket, jobs: Mapping[str, Factory]) -> None:
    def ask(number: int) -> bytes:
        send(connection, Asked(number))
        piece: Piece = receive(connection, _PIECE)
        return piece.content

    with connection, suppress(EOFError, OSError):  # then the parent has hung up
        first: Open = receive(connection, _OPENED)
        factory = jobs[first.job]
        try:
            arguments = given(factory, first.arguments, skipped=int(first.asks))
            held = factory(ask, *arguments) if first.asks else factory(*arguments)
        except Exception as error:
            send(connection, _raised(error))
            return
        send(connection, Done(None))
        while True:
            _answer(connection, held, receive(connection, _CALLED))


def _answer(connection: socket.socket, held: object, call: Call) -> None:
    try:
        method = getattr(held, call.method)
        found = method(*given(method, call.arguments, skipped=0))
        if isinstance(found, Iterator):
            for each in found:
                send(connection, Item(each))
            found = None
        send(connection, Done(found))
    except (EOFError, OSError):
        raise
    except Exception as error:
        send(connection, _raised(error))


def _raised(error: Exception) -> Refused | Failed:
    if type(error) in REASONS.values():
        return Refused.of(error)
    return Failed("".join(traceback.format_exception(error)))


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
