"""A child process that reads and writes tables.

It is started for the first table. When it has had nothing to do for a while, it ends, so that its memory
returns to the system.
"""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import partial

from typing_extensions import override

from augury.application.ports import Unavailable
from augury.inbound.tables.elsewhere.wire import Asked, Call, Done, Item, Raised, receive, send
from augury.inbound.tables.elsewhere.workplace import Ask, Factory, Held, InThread, Value, Workplace

IDLE = 30.0
"""Seconds without a table after which the process ends."""
AT_ONCE = 4
"""Items of an iterator that are held at once."""
ENDING = 5.0
"""Seconds in which it must end without being killed."""
_PROGRAM = "augury.inbound.tables.elsewhere.child"  # by name: this process must not load Arrow
# The process that opens untrusted files gets none of our secrets in its environment.
_PASSED_ON = ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ")
# With its defaults, glibc keeps much of what each thread has freed.
_FRUGAL = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "1000000", "MALLOC_MMAP_THRESHOLD_": "1000000"}
_LOST = "the process that reads and writes tables has ended"


class TableProcess(Workplace):
    """Lives as long as the application. Its threads only wait for the child."""

    def __init__(self, *, most: int, idle: float = IDLE) -> None:
        """At most `most` calls are under way at a time. Further ones wait."""
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="tables")
        self._idle = idle
        self._opened = 0
        self._starting = asyncio.Lock()
        self._child: _Child | None = None
        self._ending: asyncio.TimerHandle | None = None
        self._is_closed = False

    @override
    @asynccontextmanager
    async def open(self, factory: Factory, *arguments: object, ask: Ask | None = None) -> AsyncIterator[Held]:
        self._opened += 1
        if self._ending is not None:
            self._ending.cancel()
        try:
            ours, theirs = socket.socketpair()
            with ours:
                with theirs:
                    await self._hand(theirs)
                held = _HeldThere(ours, self._in_thread, ask)
                try:
                    await held.begin(factory, arguments)
                    yield held
                finally:
                    with suppress(OSError):
                        ours.shutdown(socket.SHUT_RDWR)  # a thread that waits for an answer ends, too
        finally:
            self._opened -= 1
            if not self._opened:
                self._ending = asyncio.get_running_loop().call_later(self._idle, self._end)

    @override
    async def close(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
        self._is_closed = True
        child, self._child = self._child, None
        if child is not None:
            await asyncio.to_thread(child.end)
        self._threads.shutdown(wait=False, cancel_futures=True)

    @property
    def pid(self) -> int | None:
        """The process id of the running child."""
        return None if self._child is None else self._child.pid

    async def _hand(self, connection: socket.socket) -> None:
        child = await self._running()
        try:
            await self._in_thread(lambda: child.hand(connection))
        except Unavailable:  # it is just ending: its sockets close before its process id shows that
            await self._in_thread(child.end)
            child = await self._running()
            await self._in_thread(lambda: child.hand(connection))

    async def _running(self) -> "_Child":
        async with self._starting:
            if self._child is not None and not self._child.is_alive:
                await self._in_thread(self._child.end)
                self._child = None
            if self._child is None:
                self._child = await self._in_thread(_Child)
            return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            self._threads.submit(child.end)

    async def _in_thread(self, work: Callable[[], Value]) -> Value:
        if self._is_closed:
            raise Unavailable(_LOST)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


class _Child:
    def __init__(self) -> None:
        self._control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own program
                [sys.executable, "-P", "-m", _PROGRAM, str(theirs.fileno())],
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
            raise Unavailable(_LOST) from error

    def end(self) -> None:
        self._control.close()
        try:
            self._process.wait(ENDING)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class _HeldThere(Held):
    def __init__(self, connection: socket.socket, in_thread: InThread, ask: Ask | None) -> None:
        self._connection = connection
        self._in_thread = in_thread
        self._ask = ask

    async def begin(self, factory: Factory, arguments: tuple[object, ...]) -> None:
        await self._in_thread(lambda: self._called(Call(factory, arguments, asks=self._ask is not None)))

    @override
    async def call(self, method: str, *arguments: object) -> Value:
        return (await self._in_thread(lambda: self._called(Call(method, arguments)))).value

    @override
    async def each(self, method: str, *arguments: object) -> AsyncIterator[Value]:
        call: Call | None = Call(method, arguments, is_iterated=True)
        found: list[Item | Done] = []
        while not found or isinstance(found[-1], Item):
            found = await self._in_thread(partial(self._several, call))
            call = None
            for each in found:
                if isinstance(each, Item):
                    yield each.value

    def _several(self, call: Call | None) -> list[Item | Done]:
        """Some answers at once: to change threads for each would take longer than to receive it."""
        found = [self._answer() if call is None else self._called(call)]
        while isinstance(found[-1], Item) and len(found) < AT_ONCE:
            found.append(self._answer())
        return found

    def _called(self, call: Call) -> Item | Done:
        try:
            send(self._connection, call)
        except OSError as error:
            raise Unavailable(_LOST) from error
        return self._answer()

    def _answer(self) -> Item | Done:
        try:
            while isinstance(answer := receive(self._connection), Asked):
                assert self._ask is not None
                send(self._connection, self._ask(answer.number))
        except (EOFError, OSError) as error:
            raise Unavailable(_LOST) from error
        if isinstance(answer, Raised):
            raise answer.error()
        found: Item | Done = answer
        return found
