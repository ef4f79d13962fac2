"""Large CSV files of a chat: surveyed before they are priced, and cut into the slices of a batch when their
price is confirmed. A file is read from a disk, piece by piece."""

import codecs
import hashlib
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Self, TypeVar

from augury.application.batches.accept_batch import AcceptBatch, Received, ReceivedSlice
from augury.application.batches.ports import BatchStore
from augury.application.batches.receive_batch import ReceiveBatch
from augury.application.limits import Limits
from augury.concurrency.threads import Threads
from augury.domain.batch import Batch
from augury.domain.idempotency import IdempotencyKey
from augury.domain.identifiers import BatchId, UserId
from augury.domain.model import Model
from augury.domain.row_errors import RowError
from augury.inbound.tables.encoding import NAMES, encoding_of
from augury.inbound.tables.format import Format
from augury.inbound.tables.unreadable import MisreadColumns, MissingColumns, NoRows
from augury.inbound.tables.uploads.storing import Storing
from augury.inbound.tables.uploads.upload import Slice, Upload
from augury.inbound.telegram.csv_rows import CsvSurvey
from augury.slices.sheet import Sheet

PIECE = 1 << 18
"""Bytes of a file that are read at a time."""
MOST_CHECKED = 5
"""Slices whose rows are checked before the price is confirmed: up to 10,000 rows."""
MOST_ERRORS = 100
"""Errors of a file that are kept. All of them are counted."""
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class FileSurvey:
    """The facts about a file that its confirmation shows. None of its rows are kept."""

    size: int
    """The number of rows."""
    price: int
    checked: int
    """The number of rows that were checked, from the first on."""
    errors: Sequence[RowError]
    """The first ones."""
    error_count: int
    encoding: str
    is_batch: bool = True
    """False: it is a single prediction."""

    @classmethod
    def of(cls, found: CsvSurvey, *, price: int) -> Self:
        """A short file, all of whose rows were checked."""
        return cls(
            found.size, price, found.size, found.errors, found.error_count, found.encoding, is_batch=False
        )


class FileIntake:
    def __init__(
        self,
        receive_batch: ReceiveBatch,
        accept_batch: AcceptBatch,
        store: BatchStore,
        limits: Limits,
    ) -> None:
        self._receive_batch = receive_batch
        self._accept_batch = accept_batch
        self._limits = limits
        # One thread: Python runs one at a time anyway, and each one keeps memory of its own.
        self._threads = Threads(1, name="files")
        self._storing = Storing(store, limits, self.in_thread)

    def close(self) -> None:
        self._threads.close()

    async def in_thread(self, work: Callable[[], Result]) -> Result:
        """Run work that takes long, or loads Arrow, outside the event loop."""
        return await self._threads.run(work)

    async def survey(self, path: Path, model: Model) -> FileSurvey:
        """Raises `Unreadable`, `BatchTooLong`."""
        return await self.in_thread(partial(_survey, path, model, self._limits))

    async def accept(self, path: Path, *, user_id: UserId, model: str, max_price: int, key: str) -> BatchId:
        """Accept the file as a batch, once for this key. If it is refused, none of it is kept.

        Raises `Unreadable`, and what `ReceiveBatch` and `AcceptBatch` raise.
        """
        digest = hashlib.sha256(model.encode() + b"\0")
        encoding = await self.in_thread(partial(encoding_of, lambda: path.open("rb")))
        async with self._receive_batch(user_id=user_id, model=model, key=key) as receipt:
            pieces = self._as_stream(_pieces(path, encoding, digest.update))
            slices = await self._storing(receipt, Format.CSV, iter(()), pieces)
            received = Received(
                id=receipt.batch_id,
                user_id=user_id,
                model=receipt.model,
                slices=slices,
                max_price=max_price,
                key=IdempotencyKey(key, digest.digest()),
            )
            answer = await self._accept_batch(received)
            if isinstance(answer, Batch):
                receipt.keep()
                return answer.id
            return answer.batch_id

    async def _as_stream(self, pieces: Iterator[bytes]) -> AsyncIterator[Iterator[bytes]]:
        while (piece := await self.in_thread(lambda: next(pieces, None))) is not None:
            yield iter((piece,))


def _survey(path: Path, model: Model, limits: Limits) -> FileSurvey:
    encoding = encoding_of(lambda: path.open("rb"))
    try:
        sheet, slices, begun = _read(path, encoding, model, limits)
    except MissingColumns as missing:
        if encoding in NAMES:
            raise MisreadColumns(missing.columns, NAMES[encoding]) from missing
        raise
    checked, errors, error_count = _checked(sheet, begun, model, limits)
    return FileSurvey(
        size=sum(each.rows for each in slices),
        price=sum(model.price(each.rows, each.text_bytes) for each in slices),
        checked=checked,
        errors=errors,
        error_count=error_count,
        encoding=encoding,
    )


def _read(
    path: Path, encoding: str, model: Model, limits: Limits
) -> tuple[Sheet, Sequence[ReceivedSlice], Sequence[Slice]]:
    """The sheet, all slices, and the first of them with their rows. The file is read in the same way as
    later, when it becomes a batch."""
    upload = _upload(model, limits)
    slices: list[ReceivedSlice] = []
    begun: list[Slice] = []
    for each in _slices(upload, path, encoding):
        slices.append(ReceivedSlice(each.rows, each.text_bytes))
        if len(begun) < MOST_CHECKED:
            begun.append(each)
    if not slices:
        raise NoRows
    if upload.must_look_again():
        for each in _slices(_upload(model, limits), path, encoding):
            upload.look(each.content)
    return upload.sheet(), slices, begun


def _checked(
    sheet: Sheet, slices: Sequence[Slice], model: Model, limits: Limits
) -> tuple[int, Sequence[RowError], int]:
    """The number of rows in these slices, their first errors, and the number of their errors."""
    from augury.inbound.tables.uploads.checking import errors_in  # loads Arrow

    rows = error_count = 0
    errors: list[RowError] = []
    for each in slices:
        found = errors_in(sheet, each.content, model.facts.schema, limits.max_text)
        errors += (replace(error, row=rows + error.row) for error in found[: MOST_ERRORS - len(errors)])
        error_count += len(found)
        rows += each.rows
    return rows, errors, error_count


def _upload(model: Model, limits: Limits) -> Upload:
    from augury.inbound.tables.uploads.csv_upload import CsvUpload  # loads Arrow

    return CsvUpload(model.facts, most_rows=limits.max_batch_file_rows, text_has_price=model.text_price > 0)


def _slices(upload: Upload, path: Path, encoding: str) -> Iterator[Slice]:
    for piece in _pieces(path, encoding):
        yield from upload.feed(piece)
    yield from upload.finish()


def _pieces(path: Path, encoding: str, on_bytes: Callable[[bytes], None] | None = None) -> Iterator[bytes]:
    """The file in UTF-8. `on_bytes` gets the pieces as they are in the file."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            if on_bytes:
                on_bytes(piece)
            yield decoder.decode(piece).encode()
    yield decoder.decode(b"", final=True).encode()
