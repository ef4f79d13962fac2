"""The results of a batch as a stream of bytes, slice by slice, which can be resumed at any byte.

The bytes of CSV and of JSON lines never change: while the batch runs, they are the beginning of the final
bytes. A Parquet file is always complete, but changes until the batch has ended.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing

from cachetools import LRUCache

from augury.application.batches.ports import (
    SHEET,
    Batches,
    BatchStore,
    NotStored,
    StoredBatch,
    StoredSlice,
)
from augury.domain.batch import BatchPurged
from augury.domain.identifiers import BatchId
from augury.domain.prediction import Status
from augury.domain.row_errors import RowDoubt, RowError, RowFault
from augury.inbound.http.batches.waiting_results import Chunk, WaitingResults
from augury.inbound.http.problems.field_problems import DOUBTS, FAULTS, FieldProblem, row_problems
from augury.inbound.http.protocol.encoded import BrokenOff
from augury.inbound.tables.elsewhere.jobs import answer_errors, results_of
from augury.inbound.tables.elsewhere.workplace import Held, Workplace
from augury.inbound.tables.format import Format
from augury.inbound.tables.results.stored_parts import answers_of, ended_slices, raw_part
from augury.slices.sheet import Sheet, decode_sheet

MOST_SIZED = 100
"""Batches, counted once per format, whose slices' sizes are remembered."""
PIECE = 1 << 18
"""Bytes of a chunk that are sent at once."""
WRITTEN_AT_ONCE = 2
"""Slices that are read and written at the same time, for all downloads: one is read while another is
written."""


class BatchResults:
    def __init__(
        self, batches: Batches, store: BatchStore, tables: Workplace, waiting: WaitingResults
    ) -> None:
        self.waiting = waiting
        self._turns = asyncio.Semaphore(WRITTEN_AT_ONCE)
        self._batches = batches
        self._store = store
        self._tables = tables
        self._sizes: LRUCache[tuple[BatchId, Format], list[int]] = LRUCache(MOST_SIZED)

    async def size(self, stored: StoredBatch, format: Format) -> int:
        """The number of bytes of the slices that have ended so far. Parts without a known size are written to
        count them."""
        return sum([chunk.size async for chunk in self.chunks(stored, format, begin=None)])

    async def stream(
        self, stored: StoredBatch, format: Format, *, begin: int = 0, end: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """The bytes from `begin` (included) to `end` (excluded). Raises `BrokenOff` for a reader who was so
        slow that others needed the room."""
        at = 0
        async with aclosing(self.chunks(stored, format, begin=begin)) as chunks:
            async for chunk in chunks:
                if chunk.content is not None:
                    last = chunk.size if end is None else min(chunk.size, end - at)
                    async with aclosing(self._pieces(chunk, max(0, begin - at), last)) as pieces:
                        async for piece in pieces:
                            yield piece
                at += chunk.size
                if end is not None and at >= end:
                    return

    async def _pieces(self, chunk: Chunk, begin: int, end: int) -> AsyncGenerator[bytes, None]:
        self.waiting.hold(chunk)
        try:
            for first in range(begin, end, PIECE):
                if chunk.content is None:
                    raise BrokenOff("its reader is too slow, and others needed the memory of its results")
                yield chunk.content[first : min(first + PIECE, end)]
        finally:
            self.waiting.release(chunk)

    async def chunks(
        self, stored: StoredBatch, format: Format, *, begin: int | None
    ) -> AsyncGenerator[Chunk, None]:
        """All chunks in order. Those before the byte `begin` may come without their bytes; with None, all of
        them may."""
        batch_id = stored.batch.id
        sheet = await self.sheet(stored)
        async with self._tables.open(results_of, format, sheet, FAULTS, DOUBTS) as writer:
            sizes = self._known_sizes(batch_id, format) if format is not Format.PARQUET else []
            at = 0
            head = await writer.call("begin")
            yield Chunk(len(head), head)
            at += len(head)
            async for each in ended_slices(self._batches, batch_id):
                known = sizes[each.number] if each.number < len(sizes) else None
                if known is not None and (begin is None or at + known <= begin):
                    yield Chunk(known, None)
                    at += known
                    continue
                chunk = await self._written(batch_id, each, writer)
                if format is not Format.PARQUET and each.number == len(sizes):
                    sizes.append(chunk.size)
                yield chunk
                at += chunk.size
            tail = await writer.call("end")
            yield Chunk(len(tail), tail)

    async def worded(
        self,
        stored: StoredBatch,
        *,
        faults: Mapping[RowFault, str],
        doubts: Mapping[RowDoubt, str],
        not_predicted: Callable[[Status], str],
    ) -> AsyncGenerator[bytes, None]:
        """The rows as CSV, with the caller's words for errors and warnings."""
        batch_id = stored.batch.id
        sheet = await self.sheet(stored)
        async with self._tables.open(results_of, Format.CSV, sheet, faults, doubts) as writer:
            yield await writer.call("begin")
            async for each in ended_slices(self._batches, batch_id):
                part = await raw_part(self._store, batch_id, each, not_predicted(each.status))
                yield await writer.call("write", part)

    async def errors(
        self, stored: StoredBatch, *, first: tuple[int, int], limit: int
    ) -> list[tuple[tuple[int, int], FieldProblem]]:
        """Errors with their places, from the place `first` on: the number of a slice, and of a row in it."""
        batch_id, found = stored.batch.id, list[tuple[tuple[int, int], FieldProblem]]()
        number, offset = first
        while len(found) < limit:
            slices = await self._batches.slices(batch_id, first=number, limit=10, only_with_errors=True)
            for each in slices:
                for error in await self._errors_of(batch_id, each):
                    if (each.number, error.row or 0) >= (number, offset) and len(found) < limit:
                        shown = _at_row(error, (error.row or 0) + each.first_row)
                        found.append(((each.number, error.row or 0), shown))
            if len(slices) < 10:
                break
            number, offset = slices[-1].number + 1, 0
        return found

    async def faults(self, stored: StoredBatch, *, limit: int) -> list[tuple[int, RowError | None, Status]]:
        """The first rows without an answer: the row's number in the batch, counted from 0, its error, and the
        status of its slice. The error is None if the row never reached the model."""
        batch_id, found, number = stored.batch.id, list[tuple[int, RowError | None, Status]](), 0
        while slices := await self._batches.slices(batch_id, first=number, limit=10, only_with_errors=True):
            for each in slices:
                answers = await answers_of(self._store, batch_id, each)
                if answers is None:
                    found += [
                        (each.first_row + row, None, each.status) for row in range(min(each.rows, limit))
                    ]
                else:
                    errors = await self._read_errors(answers)
                    found += [(each.first_row + error.row, error, each.status) for error in errors[:limit]]
                if len(found) >= limit:
                    return found[:limit]
            number = slices[-1].number + 1
        return found

    async def sheet(self, stored: StoredBatch) -> Sheet:
        """Raises `BatchPurged`."""
        if not stored.has_data:
            raise BatchPurged(batch_id=stored.batch.id)
        try:
            return decode_sheet(await self._store.get(stored.batch.id, SHEET))
        except NotStored:
            raise BatchPurged(batch_id=stored.batch.id) from None

    def _known_sizes(self, batch_id: BatchId, format: Format) -> list[int]:
        return self._sizes.setdefault((batch_id, format), [])

    async def _written(self, batch_id: BatchId, each: StoredSlice, writer: Held) -> Chunk:
        async with self._turns:
            part = await raw_part(self._store, batch_id, each, _remark(each))
            content: bytes = await writer.call("write", part)
        return Chunk(len(content), content)

    async def _errors_of(self, batch_id: BatchId, each: StoredSlice) -> Sequence[FieldProblem]:
        answers = await answers_of(self._store, batch_id, each)
        if answers is None:
            return [FieldProblem(row, None, _remark(each)) for row in range(each.rows)]
        return row_problems(await self._read_errors(answers))

    async def _read_errors(self, answers: bytes) -> Sequence[RowError]:
        async with self._tables.open(answer_errors) as reader:
            errors: Sequence[RowError] = await reader.call("of", answers)
            return errors


def _at_row(error: FieldProblem, row: int) -> FieldProblem:
    return FieldProblem(row, error.field, error.message)


def _remark(each: StoredSlice) -> str:
    """The reason why the rows of a slice have no answers."""
    return f"was not predicted: its part of the batch is {each.status}"
