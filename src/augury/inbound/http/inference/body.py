"""Reads the body of an inference request: JSON, optionally followed by the bytes of its tensors."""

import re
from collections.abc import Sequence
from sys import float_info
from typing import Any

import msgspec
from litestar.types import Scope
from typing_extensions import override

from augury.inbound.http.inference.messages import InferInput
from augury.inbound.http.inference.parameters import input_parameters, is_whole
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.refusals import NOT_JSON, NOT_JSON_TYPE, WRONG_SHAPE
from augury.inbound.http.protocol.body import MOST_DIGITS, JsonBody, T, decode, without_mark

HEADER = "Inference-Header-Content-Length"
_NAME = HEADER.lower().encode()
_CONSTANT = re.compile(rb'"(?:[^"\\]|\\.)*+"|-?\bInfinity\b|\bNaN\b')
_LARGEST = repr(float_info.max).encode()
_CONSTANTS = {b"NaN": b"null", b"Infinity": _LARGEST, b"-Infinity": b"-" + _LARGEST}
"""What stands for them in JSON. Every model refuses so large a number, so that its row gets an error."""


class InferBody(JsonBody[T]):
    """Decodes the JSON part. Clients of the protocol send no content type, or one of their own."""

    @override
    def decode_bytes(self, value: bytes) -> Any:
        scope = self.asgi_connection.scope
        _require_plain(scope)
        if not value:
            raise Refused(NOT_JSON, "The request has no body: send JSON.")
        return _decoded(self._decoder, without_mark(value[: json_length(scope, len(value))]))


def _decoded(decoder: msgspec.json.Decoder[T], body: bytes) -> T:
    """Decode the JSON. NaN is read as null, and infinity as the largest number: JSON has neither, but the
    usual client writes them."""
    try:
        return decode(decoder, body)
    except Refused as error:
        if error.kind is not NOT_JSON or (b"NaN" not in body and b"Infinity" not in body):
            raise
    return decode(decoder, _CONSTANT.sub(lambda found: _CONSTANTS.get(found[0], found[0]), body))


def _require_plain(scope: Scope) -> None:
    coding = next((value for name, value in scope["headers"] if name == b"content-encoding"), b"identity")
    if coding.strip().lower() != b"identity":
        raise Refused(NOT_JSON_TYPE, "The body must not be compressed: send it without `Content-Encoding`.")


def json_length(scope: Scope, whole: int) -> int:
    """The length of the JSON part of a body of `whole` bytes. Raises a 422."""
    said = [value for name, value in scope["headers"] if name == _NAME]
    if not said:
        return whole
    if len(said) > 1 or not said[0].isdigit() or len(said[0]) > MOST_DIGITS or int(said[0]) > whole:
        raise Refused(WRONG_SHAPE, f"`{HEADER}` must be the number of bytes of the JSON, at most {whole}.")
    return int(said[0])


def binary_parts(inputs: Sequence[InferInput], rest: memoryview) -> list[memoryview | None]:
    """The bytes of each input in `rest`, which follows the JSON. None for an input with `data`. Raises a
    422."""
    parts: list[memoryview | None] = []
    place = 0
    for tensor in inputs:
        size = input_parameters(tensor).get("binary_data_size")
        has_data = bool(memoryview(tensor.data))
        if (size is None) is not has_data:
            raise Refused(
                WRONG_SHAPE,
                f"The input `{tensor.name[:100]}` must have either `data` or `parameters.binary_data_size`.",
            )
        if size is None:
            parts.append(None)
            continue
        if not is_whole(size) or not 0 <= size <= len(rest) - place:
            raise Refused(
                WRONG_SHAPE,
                f"`binary_data_size` of the input `{tensor.name[:100]}` must be the number of its bytes "
                f"after the JSON, whose length is in `{HEADER}`.",
            )
        parts.append(rest[place : place + int(size)])
        place += int(size)
    if place != len(rest):
        raise Refused(WRONG_SHAPE, f"{len(rest) - place} bytes after the JSON belong to no input.")
    return parts
