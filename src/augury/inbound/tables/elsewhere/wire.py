"""The messages between a process and its child that reads and writes tables, over a socket.

A conversation is about one object. The process sends calls. The child answers each with any number of items,
and with one last answer. Meanwhile, the child may ask for a piece of a file, which is answered at once.

A malicious file may take over the child, so nothing that it sends is trusted: a message is MessagePack of a
bounded size, of one of the types below, and its value is of the type that the called method returns.
"""

import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Annotated, Any, Generic, TypeAlias, TypeVar, get_type_hints

import msgspec

from augury.domain.batch import BatchTooLong
from augury.inbound.tables.unreadable import Unreadable
from augury.inbound.tables.uploads.unreadable import UnreadableUpload

MOST_BYTES = 128 << 20
"""The largest message: a slice of one row of 16 MiB, each byte of which may be written as six."""
_SIZE = struct.Struct("!I")
Value = TypeVar("Value")


class OddMessage(Exception):
    """What arrived is not a message that the other side may send now."""


class TooLarge(Exception):
    """A message has more than `MOST_BYTES`. It was not sent."""


class Open(msgspec.Struct, tag=True):
    """The first message: make the object of this job."""

    job: str
    arguments: Sequence[Any]
    asks: bool
    """Whether the job gets a function that asks for a piece of a file, as its first argument."""


class Call(msgspec.Struct, tag=True):
    method: str
    arguments: Sequence[Any]


class Piece(msgspec.Struct, tag=True):
    """The piece of a file that was asked for."""

    content: bytes


class Asked(msgspec.Struct, tag=True):
    """The child needs this piece of a file."""

    number: Annotated[int, msgspec.Meta(ge=0)]


class Item(msgspec.Struct, Generic[Value], tag=True):
    value: Value


class Done(msgspec.Struct, Generic[Value], tag=True):
    value: Value


class Refused(msgspec.Struct, tag=True):
    """The file cannot be read, for one of the reasons that have a type."""

    reason: str
    members: Mapping[str, int | str]

    @classmethod
    def of(cls, error: Exception) -> "Refused":
        return cls(type(error).__name__, vars(error))

    def error(self) -> Exception:
        """Raises `OddMessage` if there is no such reason, or if it has other members."""
        kind: Any = REASONS.get(self.reason)  # a dataclass, which its base class does not say
        if kind is None:
            raise OddMessage(f"no reason is called {self.reason!r}")
        types = get_type_hints(kind)
        if {each.name for each in fields(kind)} != self.members.keys():
            raise OddMessage(f"{self.reason} has other members")
        try:
            members = [msgspec.convert(self.members[each.name], types[each.name]) for each in fields(kind)]
        except msgspec.ValidationError as error:
            raise OddMessage(f"{self.reason}: {error}") from error
        made: Exception = kind(*members)
        return made


class Failed(msgspec.Struct, tag=True):
    """Any other error, such as one of Arrow, in words: to know its type, the process would have to load
    Arrow."""

    report: str

    def error(self) -> Exception:
        return RuntimeError(self.report)


def _kinds(error: type[Exception]) -> "list[type[Exception]]":
    return [kind for each in error.__subclasses__() for kind in (each, *_kinds(each))]


REASONS: Mapping[str, type[Exception]] = {
    each.__name__: each for each in (*_kinds(Unreadable), *_kinds(UnreadableUpload), BatchTooLong)
}
"""All errors that arrive as themselves."""
Decoder: TypeAlias = msgspec.msgpack.Decoder[Any]
_encode = msgspec.msgpack.Encoder().encode


def limit_silence(connection: socket.socket, seconds: float) -> None:
    """After `seconds`, `send` raises `BlockingIOError` if nobody listens, and so does `receive` if nobody
    sends. The kernel measures this: with Python's own timeout, a message would be received in small parts."""
    limit = struct.pack("ll", int(seconds), int(seconds % 1 * 1e6))
    for each in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
        connection.setsockopt(socket.SOL_SOCKET, each, limit)


def send(connection: socket.socket, message: msgspec.Struct) -> None:
    """Raises `TooLarge`, `OSError`."""
    content = _encode(message)
    if len(content) > MOST_BYTES:
        raise TooLarge(f"a message of {len(content)} bytes")
    connection.sendall(_SIZE.pack(len(content)))
    connection.sendall(content)


def receive(connection: socket.socket, decoder: Decoder) -> Any:  # noqa: ANN401  # the decoder knows the type
    """Raises `OddMessage`, `EOFError` at the end of the conversation, and `OSError`."""
    [size] = _SIZE.unpack(_exactly(connection, _SIZE.size))
    if size > MOST_BYTES:
        raise OddMessage(f"a message of {size} bytes")
    content = _exactly(connection, size)
    try:
        return decoder.decode(content)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise OddMessage(str(error)) from error


def _exactly(connection: socket.socket, size: int) -> bytes:
    """One call fills the bytes that it returns, so that nothing is copied."""
    content = connection.recv(size, socket.MSG_WAITALL)
    if not content and size:
        raise EOFError
    if len(content) < size:  # the other side has ended meanwhile, or was silent for too long
        raise OddMessage(f"{len(content)} of {size} bytes")
    return content
