"""The messages between a process and its child that reads and writes tables, over a socket.

A conversation is about one object. The process sends calls. The child answers each with any number of items,
and with one last answer. Meanwhile, the child may ask for a piece of a file, which is answered at once.
"""

import pickle
import socket
import struct
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from augury.domain.errors import DomainError
from augury.inbound.tables.elsewhere.workplace import Value
from augury.inbound.tables.unreadable import Unreadable
from augury.inbound.tables.uploads.unreadable import UnreadableUpload

_SIZE = struct.Struct("!Q")


@dataclass(frozen=True, slots=True)
class Call:
    """The first call of a conversation makes the object: its `method` is the factory."""

    method: Any
    arguments: Sequence[Any]
    is_iterated: bool = False
    asks: bool = False
    """Whether the factory gets a function that asks for a piece of a file, as its first argument."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The child needs this piece of a file."""

    number: int


@dataclass(frozen=True, slots=True)
class Item:
    value: Any


@dataclass(frozen=True, slots=True)
class Done:
    value: Any = None


@dataclass(frozen=True, slots=True)
class Raised:
    """An error as its type and members: pickled errors are made again from their positional arguments, which
    errors with named fields do not keep."""

    kind: type[Exception]
    arguments: Sequence[Any]
    members: dict[str, Any]

    @classmethod
    def of(cls, error: Exception) -> "Raised":
        """Errors of other kinds than a file's, such as Arrow's, become a `RuntimeError`: to read them, the
        caller would have to load their packages."""
        if isinstance(error, (DomainError, Unreadable, UnreadableUpload)):
            return cls(type(error), error.args, vars(error))
        return cls(RuntimeError, ("".join(traceback.format_exception(error)),), {})

    def error(self) -> Exception:
        error = self.kind.__new__(self.kind, *self.arguments)
        vars(error).update(self.members)
        return error


def send(connection: socket.socket, message: object) -> None:
    """Raises `OSError`."""
    content = pickle.dumps(message, protocol=5)
    connection.sendall(_SIZE.pack(len(content)))
    connection.sendall(content)


def receive(connection: socket.socket) -> Value:
    """Raises `EOFError` at the end of the conversation, `OSError`."""
    [size] = _SIZE.unpack(_exactly(connection, _SIZE.size))
    return pickle.loads(_exactly(connection, size))  # noqa: S301  # between our own processes


def _exactly(connection: socket.socket, size: int) -> bytearray:
    content = bytearray(size)
    rest = memoryview(content)
    while rest:
        count = connection.recv_into(rest)
        if count == 0:
            raise EOFError
        rest = rest[count:]
    return content
