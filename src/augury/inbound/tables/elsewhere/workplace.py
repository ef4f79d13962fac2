"""The place where files of batches are read and written. Arrow takes tens of megabytes, so the API lets
another process load it.
"""

from abc import abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Protocol, TypeAlias

from typing_extensions import override

Value: TypeAlias = Any
"""The result of a method. Only its caller knows the type."""
Factory: TypeAlias = Callable[..., Any]
"""A function of a module that loads no Arrow. The function itself may load it. It and the methods of what it
returns are annotated with types that `msgspec` knows."""
Ask: TypeAlias = Callable[[int], bytes]
"""Gets a piece of a file by its number. It is called outside the event loop."""


class Held(Protocol):
    """An object at its workplace. Calls must not run concurrently."""

    @abstractmethod
    async def call(self, method: str, *arguments: object) -> Value:
        """Raises what the method raises, and `Unavailable` if the workplace has ended."""

    @abstractmethod
    def each(self, method: str, *arguments: object) -> AsyncIterator[Value]:
        """The items of the iterator that the method returns. Raises like `call`."""


class Workplace(Protocol):
    @abstractmethod
    def open(
        self, factory: Factory, *arguments: object, ask: Ask | None = None
    ) -> AbstractAsyncContextManager[Held]:
        """Make an object, with `ask` as its first argument if there is one. Raises like `Held.call`."""

    @abstractmethod
    async def close(self) -> None:
        """End the workplace. Nothing is opened afterwards."""


InThread: TypeAlias = Callable[[Callable[[], Any]], Awaitable[Any]]


class Here(Workplace):
    """Threads of this process."""

    def __init__(self, in_thread: InThread) -> None:
        self._in_thread = in_thread

    @override
    @asynccontextmanager
    async def open(self, factory: Factory, *arguments: object, ask: Ask | None = None) -> AsyncIterator[Held]:
        given = arguments if ask is None else (ask, *arguments)
        yield _HeldHere(await self._in_thread(lambda: factory(*given)), self._in_thread)

    @override
    async def close(self) -> None:
        """Leave the threads running: their owner ends them."""


class _HeldHere(Held):
    def __init__(self, held: Value, in_thread: InThread) -> None:
        self._held = held
        self._in_thread = in_thread

    @override
    async def call(self, method: str, *arguments: object) -> Value:
        return await self._in_thread(lambda: getattr(self._held, method)(*arguments))

    @override
    async def each(self, method: str, *arguments: object) -> AsyncIterator[Value]:
        items = iter(await self.call(method, *arguments))
        while (found := await self._in_thread(lambda: next(items, None))) is not None:
            yield found
