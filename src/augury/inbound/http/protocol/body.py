"""Strict decoding of JSON bodies: a body that is not JSON gets a 400, one of a wrong shape a 422."""

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from typing import Any, ClassVar, TypeVar

import msgspec
from litestar.dto import AbstractDTO
from litestar.dto.data_structures import DTOFieldDefinition
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.openapi.spec import Reference, Schema
from litestar.types import Receive, Scope
from litestar.typing import FieldDefinition
from typing_extensions import override

from augury.concurrency.aside import LARGE
from augury.inbound.http.problems.documents import Refused
from augury.inbound.http.problems.field_problems import FieldProblem
from augury.inbound.http.problems.refusals import NOT_JSON, NOT_JSON_TYPE, TOO_MANY_VALUES, WRONG_SHAPE
from augury.inbound.http.problems.wording import listed, split

T = TypeVar("T")
Shape = Any  # the type of a struct, which mypy does not consider hashable
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_array: msgspec.json.Decoder[list[msgspec.Raw]] = msgspec.json.Decoder(list[msgspec.Raw])
BLOCK = 256
"""Rows that are decoded in one call."""
JSON = b"application/json"
MOST_DIGITS = 20
_TEXTS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_HINTS = (
    (re.compile(rb"\\u[dD][89a-fA-F]"), "Half of a surrogate pair is not a character."),
    (
        re.compile(rb"[:,\[]\s*-?(?:NaN|Infinity|nan|inf)\b"),
        "JSON has no NaN or Infinity: write null for a missing number.",
    ),
    (re.compile(rb"^\x1f\x8b"), "The body is packed with gzip: send it unpacked."),
    (re.compile(rb"^\s*(?:'|\{\s*')"), "JSON needs double quotes around strings and names."),
)
"""Common mistakes in JSON, and what to write instead."""
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(?P<name>.*)`")
_BARE_ROWS = "must be an object, not an array"
_NO_DATA = FieldProblem(None, "data", "is missing")


class JsonBody(AbstractDTO[T]):
    """Makes Litestar decode a handler's `data` strictly, with msgspec.

    Litestar's own decoding converts types and answers every error with 400.
    """

    _decoder: ClassVar[msgspec.json.Decoder[Any]]

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if model := getattr(cls, "model_type", None):
            cls._decoder = msgspec.json.Decoder(model)

    @override
    def decode_bytes(self, value: bytes) -> Any:
        return decode_json(self._decoder, self.asgi_connection.scope, value)

    @classmethod
    @override
    def create_for_field_definition(
        cls, field_definition: FieldDefinition, handler_id: str, backend_cls: Any = None
    ) -> None:
        """Do nothing: the struct is the schema."""

    @classmethod
    @override
    def create_openapi_schema(
        cls, field_definition: FieldDefinition, handler_id: str, schema_creator: Any
    ) -> Reference | Schema:
        schema: Reference | Schema = schema_creator.for_field_definition(field_definition)
        return schema

    @classmethod
    @override
    def generate_field_definitions(cls, model_type: type[Any]) -> Iterator[DTOFieldDefinition]:  # type: ignore[override]  # a stub says Generator
        return iter(())

    @classmethod
    @override
    def detect_nested_field(cls, field_definition: FieldDefinition) -> bool:
        return False


async def whole_body(scope: Scope, receive: Receive, *, most: int) -> bytes:
    """The request's body. Raises a 413 as soon as it announces, or has, more than `most` bytes."""
    for name, value in scope["headers"]:
        if name == b"content-length" and len(value) > MOST_DIGITS:  # leading zeros
            raise ClientException("`Content-Length` has too many digits.")
        if name == b"content-length" and int(value) > most:  # the server has checked that it is a number
            raise RequestEntityTooLarge
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientException("The body ended early.")
        assert message["type"] == "http.request"
        size += len(message["body"])
        if size > most:
            raise RequestEntityTooLarge
        chunks.append(message["body"])
        more = message["more_body"]
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def decode_json(decoder: msgspec.json.Decoder[T], scope: Scope, body: bytes) -> T:
    """Decode a body. Raises a 415 unless its content type is JSON, and the errors of `decode`."""
    if not body:
        raise Refused(NOT_JSON, "The request has no body: send JSON.")
    _require_json(scope)
    return decode(decoder, without_mark(body))


def without_mark(body: bytes) -> bytes:
    """The body without a byte order mark, which some systems add (RFC 8259, section 8.1).

    Raises a 400 if the mark is that of UTF-16.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Refused(NOT_JSON, "The body is in UTF-16: send JSON in UTF-8.")
    return body.removeprefix(codecs.BOM_UTF8)


def _require_json(scope: Scope) -> None:
    for name, value in scope["headers"]:
        if name == b"content-type":
            if value == JSON or value.partition(b";")[0].strip().lower() == JSON:
                return
            said = value.decode("latin-1")
            raise Refused(NOT_JSON_TYPE, f"Send `Content-Type: application/json`, not `{said}`.")
    raise Refused(NOT_JSON_TYPE, "Send `Content-Type: application/json`.")


def decode(decoder: msgspec.json.Decoder[T], body: bytes | msgspec.Raw) -> T:
    """Decode JSON. Raises a 400 if the body is not JSON or is nested too deeply, a 422 if it has another
    shape."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise _of_another_shape(decoder.type, body, str(error)) from None
    except RecursionError:
        raise Refused(NOT_JSON, "The JSON is nested too deeply.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(NOT_JSON, _malformed(str(error), bytes(body))) from None


def _malformed(found: str, body: bytes) -> str:
    """The sentence for the decoder's message `found`, with a hint if `body` has a common mistake."""
    if "utf-8" in found.lower():  # since msgspec 0.23 its own error, before that a `UnicodeDecodeError`
        return "The JSON has bytes that are not UTF-8."
    about = next((f" {hint}" for sign, hint in _HINTS if sign.search(body)), "")
    return f"{found.replace('Input data', 'The JSON')}.{about}"


def decode_data(data: msgspec.Raw, *, most: int) -> object:
    """Decode the rows of a request, of any shape. Raises a 422 if they have more than `most` values.

    A value in memory takes many times its text, so values are counted before any is made. Each value but the
    first follows one of the characters below. Strings can also contain them, and are skipped if that matters.
    """
    if _signs(data) > most and _signs(_TEXTS.sub(b"", bytes(data))) > most:
        raise Refused(TOO_MANY_VALUES, f"`data` has more than {most:,} values.", most=most)
    if len(memoryview(data)) > LARGE:
        # If this fails, decoding the whole tells why.
        with suppress(msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
            return _decoded_in_blocks(data)
    return decode(_anything, data)


def _decoded_in_blocks(data: msgspec.Raw) -> object:
    """Decode an array block by block: no other thread runs while one call decodes."""
    rows = _array.decode(data)
    decoded: list[Any] = []
    for begin in range(0, len(rows), BLOCK):
        decoded += _anything.decode(b"[" + b",".join(rows[begin : begin + BLOCK]) + b"]")
    return decoded


def _of_another_shape(wanted: Shape, body: bytes | msgspec.Raw, found: str) -> Refused:
    """The refusal for msgspec's message `found`. Beside an unknown member it names those that are missing:
    often, the unknown one is a missing one under a wrong name."""
    message, name = split(found, wanted)
    errors = [FieldProblem(None, name, message)]
    unknown, absent = _UNKNOWN.fullmatch(message), _MISSING.fullmatch(message)
    if name and (unknown or absent):  # a member of an object within the body
        said = "is unknown" if unknown else "is missing"
        member = (unknown or absent)["name"]  # type: ignore[index]  # one of them is there
        errors = [FieldProblem(None, f"{name}.{member[:100]}", said)]
    elif unknown:
        names = list(_members(wanted).type.__struct_fields__)
        known = f"is unknown: the known {'one is' if len(names) == 1 else 'ones are'} {listed(names)}"
        errors = [FieldProblem(None, unknown["name"][:100], known)]
    if not name and (unknown or absent):
        given = decode(_members(wanted), body)
        fields = msgspec.structs.fields(wanted)
        required = [each.encode_name for each in fields if each.required]
        missing = [each for each in required if getattr(given, each) is msgspec.UNSET]
        told = [FieldProblem(None, each, "is missing") for each in missing]
        errors = (
            told + errors if unknown else told or errors
        )  # the missing name may belong to a nested object
    said = "; ".join(f"{f'`{each.field}`' if each.field else 'The body'} {each.message}" for each in errors)
    is_bare = name is None and message == _BARE_ROWS and "data" in wanted.__struct_fields__
    rows = ' Rows go into `data`: `{"data": {…}}`.' if is_bare or errors[0] == _NO_DATA else ""
    return Refused(WRONG_SHAPE, f"{said}.{rows}", errors=errors)


@cache
def _members(wanted: Shape) -> msgspec.json.Decoder[Any]:
    """A decoder that reads which members of `wanted` an object has, and drops everything else."""
    names = [field.encode_name for field in msgspec.structs.fields(wanted)]
    kind = msgspec.Raw | msgspec.UnsetType
    return msgspec.json.Decoder(msgspec.defstruct("Members", [(name, kind, msgspec.UNSET) for name in names]))


def _signs(json: bytes | msgspec.Raw) -> int:
    text = bytes(json)
    return text.count(b",") + text.count(b"[") + text.count(b"{")
