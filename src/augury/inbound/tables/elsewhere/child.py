"""The program of the process that reads and writes tables for another one: `python -m … SOCKET`.

It gets one socket for each conversation, over the socket with the given number. It ends with its parent.
"""

import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress

from augury.inbound.tables.elsewhere.wire import Asked, Call, Done, Item, Raised, receive, send
from augury.inbound.tables.elsewhere.workplace import Value


def main(control: socket.socket) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of the terminal: the parent ends first
    while True:
        message, numbers, _, _ = socket.recv_fds(control, 1, 1)
        if not message:
            os._exit(0)  # whatever the conversations do
        for number in numbers:
            threading.Thread(target=_talk, args=(socket.socket(fileno=number),), daemon=True).start()


def _talk(connection: socket.socket) -> None:
    def ask(number: int) -> Value:
        send(connection, Asked(number))
        return receive(connection)

    with connection, suppress(EOFError, OSError):  # then the parent has hung up
        first: Call = receive(connection)
        given = (ask, *first.arguments) if first.asks else first.arguments
        try:
            held = first.method(*given)
        except Exception as error:
            send(connection, Raised.of(error))
            return
        send(connection, Done())
        while True:
            for answer in _answers(held, receive(connection)):
                send(connection, answer)


def _answers(held: Value, call: Call) -> Iterator[Item | Done | Raised]:
    try:
        found = getattr(held, call.method)(*call.arguments)
        if call.is_iterated:
            yield from map(Item, found)
            found = None
    except Exception as error:
        yield Raised.of(error)
    else:
        yield Done(found)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])))
