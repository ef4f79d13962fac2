"""Receives the body of a batch as a stream: the rows are cut into slices, which go to the store."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from io import BufferedReader
from typing import TypeVar

from litestar.types import Scope

from augury.application.batches.accept_batch import AcceptBatch, Received, Replayed
from augury.application.batches.ports import RAW, SHEET, BatchStore, input_name, raw_name
from augury.application.batches.receive_batch import Receipt, ReceiveBatch
from augury.application.limits import Limits
from augury.application.ports import IdempotencyKey
from augury.domain.batch import Batch
from augury.domain.identifiers import BatchId, UserId
from augury.inbound.http.batch_formats import (
    Format,
    boundary_of,
    format_of,
    format_of_file,
    header_of,
    is_packed,
)
from augury.inbound.http.idempotency import name_of_key
from augury.inbound.http.packed import FormFile, Gunzip
from augury.inbound.http.problems import Refused
from augury.inbound.http.puts import Puts
from augury.inbound.http.refusals import BUSY, TOO_LARGE, UNREADABLE
from augury.inbound.http.settings import HttpSettings
from augury.inbound.http.unreadable_files import refusal
from augury.inbound.tables.unreadable import NoRows, Unreadable
from augury.inbound.tables.uploads.unreadable import UnreadableUpload
from augury.inbound.tables.uploads.upload import Slice, Upload, WholeFile
from augury.slices.sheet import Sheet, encode_sheet

PIECE = 1 << 18
"""Bytes of the body that are read at a time."""
RAW_PIECE = 1 << 20
OBJECTS_AT_ONCE = 100
Result = TypeVar("Result")


class Content:
    """The body as the bytes of a file: taken from a form, unpacked, and counted."""

    def __init__(self, scope: Scope, settings: HttpSettings) -> None:
        """Raises a 415."""
        content_type = header_of(scope, b"content-type")
        boundary = boundary_of(content_type)
        self._form = None if boundary is None else FormFile(boundary)
        self._format = None if self._form else format_of(content_type)
        self._gunzip = Gunzip(settings.max_gzip_ratio) if is_packed(scope) else None
        self._settings = settings
        self._file_gunzip: Gunzip | None = None
        self._most = settings.max_batch_file_bytes
        self._read = self._packed = 0
        length = header_of(scope, b"content-length")
        if length.isdigit() and int(length) > self._most + PIECE:  # a form is a little larger than its file
            raise self._too_large()

    @property
    def format(self) -> Format:
        assert self._format is not None
        return self._format

    async def pieces(
        self, body: AsyncIterator[bytes], on_bytes: Callable[[bytes], None] | None
    ) -> AsyncIterator[Iterator[bytes]]:
        """The file in pieces. Each piece must be consumed, in a thread, before the next is requested. The
        format is known once the first arrives."""
        waiting: list[bytes] = []
        size = 0
        async for chunk in body:
            self._packed += len(chunk)
            if self._packed > self._most + PIECE:
                raise self._too_large()
            waiting.append(chunk)
            size += len(chunk)
            if size >= PIECE:
                yield self._unpacked(b"".join(waiting), on_bytes)
                waiting, size = [], 0
        yield self._unpacked(b"".join(waiting), on_bytes)
        for each in (self._gunzip, self._form, self._file_gunzip):
            if each is not None:
                each.finish()

    def _unpacked(self, piece: bytes, on_bytes: Callable[[bytes], None] | None) -> Iterator[bytes]:
        if on_bytes:
            on_bytes(piece)
        parts = self._gunzip.feed(piece) if self._gunzip else iter([piece])
        if self._form:
            parts = self._of_form(parts, self._form)
            if self._format is None:
                begun = next(parts, b"")
                self._learn(self._form)
                parts = _again(begun, parts)
        return self._counted(parts)

    def _learn(self, form: FormFile) -> None:
        if form.content_type is None:
            raise Refused(UNREADABLE, "The form must begin with its file.")
        self._format, packed = format_of_file(form.content_type, form.filename)
        if packed:
            self._file_gunzip = Gunzip(self._settings.max_gzip_ratio)

    @staticmethod
    def _of_form(parts: Iterator[bytes], form: FormFile) -> Iterator[bytes]:
        for part in parts:
            yield from form.feed(part)

    def _counted(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            for found in self._file_gunzip.feed(part) if self._file_gunzip else (part,):
                self._read += len(found)
                if self._read > self._most:
                    raise self._too_large()
                yield found

    def _too_large(self) -> Refused:
        return Refused(TOO_LARGE, f"The file has more than {self._most:,} bytes.", most=self._most)


class BatchIntake:
    """Receives batches. Lives as long as the application."""

    def __init__(
        self,
        receive_batch: ReceiveBatch,
        accept_batch: AcceptBatch,
        store: BatchStore,
        limits: Limits,
        settings: HttpSettings,
    ) -> None:
        self._receive_batch = receive_batch
        self._accept_batch = accept_batch
        self._store = store
        self._limits = limits
        self._settings = settings
        self._uploads = 0
        self._threads = ThreadPoolExecutor(settings.max_batch_uploads, thread_name_prefix="batch")

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Run work that takes long, or loads Arrow, outside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def receive(
        self, scope: Scope, body: AsyncIterator[bytes], *, model: str | None, max_price: int | None
    ) -> Batch | Replayed:
        """Read the whole body, and accept it as a batch. A refused body leaves nothing behind."""
        user_id: UserId = scope["user"]
        content = Content(scope, self._settings)
        name = name_of_key(scope)
        digest = hashlib.sha256(f"POST batches\0{model}\0".encode()) if name else None
        async with self._place(), self._receive_batch(user_id=user_id, model=model) as receipt:
            pieces = content.pieces(body, digest.update if digest else None)
            try:
                rows = await self._stored(receipt, content, pieces)
            except (Unreadable, UnreadableUpload) as error:
                raise refusal(error) from error
            key = IdempotencyKey(name, digest.digest()) if name and digest else None
            received = Received(
                id=receipt.batch_id,
                user_id=user_id,
                model=receipt.model,
                rows=rows,
                max_price=max_price,
                key=key,
            )
            answer = await self._accept_batch(received)
            if isinstance(answer, Batch):
                receipt.keep()
            return answer

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._uploads >= self._settings.max_batch_uploads:
            raise Refused(BUSY, "Too many files are being received. Try again in a moment.")
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    async def _stored(
        self, receipt: Receipt, content: Content, pieces: AsyncIterator[Iterator[bytes]]
    ) -> list[int]:
        """Store the slices. Returns the number of rows of each."""
        puts = Puts(partial(self._store.put, receipt.batch_id))
        try:
            first = await anext(pieces, iter(()))  # now the format is known
            if content.format is Format.PARQUET:
                return await self._parquet(receipt, first, pieces, puts)
            return await self._lines(receipt, content.format, first, pieces, puts)
        finally:
            await puts.stop()

    async def _lines(
        self,
        receipt: Receipt,
        format: Format,
        first: Iterator[bytes],
        pieces: AsyncIterator[Iterator[bytes]],
        puts: Puts[str],
    ) -> list[int]:
        facts, most = receipt.model.facts, self._limits.max_batch_file_rows

        def begin() -> Upload:
            from augury.inbound.tables.uploads.csv_upload import CsvUpload  # loads Arrow
            from augury.inbound.tables.uploads.ndjson_upload import NdjsonUpload

            return (CsvUpload if format is Format.CSV else NdjsonUpload)(facts, most_rows=most)

        upload = await self.in_thread(begin)
        rows: list[int] = []

        async def store(slices: Iterator[Slice]) -> None:
            while (part := await self.in_thread(lambda: next(slices, None))) is not None:
                await puts.put(input_name(len(rows)), part.content)
                rows.append(part.rows)

        await store(_fed(upload, first))
        async for piece in pieces:
            await store(_fed(upload, piece))
        await store(upload.finish())
        await puts.done()
        if not rows:
            raise NoRows
        if upload.must_look_again:
            for number in range(len(rows)):
                found = await self._store.get(receipt.batch_id, input_name(number))
                await self.in_thread(partial(upload.look, found))
        await self._put_sheet(receipt.batch_id, upload.sheet())
        return rows

    async def _parquet(
        self,
        receipt: Receipt,
        first: Iterator[bytes],
        pieces: AsyncIterator[Iterator[bytes]],
        puts: Puts[str],
    ) -> list[int]:
        size = await self._kept_raw(first, pieces, puts)
        loop, rows = asyncio.get_running_loop(), list[int]()

        def raw(number: int) -> bytes:
            piece = asyncio.run_coroutine_threadsafe(
                self._store.get(receipt.batch_id, raw_name(number)), loop
            )
            return piece.result()

        def begin() -> WholeFile:
            from augury.inbound.tables.uploads.parquet_upload import ParquetFile  # loads Arrow
            from augury.inbound.tables.uploads.pieces import Pieces

            whole = BufferedReader(Pieces(raw, size=size, piece=RAW_PIECE), RAW_PIECE)
            return ParquetFile(whole, receipt.model.facts, most_rows=self._limits.max_batch_file_rows)

        file = await self.in_thread(begin)
        slices = file.slices()
        while (part := await self.in_thread(lambda: next(slices, None))) is not None:
            await puts.put(input_name(len(rows)), part.content)
            rows.append(part.rows)
        await puts.done()
        if not rows:
            raise NoRows
        await self._put_sheet(receipt.batch_id, file.sheet())
        while (
            await self._store.delete(receipt.batch_id, at_most=OBJECTS_AT_ONCE, prefix=RAW) == OBJECTS_AT_ONCE
        ):
            pass
        return rows

    async def _kept_raw(
        self, first: Iterator[bytes], pieces: AsyncIterator[Iterator[bytes]], puts: Puts[str]
    ) -> int:
        """Store the file in pieces of one size. Returns the file's size in bytes."""
        waiting, size = bytearray(), 0

        async def keep(parts: Iterator[bytes]) -> None:
            nonlocal size
            while (part := await self.in_thread(lambda: next(parts, None))) is not None:
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

    async def _put_sheet(self, batch_id: BatchId, sheet: Sheet) -> None:
        await self._store.put(batch_id, SHEET, encode_sheet(sheet))


def _fed(upload: Upload, parts: Iterator[bytes]) -> Iterator[Slice]:
    for part in parts:
        yield from upload.feed(part)


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest
