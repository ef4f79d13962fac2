"""Decodes an uploaded text piece by piece into blocks of whole lines, in UTF-8."""

import codecs
import io
from collections.abc import Iterator

from augury.inbound.tables.encoding import UTF_8, encoding_of
from augury.inbound.tables.unreadable import BrokenUtf8, LongValue, NotText

BLOCK = 1 << 20
"""Bytes that are read at a time."""
MOST_LINE = 16 * BLOCK


class Lines:
    """Cuts the text into blocks. The first block that is not ASCII decides the encoding, by the same rules as
    for a whole file."""

    def __init__(self) -> None:
        self.line = 0
        """The number of line ends before the next block."""
        self._waiting = bytearray()
        self._begun = False
        self._encoding: str | None = None
        self._wide: codecs.IncrementalDecoder | None = None

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Raises `NotText`, `BrokenUtf8`, `LongValue`."""
        self._waiting += self._narrow(piece)
        while len(self._waiting) >= BLOCK:
            end = self._end_of_line()
            if end == 0:
                if len(self._waiting) > MOST_LINE:
                    raise LongValue(self.line + 1, MOST_LINE)
                return
            yield self._take(end)

    def finish(self) -> Iterator[bytes]:
        if self._wide is not None:
            try:
                self._waiting += self._wide.decode(b"", final=True).encode()
            except UnicodeDecodeError:
                raise NotText from None
        if self._waiting:
            yield self._take(len(self._waiting))

    def _narrow(self, piece: bytes) -> bytes:
        """Convert UTF-16 to UTF-8, because line ends are searched for in single bytes."""
        if not self._begun and piece:
            self._begun = True
            if piece.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                self._wide = codecs.getincrementaldecoder("utf-16")()
                self._encoding = UTF_8
        if self._wide is None:
            return piece
        try:
            return self._wide.decode(piece).encode()
        except UnicodeError:
            raise NotText from None

    def _end_of_line(self) -> int:
        """Where the last whole line ends; 0 if there is none. A carriage return at the end may be half of a
        line end."""
        end = self._waiting.rfind(b"\n") + 1
        return end or self._waiting.rfind(b"\r", 0, len(self._waiting) - 1) + 1

    def _take(self, end: int) -> bytes:
        block = bytes(self._waiting[:end])
        del self._waiting[:end]
        if self.line == 0:
            block = block.removeprefix(codecs.BOM_UTF8)
        if b"\x00" in block:
            raise NotText
        text = self._in_utf_8(block)
        self.line += block.count(b"\n") or block.count(b"\r")
        return text

    def _in_utf_8(self, block: bytes) -> bytes:
        if block.isascii():
            return block
        if self._encoding is None:
            try:
                self._encoding = encoding_of(lambda: io.BytesIO(block))
            except BrokenUtf8 as broken:
                raise BrokenUtf8(self.line + broken.line) from None
        try:
            text = block.decode(self._encoding)
        except UnicodeDecodeError as error:
            if self._encoding != UTF_8:
                raise NotText from None
            raise BrokenUtf8(self.line + block.count(b"\n", 0, error.start) + 1) from None
        return block if self._encoding == UTF_8 else text.encode()
