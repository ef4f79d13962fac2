"""The interface of all uploaded files. Their readers load Arrow; this module does not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Protocol

import msgspec

from augury.slices.sheet import Sheet


@dataclass(frozen=True, slots=True)
class Slice:
    rows: Annotated[int, msgspec.Meta(ge=1)]
    content: bytes
    text_bytes: Annotated[int, msgspec.Meta(ge=0)] = 0
    """The text that has a price."""


class Upload(Protocol):
    """A file that arrives in pieces, and is cut into slices meanwhile. Its methods must not run concurrently.
    Each may take time in proportion to the size of a piece."""

    def feed(self, piece: bytes) -> Iterator[Slice]:
        """The slices that the next piece completes. Raises `Unreadable`, `UnreadableUpload`,
        `BatchTooLong`."""

    def finish(self) -> Iterator[Slice]:
        """The last slices. Raises `Unreadable`, `UnreadableUpload`, `BatchTooLong`."""

    def must_look_again(self) -> bool:
        """Whether every slice has to be passed to `look` once the file has ended."""

    def look(self, content: bytes) -> None:
        """Look at a slice again, in the order of the slices."""

    def sheet(self) -> Sheet:
        """How to read the slices. Raises `Unreadable`."""


class WholeFile(Protocol):
    """A file that can only be read after all of it has arrived."""

    def slices(self) -> Iterator[Slice]:
        """Raises `Unreadable`, `UnreadableUpload`, `BatchTooLong`."""

    def sheet(self) -> Sheet: ...
