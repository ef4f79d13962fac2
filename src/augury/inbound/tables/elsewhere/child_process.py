"""The child process itself: how it starts, how it is handed conversations, and how it ends."""

import os
import socket
import subprocess
import sys

from augury.application.ports import Unavailable

ENDING = 5.0
"""Seconds in which it must end without being killed."""
LOST = "the process that reads and writes tables has ended"
# The process that opens untrusted files gets none of our secrets in its environment.
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")
# With its defaults, glibc keeps much of what each thread has freed. But a piece of 1 MiB is kept
# for the next one: otherwise the kernel would clear new pages for each, which took a third of the CPU time.
_FRUGAL = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "4000000", "MALLOC_MMAP_THRESHOLD_": "4000000"}


class ChildProcess:
    def __init__(self, program: str) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-P", "-m", program, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | _FRUGAL,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.poll() is None

    def hand(self, connection: socket.socket) -> None:
        """Let the child answer the calls of this connection. Raises `Unavailable`."""
        try:
            socket.send_fds(self._control, [b"\0"], [connection.fileno()])
        except OSError as error:
            raise Unavailable(LOST) from error

    def end(self) -> None:
        self._control.close()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it at once, with all its conversations."""
        self._process.kill()
        self._process.wait()
