"""Cuts a file that arrives in pieces into the slices of a batch, which go to the store at once."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from functools import partial

from msgspec import structs

from augury.application.batches.accept_batch import ReceivedSlice
from augury.application.batches.ports import RAW, SHEET, BatchStore, input_name, raw_name
from augury.application.batches.receive_batch import Receipt
from augury.application.limits import Limits
from augury.concurrency.puts import Puts
from augury.domain.batch import FULL, BatchTooLong
from augury.domain.lane import SliceLimit
from augury.domain.model_facts import ModelFacts
from augury.inbound.tables.elsewhere.jobs import parquet_file, upload_of
from augury.inbound.tables.elsewhere.workplace import Here, InThread, Workplace
from augury.inbound.tables.format import Format
from augury.inbound.tables.unreadable import NoRows, RowsTooLarge
from augury.inbound.tables.uploads.upload import Slice
from augury.slices.sheet import Sheet, encode_sheet

RAW_PIECE = 1 << 20
FED = 1 << 20
"""Bytes that a reader gets at a time."""
OBJECTS_AT_ONCE = 100
MOST_STORED = 4 * 10**9
"""Bytes that the slices of one file may take. They are packed by columns: ordinary rows take less than in the
file, thousands of empty columns take more."""


class _Rows:
    """The rows that a reader has found. A malicious file may have taken over the reader's process, so limits
    are checked here, too."""

    def __init__(self, most: int, most_bytes: int) -> None:
        self.slices: list[ReceivedSlice] = []
        self._most = most
        self._most_bytes = most_bytes
        self._count = self._size = 0

    def add(self, part: Slice) -> None:
        """Raises `BatchTooLong`, `RowsTooLarge`."""
        self._size += len(part.content)
        if self._size > self._most_bytes:
            raise RowsTooLarge(most=self._most_bytes)
        self._count += part.rows
        if self._count > self._most:
            raise BatchTooLong(most=self._most)
        self.slices.append(ReceivedSlice(part.rows, part.text_bytes))


class Storing:
    def __init__(
        self,
        store: BatchStore,
        limits: Limits,
        in_thread: InThread,
        tables: Workplace | None = None,
        *,
        most_bytes: int = MOST_STORED,
    ) -> None:
        """`in_thread` runs work that takes long outside the event loop. Arrow reads the files at `tables`;
        None: in these threads. The slices of one file may take `most_bytes` in the store."""
        self._most_bytes = most_bytes
        self._store = store
        self._limits = limits
        self._in_thread = in_thread
        self._tables = tables or Here(in_thread)

    async def __call__(
        self,
        receipt: Receipt,
        format: Format,
        first: Iterator[bytes],
        pieces: AsyncIterator[Iterator[bytes]],
    ) -> list[ReceivedSlice]:
        """Store the slices of a file that begins with `first`. Returns a description of each.

        Raises `Unreadable`, `UnreadableUpload`, `BatchTooLong`.
        """
        puts = Puts(partial(self._store.put, receipt.batch_id))
        try:
            if format is Format.PARQUET:
                return await self._parquet(receipt, first, pieces, puts)
            return await self._lines(receipt, format, first, pieces, puts)
        finally:
            await puts.stop()

    async def _lines(
        self,
        receipt: Receipt,
        format: Format,
        first: Iterator[bytes],
        pieces: AsyncIterator[Iterator[bytes]],
        puts: Puts[str],
    ) -> list[ReceivedSlice]:
        terms = self._terms(receipt)
        rows = _Rows(self._limits.max_batch_file_rows, self._most_bytes)

        async def store(slices: AsyncIterator[Slice]) -> None:
            async for part in slices:
                rows.add(part)
                await puts.put(input_name(len(rows.slices) - 1), part.content)

        waiting = bytearray()

        async def feed(parts: Iterator[bytes]) -> None:
            while (part := await self._in_thread(lambda: next(parts, None))) is not None:
                waiting.extend(part)
                if len(waiting) >= FED:
                    await store(upload.each("feed", bytes(waiting)))
                    waiting.clear()

        async with self._tables.open(upload_of, format, *terms) as upload:
            await feed(first)
            async for piece in pieces:
                await feed(piece)
            await store(upload.each("feed", bytes(waiting)))
            await store(upload.each("finish"))
            await puts.done()
            if not rows.slices:
                raise NoRows
            if await upload.call("must_look_again"):
                for number in range(len(rows.slices)):
                    found = await self._store.get(receipt.batch_id, input_name(number))
                    await upload.call("look", found)
            await self._put_sheet(receipt, await upload.call("sheet"))
        return rows.slices

    async def _parquet(
        self,
        receipt: Receipt,
        first: Iterator[bytes],
        pieces: AsyncIterator[Iterator[bytes]],
        puts: Puts[str],
    ) -> list[ReceivedSlice]:
        size = await self._kept_raw(first, pieces, puts)
        loop = asyncio.get_running_loop()
        rows = _Rows(self._limits.max_batch_file_rows, self._most_bytes)

        def raw(number: int) -> bytes:
            piece = asyncio.run_coroutine_threadsafe(
                self._store.get(receipt.batch_id, raw_name(number)), loop
            )
            return piece.result()

        terms = self._terms(receipt)
        async with self._tables.open(parquet_file, size, RAW_PIECE, *terms, ask=raw) as file:
            async for part in file.each("slices"):
                rows.add(part)
                await puts.put(input_name(len(rows.slices) - 1), part.content)
            await puts.done()
            if not rows.slices:
                raise NoRows
            await self._put_sheet(receipt, await file.call("sheet"))
        while (
            await self._store.delete(receipt.batch_id, at_most=OBJECTS_AT_ONCE, prefix=RAW) == OBJECTS_AT_ONCE
        ):
            pass
        return rows.slices

    async def _kept_raw(
        self, first: Iterator[bytes], pieces: AsyncIterator[Iterator[bytes]], puts: Puts[str]
    ) -> int:
        """Store the file in pieces of one size. Returns the file's size in bytes."""
        waiting, size = bytearray(), 0

        async def keep(parts: Iterator[bytes]) -> None:
            nonlocal size
            while (part := await self._in_thread(lambda: next(parts, None))) is not None:
                waiting.extend(part)
                while len(waiting) >= RAW_PIECE:
                    await puts.put(raw_name(size // RAW_PIECE), bytes(waiting[:RAW_PIECE]))
                    del waiting[:RAW_PIECE]
                    size += RAW_PIECE

        await keep(first)
        async for piece in pieces:
            await keep(piece)
        if waiting:
            await puts.put(raw_name(size // RAW_PIECE), bytes(waiting))
        await puts.done()
        return size + len(waiting)

    def _terms(self, receipt: Receipt) -> tuple[ModelFacts, int, bool, SliceLimit]:
        """The model's facts, the most rows of a file, whether text has a price, and the largest slice that
        takes the model no longer than `slice_time`."""
        model, seconds = receipt.model, self._limits.slice_time.total_seconds()
        each = replace(FULL, seconds=seconds).at(model.speed)
        return model.facts, self._limits.max_batch_file_rows, model.text_price > 0, each

    async def _put_sheet(self, receipt: Receipt, sheet: Sheet) -> None:
        described = structs.replace(sheet, top=receipt.top)
        await self._store.put(receipt.batch_id, SHEET, encode_sheet(described))
