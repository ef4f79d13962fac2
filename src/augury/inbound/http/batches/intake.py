"""Receives the body of a batch as a stream: the rows are cut into slices, which go to the store."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar.types import Scope

from augury.application.batches.accept_batch import AcceptBatch, Received, ReplayedBatch
from augury.application.batches.ports import BatchStore
from augury.application.batches.receive_batch import ReceiveBatch
from augury.application.limits import Limits
from augury.concurrency.threads import Threads
from augury.domain.batch import Batch
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import UserId
from augury.inbound.http.batches.content import Content
from augury.inbound.http.batches.unreadable import refusal
from augury.inbound.http.callers.idempotency import name_of_key
from augury.inbound.http.callers.identity import key_of
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import BUSY
from augury.inbound.http.settings import HttpSettings
from augury.inbound.tables.elsewhere.workplace import Here, Workplace
from augury.inbound.tables.unreadable import Unreadable
from augury.inbound.tables.uploads.storing import Storing
from augury.inbound.tables.uploads.unreadable import UnreadableUpload


class BatchIntake:
    """Receives batches. Lives as long as the application."""

    def __init__(
        self,
        receive_batch: ReceiveBatch,
        accept_batch: AcceptBatch,
        store: BatchStore,
        limits: Limits,
        settings: HttpSettings,
        tables: Workplace | None = None,
    ) -> None:
        """Files are read at `tables`. None: in threads of this process."""
        self._receive_batch = receive_batch
        self._accept_batch = accept_batch
        self._settings = settings
        self._threads = Threads(settings.max_batch_uploads, name="batch")
        self.tables = tables or Here(self._threads.run)
        """Where files are read and written."""
        most_bytes = 2 * settings.max_batch_file_bytes
        self._storing = Storing(store, limits, self._threads.run, self.tables, most_bytes=most_bytes)
        self._uploads = 0

    def close(self) -> None:
        self._threads.close()

    async def receive(
        self,
        scope: Scope,
        body: AsyncIterator[bytes],
        *,
        model: str | None,
        max_price: int | None,
        top: int | None,
        name: str | None = None,
    ) -> Batch | ReplayedBatch:
        """Read the whole body, and accept it as a batch. A refused body leaves nothing behind. `name` is that
        of an idempotency key, in place of the header."""
        user_id: UserId = scope["user"]
        terms = key_of(scope)
        content = Content(scope, self._settings)
        name = name or name_of_key(scope)
        asked = model if top is None else f"{model}\0top {top}"  # without `top`, as in earlier releases
        digest = hashlib.sha256(f"POST batches\0{asked}\0".encode()) if name else None
        receiving = self._receive_batch(user_id=user_id, model=model, top=top, terms=terms, key=name)
        async with self._place(), receiving as receipt:
            pieces = content.pieces(body, digest.update if digest else None)
            try:
                first = await anext(pieces, iter(()))  # now the format is known
                slices = await self._storing(receipt, content.format, first, pieces)
            except (Unreadable, UnreadableUpload) as error:
                raise refusal(error) from error
            key = IdempotencyKey(name, digest.digest()) if name and digest else None
            received = Received(
                id=receipt.batch_id,
                user_id=user_id,
                model=receipt.model,
                slices=slices,
                max_price=max_price,
                key=key,
                spender=terms if terms and terms.limits else None,
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
