"""Receives a model file, or a table to train one from, as a stream, and stores it in pieces."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial

from litestar.types import Scope

from augury.application.models.model_receipt import ModelReceipt, ReceivedFile
from augury.application.models.ports.uploads import PIECE_BYTES, ModelFiles
from augury.application.models.receive_model import ReceiveModel
from augury.application.models.receive_table import ReceiveTable
from augury.concurrency.aside import aside
from augury.concurrency.puts import Puts
from augury.domain.audit import Author
from augury.domain.model import Model
from augury.domain.model_training import ModelTraining
from augury.domain.model_upload import ModelUpload, UploadTerms
from augury.domain.training_plan import Plan
from augury.inbound.http.files.formats import FORM, boundary_of
from augury.inbound.http.files.packed import FormFile
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import BUSY, NOT_A_MODEL, TOO_LARGE
from augury.inbound.http.protocol.headers import header_of
from augury.inbound.http.settings import HttpSettings

BYTES = "application/octet-stream"
TABLES = ("text/csv", "application/vnd.apache.parquet", BYTES)
FORM_ALLOWANCE = 65_536
"""Bytes that a form may have around its file."""
UPLOADS_AT_ONCE = 2
"""Model files and tables that one process receives at the same time."""


class ModelIntake:
    """Receives model files and tables. Lives as long as the application."""

    def __init__(
        self,
        receive_model: ReceiveModel,
        receive_table: ReceiveTable,
        files: ModelFiles,
        settings: HttpSettings,
    ) -> None:
        self._receive_model = receive_model
        self._receive_table = receive_table
        self._files = files
        self._settings = settings
        self._uploads = 0

    async def receive(
        self,
        scope: Scope,
        body: AsyncIterator[bytes],
        name: str,
        *,
        stated: str | None,
        terms: UploadTerms,
        author: Author,
    ) -> ModelUpload | Model:
        """Read the whole body. A file that is refused leaves nothing behind."""
        most = self._settings.max_model_file_bytes
        form = _form(scope, most, (BYTES,))
        async with self._place(), self._receive_model(name) as receipt:
            file = await self._stored(receipt, body, form, most, stated)
            return await self._receive_model.whole(file, name, terms=terms, author=author)

    async def receive_table(
        self,
        scope: Scope,
        body: AsyncIterator[bytes],
        name: str,
        *,
        stated: str | None,
        plan: Plan,
        terms: UploadTerms,
        author: Author,
    ) -> ModelTraining:
        """Read the whole body. A table that is refused, or was sent before, leaves nothing behind."""
        most = self._settings.max_table_bytes
        form = _form(scope, most, TABLES)
        async with self._place(), self._receive_table(name) as receipt:
            file = await self._stored(receipt, body, form, most, stated)
            return await self._receive_table.whole(file, name, plan=plan, terms=terms, author=author)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        if self._uploads >= UPLOADS_AT_ONCE:
            raise Refused(BUSY, "Too many files are being received. Try again in a moment.")
        self._uploads += 1
        try:
            yield
        finally:
            self._uploads -= 1

    async def _stored(
        self,
        receipt: ModelReceipt,
        body: AsyncIterator[bytes],
        form: FormFile | None,
        most: int,
        stated: str | None,
    ) -> ReceivedFile:
        """Store the file in pieces, up to `most` bytes. Its sender has `stated` its SHA-256."""
        digest, waiting, number = hashlib.sha256(), bytearray(), 0
        puts = Puts(partial(self._files.put, receipt.file_id))
        try:
            async for chunk in body:
                for part in form.feed(chunk) if form else _parts(chunk):
                    waiting += part
                if number * PIECE_BYTES + len(waiting) > most:
                    raise _too_large(most)
                while len(waiting) >= PIECE_BYTES:
                    piece = bytes(waiting[:PIECE_BYTES])
                    del waiting[:PIECE_BYTES]
                    await aside(len(piece), partial(digest.update, piece))
                    await puts.put(number, piece)
                    number += 1
            if form:
                form.finish()
            if waiting:
                digest.update(waiting)
                await puts.put(number, bytes(waiting))
            await puts.done()
        finally:
            await puts.stop()
        size = number * PIECE_BYTES + len(waiting)
        return ReceivedFile(receipt=receipt, sha256=digest.hexdigest(), size=size, stated=stated)


def _too_large(most: int) -> Refused:
    return Refused(TOO_LARGE, f"The file has more than {most:,} bytes.", most=most)


def _form(scope: Scope, most: int, kinds: Sequence[str]) -> FormFile | None:
    """Raises a 413 or a 415."""
    length = header_of(scope, b"content-length")
    if length.isdigit() and int(length) > most + FORM_ALLOWANCE:
        raise _too_large(most)
    coding = header_of(scope, b"content-encoding").strip().lower()
    if coding not in ("", "identity"):
        raise Refused(NOT_A_MODEL, f"Send the file as it is, without `Content-Encoding: {coding}`.")
    content_type = header_of(scope, b"content-type")
    if boundary := boundary_of(content_type):
        return FormFile(boundary)
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("", *kinds):
        taken = ", ".join(f"`{each}`" for each in kinds)
        raise Refused(NOT_A_MODEL, f"Send `Content-Type` {taken} or a form (`{FORM}`), not `{kind}`.")
    return None


def _parts(chunk: bytes) -> Iterator[bytes]:
    yield chunk
