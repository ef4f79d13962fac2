"""Limits the memory for results that wait for their readers."""

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class Chunk:
    """A piece of the results."""

    size: int
    """Bytes."""
    content: bytes | None
    """None if the bytes were not requested, or were dropped."""


class WaitingResults:
    """Holds at most `most` bytes of chunks, or one larger chunk.

    Readers differ in speed, and anybody can open many downloads and read none. So a new chunk always gets
    room: the chunk that has waited longest is dropped for it. Its download ends, and can be resumed.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._chunks: dict[Chunk, int] = {}
        """Their bytes, the oldest chunk first."""
        self._size = 0

    @property
    def size(self) -> int:
        """The bytes that are held."""
        return self._size

    def hold(self, chunk: Chunk) -> None:
        """Hold the chunk until `release`, or until later chunks need its room."""
        self._chunks[chunk] = chunk.size
        self._size += chunk.size
        while self._size > self._most and len(self._chunks) > 1:
            self.release(next(iter(self._chunks)))

    def release(self, chunk: Chunk) -> None:
        """Drop the chunk's bytes."""
        chunk.content = None
        self._size -= self._chunks.pop(chunk, 0)
