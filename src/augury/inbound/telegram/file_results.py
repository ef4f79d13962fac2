"""The results of a batch as CSV files, which are written slice by slice while they are sent."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

from aiogram import Bot
from aiogram.types import InputFile
from typing_extensions import override

from augury.application.batches.ports import SHEET, Batches, BatchStore, NotStored, StoredBatch
from augury.domain.batch import BatchPurged
from augury.domain.prediction import Status
from augury.inbound.tables.results.stored_parts import ended_slices, raw_part
from augury.inbound.tables.results.words import ResultWords
from augury.inbound.tables.results.writer import RawPart
from augury.inbound.tables.writing import BYTE_ORDER_MARK
from augury.inbound.telegram.file_intake import FileIntake
from augury.inbound.telegram.texts import DOUBTS, REASONS, Speech
from augury.slices.sheet import Sheet, decode_sheet

UNANSWERED = {
    Status.CANCELED: "csv-error-canceled",
    Status.EXPIRED: "csv-error-expired",
    Status.FAILED: "csv-error-failed",
}
Pieces = Callable[[], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a batch. They are written anew whenever they are read, so that they take no space."""

    results: Pieces
    size: int
    """Bytes of the results."""
    warnings: int
    errors: Pieces
    error_count: int
    """Rows in the file of errors, which has the rows that the model could not use."""
    errors_size: int


@dataclass(frozen=True, slots=True)
class WrittenSlice:
    """A slice in both files."""

    results: bytes
    errors: bytes
    error_count: int
    warnings: int


class StreamedFile(InputFile):
    """A file that is written while it is sent, and again if it must be sent again."""

    def __init__(self, pieces: Pieces, filename: str) -> None:
        super().__init__(filename=filename)
        self._pieces = pieces

    @override
    async def read(self, bot: Bot) -> AsyncGenerator[bytes, None]:
        async for piece in self._pieces():
            yield piece


class FileResults:
    def __init__(self, batches: Batches, store: BatchStore, intake: FileIntake) -> None:
        self._batches = batches
        self._store = store
        self._in_thread = intake.in_thread

    async def written(self, stored: StoredBatch, say: Speech) -> Written:
        """Measure both files by writing them once. Raises `BatchPurged`."""
        size = errors_size = error_count = warnings = 0
        async for part in self._parts(stored, say):
            size += len(part.results)
            errors_size += len(part.errors)
            error_count += part.error_count
            warnings += part.warnings
        return Written(
            results=partial(self._results, stored, say),
            size=size,
            warnings=warnings,
            errors=partial(self._errors, stored, say),
            error_count=error_count,
            errors_size=errors_size,
        )

    async def _results(self, stored: StoredBatch, say: Speech) -> AsyncIterator[bytes]:
        async for part in self._parts(stored, say):
            yield part.results

    async def _errors(self, stored: StoredBatch, say: Speech) -> AsyncIterator[bytes]:
        async for part in self._parts(stored, say):
            if part.errors:
                yield part.errors

    async def _parts(self, stored: StoredBatch, say: Speech) -> AsyncIterator[WrittenSlice]:
        """The headers, then each slice. Raises `BatchPurged`."""
        batch_id = stored.batch.id
        if not stored.has_data:
            raise BatchPurged(batch_id=batch_id)
        try:
            sheet = decode_sheet(await self._store.get(batch_id, SHEET))
            begin, write = await self._in_thread(partial(_writers, sheet, say))
            yield begin
            async for each in ended_slices(self._batches, batch_id):
                remark = say.plain(UNANSWERED.get(each.status, "csv-error-failed"))
                raw = await raw_part(self._store, batch_id, each, remark)
                has_errors = each.valid_rows < each.rows and each.status is not Status.CANCELED
                yield await self._in_thread(partial(write, raw, has_errors=has_errors))
        except NotStored:
            raise BatchPurged(batch_id=batch_id) from None


def _writers(sheet: Sheet, say: Speech) -> tuple[WrittenSlice, Callable[..., WrittenSlice]]:
    """The headers of both files, and a function that writes a slice of both."""
    from augury.inbound.tables.results.csv_results import CsvWriter  # loads Arrow
    from augury.inbound.tables.results.errors_only import ErrorsOnly, warnings_in

    words = ResultWords(
        error=lambda error: say.plain(REASONS[error.fault]),
        warning=lambda warning: say.plain(DOUBTS[warning.doubt], count=warning.count),
        row_name=say.plain("csv-column-row"),
        error_name=say.plain("csv-column-error"),
        warning_name=say.plain("csv-column-warning"),
    )
    results = CsvWriter(sheet, words, first=1, mark=BYTE_ORDER_MARK)
    errors = ErrorsOnly(results)

    def write(raw: RawPart, *, has_errors: bool) -> WrittenSlice:
        content = results.write(raw)
        lines, count = errors.write(content) if has_errors else (b"", 0)
        return WrittenSlice(content, lines, count, warnings_in(raw))

    return WrittenSlice(results.begin(), errors.begin(), 0, 0), write
