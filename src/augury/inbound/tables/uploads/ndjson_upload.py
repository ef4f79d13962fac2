"""A file of JSON lines that arrives in pieces: one object in each line."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pyarrow as pa
from typing_extensions import override

from augury.domain.batch import FULL
from augury.domain.lane import SliceLimit
from augury.domain.model_facts import ModelFacts
from augury.inbound.tables.uploads.slicing import Slicer
from augury.inbound.tables.uploads.text import Lines
from augury.inbound.tables.uploads.unreadable import BrokenLine, TooManyColumns
from augury.inbound.tables.uploads.upload import Slice, Upload
from augury.slices.arrow import Table
from augury.slices.priced_text import text_bytes
from augury.slices.sheet import RowStorage, Sheet, answers_of

MOST_COLUMNS = 1_000
"""Different names that the rows of a file may have, beyond the model's features."""
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode


class NdjsonUpload(Upload):
    def __init__(
        self, facts: ModelFacts, *, most_rows: int, text_has_price: bool = False, each: SliceLimit = FULL
    ) -> None:
        """`each` is the largest slice to cut."""
        self._facts = facts
        self._features = list(facts.schema.names())
        self._known = set(self._features)
        self._others: dict[str, None] = {}
        self._lines = Lines()
        self._line = 0
        self._slicer = Slicer(most_rows, self._text_bytes if text_has_price else None, each)

    @override
    def feed(self, piece: bytes) -> Iterator[Slice]:
        self._slicer.feed(len(piece))
        for block in self._lines.feed(piece):
            yield from self._read(block)

    @override
    def finish(self) -> Iterator[Slice]:
        for block in self._lines.finish():
            yield from self._read(block)
        yield from self._slicer.rest()

    @override
    def must_look_again(self) -> bool:
        return False

    @override
    def look(self, content: bytes) -> None:
        """Nothing to look for."""

    @override
    def sheet(self) -> Sheet:
        return Sheet(
            kind=RowStorage.JSON,
            header=[*self._features, *self._others],
            features=[*self._features, *[None] * len(self._others)],
            places=[],
            **answers_of(self._facts),
        )

    def _text_bytes(self, table: Table) -> int:
        return text_bytes(RowStorage.JSON, table, self._facts.schema, {})

    def _read(self, block: bytes) -> Iterator[Slice]:
        rows, carried = [], []
        for line in block.splitlines():
            self._line += 1
            if line.strip():
                row, rest = self._split(line)
                rows.append(row)
                carried.append(rest)
        if rows:
            yield from self._slicer.add(
                pa.table({"row": pa.array(rows, pa.binary()), "carried": pa.array(carried, pa.binary())})
            )

    def _split(self, line: bytes) -> tuple[bytes, bytes]:
        """The row as the model gets it, and the members that the model does not know. A value that is not an
        object is an invalid row."""
        try:
            members = _members.decode(line)
        except msgspec.ValidationError:
            return line, b"{}"
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise BrokenLine(self._line, str(error)) from None
        try:
            _anything.decode(line)  # `_members` did not check nested values
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise BrokenLine(self._line, str(error)) from None
        if members.keys() <= self._known:
            return line, b"{}"
        row = {name: value for name, value in members.items() if name in self._known}
        rest = {name: value for name, value in members.items() if name not in self._known}
        self._others.update(dict.fromkeys(rest))
        if len(self._others) > MOST_COLUMNS:
            raise TooManyColumns(MOST_COLUMNS)
        return _encode(row), _encode(rest)
