"""The datatypes of tensors, and their elements as bytes or as JSON values."""

import struct
from collections.abc import Mapping, Sequence
from enum import StrEnum
from math import isfinite, isnan
from sys import float_info
from types import NoneType
from typing import Any

import msgspec

from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import WRONG_SHAPE
from augury.inbound.http.protocol.body import decode_data


class Datatype(StrEnum):
    BOOL = "BOOL"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    FP32 = "FP32"
    FP64 = "FP64"
    BYTES = "BYTES"


_FORMATS: Mapping[Datatype, str] = {
    Datatype.BOOL: "?",
    Datatype.UINT8: "B",
    Datatype.UINT16: "H",
    Datatype.UINT32: "I",
    Datatype.UINT64: "Q",
    Datatype.INT8: "b",
    Datatype.INT16: "h",
    Datatype.INT32: "i",
    Datatype.INT64: "q",
    Datatype.FP16: "e",
    Datatype.FP32: "f",
    Datatype.FP64: "d",
}
"""The format of one element in Python's `struct`."""
_FLOATS = (Datatype.FP16, Datatype.FP32, Datatype.FP64)
_WORDS: Mapping[str, str] = {"?": "booleans", "e": "numbers", "f": "numbers", "d": "numbers"}
_LENGTH = struct.Struct("<I")


def from_bytes(name: str, datatype: Datatype, count: int, raw: memoryview) -> list[Any]:
    """The `count` elements of the tensor in their binary form (little-endian; a BYTES element is its length
    in four bytes and UTF-8). NaN becomes None, a missing number. Raises a 422."""
    if datatype is Datatype.BYTES:
        return _texts(name, count, raw)
    form = _FORMATS[datatype]
    size = struct.calcsize(f"<{form}")
    if len(raw) != count * size:
        raise _misfit(name, f"has {len(raw)} bytes; {count} elements of {datatype} have {count * size}")
    found = list(struct.unpack(f"<{count}{form}", raw))
    if datatype in _FLOATS and not isfinite(sum(found)):
        return [_storable(each) for each in found]
    return found


def _storable(number: float) -> float | None:
    """The number as JSON can store it. An infinite number becomes a number that every model refuses, so that
    its row gets an error. JSON would make it a missing number, which is predicted and charged."""
    if isnan(number):
        return None
    return max(-float_info.max, min(number, float_info.max))


def _texts(name: str, count: int, raw: memoryview) -> list[Any]:
    found: list[str] = []
    place = 0
    for index in range(count):
        begin = place + _LENGTH.size
        if begin > len(raw):
            raise _misfit(name, f"ends after {index} of {count} elements")
        place = begin + _LENGTH.unpack_from(raw, place)[0]
        if place > len(raw):
            raise _misfit(name, f"ends within its element {index}")
        try:
            found.append(str(raw[begin:place], "utf-8"))
        except UnicodeDecodeError:
            raise _misfit(name, f"has an element that is not UTF-8: {index}") from None
    if place != len(raw):
        raise _misfit(name, f"has {len(raw) - place} bytes after its last element")
    return found


def from_json(name: str, datatype: Datatype, shape: Sequence[int], data: msgspec.Raw, most: int) -> list[Any]:
    """The elements of the tensor in row-major order, from a flat or nested list. Raises a 422 (also for more
    than `most` elements), and a 400 for invalid JSON."""
    found = decode_data(data, most=most)
    if not isinstance(found, list):
        raise _misfit(name, "must have a list as its `data`")
    count, width = shape[0], shape[1] if len(shape) > 1 else None
    if found and isinstance(found[0], list):
        if not all(isinstance(each, list) and len(each) == (width or 1) for each in found):
            raise _misfit(name, f"has nested `data` that does not fit its shape {list(shape)}")
        found = [value for each in found for value in each]
    expected = count * (1 if width is None else width)
    if len(found) != expected:
        raise _misfit(name, f"has {len(found)} elements; its shape {list(shape)} has {expected}")
    _require_fitting(name, datatype, found)
    return found


def _require_fitting(name: str, datatype: Datatype, elements: Sequence[Any]) -> None:
    kinds = set(map(type, elements)) - {NoneType}
    form = _FORMATS.get(datatype)
    if form is None:
        if not kinds <= {str}:
            raise _misfit(name, f"must have strings as its elements, because it is {datatype}")
    elif datatype in _FLOATS or datatype is Datatype.BOOL:
        if not kinds <= ({bool} if datatype is Datatype.BOOL else {int, float}):
            raise _misfit(name, f"must have {_WORDS[form]} as its elements, because it is {datatype}")
    else:
        bits = 8 * struct.calcsize(f"<{form}")
        least, most = (0, 2**bits - 1) if form.isupper() else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
        numbers = [each for each in elements if each is not None]
        if not kinds <= {int} or (numbers and not (least <= min(numbers) and max(numbers) <= most)):
            raise _misfit(name, f"must have whole numbers from {least} to {most}, because it is {datatype}")


def _misfit(name: str, what: str) -> Refused:
    return Refused(WRONG_SHAPE, f"The input `{name[:100]}` {what}.")
