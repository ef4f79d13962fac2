"""A child process that reads and writes tables.

It is started for the first table. When it has had nothing to do for a while, it ends, so that its memory
returns to the system. When it says something odd, or nothing for too long, it is killed, and the next table
gets a new one.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress

from typing_extensions import override

from augury.application.ports import Unavailable
from augury.inbound.tables.elsewhere.child_process import LOST, ChildProcess
from augury.inbound.tables.elsewhere.conversation import Conversation
from augury.inbound.tables.elsewhere.wire import limit_silence
from augury.inbound.tables.elsewhere.workplace import Ask, Factory, Held, Value, Workplace

IDLE = 30.0
"""Seconds without a table after which the process ends."""
PATIENCE = 120.0
"""Seconds for which the child may leave a call unanswered, or a message unread."""
PROGRAM = "augury.inbound.tables.elsewhere.child"  # by name: this process must not load Arrow


class TableProcess(Workplace):
    """Lives as long as the application. Its threads only wait for the child."""

    def __init__(
        self, *, most: int, idle: float = IDLE, patience: float = PATIENCE, program: str = PROGRAM
    ) -> None:
        """At most `most` calls are under way at a time. Further ones wait. The child runs the module
        `program`."""
        self._threads = ThreadPoolExecutor(most, thread_name_prefix="tables")
        self._idle = idle
        self._patience = patience
        self._program = program
        self._opened = 0
        self._starting = asyncio.Lock()
        self._child: ChildProcess | None = None
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
            limit_silence(ours, self._patience)
            with ours:
                with theirs:
                    child = await self._hand(theirs)
                held = Conversation(factory, ours, self._in_thread, ask, child.kill)
                try:
                    await held.begin(arguments)
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

    async def _hand(self, connection: socket.socket) -> ChildProcess:
        child = await self._running()
        try:
            await self._in_thread(lambda: child.hand(connection))
        except Unavailable:  # it is just ending: its sockets close before its process id shows that
            await self._in_thread(child.end)
            child = await self._running()
            await self._in_thread(lambda: child.hand(connection))
        return child

    async def _running(self) -> ChildProcess:
        async with self._starting:
            if self._child is not None and not self._child.is_alive:
                await self._in_thread(self._child.end)
                self._child = None
            if self._child is None:
                self._child = await self._in_thread(lambda: ChildProcess(self._program))
            return self._child

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            self._threads.submit(child.end)

    async def _in_thread(self, work: Callable[[], Value]) -> Value:
        if self._is_closed:
            raise Unavailable(LOST)
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)
