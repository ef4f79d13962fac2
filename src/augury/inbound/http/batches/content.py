"""The body of an upload as the bytes of one file."""

from collections.abc import AsyncIterator, Callable, Iterator

from litestar.types import Scope

from augury.inbound.http.files.formats import boundary_of, format_of, format_of_file, is_packed
from augury.inbound.http.files.packed import FormFile, Gunzip
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import TOO_LARGE, UNREADABLE
from augury.inbound.http.protocol.headers import header_of
from augury.inbound.http.settings import HttpSettings
from augury.inbound.tables.format import Format

PIECE = 1 << 18
"""Bytes of the body that are read at a time."""


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
        format is known once the first piece has arrived. `on_bytes` gets the bytes of the file, unpacked: the
        same file may be sent again in a form with another boundary, or packed at another time.

        Raises a 413, a 415, or a 422 for a body that cannot be unpacked.
        """
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
        parts = self._gunzip.feed(piece) if self._gunzip else iter([piece])
        if self._form:
            parts = self._of_form(parts, self._form)
            if self._format is None:
                begun = next(parts, b"")
                self._learn(self._form)
                parts = _again(begun, parts)
        return self._counted(parts, on_bytes)

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

    def _counted(self, parts: Iterator[bytes], on_bytes: Callable[[bytes], None] | None) -> Iterator[bytes]:
        for part in parts:
            for found in self._file_gunzip.feed(part) if self._file_gunzip else (part,):
                self._read += len(found)
                if self._read > self._most:
                    raise self._too_large()
                if on_bytes:
                    on_bytes(found)
                yield found

    def _too_large(self) -> Refused:
        return Refused(TOO_LARGE, f"The file has more than {self._most:,} bytes.", most=self._most)


def _again(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest
