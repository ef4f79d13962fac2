"""A child process that reads and writes tables, and has one more job: its object does what tests need."""

import os
import socket
import sys
import time
from collections.abc import Iterator, Sequence

from augury.inbound.tables.elsewhere.child import main
from augury.inbound.tables.elsewhere.jobs import JOBS
from augury.inbound.tables.elsewhere.wire import MOST_BYTES
from augury.inbound.tables.elsewhere.workplace import Ask


class Echo:
    def __init__(self, ask: Ask | None = None) -> None:
        self.ask = ask

    def pid(self) -> int:
        return os.getpid()

    def pieces(self, numbers: Sequence[int]) -> Iterator[bytes]:
        assert self.ask is not None
        yield from map(self.ask, numbers)

    def sleep(self) -> None:
        while True:
            time.sleep(3_600)

    def fail(self) -> None:
        raise ZeroDivisionError("oh")

    def lie(self) -> int:
        return "not a number"  # type: ignore[return-value]  # that is the lie

    def much(self) -> bytes:
        return bytes(MOST_BYTES)


def echo() -> Echo:
    return Echo()


def asking_echo(ask: Ask) -> Echo:
    return Echo(ask)


if __name__ == "__main__":
    main(socket.socket(fileno=int(sys.argv[1])), {**JOBS, "echo": echo, "asking_echo": asking_echo})
