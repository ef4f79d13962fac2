"""Unpacks the body of a batch as it arrives: gzip with a bounded ratio, and the file of a form."""

import zlib
from collections.abc import Iterator

from multipart import MultipartError, MultipartSegment, PushMultipartParser

from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import TOO_LARGE, UNREADABLE

STEP = 1 << 20
"""Bytes that are unpacked at a time."""
ALLOWANCE = 1 << 20
"""Bytes that are unpacked whatever the ratio."""
_GZIP = 31  # zlib's `wbits` for gzip


class Gunzip:
    """Unpacks gzip. Raises a 413 once the unpacked bytes exceed `most_ratio` times the packed ones, and a 422
    for bytes that are not gzip."""

    def __init__(self, most_ratio: int) -> None:
        self._most_ratio = most_ratio
        self._unpacker = zlib.decompressobj(_GZIP)
        self._packed = self._unpacked = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        self._packed += len(piece)
        while piece:
            if self._unpacker.eof:  # a file may consist of several members
                self._unpacker = zlib.decompressobj(_GZIP)
            try:
                found = self._unpacker.decompress(piece, STEP)
            except zlib.error as error:
                raise Refused(UNREADABLE, f"The body cannot be unpacked as gzip: {error}.") from None
            self._unpacked += len(found)
            if self._unpacked > ALLOWANCE + self._most_ratio * self._packed:
                raise Refused(
                    TOO_LARGE,
                    f"Unpacked, the body is more than {self._most_ratio} times as large. Send it unpacked.",
                )
            if found:
                yield found
            piece = self._unpacker.unused_data if self._unpacker.eof else self._unpacker.unconsumed_tail

    def finish(self) -> None:
        if self._packed and not self._unpacker.eof:
            raise Refused(UNREADABLE, "The gzip body is not complete.")


class FormFile:
    """The first file of a `multipart/form-data` body. Other parts of the form are skipped."""

    def __init__(self, boundary: str) -> None:
        self._parser = PushMultipartParser(boundary)
        self._segment: MultipartSegment | None = None
        self.content_type: str | None = None
        """The content type of the file, None until the file begins."""
        self.filename = ""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """The bytes of the file. Raises a 422."""
        try:
            for event in self._parser.parse(piece):
                if isinstance(event, MultipartSegment):
                    self._begin(event)
                elif event is None:
                    self._segment = None
                elif self._segment is not None:
                    yield bytes(event)
        except MultipartError as error:
            raise Refused(UNREADABLE, f"The form cannot be read: {error}.") from None

    def finish(self) -> None:
        try:
            self._parser.close()
        except MultipartError as error:
            raise Refused(UNREADABLE, f"The form cannot be read: {error}.") from None
        if self.content_type is None:
            raise Refused(UNREADABLE, "The form has no file.")

    def _begin(self, segment: MultipartSegment) -> None:
        if segment.filename is not None and self.content_type is None:
            self._segment = segment
            self.filename = segment.filename
            self.content_type = segment.content_type or ""
