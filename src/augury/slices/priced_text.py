"""Counts the text of a slice that has a price, by columns. The result equals `bytes_of_text` of the rows."""

from collections.abc import Mapping

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from augury.domain.feature import FeatureKind
from augury.domain.input_schema import InputSchema
from augury.domain.pricing import bytes_of_text
from augury.slices.arrow import Cells, Table
from augury.slices.sheet import RowStorage, Sheet

_decoder: msgspec.json.Decoder[object] = msgspec.json.Decoder()
_BLANKS = "".join(filter(str.isspace, map(chr, range(0x3001))))
"""The characters that `str.strip` removes. Arrow alone would remove a few fewer."""


def text_bytes(kind: RowStorage, table: Table, schema: InputSchema, places: Mapping[str, int]) -> int:
    """The number of UTF-8 bytes of the model's text features in this table of rows.

    `places` are the positions of the features' columns, by name. Whitespace around a CSV cell does not count,
    because the model does not get it.
    """
    names = [feature.name for feature in schema.features if feature.kind is FeatureKind.TEXT]
    if not names:
        return 0
    if kind is RowStorage.JSON:
        return bytes_of_text(schema, map(_decoder.decode, table.column("row").to_pylist()))
    return sum(_size(kind, table.column(places[name])) for name in names if name in places)


def places_in(sheet: Sheet) -> Mapping[str, int]:
    """The positions of the features' columns, by name."""
    pairs = zip(sheet.features, sheet.places, strict=False)  # a sheet of JSON has no places
    return {name: place for name, place in pairs if name is not None}


def _size(kind: RowStorage, cells: Cells) -> int:
    if pa.types.is_dictionary(cells.type):
        cells = cells.cast(cells.type.value_type)
    if not (pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)):
        return 0
    if kind is RowStorage.TEXT:
        cells = pc.utf8_trim(cells, _BLANKS)
    return int(pc.sum(pc.binary_length(cells)).as_py() or 0)
