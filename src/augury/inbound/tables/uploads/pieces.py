"""A file that is kept in pieces elsewhere, read as if it were whole."""

import io
from collections.abc import Callable
from typing import Any

from cachetools import LRUCache
from typing_extensions import override

MOST_KEPT = 8
"""Pieces in memory. The columns of a file lie far from each other, and are read in turn."""


class Pieces(io.RawIOBase):
    def __init__(self, get: Callable[[int], bytes], *, size: int, piece: int) -> None:
        """`get` reads the piece with a given number. Each piece has `piece` bytes, except the last."""
        self._get = get
        self._size = size
        self._piece = piece
        self._at = 0
        self._kept: LRUCache[int, bytes] = LRUCache(MOST_KEPT)

    @override
    def readable(self) -> bool:
        return True

    @override
    def seekable(self) -> bool:
        return True

    @override
    def tell(self) -> int:
        return self._at

    @override
    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    @override
    def readinto(self, buffer: Any) -> int:
        wanted = memoryview(buffer).cast("B")
        number, begin = divmod(self._at, self._piece)
        if self._at >= self._size or not len(wanted):
            return 0
        found = memoryview(self._read_piece(number))[begin : begin + len(wanted)]
        wanted[: len(found)] = found
        self._at += len(found)
        return len(found)

    def _read_piece(self, number: int) -> bytes:
        piece = self._kept.get(number)
        if piece is None:
            piece = self._kept[number] = self._get(number)
        return piece
