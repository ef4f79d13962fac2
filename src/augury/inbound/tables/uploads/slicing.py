"""Cuts an uploaded table into the slices of a batch."""

from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from augury.domain.batch import FULL, MOST_SMALLER, BatchTooLong
from augury.domain.lane import SliceLimit
from augury.inbound.tables.unreadable import LongRow, RowsTooLarge
from augury.inbound.tables.uploads.upload import Slice
from augury.slices.arrow import Table, encoded

ALWAYS = 256 * 10**6
"""Bytes that the rows of any file may take in memory, summed over all slices."""
TIMES = 100
"""How many more bytes they may take for each byte of the file. Cells that repeat, or are empty, take next to
nothing in some files: without a limit, a few kilobytes could keep a reader busy for hours."""
MOST_ROW = 16
"""Megabytes of a row, and of a slice with a long row."""


class Slicer:
    """Collects rows until there are enough for a slice."""

    def __init__(
        self, most_rows: int, text_bytes: Callable[[Table], int] | None = None, each: SliceLimit = FULL
    ) -> None:
        """`text_bytes` counts the bytes of text that have a price. `each` is the largest slice to cut."""
        self.rows = 0
        """The number of rows so far."""
        self._most = most_rows
        self._text_bytes = text_bytes
        self._each = each
        self._cut_so_far = 0
        self._cut_rows = 0
        self._waiting: list[Any] = []
        self._count = 0
        self._room = ALWAYS
        self._size = 0

    def feed(self, size: int) -> None:
        """Note that `size` more bytes of the file were read: its rows may take `TIMES` as many more."""
        self._room += TIMES * size

    def add(self, table: Table) -> Iterator[Slice]:
        """The slices that this Arrow table completes. Raises `BatchTooLong`, `LongRow`, `RowsTooLarge`."""
        self.rows += table.num_rows
        if self.rows > self._most:
            raise BatchTooLong(most=self._most)
        self._size += table.nbytes
        if self._size > self._room:
            raise RowsTooLarge(most=self._room)
        self._waiting.append(table)
        self._count += table.num_rows
        most = self._each
        if self._count >= most.rows or sum(each.nbytes for each in self._waiting) >= most.size:
            yield from self._cut(all_of_it=False)

    def rest(self) -> Iterator[Slice]:
        """The last slices. Raises `LongRow`."""
        if self._count:
            yield from self._cut(all_of_it=True)

    def _cut(self, *, all_of_it: bool) -> Iterator[Slice]:
        table = pa.concat_tables(self._waiting).combine_chunks()
        size = max(1, table.nbytes // table.num_rows)
        rows = max(1, min(self._each.rows, self._each.size // size))
        begin = 0
        while table.num_rows - begin >= rows or (all_of_it and begin < table.num_rows):
            yield from self._slices_of(table.slice(begin, rows))
            begin += rows
        if self._cut_so_far >= MOST_SMALLER:
            self._each = FULL
        self._waiting = [table.slice(begin)] if begin < table.num_rows else []
        self._count = max(0, table.num_rows - begin)

    def _slices_of(self, part: Table) -> Iterator[Slice]:
        """One slice, unless long rows among short ones make it too large."""
        if part.nbytes > MOST_ROW * 10**6:
            if part.num_rows == 1:
                raise LongRow(self._cut_rows + 1, MOST_ROW)
            half = part.num_rows // 2
            yield from self._slices_of(part.slice(0, half))
            yield from self._slices_of(part.slice(half))
            return
        self._cut_so_far += 1
        self._cut_rows += part.num_rows
        text = self._text_bytes(part) if self._text_bytes else 0
        yield Slice(part.num_rows, encoded(part), text)
