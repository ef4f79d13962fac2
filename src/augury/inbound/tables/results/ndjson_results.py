"""Results as JSON lines."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import msgspec
from typing_extensions import override

from augury.domain.answer import Answer
from augury.inbound.tables.results.names import names_of
from augury.inbound.tables.results.part import Part
from augury.inbound.tables.results.values import columns_of, objects_of
from augury.inbound.tables.results.words import ResultWords
from augury.inbound.tables.results.writer import RawPart, Writer
from augury.slices.sheet import RowStorage, Sheet

_encoder = msgspec.json.Encoder(enc_hook=str)


class NdjsonWriter(Writer):
    def __init__(self, sheet: Sheet, words: ResultWords) -> None:
        self._sheet = sheet
        self._words = words
        self._names = names_of(sheet).columns

    @override
    def begin(self) -> bytes:
        return b""

    @override
    def write(self, raw: RawPart) -> bytes:
        part = Part.of(raw)
        errors, warnings = part.remarks(self._words)
        rows = zip(self._inputs(part), self._outputs(part), errors, warnings, strict=True)
        return _encoder.encode_lines(
            [
                {"row": number, "input": row, "output": output, "error": error, "warning": warning}
                for number, (row, output, error, warning) in enumerate(rows, part.first_row)
            ]
        )

    @override
    def end(self) -> bytes:
        return b""

    def _inputs(self, part: Part) -> Sequence[Mapping[str, Any]]:
        if self._sheet.kind is RowStorage.JSON:
            return objects_of(part)
        columns = [_finite(each) for each in columns_of(self._sheet, part)]
        return [dict(zip(self._names, row, strict=True)) for row in zip(*columns, strict=True)]

    def _outputs(self, part: Part) -> Iterator[Answer | None]:
        form = self._sheet.form
        return map(form.answer, zip(*(part.column(each.key) for each in form.columns), strict=True))


def _finite(values: Sequence[Any]) -> Sequence[Any]:
    """JSON has no NaN and no infinity."""
    return [None if isinstance(each, float) and not isfinite(each) else each for each in values]
