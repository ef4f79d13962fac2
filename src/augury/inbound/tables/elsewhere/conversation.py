"""A conversation with the child process about one object."""

import logging
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial

from typing_extensions import override

from augury.application.ports import Unavailable
from augury.inbound.tables.elsewhere.annotations import OPENED, answers_to
from augury.inbound.tables.elsewhere.child_process import LOST
from augury.inbound.tables.elsewhere.wire import (
    Asked,
    Call,
    Decoder,
    Done,
    Failed,
    Item,
    OddMessage,
    Open,
    Piece,
    Refused,
    receive,
    send,
)
from augury.inbound.tables.elsewhere.workplace import Ask, Factory, Held, InThread, Value

AT_ONCE = 4
"""Items of an iterator that are held at once."""
log = logging.getLogger(__name__)


class Conversation(Held):
    def __init__(
        self,
        factory: Factory,
        connection: socket.socket,
        in_thread: InThread,
        ask: Ask | None,
        kill: Callable[[], None],
    ) -> None:
        self._factory = factory
        self._connection = connection
        self._in_thread = in_thread
        self._ask = ask
        self._kill = kill

    async def begin(self, arguments: tuple[object, ...]) -> None:
        opening = Open(self._factory.__name__, arguments, asks=self._ask is not None)
        await self._in_thread(lambda: self._called(opening, OPENED))

    @override
    async def call(self, method: str, *arguments: object) -> Value:
        answers = answers_to(self._factory, method)
        return (await self._in_thread(lambda: self._called(Call(method, arguments), answers))).value

    @override
    async def each(self, method: str, *arguments: object) -> AsyncIterator[Value]:
        answers = answers_to(self._factory, method)
        call: Call | None = Call(method, arguments)
        found: list[Item[Value] | Done[Value]] = []
        while not found or isinstance(found[-1], Item):
            found = await self._in_thread(partial(self._several, call, answers))
            call = None
            for each in found:
                if isinstance(each, Item):
                    yield each.value

    def _several(self, call: Call | None, answers: Decoder) -> list[Item[Value] | Done[Value]]:
        """Some answers at once: to change threads for each would take longer than to receive it."""
        found = [self._answer(answers) if call is None else self._called(call, answers)]
        while isinstance(found[-1], Item) and len(found) < AT_ONCE:
            found.append(self._answer(answers))
        return found

    def _called(self, call: Open | Call, answers: Decoder) -> Item[Value] | Done[Value]:
        with self._trouble_told():
            send(self._connection, call)
        return self._answer(answers)

    def _answer(self, answers: Decoder) -> Item[Value] | Done[Value]:
        with self._trouble_told():
            while isinstance(answer := receive(self._connection, answers), Asked):
                piece = self._asked(answer.number)
                send(self._connection, Piece(piece))
            error = answer.error() if isinstance(answer, Refused | Failed) else None
        if error is not None:
            raise error
        found: Item[Value] | Done[Value] = answer
        return found

    def _asked(self, number: int) -> bytes:
        if self._ask is None:
            raise OddMessage("a piece of a file was asked for, but there is none")
        return self._ask(number)

    @contextmanager
    def _trouble_told(self) -> Iterator[None]:
        try:
            yield
        except (OddMessage, BlockingIOError) as error:  # the latter after `patience`
            log.exception("the process that reads and writes tables is ended, because it cannot be trusted")
            self._kill()
            raise Unavailable(LOST) from error
        except (EOFError, OSError) as error:
            raise Unavailable(LOST) from error
